//! Until a call is dialled, and the request to the provider: once per attempt, and never again
//! where nobody knows.

use bitacora_domain::aggregates::call_session::guards::{Circumstances, Lines};
use bitacora_domain::aggregates::call_session::{
    BlockReason, CHECK_EFFECT, CallCommand as C, CallEffect, CallEvent as E, CallOutcome,
    CallSession, CallStatus, PLACE_EFFECT, PlaceEffect, Placement, PlacementOutcome,
    ReportedStatus,
};
use bitacora_domain::{COMMAND_EFFECT, Claim, DomainAggregate, Effect};
use serde::Deserialize as _;

use super::samples::{
    CALL, SID, TALK, about, attempt, dialled, failed, fine, ids, place, placed, plan, queued,
    report, report_on, request_with, transcript,
};
use crate::support::ids::{CONTACT, minute};
use crate::support::{Case, Outcome, given};

pub(super) fn effects(outcome: &Outcome<CallSession>) -> Vec<Effect> {
    let events = outcome.result.as_ref().unwrap();
    events.iter().flat_map(|event| outcome.case.state.effects(event)).collect()
}

fn scheduled() -> Case<CallSession> {
    let start = bitacora_domain::aggregates::call_session::CallStart::WhenTold;
    let case = given::<CallSession>([]).after(request_with(plan(), start, false));
    case.after(C::ScheduleCall { at: minute(60), zone: None })
}

#[test]
fn a_scheduled_call_is_queued_by_its_timer() {
    let timer = C::ReleaseCall { schedule: 1 };
    let outcome = scheduled().when(C::ScheduleCall { at: minute(90), zone: None });
    let expected =
        Effect::command::<CallSession>(CALL, &C::ReleaseCall { schedule: 2 }, Some(minute(90)));
    assert_eq!(effects(&outcome), [expected]);
    assert_eq!(outcome.case.state.due_at(), Some(minute(90)));
    // The timer of the first time means nothing any more, the second one not before its time.
    let case = outcome.case.at(95).when(timer.clone()).then_nothing();
    let case = case.at(89).when(C::ReleaseCall { schedule: 2 }).then_nothing();
    let outcome = case.at(90).when(C::ReleaseCall { schedule: 2 });
    assert_eq!(outcome.summary(), "CallQueued");
    let effect = &effects(&outcome)[0];
    assert_eq!((effect.kind, effect.serial.as_deref()), (PLACE_EFFECT, Some(&*CALL.to_string())));
    let payload = PlaceEffect::deserialize(&effect.payload).unwrap();
    assert_eq!((payload.call, payload.attempt, payload.contact), (CALL, 1, CONTACT));
    outcome.case.at(95).when(timer).then_nothing();
}

#[test]
fn a_call_that_waits_can_be_moved_called_off_or_blocked() {
    for case in [scheduled(), queued()] {
        let at = |minutes| C::ScheduleCall { at: minute(minutes), zone: None };
        assert_eq!(case.clone().when(at(120)).summary(), "CallScheduled");
        case.clone().when(at(0)).then_refused("INVALID_CALL_TIME");
        case.clone().when(at(30 * 1_440)).then_refused("INVALID_CALL_TIME");
        let cancel = |reason: Option<&str>| C::CancelCall { reason: reason.map(str::to_owned) };
        let canceled = case.clone().after(cancel(Some("Fin de campaña")));
        assert_eq!(canceled.state.status(), CallStatus::Canceled);
        canceled.clone().when(cancel(None)).then_nothing();
        canceled.when(place(1)).then_refused("CALL_OVER");
        case.clone().when(cancel(Some(" "))).then_refused("INVALID_REASON");
        let block = |reason, until| C::BlockCall { reason, until };
        let dnc = case.clone().when(block(BlockReason::Dnc, Some(minute(60))));
        assert_eq!(dnc.summary(), "CallBlocked", "what does not pass is for good");
        let cap = case.clone().when(block(BlockReason::Cap, Some(minute(60))));
        assert_eq!(cap.summary(), "CallDeferred");
        assert_eq!(case.when(block(BlockReason::Cap, None)).summary(), "CallBlocked");
    }
}

