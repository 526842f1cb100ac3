//! An order is paid once, whichever event comes first, and only when it is paid.

use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand as C, BillingOrderEvent as E, CHECKOUT_EFFECT,
    CheckoutEffect, INTENT_CLAIM, ORDER_NUMBER, OrderOrigin, OrderStatus, PaymentAnomaly,
    PaymentStatus, SESSION_CLAIM,
};
use bitacora_domain::aggregates::credit_ledger::{CreditLedger, CreditLedgerCommand};
use bitacora_domain::{Claim, DomainAggregate, Effect, PendingNumber};

use super::samples::{
    INTENT, ORDER, SESSION, create, created, granted, intent_paid, ledger, open, order, paid, pay,
    session_paid,
};
use crate::support::given;
use crate::support::ids::{TENANT, minute};

fn owner() -> String {
    format!("{TENANT}/{ORDER}")
}

#[test]
fn an_order_gets_a_number_a_page_and_an_end() {
    let outcome = given::<BillingOrder>([]).when(create());
    let effects = outcome.case.state.effects(&created());
    let open = CheckoutEffect {
        order: ORDER,
        credits: 50,
        price_minor: 40_000,
        currency: "usd".to_owned(),
    };
    assert_eq!(effects[0].kind, CHECKOUT_EFFECT);
    assert_eq!(serde_json::from_value::<CheckoutEffect>(effects[0].payload.clone()).unwrap(), open);
    assert_eq!(effects[1].due, Some(minute(1_440)));
    let number = BillingOrder::pending_number(&created());
    assert_eq!(number, Some(PendingNumber { counter: ORDER_NUMBER, field: "number" }));
    let case = outcome.then([created()]);
    case.clone().when(create()).then_nothing();
    let mut other = create();
    if let C::CreateOrder { credits, .. } = &mut other {
        *credits = 51;
    }
    case.when(other).then_refused("ORDER_ALREADY_CREATED");
}

fn set(command: &mut C, value: (u64, u64, &str, Option<u32>)) {
    if let C::CreateOrder { credits, price_minor, currency, valid_days, .. } = command {
        (*credits, *price_minor, *valid_days) = (value.0, value.1, value.3);
        value.2.clone_into(currency);
    }
}

#[test]
fn what_is_ordered_is_checked() {
    let wrong = |change: fn(&mut C), code| {
        let mut command = create();
        change(&mut command);
        given::<BillingOrder>([]).when(command).then_refused(code);
    };
    wrong(|c| set(c, (0, 1, "usd", None)), "INVALID_CREDITS");
    wrong(|c| set(c, (1_000_000_001, 1, "usd", None)), "INVALID_CREDITS");
    wrong(|c| set(c, (1, 1_000_000_000_001, "usd", None)), "INVALID_PRICE");
    wrong(|c| set(c, (1, 1, "USD", None)), "INVALID_PRICE");
    wrong(|c| set(c, (1, 1, "usd", Some(0))), "INVALID_VALIDITY");
    wrong(|c| set(c, (1, 1, "usd", Some(3_651))), "INVALID_VALIDITY");
    given::<BillingOrder>([]).of("order-1").when(create()).then_refused("INVALID_ORDER_ID");
}

#[test]
fn one_payment_that_is_told_twice_counts_once_whichever_comes_first() {
    let session = order().after(open()).when(session_paid());
    let take = |kind, id| Claim::take(kind, id, owner()).installation_wide();
    assert_eq!(session.claims(), [take(SESSION_CLAIM, SESSION), take(INTENT_CLAIM, INTENT)]);
    let case = session.then([paid(OrderStatus::CheckoutOpen, Some(SESSION), 0)]);
    case.clone().when(session_paid()).then_nothing();
    case.when(intent_paid()).then_nothing();
    let case = order().after(open()).when(intent_paid());
    let case = case.then([paid(OrderStatus::CheckoutOpen, None, 0)]);
    case.clone().when(intent_paid()).then_nothing();
    case.when(session_paid()).then_nothing();
}

#[test]
fn what_is_not_paid_is_not_granted() {
    let unpaid = pay(Some(SESSION), Some(INTENT), PaymentStatus::Unpaid);
    let case = order().after(open()).when(unpaid.clone());
    assert_eq!(case.summary(), "PaymentPending");
    let case = case.case;
    assert_eq!(case.state.status(), Some(OrderStatus::CheckoutOpen));
    case.clone().when(granted()).then_refused("ORDER_NOT_PAID");
    case.clone().when(unpaid).then_nothing();
    // The slow payment may take its time …
    let late = case.clone().at(100_000);
    late.clone().when(C::ExpireOrder).then_nothing();
    // … and succeed, or fail.
    assert_eq!(late.when(session_paid()).summary(), "OrderPaid");
    let failed = case.when(C::FailOrder { reason: "No llegó".to_owned() });
    assert_eq!(failed.summary(), "OrderFailed");
    assert_eq!(failed.case.state.status(), Some(OrderStatus::Failed));
}

#[test]
fn a_payment_after_the_end_counts() {
    let case = order().after(open());
    let expired = case.clone().after(C::RecordCheckoutExpired { session_id: SESSION.to_owned() });
    expired.clone().when(open()).then_nothing();
    let outcome = expired.when(session_paid());
    let case_paid = outcome.then([paid(OrderStatus::Expired, Some(SESSION), 0)]);
    assert_eq!(case_paid.after(granted()).state.status(), Some(OrderStatus::Granted));
    let failed = case.after(C::FailOrder { reason: "Rechazado".to_owned() });
    failed.when(session_paid()).then([paid(OrderStatus::Failed, Some(SESSION), 0)]);
    // Even before we know the page.
    order().when(session_paid()).then([paid(OrderStatus::Created, Some(SESSION), 0)]);
}

