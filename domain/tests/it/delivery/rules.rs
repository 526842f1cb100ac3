//! What a delivery does, case by case.

use bitacora_domain::aggregates::delivery::{
    DELIVER_EFFECT, DeliverEffect, Delivery, DeliveryCommand as C, DeliveryEvent as E,
    DeliveryStatus, DeliveryTarget,
};
use bitacora_domain::codec::{self, Visibility};
use bitacora_domain::{DomainAggregate, Effect};

use super::{attempt, confirm, fail, package, request, requested, target, targets, unknown};
use crate::support::ids::minute;
use crate::support::{Outcome, given};

fn effects(outcome: &Outcome<Delivery>) -> Vec<Effect> {
    let events = outcome.result.as_ref().unwrap();
    events.iter().flat_map(|event| outcome.case.state.effects(event)).collect()
}

fn told(outcome: &Outcome<Delivery>) -> Vec<(DeliverEffect, Option<i64>)> {
    let minutes = |effect: &Effect| effect.due.map(|due| (due - minute(0)).num_minutes());
    effects(outcome)
        .into_iter()
        .map(|effect| {
            assert_eq!(effect.kind, DELIVER_EFFECT);
            let due = minutes(&effect);
            (serde_json::from_value(effect.payload).unwrap(), due)
        })
        .collect()
}

#[test]
fn without_a_target_nothing_is_requested() {
    let with = |targets: Vec<DeliveryTarget>| {
        let (package, reservation) = (Box::new(package()), None);
        given::<Delivery>([])
            .when(C::Request { targets, package, reservation })
            .then_refused("INVALID_TARGETS");
    };
    with(vec![]);
    with([targets(), targets()].concat());
    with(vec![DeliveryTarget { name: " ".to_owned(), ..targets().remove(0) }]);
    given::<Delivery>([]).of("x").when(request()).then_refused("INVALID_DELIVERY_ID");
}

#[test]
fn each_target_is_told_in_the_clear_and_the_event_shows_nobody() {
    let outcome = given::<Delivery>([]).when(request());
    let told = told(&outcome);
    assert_eq!(told.len(), 2);
    for ((effect, due), target) in told.iter().zip(targets()) {
        assert_eq!((&effect.target, effect.attempt, *due), (&target, 1, None));
        assert_eq!(*effect.package, package());
    }
    let events = outcome.result.as_ref().unwrap();
    let read = codec::open(serde_json::to_value(events).unwrap(), Visibility::Clear).to_string();
    assert!(!read.contains("Lucía") && !read.contains("+549"), "{read}");
    outcome.case.clone().when(request()).then_nothing();
    let other = C::Request { targets: targets(), package: Box::new(package()), reservation: None };
    outcome.case.when(other).then_refused("DELIVERY_ALREADY_REQUESTED");
}

#[test]
fn an_attempt_is_made_once() {
    let tried = requested().after(attempt(1, 1));
    tried.clone().when(attempt(1, 1)).then_refused("ATTEMPT_UNDER_WAY");
    tried.clone().when(attempt(1, 2)).then_refused("ATTEMPT_UNDER_WAY");
    requested().when(attempt(1, 2)).then_refused("ATTEMPT_OUT_OF_ORDER");
    requested().when(attempt(9, 1)).then_refused("TARGET_UNKNOWN");
    let taken = tried.after(confirm(1, 1));
    taken.clone().when(attempt(1, 2)).then_refused("TARGET_ALREADY_CONFIRMED");
    taken.when(confirm(1, 1)).then_nothing();
}

#[test]
fn a_failure_is_tried_again_three_times_and_then_is_a_dead_letter() {
    let mut case = requested().after(attempt(2, 1)).after(confirm(2, 1));
    for (n, wait) in [(1, 1), (2, 10), (3, 60)] {
        let outcome = case.after(attempt(1, n)).when(fail(1, n, true));
        let again = told(&outcome);
        assert_eq!((again[0].0.attempt, again[0].1), (n + 1, Some(wait)));
        assert_eq!(outcome.case.state.status(), DeliveryStatus::Partial);
        case = outcome.case;
    }
    let last = case.after(attempt(1, 4)).when(fail(1, 4, true));
    assert_eq!(last.summary(), "DeliveryTargetFailed+DeliveryDeadLettered");
    assert_eq!(told(&last), []);
    assert_eq!(last.case.state.status(), DeliveryStatus::DeadLetter);
    last.case.clone().when(attempt(1, 5)).then_refused("DELIVERY_DEAD_LETTERED");
    let again = last
        .case
        .when(C::RetryDeadLetter { reason: "CRM arreglado".to_owned(), may_repeat: false });
    assert_eq!(told(&again)[0].0.attempt, 5);
    let done = again.case.after(attempt(1, 5)).after(confirm(1, 5));
    assert_eq!(done.state.status(), DeliveryStatus::Delivered);
}

