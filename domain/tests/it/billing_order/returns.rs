//! Money that goes back takes its credits along, in whatever order that is told.

use bitacora_domain::aggregates::billing_order::{
    BillingOrderEvent as E, DisputeOutcome, OrderStatus,
};
use bitacora_domain::aggregates::credit_ledger::{ReinstatementReason, RevocationReason};

use super::samples::{
    close, dispute, granted, order, paid_order, refund, refund_failure, reinstatement, revocation,
    session_paid,
};
use crate::support::ids::minute;

fn refunded(reported_minor: u64, as_of: i64, refunded_minor: u64) -> E {
    let (as_of, price_minor, at) = (minute(as_of), 40_000, minute(0));
    E::OrderRefunded { reported_minor, as_of, refunded_minor, price_minor, at }
}

#[test]
fn refunds_are_cumulative_and_take_the_difference() {
    let case = paid_order().after(granted());
    let case = case
        .when(refund(16_000, 1))
        .then([refunded(16_000, 1, 16_000), revocation(1, RevocationReason::Refund, 20, 20)]);
    assert_eq!(case.state.status(), Some(OrderStatus::PartiallyRefunded));
    case.clone().when(refund(16_000, 1)).then_nothing();
    // An older word that comes late.
    case.clone().when(refund(8_000, 0)).then_nothing();
    let case = case
        .when(refund(40_000, 2))
        .then([refunded(40_000, 2, 40_000), revocation(2, RevocationReason::Refund, 30, 50)]);
    assert_eq!(case.state.status(), Some(OrderStatus::Refunded));
    case.when(refund(16_000, 1)).then_nothing();
}

#[test]
fn credits_are_rounded_in_favour_of_the_tenant() {
    // 799 of 40,000 pay for less than one of 50 credits.
    paid_order().when(refund(799, 1)).then([refunded(799, 1, 799)]);
    paid_order()
        .when(refund(800, 1))
        .then([refunded(800, 1, 800), revocation(1, RevocationReason::Refund, 1, 1)]);
}

#[test]
fn a_refund_that_failed_gives_the_credits_again_in_whatever_order_it_is_told() {
    let case = paid_order().after(refund(16_000, 1));
    let failed = E::OrderRefundFailed {
        refund_id: "re_1".to_owned(),
        amount_minor: 16_000,
        as_of: minute(2),
        refunded_minor: 0,
        at: minute(0),
    };
    let case = case
        .when(refund_failure("re_1", 16_000, 2))
        .then([failed, reinstatement(2, ReinstatementReason::RefundFailed, 20, 0)]);
    assert_eq!(case.state.status(), Some(OrderStatus::Paid));
    case.clone().when(refund_failure("re_1", 16_000, 2)).then_nothing();
    // What the provider says later has the failure in it.
    assert_eq!(case.after(refund(10_000, 3)).state.revoked(), 12);
    let other_order =
        paid_order().after(refund_failure("re_1", 16_000, 2)).after(refund(16_000, 1));
    assert_eq!(other_order.state.revoked(), 0);
}

#[test]
fn a_dispute_takes_the_credits_and_gives_them_again_when_it_is_won() {
    let case = paid_order().after(granted());
    let disputed =
        E::OrderDisputed { dispute_id: "dp_1".to_owned(), amount_minor: 40_000, at: minute(0) };
    let case = case
        .when(dispute("dp_1", 40_000))
        .then([disputed.clone(), revocation(1, RevocationReason::Chargeback, 50, 50)]);
    assert_eq!(case.state.status(), Some(OrderStatus::Disputed));
    case.clone().when(dispute("dp_1", 40_000)).then_nothing();
    let closed = |outcome| E::OrderDisputeClosed {
        dispute_id: "dp_1".to_owned(),
        amount_minor: 40_000,
        outcome,
        at: minute(0),
    };
    let won = case.clone().when(close("dp_1", 40_000, DisputeOutcome::Won)).then([
        closed(DisputeOutcome::Won),
        reinstatement(2, ReinstatementReason::DisputeWon, 50, 0),
    ]);
    assert_eq!(won.state.status(), Some(OrderStatus::Granted));
    won.clone().when(close("dp_1", 40_000, DisputeOutcome::Won)).then_nothing();
    let other = close("dp_1", 40_000, DisputeOutcome::Lost);
    won.when(other).then_refused("DISPUTE_ALREADY_CLOSED");
    let lost = case.when(close("dp_1", 40_000, DisputeOutcome::Lost));
    let lost = lost.then([closed(DisputeOutcome::Lost)]);
    assert_eq!(lost.state.status(), Some(OrderStatus::ChargedBack));
    // The end that is told first is the beginning, too.
    let backwards = paid_order().when(close("dp_1", 40_000, DisputeOutcome::Lost)).then([
        disputed,
        closed(DisputeOutcome::Lost),
        revocation(1, RevocationReason::Chargeback, 50, 50),
    ]);
    backwards.when(dispute("dp_1", 40_000)).then_nothing();
}

#[test]
fn a_refund_and_a_dispute_take_no_more_than_there_is() {
    let case = paid_order().after(refund(16_000, 1)).after(dispute("dp_1", 40_000));
    assert_eq!(case.state.revoked(), 50);
    let won = case.after(close("dp_1", 40_000, DisputeOutcome::Won));
    assert_eq!(won.state.revoked(), 20);
    assert_eq!(won.state.status(), Some(OrderStatus::PartiallyRefunded));
}

#[test]
fn a_refund_may_be_told_before_the_payment() {
    let case = order().when(refund(16_000, 1)).then([refunded(16_000, 1, 16_000)]);
    assert_eq!(case.state.status(), Some(OrderStatus::Created));
    let paid = case.when(session_paid());
    assert_eq!(paid.summary(), "OrderPaid+OrderRevocationRequested");
    assert_eq!(paid.case.state.status(), Some(OrderStatus::PartiallyRefunded));
    // Still to be granted: the ledger takes it back afterwards.
    assert_eq!(paid.case.when(granted()).summary(), "OrderGranted");
}

#[test]
fn facts_are_bounded() {
    let mut case = paid_order();
    for n in 0..16 {
        case = case.after(dispute(&format!("dp_{n}"), 1)).after(refund_failure(
            &format!("re_{n}"),
            1,
            n,
        ));
    }
    case.clone().when(dispute("dp_16", 1)).then_refused("TOO_MANY_ORDER_FACTS");
    case.clone().when(refund_failure("re_16", 1, 1)).then_refused("TOO_MANY_ORDER_FACTS");
    case.clone().when(refund(1_000_000_000_001, 1)).then_refused("INVALID_AMOUNT");
    paid_order().when(dispute("d p", 1)).then_refused("INVALID_PROVIDER_ID");
    paid_order().when(dispute("dp", u64::MAX)).then_refused("INVALID_AMOUNT");
}
