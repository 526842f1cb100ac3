//! What providers report: statuses advance, ends happen once, late ones change nothing.

use bitacora_domain::aggregates::call_session::{
    AnsweredBy, AttemptRef, CallCommand as C, CallEvent as E, CallOutcome, CallSession, CallStatus,
    InitiationFailure, ReportedStatus,
};

use super::samples::{
    SID, TALK, about, attempt, by, dialled, ended, ids, place, placed, queued, report, report_on,
    with_sip,
};
use crate::support::Case;
use crate::support::ids::{CONTACT, minute};

fn live() -> Case<CallSession> {
    dialled().after(report(ReportedStatus::Ringing, 1)).after(report(ReportedStatus::InProgress, 2))
}

#[test]
fn a_call_goes_its_way_as_twilio_tells_it() {
    let (attempt, at) = (1, minute(2));
    let case = dialled();
    let case = case.when(report(ReportedStatus::Queued, 0)).then_nothing();
    let case = case.when(report(ReportedStatus::Initiated, 1)).then([E::CallInitiated {
        attempt,
        from: CallStatus::Queued,
        sequence: Some(1),
        at,
    }]);
    let case = case.when(report(ReportedStatus::Ringing, 2)).then([E::CallRinging {
        attempt,
        from: CallStatus::Initiated,
        sequence: Some(2),
        at,
    }]);
    let answered = by(report(ReportedStatus::InProgress, 3), AnsweredBy::Human);
    let answered_by = AnsweredBy::Human;
    let case = case.when(answered).then([
        E::CallAnsweredByRecorded { attempt, answered_by, at: minute(0) },
        E::CallAnswered {
            attempt,
            from: CallStatus::Ringing,
            answered_by: Some(answered_by),
            sequence: Some(3),
            at,
        },
    ]);
    let completed = with_sip(report(ReportedStatus::Completed, 4), 200);
    let over = E::CallEnded {
        attempt,
        contact: Some(CONTACT),
        from: CallStatus::InProgress,
        outcome: CallOutcome::Completed,
        sequence: Some(4),
        sip: Some(200),
        duration_s: Some(74),
        billed_minutes: Some(2),
        at,
    };
    let case = case.when(completed).then([over]);
    assert_eq!(case.state.status(), CallStatus::Completed);
}

#[test]
fn every_reported_end_has_its_outcome() {
    for (reported, outcome) in [
        (ReportedStatus::Completed, CallOutcome::Completed),
        (ReportedStatus::Busy, CallOutcome::Busy),
        (ReportedStatus::NoAnswer, CallOutcome::NoAnswer),
        (ReportedStatus::Failed, CallOutcome::Failed),
        (ReportedStatus::Canceled, CallOutcome::Canceled),
    ] {
        let case = live().after(report(reported, 3));
        assert_eq!(case.state.attempts()[0].outcome, Some(outcome));
        let talked = outcome == CallOutcome::Completed;
        assert_eq!(outcome.is_conversation(), talked, "{outcome:?}");
    }
}

#[test]
fn late_and_lower_statuses_change_nothing() {
    for (status, sequence) in [
        (ReportedStatus::Queued, 0),
        (ReportedStatus::Initiated, 0),
        (ReportedStatus::Ringing, 1),
        (ReportedStatus::InProgress, 2),
        (ReportedStatus::Ringing, 7), // not an advance, whatever its number
        (ReportedStatus::Completed, 1),
    ] {
        live().when(report(status, sequence)).then_nothing();
    }
    let over = live().after(report(ReportedStatus::Completed, 3));
    assert_eq!(over.state.attempts()[0].sequence, Some(3));
    for (status, sequence) in [
        (ReportedStatus::InProgress, 2),
        (ReportedStatus::Completed, 3),
        (ReportedStatus::Busy, 4),
        (ReportedStatus::Failed, 9),
    ] {
        over.clone().when(report(status, sequence)).then_nothing();
    }
}