#[test]
fn what_no_attempt_can_mend_is_not_tried_again() {
    let outcome = requested().after(attempt(1, 1)).when(fail(1, 1, false));
    assert_eq!((told(&outcome), outcome.summary()), (vec![], "DeliveryTargetFailed".to_owned()));
    outcome.case.clone().when(attempt(1, 2)).then_refused("TARGET_ATTEMPTS_EXHAUSTED");
    let both = outcome.case.after(attempt(2, 1)).when(fail(2, 1, false));
    assert_eq!(both.summary(), "DeliveryTargetFailed+DeliveryDeadLettered");
}

#[test]
fn an_unknown_outcome_is_never_repeated_by_the_machine() {
    let case = requested().after(attempt(1, 1)).after(unknown(1, 1));
    case.clone().when(attempt(1, 2)).then_refused("OUTCOME_UNKNOWN");
    assert_eq!(case.state.status(), DeliveryStatus::InFlight);
    let case = case.after(attempt(2, 1)).after(confirm(2, 1));
    let up = case.after(C::DeadLetter { reason: "Sin respuesta".into(), withdrawn: false });
    let retry = |may_repeat| C::RetryDeadLetter { reason: "Sí".to_owned(), may_repeat };
    up.clone().when(retry(false)).then_refused("OUTCOME_UNKNOWN");
    up.after(retry(true)).after(attempt(1, 2)).after(confirm(1, 2));
}

#[test]
fn a_late_success_counts() {
    let failed = requested().after(attempt(1, 1)).after(fail(1, 1, false));
    let dead = failed.after(attempt(2, 1)).after(fail(2, 1, false));
    assert_eq!(dead.state.status(), DeliveryStatus::DeadLetter);
    let late = dead.when(confirm(1, 1));
    assert!(matches!(
        late.result.as_ref().unwrap().as_slice(),
        [E::DeliveryTargetConfirmed { first: true, late: true, .. }]
    ));
    assert_eq!(late.case.state.confirmed(), 1);
    late.case.when(fail(1, 1, true)).then_nothing();
}

#[test]
fn what_was_withdrawn_stays_so() {
    let withdrawn = || C::DeadLetter { reason: "LEAD_STOPPED".to_owned(), withdrawn: true };
    let case = requested().after(withdrawn());
    case.clone().when(withdrawn()).then_nothing();
    let retry = C::RetryDeadLetter { reason: "x".to_owned(), may_repeat: true };
    case.clone().when(retry).then_refused("DELIVERY_WITHDRAWN");
    case.when(attempt(1, 1)).then_refused("DELIVERY_DEAD_LETTERED");
}

#[test]
fn a_refund_is_for_what_arrived_and_happens_once() {
    let refund = || C::RecordRefund { reason: "Disputa".to_owned() };
    requested().when(refund()).then_refused("DELIVERY_NOT_CONFIRMED");
    let done = requested().after(attempt(1, 1)).after(confirm(1, 1));
    let refunded = done.after(refund());
    assert_eq!(refunded.state.status(), DeliveryStatus::Refunded);
    refunded.when(refund()).then_nothing();
}

#[test]
fn reasons_and_references_are_bounded() {
    let tried = requested().after(attempt(1, 1));
    let (target, attempt) = (target(1), 1);
    let reference = Some("x".repeat(201));
    tried
        .clone()
        .when(C::ConfirmTarget { target, attempt, reference })
        .then_refused("INVALID_REFERENCE");
    let reason = "x".repeat(501);
    tried
        .when(C::FailTarget { target, attempt, reason, retryable: true })
        .then_refused("INVALID_REASON");
}