#[test]
fn the_guards_have_the_last_word() {
    let place = |change: &dyn Fn(&mut Circumstances)| {
        let mut circumstances = fine();
        change(&mut circumstances);
        queued().when(C::PlaceCall { attempt: 1, circumstances })
    };
    place(&|_| {}).then([E::CallPlacementRequested { attempt: 1, line: 1, at: minute(0) }]);
    let deferred = place(&|c| c.lines = Lines { count: 10, free: None });
    let timer =
        Effect::command::<CallSession>(CALL, &C::ReleaseCall { schedule: 1 }, Some(minute(5)));
    assert_eq!(effects(&deferred), [timer]);
    let case = deferred.then([E::CallDeferred {
        attempt: 1,
        schedule: 1,
        from: CallStatus::Queued,
        reason: BlockReason::Cap,
        until: minute(5),
        at: minute(0),
    }]);
    let case = case.when(super::samples::place(1)).then_refused("CALL_NOT_QUEUED");
    let case = case.at(5).after(C::ReleaseCall { schedule: 1 });
    assert_eq!(case.when(super::samples::place(1)).summary(), "CallPlacementRequested");
    let blocked = place(&|c| c.do_not_call = true);
    assert_eq!(blocked.summary(), "CallBlocked");
    blocked.case.when(super::samples::place(1)).then_refused("CALL_OVER");
    place(&|c| c.zones.clear()).then_refused("CALLEE_ZONE_UNKNOWN");
    place(&|c| c.zones = vec!["Mars/Olympus".to_owned()]).then_refused("CALLEE_ZONE_UNKNOWN");
    place(&|c| c.lines.count = 1_001).then_refused("INVALID_CIRCUMSTANCES");
    place(&|c| c.caps[0].used = -1).then_refused("INVALID_CIRCUMSTANCES");
}

#[test]
fn an_attempt_is_requested_once() {
    let case = queued().after(place(1));
    case.clone().when(place(1)).then_refused("CALL_PLACEMENT_IN_FLIGHT");
    case.when(place(2)).then_refused("CALL_ATTEMPT_STALE");
    queued().when(place(2)).then_refused("CALL_ATTEMPT_STALE");
    dialled().when(place(1)).then_refused("CALL_UNDER_WAY");
}

#[test]
fn a_line_is_taken_until_the_attempt_ends() {
    let owner = || format!("{CALL}/1");
    let begun = queued().when(place(1));
    assert_eq!(begun.claims(), [Claim::take("call.line", "1", owner())]);
    let taken = begun.case.when(placed(1, SID));
    assert_eq!(taken.claims(), [Claim::take("call.provider", format!("twilio:{SID}"), owner())]);
    let over = taken.case.when(report(ReportedStatus::Completed, 3));
    assert_eq!(over.claims(), [Claim::release("call.line", "1", owner())]);
    let failed = queued().after(place(1)).when(failed(1, false));
    assert_eq!(failed.claims(), [Claim::release("call.line", "1", owner())]);
}

fn unknown() -> Case<CallSession> {
    let outcome = PlacementOutcome::Unknown { reason: "TIMEOUT".to_owned() };
    queued().after(place(1)).after(C::RecordPlaced { attempt: 1, outcome })
}

#[test]
fn what_nobody_knows_is_never_dialled_again_by_the_machine() {
    let case = unknown();
    case.clone().when(place(1)).then_refused("CALL_PLACEMENT_UNKNOWN");
    case.clone().when(place(2)).then_refused("CALL_ATTEMPT_STALE");
    case.clone().when(C::RetryCall { at: minute(60) }).then_refused("CALL_NOT_OVER");
    // Somebody looked, and it had not been placed: what follows is theirs to decide.
    let outcome = case.when(failed(1, true));
    assert_eq!(outcome.summary(), "CallPlacementFailed+CallEnded");
    let retry = outcome.case.when(C::RetryCall { at: minute(60) });
    assert_eq!(retry.summary(), "CallRetryScheduled");
}