#[test]
fn a_step_that_is_told_late_has_its_time_and_moves_nothing() {
    let dated = |step| E::CallStepDated { attempt: 1, step, at: minute(2) };
    let over = || dialled().after(report(ReportedStatus::Completed, 3));
    let steps = [
        (ReportedStatus::Ringing, 1, CallStatus::Ringing),
        (ReportedStatus::InProgress, 2, CallStatus::InProgress),
    ];
    for (status, sequence, step) in steps {
        let case = over().when(report(status, sequence)).then([dated(step)]);
        assert_eq!(case.state.status(), CallStatus::Completed);
        assert_eq!(case.state.attempts()[0].sequence, Some(3));
        case.when(report(status, sequence)).then_nothing();
    }
    over().when(report(ReportedStatus::Initiated, 0)).then_nothing();
    let answered = dialled().after(report(ReportedStatus::InProgress, 2));
    let case = answered.when(report(ReportedStatus::Ringing, 1)).then([dated(CallStatus::Ringing)]);
    assert_eq!(case.state.status(), CallStatus::InProgress);
    assert_eq!(case.when(report(ReportedStatus::Completed, 3)).summary(), "CallEnded");
}

#[test]
fn the_carriers_account_of_an_end_that_somebody_else_told_is_kept_once() {
    let agent = || {
        let mut end = report_on(about(), ReportedStatus::Completed, None);
        if let C::RecordProviderStatus { billed_minutes, .. } = &mut end {
            *billed_minutes = None; // an agent charges no minutes
        }
        end
    };
    let carrier = || with_sip(report(ReportedStatus::Completed, 3), 200);
    let detailed = E::CallEndDetailed {
        attempt: 1,
        sequence: Some(3),
        sip: Some(200),
        duration_s: Some(74),
        billed_minutes: Some(2),
        at: minute(2),
    };
    let case = live().after(agent()).when(agent()).then_nothing();
    let case = case.when(carrier()).then([detailed]);
    assert_eq!(case.state.attempts()[0].outcome, Some(CallOutcome::Completed));
    case.when(carrier()).then_nothing();
    live().after(carrier()).when(agent()).then_nothing();
}

#[test]
fn a_status_without_a_number_counts_when_it_is_an_advance() {
    let report = |status| report_on(about(), status, None);
    let case = live().when(report(ReportedStatus::Ringing)).then_nothing();
    assert_eq!(case.when(report(ReportedStatus::Completed)).summary(), "CallEnded");
}

#[test]
fn a_call_that_a_machine_answered_is_voicemail() {
    let machines = [
        AnsweredBy::MachineStart,
        AnsweredBy::MachineEndBeep,
        AnsweredBy::MachineEndSilence,
        AnsweredBy::MachineEndOther,
    ];
    for machine in machines {
        let told = || C::RecordAnsweredBy { about: about(), answered_by: machine };
        let together = dialled().after(by(report(ReportedStatus::Completed, 3), machine));
        let before = dialled().after(told()).after(report(ReportedStatus::Completed, 3));
        let afterwards = dialled().after(report(ReportedStatus::Completed, 3)).when(told());
        assert_eq!(afterwards.summary(), "CallAnsweredByRecorded+CallReclassified");
        for case in [together, before, afterwards.case] {
            assert_eq!(case.state.status(), CallStatus::Voicemail, "{machine:?}");
            case.when(told()).then_nothing();
        }
    }
    for other in [AnsweredBy::Human, AnsweredBy::Fax, AnsweredBy::Unknown] {
        let case = dialled().after(by(report(ReportedStatus::Completed, 3), other));
        assert_eq!(case.state.status(), CallStatus::Completed, "{other:?}");
    }
}

