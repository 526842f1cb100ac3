//! Samples of an order's events, and the commands that most tests use.

use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand as C, BillingOrderEvent as E, DisputeOutcome, OrderOrigin,
    OrderStatus, PaymentAnomaly, PaymentStatus, grant_of,
};
use bitacora_domain::aggregates::credit_ledger::{ReinstatementReason, RevocationReason, id_of};
use bitacora_domain::{GrantId, LedgerId, OrderId};
use uuid::Uuid;

use crate::support::ids::{AGENT, STREAM, TENANT, minute};
use crate::support::samples::{Sample, Sampled, state_without};
use crate::support::{Case, given};

pub(crate) const ORDER: OrderId = OrderId::new(STREAM);
pub(crate) const SESSION: &str = "cs_test_a1inv";
pub(crate) const INTENT: &str = "pi_3QXinv";

pub(crate) fn ledger() -> LedgerId {
    id_of(TENANT)
}
pub(crate) fn grant() -> GrantId {
    grant_of(ORDER)
}
/// The `n`-th time (from 1) that credits are asked back or given again.
pub(crate) fn request(n: u64) -> Uuid {
    ORDER.derive(&format!("credits:{n}"))
}

/// 50 credits for 400 dollars.
pub(crate) fn create() -> C {
    C::CreateOrder {
        buyer: Some(AGENT),
        origin: OrderOrigin::Checkout,
        credits: 50,
        price_minor: 40_000,
        currency: "usd".to_owned(),
        valid_days: Some(365),
    }
}
pub(crate) fn open() -> C {
    C::OpenCheckout {
        session_id: SESSION.to_owned(),
        url: "https://checkout.stripe.com/c/pay/cs_test_a1inv#x".to_owned(),
        expires_at: minute(600),
    }
}
pub(crate) fn pay(session: Option<&str>, intent: Option<&str>, status: PaymentStatus) -> C {
    C::RecordPayment {
        session_id: session.map(str::to_owned),
        payment_intent: intent.map(str::to_owned),
        status,
        amount_minor: 40_000,
        currency: "USD".to_owned(),
    }
}
/// A completed session.
pub(crate) fn session_paid() -> C {
    pay(Some(SESSION), Some(INTENT), PaymentStatus::Paid)
}
/// A succeeded intent.
pub(crate) fn intent_paid() -> C {
    pay(None, Some(INTENT), PaymentStatus::Paid)
}
pub(crate) fn refund(refunded_minor: u64, as_of: i64) -> C {
    C::RecordRefund { refunded_minor, as_of: minute(as_of) }
}
pub(crate) fn refund_failure(id: &str, amount_minor: u64, as_of: i64) -> C {
    C::RecordRefundFailure { refund_id: id.to_owned(), amount_minor, as_of: minute(as_of) }
}
pub(crate) fn dispute(id: &str, amount_minor: u64) -> C {
    C::OpenDispute { dispute_id: id.to_owned(), amount_minor }
}
pub(crate) fn close(id: &str, amount_minor: u64, outcome: DisputeOutcome) -> C {
    C::CloseDispute { dispute_id: id.to_owned(), amount_minor, outcome }
}
pub(crate) fn granted() -> C {
    C::MarkGranted { grant: grant() }
}

/// An order that was made.
pub(crate) fn order() -> Case<BillingOrder> {
    given::<BillingOrder>([]).after(create())
}
/// One that was paid.
pub(crate) fn paid_order() -> Case<BillingOrder> {
    order().after(open()).after(session_paid())
}

pub(crate) fn created() -> E {
    E::OrderCreated {
        order: ORDER,
        tenant: TENANT,
        ledger: ledger(),
        number: 0,
        buyer: Some(AGENT),
        origin: OrderOrigin::Checkout,
        credits: 50,
        price_minor: 40_000,
        currency: "usd".to_owned(),
        valid_days: Some(365),
        pay_until: minute(24 * 60),
        at: minute(0),
    }
}
pub(crate) fn paid(from: OrderStatus, session: Option<&str>, at: i64) -> E {
    E::OrderPaid {
        from,
        ledger: ledger(),
        order: ORDER,
        grant: grant(),
        credits: 50,
        credits_expire_at: Some(minute(at + 365 * 24 * 60)),
        amount_minor: 40_000,
        currency: "usd".to_owned(),
        session_id: session.map(str::to_owned),
        payment_intent: Some(INTENT.to_owned()),
        at: minute(at),
    }
}
pub(crate) fn revocation(n: u64, reason: RevocationReason, credits: u64, revoked: u64) -> E {
    E::OrderRevocationRequested {
        ledger: ledger(),
        grant: grant(),
        revocation: request(n),
        reason,
        credits,
        revoked,
        at: minute(0),
    }
}
pub(crate) fn reinstatement(n: u64, reason: ReinstatementReason, credits: u64, revoked: u64) -> E {
    E::OrderReinstatementRequested {
        ledger: ledger(),
        grant: grant(),
        reinstatement: request(n),
        reason,
        credits,
        revoked,
        at: minute(0),
    }
}

impl Sampled for BillingOrder {
    fn samples() -> Vec<Sample<Self>> {
        let (at, session, intent) = (minute(1), || SESSION.to_owned(), || INTENT.to_owned());
        let (from, amount_minor) = (OrderStatus::CheckoutOpen, 40_000);
        let disputed = || "dp_1inv".to_owned();
        let outcome = DisputeOutcome::Lost;
        vec![
            (None, created()),
            (
                None,
                E::CheckoutOpened {
                    session_id: session(),
                    url: "https://checkout.stripe.com/c/pay/cs_test_a1inv#x".to_owned(),
                    expires_at: minute(600),
                    pay_until: minute(660),
                    at,
                },
            ),
            (
                None,
                E::PaymentPending {
                    session_id: Some(session()),
                    payment_intent: Some(intent()),
                    at,
                },
            ),
            (None, E::PaymentAttemptFailed { code: "card_declined".to_owned(), attempts: 1, at }),
            (None, E::OrderFailed { from, reason: "No llegó el pago".to_owned(), at }),
            (None, E::OrderExpired { from, at }),
            (None, paid(OrderStatus::Expired, Some(SESSION), 1)),
            (None, E::PaymentIntentLinked { payment_intent: intent(), at }),
            (
                None,
                E::PaymentAnomalyRecorded {
                    anomaly: PaymentAnomaly::SecondPayment,
                    session_id: None,
                    payment_intent: Some("pi_other".to_owned()),
                    amount_minor,
                    currency: "usd".to_owned(),
                    at,
                },
            ),
            (None, E::OrderGranted { grant: grant(), at }),
            (
                None,
                E::OrderRefunded {
                    reported_minor: 16_000,
                    as_of: at,
                    refunded_minor: 16_000,
                    price_minor: 40_000,
                    at,
                },
            ),
            (None, revocation(1, RevocationReason::Refund, 20, 20)),
            (
                None,
                E::OrderRefundFailed {
                    refund_id: "re_1inv".to_owned(),
                    amount_minor: 16_000,
                    as_of: at,
                    refunded_minor: 0,
                    at,
                },
            ),
            (None, reinstatement(2, ReinstatementReason::RefundFailed, 20, 0)),
            (None, E::OrderDisputed { dispute_id: disputed(), amount_minor, at }),
            (None, E::OrderDisputeClosed { dispute_id: disputed(), amount_minor, outcome, at }),
        ]
    }
    fn full_state() -> Self {
        state_without(&[])
    }
}
