//! Facts that are no news.

use chrono::{DateTime, Utc};

use super::commands::BillingOrderCommand as C;
use super::refusal::BillingOrderRefusal as No;
use super::state::{BillingOrder, Payment, Reported};

impl BillingOrder {
    /// Was this recorded already, or is it older than what was?
    pub(super) fn is_settled(&self, now: DateTime<Utc>, body: &C) -> Result<bool, No> {
        Ok(match body {
            C::CreateOrder { buyer, origin, credits, price_minor, currency, valid_days } => {
                self.terms.as_ref().is_some_and(|terms| {
                    (terms.buyer, terms.origin, terms.credits) == (*buyer, *origin, *credits)
                        && (terms.price_minor, terms.valid_days) == (*price_minor, *valid_days)
                        && terms.currency == *currency
                })
            }
            C::OpenCheckout { session_id, .. } => self.session_id.as_ref() == Some(session_id),
            C::RecordPayment { session_id, payment_intent, amount_minor, currency, .. } => {
                let key = super::pay::key(
                    session_id.as_deref(),
                    payment_intent.as_deref(),
                    *amount_minor,
                    &currency.to_ascii_lowercase(),
                );
                self.anomalies.contains(&key)
            }
            C::RecordCheckoutExpired { session_id } => {
                self.session_id.as_ref().is_some_and(|known| known != session_id)
            }
            C::ExpireOrder => {
                let early = self.pay_until.is_none_or(|until| now < until);
                early || (self.pending && self.payment != Payment::Paid)
            }
            C::RecordRefund { refunded_minor, as_of } => {
                let told = Reported { as_of: *as_of, minor: *refunded_minor };
                let newer =
                    |known: &Reported| (known.as_of, known.minor) < (told.as_of, told.minor);
                !self.reported.as_ref().is_none_or(newer)
            }
            C::RecordRefundFailure { refund_id, .. } => {
                self.failed_refunds.iter().any(|known| known.id == *refund_id)
            }
            C::OpenDispute { dispute_id, .. } => {
                self.disputes.iter().any(|known| known.id == *dispute_id)
            }
            C::CloseDispute { dispute_id, outcome, .. } => {
                let known = self.disputes.iter().find(|known| known.id == *dispute_id);
                match known.and_then(|known| known.outcome) {
                    Some(ended) if ended == *outcome => true,
                    Some(_) => return Err(No::DisputeClosed),
                    None => false,
                }
            }
            C::RecordAttemptFailure { .. } | C::FailOrder { .. } | C::MarkGranted { .. } => false,
        })
    }
}