#[test]
fn who_answered_is_kept_also_from_a_status_that_is_late() {
    let over = dialled().after(report(ReportedStatus::Completed, 3));
    let late = by(report(ReportedStatus::InProgress, 2), AnsweredBy::MachineStart);
    let outcome = over.when(late);
    assert_eq!(outcome.summary(), "CallAnsweredByRecorded+CallReclassified+CallStepDated");
    assert_eq!(outcome.case.state.status(), CallStatus::Voicemail);
    let other = C::RecordAnsweredBy { about: about(), answered_by: AnsweredBy::Human };
    outcome.case.when(other).then_nothing();
}

#[test]
fn an_initiation_failure_ends_the_attempt() {
    let failure = |reason| C::RecordInitiationFailure {
        about: AttemptRef { attempt: None, ids: ids(None, Some(TALK)) },
        reason,
        sip: Some(487),
        at: minute(2),
    };
    for (reason, outcome) in [
        (InitiationFailure::Busy, CallOutcome::Busy),
        (InitiationFailure::NoAnswer, CallOutcome::NoAnswer),
        (InitiationFailure::Unknown, CallOutcome::Failed),
    ] {
        let case = dialled().after(failure(reason));
        assert_eq!(case.state.attempts()[0].outcome, Some(outcome));
        case.when(failure(reason)).then_nothing();
    }
}

#[test]
fn a_fact_is_about_the_attempt_that_it_names() {
    let second = || {
        let busy = dialled().after(report(ReportedStatus::Busy, 1));
        let due = busy.state.due_at().unwrap();
        assert_eq!(due, minute(60));
        busy.at(60).after(C::ReleaseCall { schedule: 1 }).after(place(2)).after(placed(2, "CA2"))
    };
    // By Twilio's id, by our number, and without either by being the last.
    second().when(report(ReportedStatus::Completed, 9)).then_nothing();
    second().when(report_on(attempt(1), ReportedStatus::Completed, Some(9))).then_nothing();
    let own = AttemptRef { attempt: None, ids: ids(Some("CA2"), None) };
    for about in [own, attempt(2), AttemptRef::default()] {
        let case = second().after(report_on(about, ReportedStatus::Completed, Some(0)));
        assert_eq!(case.state.attempts()[1].outcome, Some(CallOutcome::Completed));
    }
    let stranger = AttemptRef { attempt: None, ids: ids(Some("CA9"), None) };
    let stranger = report_on(stranger, ReportedStatus::Completed, None);
    second().when(stranger).then_refused("CALL_NOT_PLACED");
    second()
        .when(report_on(attempt(3), ReportedStatus::Busy, None))
        .then_refused("CALL_NOT_PLACED");
    queued().when(report(ReportedStatus::Busy, 0)).then_refused("CALL_NOT_PLACED");
}

#[test]
fn a_fact_about_an_attempt_that_is_behind_keeps_what_is_new_and_the_status() {
    let waiting = dialled().after(report(ReportedStatus::Busy, 1));
    assert_eq!(waiting.state.status(), CallStatus::Scheduled);
    let talk = AttemptRef { attempt: Some(1), ids: ids(Some(SID), Some(TALK)) };
    let outcome = waiting.clone().when(report_on(talk, ReportedStatus::Completed, Some(9)));
    assert_eq!(outcome.summary(), "CallIdentified");
    let canceled = waiting.after(C::CancelCall { reason: None });
    canceled.clone().when(report(ReportedStatus::Completed, 9)).then_nothing();
    assert_eq!(canceled.when(super::samples::recording("RE01")).summary(), "CallRecordingAttached");
}

#[test]
fn numbers_that_cannot_be_are_not_kept() {
    let mut odd = report(ReportedStatus::Completed, 3);
    if let C::RecordProviderStatus { sip, duration_s, billed_minutes, .. } = &mut odd {
        (*sip, *duration_s, *billed_minutes) = (Some(7), Some(-1), Some(99_999));
    }
    let mut expected = ended(CallOutcome::Completed, minute(2));
    if let E::CallEnded { sip, duration_s, billed_minutes, .. } = &mut expected {
        (*sip, *duration_s, *billed_minutes) = (None, None, None);
    }
    dialled().when(odd).then([expected]);
}
