//! A lead is handed over once, and paid for once.

use bitacora_domain::DomainAggregate as _;
use bitacora_domain::aggregates::delivery::DeliveryCommand;
use bitacora_domain::aggregates::lead::{
    DisputeReason, Eligibility, Lead, LeadCommand as C, LeadEvent as E, LeadStatus, LossReason,
};
use bitacora_domain::aggregates::offer::ChargeModel;
use uuid::Uuid;

use super::{HOLD, confirm, delivery, effects, fail, person, ready, request, sent, targets, usd};
use crate::support::Case;

/// F-CONV: a lead was charged with no integration to send it to.
#[test]
fn f_conv_without_a_target_no_delivery_is_requested() {
    let none =
        C::RequestDelivery { delivery: delivery(1), reservation: Some(HOLD), targets: vec![] };
    ready().when(none).then_refused("INVALID_TARGETS");
}

#[test]
fn what_costs_credits_is_reserved_before_and_captured_after() {
    let free =
        |reservation| C::RequestDelivery { delivery: delivery(1), reservation, targets: targets() };
    ready().when(free(None)).then_refused("RESERVATION_REQUIRED");
    let pending = ready().after(request(1));
    let captured = |hold| C::ConfirmDelivery { delivery: delivery(1), captured: hold };
    pending.clone().when(captured(None)).then_refused("RESERVATION_NOT_CAPTURED");
    let other = Some(Uuid::from_u128(9));
    pending.clone().when(captured(other)).then_refused("RESERVATION_NOT_CAPTURED");
    assert_eq!(pending.after(confirm(1)).state.status(), LeadStatus::SentToDeveloper);
    let mut choice = super::choice();
    choice.charge = ChargeModel::Subscription;
    let subscribed = ready().after(C::Score { choice: Box::new(choice) });
    subscribed.after(free(None)).after(captured(None));
}

#[test]
fn the_delivery_gets_what_nobody_else_may_see() {
    let outcome = ready().when(request(1));
    let events = outcome.result.as_ref().unwrap();
    let effect = outcome.case.state.effects(&events[0]).remove(0);
    assert_eq!(effect.payload["aggregate_id"], delivery(1).to_string());
    let body: DeliveryCommand = serde_json::from_value(effect.payload["body"].clone()).unwrap();
    let DeliveryCommand::Request { package, reservation, .. } = body else { panic!("{body:?}") };
    assert_eq!((reservation, package.person.phone), (Some(HOLD), person().phone));
    assert_eq!(package.answers.len(), 6);
    assert!(package.answers.iter().all(|answer| answer.reveal().is_some()));
}

/// F-CONV: a lead was delivered and not charged; here neither is twice.
#[test]
fn f_conv_a_lead_is_delivered_once_by_whichever_delivery_was_first() {
    let pending = ready().after(request(1));
    pending.clone().when(request(1)).then_nothing();
    pending.clone().when(request(2)).then_refused("DELIVERY_PENDING");
    pending.clone().when(confirm(2)).then_refused("DELIVERY_UNKNOWN");
    let done = pending.after(confirm(1));
    done.clone().when(confirm(1)).then_nothing();
    done.clone().when(fail(1)).then_nothing();
    done.clone().when(request(2)).then_refused("LEAD_ALREADY_DELIVERED");
    assert_eq!(done.state.eligibility(), Eligibility::Chargeable);
}

#[test]
fn a_late_success_is_reconciled_and_withdraws_the_other_delivery() {
    let failed = ready().after(request(1)).after(fail(1));
    failed.clone().when(request(1)).then_refused("DELIVERY_ID_USED");
    let second = failed.after(request(2));
    let late = second
        .when(C::ConfirmDelivery { delivery: delivery(1), captured: Some(Uuid::from_u128(9)) });
    assert!(matches!(
        late.result.as_ref().unwrap().as_slice(),
        [E::LeadDelivered { late: true, withdrawn: Some(w), .. }] if *w == delivery(2)
    ));
    assert_eq!(effects(&late), ["command DeadLetter"]);
    late.case.clone().when(fail(2)).then_nothing();
    late.case.when(confirm(2)).then_refused("LEAD_ALREADY_DELIVERED");
}

#[test]
fn a_late_success_counts_for_a_lead_that_was_stopped_meanwhile() {
    let stopped = ready().after(request(1)).after(super::reply(9, "stop"));
    let late = stopped.after(confirm(1));
    assert_eq!(late.state.status(), LeadStatus::Stopped);
    assert_eq!(late.state.delivered(), Some(delivery(1)));
}

#[test]
fn deliveries_are_bounded() {
    let tried = (1..=10).fold(ready(), |case, n| case.after(request(n)).after(fail(n)));
    tried.when(request(11)).then_refused("TOO_MANY_DELIVERIES");
}

fn dispute(reason: DisputeReason) -> C {
    C::Dispute { reason, note: None }
}

fn resolve(refund: bool) -> C {
    C::ResolveDispute { refund, note: None }
}

#[test]
fn a_dispute_is_answered_and_a_reason_is_heard_once() {
    let disputed: Case<Lead> = sent().after(dispute(DisputeReason::OutOfZone));
    assert_eq!(disputed.state.eligibility(), Eligibility::Pending);
    disputed.clone().when(C::MarkWon { value: None }).then_refused("DISPUTE_OPEN");
    let refused = disputed.clone().after(resolve(false));
    assert_eq!(refused.state.status(), LeadStatus::SentToDeveloper);
    refused.clone().when(dispute(DisputeReason::OutOfZone)).then_refused("DISPUTED_BEFORE");
    refused.when(dispute(DisputeReason::Spam)).case.after(resolve(true));
    let refunded = disputed.when(resolve(true));
    assert_eq!(effects(&refunded), ["command RecordRefund"]);
    let lead = refunded.case;
    assert_eq!(lead.state.eligibility(), Eligibility::NotChargeableOutOfZone);
    assert_eq!(lead.state.status(), LeadStatus::Refunded);
    lead.clone().when(resolve(true)).then_refused("LEAD_NOT_DISPUTED");
    lead.when(dispute(DisputeReason::Spam)).then_refused("LEAD_ENDED");
}

#[test]
fn an_opt_out_does_not_keep_a_dispute_from_its_answer() {
    let stopped = sent().after(dispute(DisputeReason::Spam)).after(super::reply(9, "stop"));
    let answered = stopped.when(resolve(true));
    assert_eq!(effects(&answered), ["command RecordRefund"]);
    assert_eq!(answered.case.state.status(), LeadStatus::Stopped);
}

#[test]
fn a_lead_is_won_or_lost_after_its_delivery() {
    ready().when(C::MarkWon { value: None }).then_refused("LEAD_NOT_DELIVERED");
    let value = Some(usd(Some(11_000_000), Some(11_000_000)));
    let won = sent().after(C::MarkWon { value });
    won.clone().when(C::MarkWon { value: None }).then_nothing();
    won.when(C::MarkLost { reason: LossReason::Price, note: None }).then_refused("LEAD_ENDED");
    sent().when(C::MarkWon { value: Some(usd(None, None)) }).then_refused("INVALID_VALUE");
}
