//! What follows from a call: links, a message afterwards, a callback.

use bitacora_domain::aggregates::call_session::{
    CallCommand as C, CallEvent as E, CallLink, CallPlan, CallPurpose, CallSession, CallStart,
    FollowUpChannel, ReportedStatus,
};
use bitacora_domain::{CallId, Effect};
use uuid::Uuid;

use super::dispatch::effects;
use super::samples::{CALL, SID, actor, dialled, digits, id, ids, inbound, number, plan, report};
use crate::support::ids::{CHANNEL, CONTACT, minute, personal};
use crate::support::{Case, command_id, given};

const CHANNEL_OF_CHOICE: FollowUpChannel = FollowUpChannel::Whatsapp;

fn over() -> Case<CallSession> {
    dialled().after(report(ReportedStatus::Completed, 3))
}

fn suggest(text: &str, autopilot: bool) -> C {
    C::SuggestFollowUp { channel: CHANNEL_OF_CHOICE, text: personal(text), autopilot }
}

/// Suggested by the fifth command.
fn suggested() -> (Case<CallSession>, Uuid) {
    (over().after(suggest("¿Te paso el plano?", false)), command_id(5).derive("id:0"))
}

#[test]
fn a_follow_up_is_approved_or_dismissed_once() {
    let (case, follow_up) = suggested();
    case.clone().when(suggest("Otra", false)).then_refused("FOLLOW_UP_PENDING");
    let approve =
        |text: Option<&str>| C::ApproveFollowUp { follow_up, edited_text: text.map(personal) };
    let approved = |text: &str, edited| E::FollowUpApproved {
        follow_up,
        contact: CONTACT,
        channel: CHANNEL_OF_CHOICE,
        text: personal(text),
        edited,
        by: actor(),
        at: minute(0),
    };
    case.clone().when(approve(None)).then([approved("¿Te paso el plano?", false)]);
    let done =
        case.clone().when(approve(Some("Va el plano"))).then([approved("Va el plano", true)]);
    done.when(approve(None)).then_refused("FOLLOW_UP_NOT_PENDING");
    let dismiss = |follow_up| C::DismissFollowUp { follow_up, reason: None };
    case.clone().when(dismiss(id(9))).then_refused("FOLLOW_UP_NOT_PENDING");
    let done = case.clone().after(dismiss(follow_up));
    done.when(dismiss(follow_up)).then_refused("FOLLOW_UP_NOT_PENDING");
    for bad in [" ".to_owned(), "x".repeat(4_097)] {
        case.clone().when(approve(Some(&bad))).then_refused("INVALID_TEXT");
        over().when(suggest(&bad, false)).then_refused("INVALID_TEXT");
    }
}

#[test]
fn on_autopilot_a_follow_up_goes_by_itself() {
    let outcome = over().when(suggest("¿Te paso el plano?", true));
    assert_eq!(outcome.summary(), "FollowUpSuggested+FollowUpApproved");
    assert_eq!(outcome.case.when(suggest("Otra", false)).summary(), "FollowUpSuggested");
}

#[test]
fn nobody_follows_up_on_somebody_who_said_stop_or_whom_nobody_knows() {
    let (case, follow_up) = suggested();
    let stopped = case.after(digits("menu", "9"));
    let approve = C::ApproveFollowUp { follow_up, edited_text: None };
    let stopped = stopped.when(approve).then_refused("CALLEE_STOPPED");
    let stopped = stopped.after(C::DismissFollowUp { follow_up, reason: None });
    stopped.when(suggest("Otra", false)).then_refused("CALLEE_STOPPED");
    let nobody = C::RecordInboundCall {
        contact: None,
        from: None,
        channel: Some(CHANNEL),
        ids: ids(Some(SID), None),
        started_at: minute(0),
    };
    let case = given::<CallSession>([]).after(nobody).after(report(ReportedStatus::Completed, 1));
    let case = case.when(suggest("Hola", false)).then_refused("CALLEE_UNKNOWN");
    case.when(C::RequestCallback { at: minute(60) }).then_refused("CALLEE_UNKNOWN");
}

#[test]
fn a_callback_is_a_call_of_its_own() {
    let at = minute(2_880);
    let outcome = over().when(C::RequestCallback { at });
    let expected = C::RequestCall {
        contact: CONTACT,
        to: number(),
        plan: CallPlan { not_after: Some(minute(2_880 + 7 * 1_440)), ..plan() },
        start: CallStart::At { at, zone: None },
        needs_approval: false,
        callback_of: Some(CALL),
    };
    let id = CallId::new(CALL.derive("callback:1"));
    assert_eq!(effects(&outcome), [Effect::command::<CallSession>(id, &expected, None)]);
    // Whenever the effect comes, the call is made: late means at once.
    let made = |minutes| given::<CallSession>([]).at(minutes).when(expected.clone()).summary();
    assert_eq!(made(0), "CallRequested+CallScheduled");
    assert_eq!(made(2_880), "CallRequested+CallQueued");
    assert_eq!(made(4_000), "CallRequested+CallQueued");
    for bad in [minute(0), minute(180 * 1_440 + 1)] {
        over().when(C::RequestCallback { at: bad }).then_refused("INVALID_CALL_TIME");
    }
    let mut case = over();
    for _ in 0..10 {
        case = case.after(C::RequestCallback { at });
    }
    case.when(C::RequestCallback { at }).then_refused("TOO_MANY_CALLBACKS");
}

#[test]
fn whoever_called_us_is_called_back_by_the_usual_plan() {
    let case = given::<CallSession>([]).after(inbound());
    let outcome = case.when(C::RequestCallback { at: minute(60) });
    let body = &effects(&outcome)[0].payload["body"];
    let request: C = serde_json::from_value(body.clone()).unwrap();
    let C::RequestCall { plan, .. } = request else { panic!("{request:?}") };
    let usual = CallPlan::usual(CallPurpose::FollowUp);
    assert_eq!(plan, CallPlan { not_after: plan.not_after, ..usual });
}

#[test]
fn a_call_is_linked_once_to_each_thing() {
    let link = |n| C::LinkCall { kind: CallLink::Ticket, id: id(n) };
    let case = over().after(link(1)).when(link(1)).then_nothing();
    let lead = C::LinkCall { kind: CallLink::Lead, id: id(1) };
    assert_eq!(case.when(lead).summary(), "CallLinked");
}