#[test]
fn another_amount_or_currency_is_for_a_person_to_look_at() {
    let with = |amount: u64, code: &str| {
        let mut command = session_paid();
        if let C::RecordPayment { amount_minor, currency, .. } = &mut command {
            *amount_minor = amount;
            code.clone_into(currency);
        }
        command
    };
    for command in [with(39_999, "usd"), with(40_000, "ars"), with(0, "usd")] {
        let outcome = order().after(open()).when(command.clone());
        let anomaly = |event: &E| {
            matches!(event, E::PaymentAnomalyRecorded { anomaly: PaymentAnomaly::Mismatch, .. })
        };
        assert!(outcome.result.as_ref().unwrap().iter().all(anomaly));
        let case = outcome.case;
        assert_eq!(case.state.status(), Some(OrderStatus::CheckoutOpen));
        case.when(command).then_nothing();
    }
}

#[test]
fn a_second_payment_is_not_granted_and_not_lost() {
    let other = pay(None, Some("pi_other"), PaymentStatus::Paid);
    let outcome = order().after(session_paid()).when(other.clone());
    let [E::PaymentAnomalyRecorded { anomaly: PaymentAnomaly::SecondPayment, .. }] =
        outcome.result.as_ref().unwrap().as_slice()
    else {
        panic!("{outcome:?}")
    };
    assert!(outcome.claims().is_empty(), "its refund is none of this order's");
    outcome.case.when(other).then_nothing();
}

#[test]
fn an_intent_that_is_known_late_is_linked() {
    let outcome = order().after(pay(Some(SESSION), None, PaymentStatus::Paid)).when(intent_paid());
    assert_eq!(outcome.claims(), [Claim::take(INTENT_CLAIM, INTENT, owner()).installation_wide()]);
    let case =
        outcome.then([E::PaymentIntentLinked { payment_intent: INTENT.to_owned(), at: minute(0) }]);
    case.when(intent_paid()).then_nothing();
}

#[test]
fn a_page_is_opened_once() {
    let other = |session: &str, url: &str| C::OpenCheckout {
        session_id: session.to_owned(),
        url: url.to_owned(),
        expires_at: minute(600),
    };
    let case = order().after(open());
    case.clone().when(open()).then_nothing();
    let page = "https://checkout.stripe.com/c/pay/x";
    case.when(other("cs_other", page)).then_refused("CHECKOUT_ALREADY_OPEN");
    order().when(other("", page)).then_refused("INVALID_PROVIDER_ID");
    order().when(other("cs_1", "http://x.test")).then_refused("INVALID_URL");
    order().when(other("cs_1", "https://x.test/ y")).then_refused("INVALID_URL");
    for far in ["http://127.0.0.1.x.test/", "http://localhost:1@x.test/", "http://x.test#127.0.0.1"]
    {
        order().when(other("cs_1", far)).then_refused("INVALID_URL");
    }
    for near in ["http://127.0.0.1:8080/offline", "http://localhost/", "http://[::1]:8080/"] {
        assert_eq!(order().when(other("cs_1", near)).summary(), "CheckoutOpened");
    }
}

#[test]
fn an_order_expires_by_its_timer_or_by_the_providers_word() {
    order().at(1_439).when(C::ExpireOrder).then_nothing();
    assert_eq!(order().at(1_440).when(C::ExpireOrder).summary(), "OrderExpired");
    // With a page, an hour after the page.
    let case = order().after(open());
    case.clone().at(659).when(C::ExpireOrder).then_nothing();
    assert_eq!(case.clone().at(660).when(C::ExpireOrder).summary(), "OrderExpired");
    case.clone().when(C::RecordCheckoutExpired { session_id: "cs_o".to_owned() }).then_nothing();
    case.after(session_paid()).at(9_999).when(C::ExpireOrder).then_nothing();
}

#[test]
fn failed_attempts_are_counted_and_end_nothing() {
    let attempt = || C::RecordAttemptFailure { code: "card_declined".to_owned() };
    let outcome = order().after(open()).after(attempt()).when(attempt());
    let failed = |attempts| E::PaymentAttemptFailed {
        code: "card_declined".to_owned(),
        attempts,
        at: minute(0),
    };
    let case = outcome.then([failed(2)]);
    // it may be told after the attempt that succeeded
    let late = case.after(session_paid()).when(attempt()).then([failed(3)]);
    assert_eq!(late.state.status(), Some(OrderStatus::Paid));
}

#[test]
fn a_ledger_that_waits_for_a_top_up_is_told_of_its_failure() {
    let mut command = create();
    if let C::CreateOrder { origin, .. } = &mut command {
        *origin = OrderOrigin::AutoTopUp;
    }
    let outcome = given::<BillingOrder>([]).after(command).at(1_440).when(C::ExpireOrder);
    let event = &outcome.result.as_ref().unwrap()[0];
    let reason = "nobody paid in time".to_owned();
    let body = CreditLedgerCommand::RecordTopUpFailure { order: ORDER, reason };
    let expected = Effect::command::<CreditLedger>(ledger(), &body, None);
    assert_eq!(outcome.case.state.effects(event), [expected]);
    let bought = order().at(1_440).when(C::ExpireOrder);
    let event = &bought.result.as_ref().unwrap()[0];
    assert!(bought.case.state.effects(event).is_empty());
}

#[test]
fn an_order_is_granted_by_its_own_grant() {
    let case = order().after(session_paid());
    let other = C::MarkGranted { grant: super::samples::request(1).into() };
    case.clone().when(other).then_refused("OTHER_GRANT");
    let case = case.after(granted());
    assert_eq!(case.state.status(), Some(OrderStatus::Granted));
    case.when(granted()).then_nothing();
}
