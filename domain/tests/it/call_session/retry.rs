//! Whether another attempt is made, when, and how often.

use bitacora_domain::Effect;
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, BlockReason, CallCommand as C, CallEvent as E, CallOutcome, CallPlan, CallSession,
    CallStart, CallStatus, ExhaustedBy, ReportedStatus,
};

use super::dispatch::effects;
use super::samples::{
    CALL, SID, about, by, dialled, digits, place, placed, plan, report, request_with, with_sip,
};
use crate::support::ids::minute;
use crate::support::{Case, given};

fn with(plan: CallPlan) -> Case<CallSession> {
    let case = given::<CallSession>([]).after(request_with(plan, CallStart::AtOnce, false));
    case.after(place(1)).after(placed(1, SID))
}

fn voicemail() -> C {
    by(report(ReportedStatus::Completed, 3), AnsweredBy::MachineEndBeep)
}

/// Who is called again: the status, the SIP code, and whether another attempt is planned.
#[test]
fn the_plan_says_what_is_tried_again() {
    let failed = |code| with_sip(report(ReportedStatus::Failed, 3), code);
    let table = [
        ("busy", report(ReportedStatus::Busy, 3), true),
        ("no answer", report(ReportedStatus::NoAnswer, 3), true),
        ("a failure without a code", report(ReportedStatus::Failed, 3), false),
        ("no such number", failed(404), false),
        ("declined", failed(603), false),
        ("timed out", failed(408), true),
        ("away", failed(480), true),
        ("a broken server", failed(503), true),
        ("called off", report(ReportedStatus::Canceled, 3), false),
        ("took place", report(ReportedStatus::Completed, 3), false),
        ("voicemail", voicemail(), false),
    ];
    for (name, end, again) in table {
        let outcome = dialled().when(end);
        assert_eq!(outcome.summary().ends_with("CallRetryScheduled"), again, "{name}");
        assert_eq!(outcome.case.state.status() == CallStatus::Scheduled, again, "{name}");
    }
    let outcome = with(CallPlan { retry_voicemail: true, ..plan() }).when(voicemail());
    assert_eq!(outcome.summary(), "CallAnsweredByRecorded+CallEnded+CallRetryScheduled");
}

#[test]
fn the_next_attempt_has_its_time_and_its_timer() {
    let outcome = dialled().at(10).when(report(ReportedStatus::Busy, 3));
    let timer = C::ReleaseCall { schedule: 1 };
    assert_eq!(effects(&outcome), [Effect::command::<CallSession>(CALL, &timer, Some(minute(70)))]);
    let case = outcome.case.at(70).after(timer);
    assert_eq!(case.state.status(), CallStatus::Queued);
    case.clone().when(place(1)).then_refused("CALL_ATTEMPT_STALE");
    assert_eq!(case.when(place(2)).summary(), "CallPlacementRequested");
}

fn attempt(case: Case<CallSession>, number: i64, minutes: i64) -> Case<CallSession> {
    let timer = C::ReleaseCall { schedule: number - 1 };
    let sid = format!("CA{number}");
    case.at(minutes).after(timer).after(place(number)).after(placed(number, &sid))
}

fn busy(number: i64) -> C {
    super::samples::report_on(super::samples::attempt(number), ReportedStatus::Busy, None)
}

#[test]
fn there_are_as_many_attempts_as_agreed() {
    let case = dialled().after(busy(1));
    let case = attempt(case, 2, 60).after(busy(2));
    let outcome = attempt(case, 3, 120).when(busy(3));
    assert_eq!(outcome.summary(), "CallEnded+CallAttemptsExhausted");
    let case = outcome.case;
    assert_eq!((case.state.status(), case.state.attempts().len()), (CallStatus::Busy, 3));
    // Nobody overrides it; it was said already.
    case.when(C::RetryCall { at: minute(600) }).then_nothing();
    // Where it was not said yet, it is.
    let once = with(CallPlan { max_attempts: 1, ..plan() }).after(voicemail());
    once.when(C::RetryCall { at: minute(600) }).then([E::CallAttemptsExhausted {
        attempts: 1,
        by: ExhaustedBy::Attempts,
        outcome: CallOutcome::Voicemail,
        at: minute(0),
    }]);
}

#[test]
fn no_attempt_comes_after_the_end_of_the_plan() {
    let short = CallPlan { not_after: Some(minute(60)), ..plan() };
    let outcome = with(short).when(report(ReportedStatus::Busy, 3));
    assert_eq!(outcome.summary(), "CallEnded+CallAttemptsExhausted");
    let case = outcome.case;
    case.clone().when(C::RetryCall { at: minute(60) }).then_refused("INVALID_CALL_TIME");
    assert_eq!(case.when(C::RetryCall { at: minute(59) }).summary(), "CallRetryScheduled");
}

#[test]
fn a_person_may_try_again_what_the_plan_would_not() {
    let retry = || C::RetryCall { at: minute(60) };
    for end in [voicemail(), with_sip(report(ReportedStatus::Failed, 3), 404)] {
        let case = dialled().after(end).after(retry());
        assert_eq!(case.state.due_at(), Some(minute(60)));
    }
    for end in [report(ReportedStatus::Completed, 3), report(ReportedStatus::Canceled, 3)] {
        dialled().after(end).when(retry()).then_refused("CALL_NOT_RETRYABLE");
    }
    let dnc = C::BlockCall { reason: BlockReason::Dnc, until: None };
    let blocked = dialled().after(report(ReportedStatus::Busy, 3)).after(dnc);
    blocked.when(retry()).then_refused("CALL_NOT_RETRYABLE");
    dialled().when(retry()).then_refused("CALL_NOT_OVER");
}

#[test]
fn nobody_is_called_again_after_stop() {
    let retry = C::RetryCall { at: minute(600) };
    let stopped = dialled().after(digits("menu", "9")).when(report(ReportedStatus::Busy, 3));
    assert_eq!(stopped.summary(), "CallEnded");
    stopped.case.when(retry.clone()).then_refused("CALLEE_STOPPED");
    // It may come to be known only when the next attempt waits already.
    let late = dialled().after(report(ReportedStatus::Busy, 3)).when(digits("menu", "9"));
    assert_eq!(late.summary(), "CallDigitsGathered+CallRetryWithdrawn");
    assert_eq!(late.case.state.status(), CallStatus::Busy);
    let case = late.case.at(90).when(C::ReleaseCall { schedule: 1 }).then_nothing();
    case.clone().when(place(2)).then_refused("CALL_ATTEMPT_STALE");
    case.when(retry).then_refused("CALLEE_STOPPED");
}

#[test]
fn nobody_is_called_again_after_we_hung_up() {
    let case = dialled().after(C::HangUp { reason: None });
    let outcome = case.when(report(ReportedStatus::NoAnswer, 3));
    assert_eq!(outcome.summary(), "CallEnded");
    assert_eq!(outcome.case.state.status(), CallStatus::NoAnswer);
}

#[test]
fn voicemail_that_is_told_late_is_tried_again_all_the_same() {
    let eager = CallPlan { retry_voicemail: true, ..plan() };
    let over = with(eager).after(report(ReportedStatus::Completed, 3));
    let answered_by = AnsweredBy::MachineStart;
    let outcome = over.when(C::RecordAnsweredBy { about: about(), answered_by });
    assert_eq!(outcome.summary(), "CallAnsweredByRecorded+CallReclassified+CallRetryScheduled");
}