#[test]
fn a_fact_of_the_provider_tells_what_nobody_knew() {
    let attempts = |case: &Case<CallSession>| case.state.attempts()[0].clone();
    let by_status = unknown().when(report(ReportedStatus::Ringing, 1));
    assert_eq!(by_status.summary(), "CallPlaced+CallRinging");
    let by_number = unknown().when(report_on(attempt(1), ReportedStatus::Queued, Some(0)));
    assert_eq!(by_number.summary(), "CallPlaced");
    let by_words = unknown().when(transcript(TALK));
    assert_eq!(by_words.summary(), "CallPlaced+CallTranscribed");
    for outcome in [by_status, by_number, by_words] {
        assert_eq!(attempts(&outcome.case).placement, Placement::Placed);
        let check = effects(&outcome).into_iter().find(|effect| effect.kind == CHECK_EFFECT);
        assert_eq!(check.unwrap().due, Some(minute(15)));
    }
}

#[test]
fn the_answer_to_the_request_may_come_after_everything_else() {
    let ended = queued().after(place(1)).after(report(ReportedStatus::NoAnswer, 2));
    assert_eq!(ended.state.status(), CallStatus::Scheduled, "the next attempt is planned");
    let same = ended.clone().when(placed(1, SID)).then_nothing();
    let more = C::RecordPlaced {
        attempt: 1,
        outcome: PlacementOutcome::Placed { ids: ids(Some(SID), Some(TALK)) },
    };
    assert_eq!(same.when(more).summary(), "CallIdentified");
    ended.clone().when(failed(1, true)).then_nothing();
    let outcome = PlacementOutcome::Unknown { reason: "TIMEOUT".to_owned() };
    ended.when(C::RecordPlaced { attempt: 1, outcome }).then_nothing();
    queued().when(placed(1, SID)).then_refused("CALL_NOT_PLACED");
    dialled().when(placed(2, SID)).then_refused("CALL_NOT_PLACED");
}

#[test]
fn what_the_provider_refuses_ends_the_attempt() {
    let begun = || queued().after(place(1));
    let outcome = begun().when(failed(1, false));
    assert_eq!(outcome.summary(), "CallPlacementFailed+CallEnded");
    assert_eq!(outcome.case.state.status(), CallStatus::Failed);
    assert_eq!(outcome.case.state.attempts()[0].outcome, Some(CallOutcome::Failed));
    let again = begun().when(failed(1, true));
    assert_eq!(again.summary(), "CallPlacementFailed+CallEnded+CallRetryScheduled");
}

#[test]
fn a_check_knows_what_to_ask_for() {
    let outcome = queued().after(place(1)).when(placed(1, SID));
    let effect = &effects(&outcome)[0];
    let payload = CallEffect::deserialize(&effect.payload).unwrap();
    assert_eq!(payload, CallEffect { call: CALL, attempt: 1, ids: about().ids });
    assert_ne!(effect.kind, COMMAND_EFFECT);
}

#[test]
fn only_people_approve() {
    use bitacora_domain::{Actor, ActorKind, Directed};
    let start = bitacora_domain::aggregates::call_session::CallStart::AtOnce;
    let case = given::<CallSession>([]).after(request_with(plan(), start, true));
    for kind in [ActorKind::Ai, ActorKind::Provider, ActorKind::Contact] {
        let of = Directed {
            tenant: crate::support::ids::TENANT,
            aggregate_id: CALL.to_string(),
            command_id: crate::support::command_id(9),
            actor: Actor::new(kind, "x"),
            now: minute(0),
            body: (),
        };
        let refusal = case.state.decide(&of, C::ApproveCall).unwrap_err();
        assert_eq!(bitacora_domain::DomainError::code(&refusal), "APPROVAL_NEEDS_PERSON");
    }
}
