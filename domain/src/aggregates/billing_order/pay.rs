//! Being paid: once, and only by the amount that was asked for.

use super::commands::BillingOrderCommand as C;
use super::decide::{Decision, PRICE_MAX, provider_id};
use super::events::BillingOrderEvent as E;
use super::refusal::BillingOrderRefusal as No;
use super::state::{BillingOrder, Payment, Terms};
use super::vocabulary::{OrderStatus, PaymentAnomaly, PaymentStatus};
use crate::Directed;

/// Most things that are kept of a kind.
pub(super) const FACTS_MAX: usize = 16;

/// What identifies a payment that a person must look at.
pub(super) fn key(
    session: Option<&str>,
    intent: Option<&str>,
    amount_minor: u64,
    currency: &str,
) -> String {
    // The intent is the payment; a session alone may be told with and without it.
    format!("{} {amount_minor} {currency}", intent.or(session).unwrap_or_default())
}

/// A payment, as the provider tells it.
struct Told {
    session_id: Option<String>,
    payment_intent: Option<String>,
    amount_minor: u64,
    currency: String,
}

impl BillingOrder {
    /// [`C::RecordPayment`].
    pub(super) fn record_payment(&self, of: &Directed<()>, terms: &Terms, body: C) -> Decision {
        let C::RecordPayment { session_id, payment_intent, status, amount_minor, currency } = body
        else {
            return Ok(vec![]);
        };
        let (session_id, payment_intent) =
            (optional(session_id.as_deref())?, optional(payment_intent.as_deref())?);
        if amount_minor > PRICE_MAX {
            return Err(No::InvalidAmount);
        }
        if status == PaymentStatus::Unpaid {
            return Ok(if self.pending {
                vec![]
            } else {
                vec![E::PaymentPending { session_id, payment_intent, at: of.now }]
            });
        }
        let currency = currency.to_ascii_lowercase();
        let told = Told { session_id, payment_intent, amount_minor, currency };
        if self.payment == Payment::Paid {
            return self.paid_again(of, terms, told);
        }
        if (told.amount_minor, &told.currency) != (terms.price_minor, &terms.currency) {
            return self.anomaly(of, PaymentAnomaly::Mismatch, told);
        }
        Ok(vec![self.paid(of, terms, told)])
    }

    fn paid(&self, of: &Directed<()>, terms: &Terms, told: Told) -> E {
        let days = terms.valid_days.map(|days| chrono::TimeDelta::days(i64::from(days)));
        E::OrderPaid {
            from: self.status().unwrap_or(OrderStatus::Created),
            ledger: terms.ledger,
            order: terms.order,
            grant: super::grant_of(terms.order),
            credits: terms.credits,
            credits_expire_at: days.and_then(|days| of.now.checked_add_signed(days)),
            amount_minor: told.amount_minor,
            currency: told.currency,
            session_id: told.session_id,
            payment_intent: told.payment_intent,
            at: of.now,
        }
    }

    /// The same payment once more, or another one.
    fn paid_again(&self, of: &Directed<()>, terms: &Terms, told: Told) -> Decision {
        let at = of.now;
        match (&self.payment_intent, told.payment_intent.clone()) {
            (Some(known), Some(now)) if *known != now => {
                self.anomaly(of, PaymentAnomaly::SecondPayment, told)
            }
            (None, Some(payment_intent)) if told.amount_minor == terms.price_minor => {
                Ok(vec![E::PaymentIntentLinked { payment_intent, at }])
            }
            (None, Some(_)) => self.anomaly(of, PaymentAnomaly::Mismatch, told),
            (Some(_), Some(_)) | (_, None) => Ok(vec![]),
        }
    }

    fn anomaly(&self, of: &Directed<()>, anomaly: PaymentAnomaly, told: Told) -> Decision {
        if self.anomalies.len() >= FACTS_MAX {
            return Err(No::TooMany);
        }
        let Told { session_id, payment_intent, amount_minor, currency } = told;
        let currency = currency.chars().take(3).collect();
        Ok(vec![E::PaymentAnomalyRecorded {
            anomaly,
            session_id,
            payment_intent,
            amount_minor,
            currency,
            at: of.now,
        }])
    }
}

fn optional(id: Option<&str>) -> Result<Option<String>, No> {
    id.map(provider_id).transpose()
}
