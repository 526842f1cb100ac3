//! Money goes back, and with it the credits that it had paid for. Facts may come before the
//! payment itself; as soon as there is a payment, the credits follow from all of them.

use super::decide::{Decision, PRICE_MAX, provider_id};
use super::events::BillingOrderEvent as E;
use super::pay::FACTS_MAX;
use super::refusal::BillingOrderRefusal as No;
use super::state::{BillingOrder, Payment};
use super::vocabulary::DisputeOutcome;
use crate::Directed;
use crate::aggregates::credit_ledger::{ReinstatementReason, RevocationReason};
use chrono::{DateTime, Utc};

impl BillingOrder {
    pub(super) fn refunded(
        &self,
        of: &Directed<()>,
        reported_minor: u64,
        as_of: DateTime<Utc>,
    ) -> Decision {
        check(reported_minor)?;
        let Some(terms) = &self.terms else { return Err(No::NotFound) };
        let (price_minor, at) = (terms.price_minor, of.now);
        let event = |refunded_minor| E::OrderRefunded {
            reported_minor,
            as_of,
            refunded_minor,
            price_minor,
            at,
        };
        let after = self.after(event(0));
        Ok(vec![event(after.refunded_minor())])
    }

    pub(super) fn refund_failed(
        &self,
        of: &Directed<()>,
        refund_id: &str,
        amount_minor: u64,
        as_of: DateTime<Utc>,
    ) -> Decision {
        check(amount_minor)?;
        if self.failed_refunds.len() >= FACTS_MAX {
            return Err(No::TooMany);
        }
        let id = provider_id(refund_id)?;
        let event = |refunded_minor| E::OrderRefundFailed {
            refund_id: id.clone(),
            amount_minor,
            as_of,
            refunded_minor,
            at: of.now,
        };
        let after = self.after(event(0));
        Ok(vec![event(after.refunded_minor())])
    }

    pub(super) fn disputed(&self, of: &Directed<()>, id: &str, amount_minor: u64) -> Decision {
        check(amount_minor)?;
        if self.disputes.len() >= FACTS_MAX {
            return Err(No::TooMany);
        }
        let dispute_id = provider_id(id)?;
        Ok(vec![E::OrderDisputed { dispute_id, amount_minor, at: of.now }])
    }

    /// The end of a dispute that nobody heard of is its beginning, too.
    pub(super) fn dispute_closed(
        &self,
        of: &Directed<()>,
        id: &str,
        amount_minor: u64,
        outcome: DisputeOutcome,
    ) -> Decision {
        let dispute_id = provider_id(id)?;
        let known = self.disputes.iter().any(|known| known.id == dispute_id);
        let mut events = if known { vec![] } else { self.disputed(of, id, amount_minor)? };
        events.push(E::OrderDisputeClosed { dispute_id, amount_minor, outcome, at: of.now });
        Ok(events)
    }

    /// After `events`: asks the ledger for the difference between the credits that are gone and
    /// those that were asked back before.
    pub(super) fn follow_the_money(&self, of: &Directed<()>, events: &mut Vec<E>) {
        let mut after = self.clone();
        events.iter().cloned().for_each(|event| after.follow(event));
        let Some(terms) = &after.terms else { return };
        if after.payment != Payment::Paid {
            return;
        }
        let (gone, at) = (after.credits_gone(terms), of.now);
        let (ledger, grant) = (terms.ledger, super::grant_of(terms.order));
        let (request, disputed) = (after.next_request(terms.order), after.disputed_last(events));
        if gone > after.revoked {
            events.push(E::OrderRevocationRequested {
                ledger,
                grant,
                revocation: request,
                reason: if disputed {
                    RevocationReason::Chargeback
                } else {
                    RevocationReason::Refund
                },
                credits: gone - after.revoked,
                revoked: gone,
                at,
            });
        } else if gone < after.revoked {
            events.push(E::OrderReinstatementRequested {
                ledger,
                grant,
                reinstatement: request,
                reason: if disputed {
                    ReinstatementReason::DisputeWon
                } else {
                    ReinstatementReason::RefundFailed
                },
                credits: after.revoked - gone,
                revoked: gone,
                at,
            });
        }
    }

    /// Is it about a dispute? A payment that comes last, about what came before it.
    fn disputed_last(&self, events: &[E]) -> bool {
        events.iter().any(|event| match event {
            E::OrderDisputed { .. } | E::OrderDisputeClosed { .. } => true,
            E::OrderPaid { .. } => self.refunded_minor() == 0,
            E::OrderCreated { .. }
            | E::CheckoutOpened { .. }
            | E::PaymentPending { .. }
            | E::PaymentIntentLinked { .. }
            | E::PaymentAnomalyRecorded { .. }
            | E::PaymentAttemptFailed { .. }
            | E::OrderFailed { .. }
            | E::OrderExpired { .. }
            | E::OrderGranted { .. }
            | E::OrderRefunded { .. }
            | E::OrderRefundFailed { .. }
            | E::OrderRevocationRequested { .. }
            | E::OrderReinstatementRequested { .. } => false,
        })
    }

    fn after(&self, event: E) -> Self {
        let mut after = self.clone();
        after.follow(event);
        after
    }
}

fn check(amount_minor: u64) -> Result<(), No> {
    if amount_minor <= PRICE_MAX { Ok(()) } else { Err(No::InvalidAmount) }
}
