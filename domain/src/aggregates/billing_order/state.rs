//! What an order remembers, and where it stands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::events::BillingOrderEvent as E;
use super::matrix::{Credits, Money, Standing};
use super::vocabulary::{DisputeOutcome, OrderOrigin, OrderStatus};
use crate::{LedgerId, OrderId, TenantId, UserId};

/// What was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    pub(super) order: OrderId,
    pub(super) tenant: TenantId,
    pub(super) ledger: LedgerId,
    pub(super) buyer: Option<UserId>,
    pub(super) origin: OrderOrigin,
    pub(super) credits: u64,
    pub(super) price_minor: u64,
    pub(super) currency: String,
    pub(super) valid_days: Option<u32>,
}

/// How far the payment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Payment {
    #[default]
    Awaited,
    Open,
    Failed,
    Expired,
    Paid,
}

/// What the provider said was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reported {
    pub(super) as_of: DateTime<Utc>,
    pub(super) minor: u64,
}

/// A refund that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FailedRefund {
    pub(super) id: String,
    pub(super) minor: u64,
    pub(super) as_of: DateTime<Utc>,
}

/// A dispute; open without an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) minor: u64,
    pub(super) outcome: Option<DisputeOutcome>,
}

/// An order of credits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingOrder {
    /// `None` before it was made.
    pub(super) terms: Option<Terms>,
    pub(super) payment: Payment,
    pub(super) session_id: Option<String>,
    pub(super) payment_intent: Option<String>,
    /// A slow payment is under way.
    pub(super) pending: bool,
    pub(super) pay_until: Option<DateTime<Utc>>,
    pub(super) attempts: u32,
    pub(super) granted: bool,
    pub(super) reported: Option<Reported>,
    pub(super) failed_refunds: Vec<FailedRefund>,
    pub(super) disputes: Vec<Dispute>,
    /// Payments that a person must look at, by what identifies them.
    pub(super) anomalies: Vec<String>,
    /// Credits asked back, in all.
    pub(super) revoked: u64,
    /// How often credits were asked back or given again.
    pub(super) requests: u64,
}

impl BillingOrder {
    /// Where it stands; `None` before it was made.
    pub fn status(&self) -> Option<OrderStatus> {
        Some(match self.standing().money {
            Money::NotCreated => return None,
            Money::Created => OrderStatus::Created,
            Money::CheckoutOpen => OrderStatus::CheckoutOpen,
            Money::Failed => OrderStatus::Failed,
            Money::Expired => OrderStatus::Expired,
            Money::Paid if self.granted => OrderStatus::Granted,
            Money::Paid => OrderStatus::Paid,
            Money::PartiallyRefunded => OrderStatus::PartiallyRefunded,
            Money::Refunded => OrderStatus::Refunded,
            Money::Disputed => OrderStatus::Disputed,
            Money::ChargedBack => OrderStatus::ChargedBack,
        })
    }

    /// Where it stands, as the table sees it.
    pub fn standing(&self) -> Standing {
        let money = match (&self.terms, self.payment) {
            (None, _) => Money::NotCreated,
            (Some(_), Payment::Awaited) => Money::Created,
            (Some(_), Payment::Open) => Money::CheckoutOpen,
            (Some(_), Payment::Failed) => Money::Failed,
            (Some(_), Payment::Expired) => Money::Expired,
            (Some(terms), Payment::Paid) => self.after_payment(terms),
        };
        Standing { money, credits: if self.granted { Credits::Given } else { Credits::NotGiven } }
    }

    fn after_payment(&self, terms: &Terms) -> Money {
        let ended = |how| self.disputes.iter().any(|dispute| dispute.outcome == how);
        let refunded = self.refunded_minor();
        if ended(None) {
            Money::Disputed
        } else if ended(Some(DisputeOutcome::Lost)) {
            Money::ChargedBack
        } else if refunded == 0 {
            Money::Paid
        } else if refunded >= terms.price_minor {
            Money::Refunded
        } else {
            Money::PartiallyRefunded
        }
    }

    /// Credits that the order asked the ledger to take back and not to give again.
    pub const fn revoked(&self) -> u64 {
        self.revoked
    }

    /// The next id for taking back or giving again.
    pub(super) fn next_request(&self, order: OrderId) -> Uuid {
        order.derive(&format!("credits:{}", self.requests + 1))
    }

    pub(super) fn follow(&mut self, event: E) {
        match event {
            E::OrderCreated {
                order,
                tenant,
                ledger,
                buyer,
                origin,
                credits,
                price_minor,
                currency,
                valid_days,
                pay_until,
                ..
            } => {
                self.pay_until = Some(pay_until);
                self.terms = Some(Terms {
                    order,
                    tenant,
                    ledger,
                    buyer,
                    origin,
                    credits,
                    price_minor,
                    currency,
                    valid_days,
                });
            }
            E::CheckoutOpened { session_id, pay_until, .. } => {
                self.payment = Payment::Open;
                (self.session_id, self.pay_until) = (Some(session_id), Some(pay_until));
            }
            E::PaymentPending { .. } => self.pending = true,
            E::OrderPaid { session_id, payment_intent, .. } => {
                (self.payment, self.pending) = (Payment::Paid, false);
                self.session_id = session_id.or_else(|| self.session_id.take());
                self.payment_intent = payment_intent;
            }
            E::PaymentIntentLinked { payment_intent, .. } => {
                self.payment_intent = Some(payment_intent);
            }
            E::PaymentAnomalyRecorded {
                session_id,
                payment_intent,
                amount_minor,
                currency,
                ..
            } => {
                self.anomalies.push(super::pay::key(
                    session_id.as_deref(),
                    payment_intent.as_deref(),
                    amount_minor,
                    &currency,
                ));
            }
            E::PaymentAttemptFailed { attempts, .. } => self.attempts = attempts,
            E::OrderFailed { .. } => (self.payment, self.pending) = (Payment::Failed, false),
            E::OrderExpired { .. } => self.payment = Payment::Expired,
            E::OrderGranted { .. } => self.granted = true,
            E::OrderRefunded { reported_minor: minor, as_of, .. } => {
                self.reported = Some(Reported { as_of, minor });
            }
            E::OrderRefundFailed { refund_id: id, amount_minor: minor, as_of, .. } => {
                self.failed_refunds.push(FailedRefund { id, minor, as_of });
            }
            E::OrderDisputed { dispute_id: id, amount_minor: minor, .. } => {
                self.disputes.push(Dispute { id, minor, outcome: None });
            }
            E::OrderDisputeClosed { dispute_id, outcome, .. } => {
                if let Some(known) = self.disputes.iter_mut().find(|known| known.id == dispute_id) {
                    known.outcome = Some(outcome);
                }
            }
            E::OrderRevocationRequested { revoked, .. }
            | E::OrderReinstatementRequested { revoked, .. } => {
                self.revoked = revoked;
                self.requests = self.requests.saturating_add(1);
            }
        }
    }
}
