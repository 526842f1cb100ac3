//! What the Stripe source reads out of events.

use bitacora_commands::sources::{Fact, FactKind, OrderFact, OrderNews};
use bitacora_domain::aggregates::billing_order::{DisputeOutcome, PaymentStatus};

use crate::sources::{Request, at, body, facts, reason};

const ORDER: &str = "0190a1de-0000-7000-8000-0000000000b1";
const TENANT: &str = "0190a1de-0000-7000-8000-000000000001";

fn only(name: &str) -> Fact {
    let body = body("stripe", name);
    let [fact] = <[Fact; 1]>::try_from(facts("stripe", &Request::new(&body, &[]))).unwrap();
    fact
}

fn order(name: &str) -> OrderFact {
    let fact = only(name);
    let FactKind::Order(order) = fact.kind else { panic!("{name}: {:?}", fact.kind) };
    order
}

fn payment(status: PaymentStatus, amount_minor: u64) -> OrderNews {
    OrderNews::Payment { status, amount_minor, currency: "usd".into() }
}

#[test]
fn a_paid_session_is_a_payment_with_hints() {
    let fact = only("session_completed");
    assert_eq!((fact.key.as_str(), fact.at), ("st:evt_1QXinvented01", Some(at(1_763_650_001))));
    assert_eq!(fact.account, None, "the stored order says whose it is");
    let order = order("session_completed");
    assert_eq!(order.order.unwrap().to_string(), ORDER);
    assert_eq!(order.tenant.unwrap().to_string(), TENANT);
    assert_eq!(order.session.as_deref(), Some("cs_test_a1inv"));
    assert_eq!(order.intent.as_deref(), Some("pi_3QXinv"));
    assert!(!order.livemode);
    assert_eq!(order.news, payment(PaymentStatus::Paid, 40_000));
    assert!(self::order("live").livemode);
}

#[test]
fn every_type_says_one_thing() {
    let dispute = || "dp_1inv".to_owned();
    let opened = OrderNews::DisputeOpened { dispute: dispute(), amount_minor: 40_000 };
    let closed =
        |outcome| OrderNews::DisputeClosed { dispute: dispute(), amount_minor: 40_000, outcome };
    for (name, news) in [
        ("session_unpaid", payment(PaymentStatus::Unpaid, 40_000)),
        ("session_free", payment(PaymentStatus::NoPaymentRequired, 0)),
        ("session_async_succeeded", payment(PaymentStatus::Paid, 40_000)),
        (
            "session_async_failed",
            OrderNews::Failed { reason: "the payment did not succeed".into() },
        ),
        ("session_expired", OrderNews::Expired),
        ("intent_succeeded", payment(PaymentStatus::Paid, 40_000)),
        ("intent_failed", OrderNews::AttemptFailed { code: "insufficient_funds".into() }),
        ("charge_refunded", OrderNews::Refunded { refunded_minor: 16_000 }),
        ("charge_refunded_fully", OrderNews::Refunded { refunded_minor: 40_000 }),
        (
            "refund_failed",
            OrderNews::RefundFailed { refund: "re_1inv".into(), amount_minor: 16_000 },
        ),
        ("dispute_created", opened.clone()),
        ("dispute_withdrawn", opened),
        ("dispute_won", closed(DisputeOutcome::Won)),
        ("dispute_reinstated", closed(DisputeOutcome::Won)),
        ("dispute_lost", closed(DisputeOutcome::Lost)),
    ] {
        let order = order(name);
        assert_eq!(order.news, news, "{name}");
        let told = order.order.is_some() || order.intent.as_deref() == Some("pi_3QXinv");
        assert!(told, "{name} leads to its order");
    }
    assert_eq!(order("session_free").intent, None);
    assert_eq!(order("intent_succeeded").session, None);
}

#[test]
fn what_means_nothing_for_an_order_is_kept() {
    for (name, expected) in [
        ("session_subscription", "SESSION_MODE"),
        ("session_status_unknown", "PAYMENT_STATUS_UNKNOWN"),
        ("refund_succeeded", "REFUND_TOLD_BY_CHARGE"),
        ("dispute_inquiry", "DISPUTE_INQUIRY"),
        ("unknown_type", "TYPE_NOT_HANDLED"),
        ("nobodys", "NO_ORDER"),
        ("no_amount", "MALFORMED_EVENT"),
        ("no_id", "NO_EVENT_ID"),
    ] {
        assert_eq!(reason(&only(name)), Some(expected), "{name}");
    }
}

#[test]
fn any_version_of_the_api_will_do() {
    let old = order("old_version");
    assert_eq!(old.news, payment(PaymentStatus::Paid, 40_000));
    assert_eq!(old.order.unwrap().to_string(), ORDER, "the client's reference is a hint, too");
    assert_eq!(order("expanded_intent").intent.as_deref(), Some("pi_3QXinv"));
}

#[test]
fn what_differs_between_two_deliveries_of_an_event_is_no_part_of_it() {
    let body = body("stripe", "session_completed");
    let again = String::from_utf8(body)
        .unwrap()
        .replace("\"pending_webhooks\": 1", "\"pending_webhooks\": 2");
    assert!(again.contains("\"pending_webhooks\": 2"));
    let again = facts("stripe", &Request::new(again.as_bytes(), &[]));
    assert_eq!(again, [only("session_completed")]);
}
