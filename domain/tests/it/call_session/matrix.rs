//! Every state that a call can be in against every command: what happens is what the table says,
//! and what must never happen is checked without looking at the table.

use std::collections::BTreeSet;
use std::path::Path;

use bitacora_domain::ContactId;
use bitacora_domain::DomainError;
use bitacora_domain::aggregates::call_session::matrix::{
    Ask, FollowUpStanding, Stage, Standing, StopStanding, TransferStanding, Verdict, judge,
    markdown,
};
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, BlockReason, CallCommand as C, CallDirection, CallEvent as E, CallLink, CallOrigin,
    CallOutcome, CallProvider, CallRefusal, CallSession, CallStatus, DeletionReason, DigitMeaning,
    FollowUpChannel, InitiationFailure, PlacementOutcome, RecordingSource, ReportedStatus,
};

use super::samples::{
    CALL, SID, TALK, about, actor, analysis, by, cost, digits, ended, failed, id, ids, number,
    place, plan, recording, report, requested, transcript,
};
use crate::support::ids::{AGENT, CHANNEL, CONTACT, minute, personal};
use crate::support::{Case, Outcome, given};

/// When everything is tried.
const NOW: i64 = 100;
const RECORDING: u128 = 1;
const FOLLOW_UP: u128 = 2;

/// A call with something of everything, which then came to stand so.
fn standing(at: Standing) -> Case<CallSession> {
    let mut history = match at.origin {
        CallOrigin::Outbound => outbound(at.stage),
        CallOrigin::Inbound => inbound(at.stage),
        CallOrigin::Imported => imported(at.stage),
    };
    history.push(kept_recording());
    if at.stop == StopStanding::Stopped {
        history.push(E::CallDigitsGathered {
            attempt: 1,
            contact: Some(CONTACT),
            step: "stop".to_owned(),
            digits: personal("9"),
            meaning: DigitMeaning::Stop,
            at: minute(3),
        });
    }
    if at.transfer == TransferStanding::Requested {
        let (agent, by) = (Some(AGENT), actor());
        history.push(E::CallTransferRequested {
            attempt: 1,
            agent,
            number: None,
            by,
            at: minute(3),
        });
    }
    if at.follow_up == FollowUpStanding::Pending {
        history.push(E::FollowUpSuggested {
            follow_up: id(FOLLOW_UP),
            contact: CONTACT,
            channel: FollowUpChannel::Whatsapp,
            text: personal("¿Te paso el plano?"),
            at: minute(3),
        });
    }
    let case = given::<CallSession>(history).at(NOW);
    assert_eq!(case.state.standing(), Some(at));
    case
}

fn kept_recording() -> E {
    E::CallRecordingAttached {
        recording: id(RECORDING),
        attempt: 1,
        provider: CallProvider::Twilio,
        sid: "RE00".to_owned(),
        source: RecordingSource::AtProvider { url: "https://example.test/RE00".to_owned() },
        duration_s: None,
        channels: None,
        delete_at: minute(10_000),
        at: minute(3),
    }
}

fn outbound(stage: Stage) -> Vec<E> {
    let (attempt, at, from) = (1, minute(1), CallStatus::Requested);
    let mut history = vec![requested(stage == Stage::AwaitingApproval)];
    match stage {
        Stage::AwaitingApproval | Stage::Requested => return history,
        Stage::Scheduled => {
            let (schedule, due_at, zone) = (1, minute(90), None);
            history.push(E::CallScheduled { attempt, schedule, from, due_at, zone, at });
            return history;
        }
        Stage::Blocked => {
            let reason = BlockReason::Dnc;
            history.push(E::CallBlocked { contact: Some(CONTACT), from, reason, at });
            return history;
        }
        _ => history.push(E::CallQueued { attempt, from, at }),
    }
    if stage == Stage::Queued {
        return history;
    }
    history.push(E::CallPlacementRequested { attempt, line: 1, at });
    match stage {
        Stage::Placing => {}
        Stage::PlacementUnknown => {
            history.push(E::CallPlacementUnknown { attempt, reason: "TIMEOUT".to_owned(), at });
        }
        _ => {
            history.push(E::CallPlaced { attempt, ids: ids(Some(SID), None), at });
            history.extend(live_or_over(stage));
        }
    }
    history
}

/// From a placed call on. Every step on the way was told, so that a late one is no news.
fn live_or_over(stage: Stage) -> Vec<E> {
    let (attempt, at, from, sequence) = (1, minute(2), CallStatus::Queued, Some(0));
    let initiated = E::CallInitiated { attempt, from, sequence, at };
    let ringing = E::CallRinging { attempt, from, sequence, at };
    let answered = E::CallAnswered { attempt, from, answered_by: None, sequence, at };
    let talked = vec![ringing.clone(), answered];
    let over = |outcome| [talked.clone(), vec![ended(outcome, at)]].concat();
    let machine = E::CallAnsweredByRecorded { attempt, answered_by: AnsweredBy::MachineStart, at };
    match stage {
        Stage::Initiated => vec![initiated],
        Stage::Ringing => vec![ringing],
        Stage::InProgress => talked,
        Stage::Completed => over(CallOutcome::Completed),
        Stage::Voicemail => [vec![machine], over(CallOutcome::Voicemail)].concat(),
        Stage::Busy => over(CallOutcome::Busy),
        Stage::NoAnswer => over(CallOutcome::NoAnswer),
        Stage::Failed => over(CallOutcome::Failed),
        Stage::Canceled => over(CallOutcome::Canceled),
        _ => vec![],
    }
}

/// What is told late of a call that was over when we heard of it.
fn told_late() -> [E; 3] {
    let (attempt, at) = (1, minute(2));
    let dated = |step| E::CallStepDated { attempt, step, at };
    let (sequence, sip, duration_s, billed_minutes) = (Some(3), None, None, None);
    [
        dated(CallStatus::Ringing),
        dated(CallStatus::InProgress),
        E::CallEndDetailed { attempt, sequence, sip, duration_s, billed_minutes, at },
    ]
}

fn inbound(stage: Stage) -> Vec<E> {
    let started = E::InboundCallStarted {
        call: CALL,
        contact: Some(CONTACT),
        from: Some(number()),
        channel: Some(CHANNEL),
        ids: ids(Some(SID), None),
        started_at: minute(0),
        at: minute(0),
    };
    let mut rest = live_or_over(stage);
    rest.retain(|event| !matches!(event, E::CallRinging { .. }));
    std::iter::once(started).chain(rest).collect()
}

fn imported(stage: Stage) -> Vec<E> {
    let outcome =
        CallOutcome::ALL.into_iter().find(|outcome| format!("{outcome:?}") == format!("{stage:?}"));
    let imported = E::CallImported {
        call: CALL,
        contact: Some(CONTACT),
        direction: CallDirection::Inbound,
        number: Some(number()),
        channel: None,
        ids: ids(Some(SID), None),
        outcome: outcome.unwrap(),
        started_at: minute(0),
        duration_s: None,
        at: minute(2),
    };
    let machine = E::CallAnsweredByRecorded {
        attempt: 1,
        answered_by: AnsweredBy::MachineStart,
        at: minute(2),
    };
    let machine = (stage == Stage::Voicemail).then_some(machine);
    std::iter::once(imported).chain(machine).chain(told_late()).collect()
}

/// A command of each row that does something wherever nothing is against it.
fn sample(ask: Ask) -> C {
    match ask {
        Ask::RequestCall => super::samples::request_with(
            plan(),
            bitacora_domain::aggregates::call_session::CallStart::AtOnce,
            false,
        ),
        Ask::RecordInboundCall => super::samples::inbound(),
        Ask::ImportCall => C::ImportCall {
            contact: Some(CONTACT),
            direction: CallDirection::Inbound,
            number: Some(number()),
            channel: None,
            ids: ids(Some(SID), None),
            outcome: CallOutcome::Completed,
            started_at: minute(0),
            duration_s: None,
        },
        Ask::ApproveCall => C::ApproveCall,
        Ask::ScheduleCall => C::ScheduleCall { at: minute(NOW + 60), zone: None },
        Ask::BlockForGood => C::BlockCall { reason: BlockReason::Dnc, until: None },
        Ask::BlockUntil => C::BlockCall { reason: BlockReason::Cap, until: Some(minute(NOW + 60)) },
        Ask::CancelCall => C::CancelCall { reason: None },
        Ask::ReleaseCall => C::ReleaseCall { schedule: 1 },
        Ask::PlaceCall => place(1),
        Ask::PlacedOk => {
            let ids = ids(Some(SID), Some(TALK));
            C::RecordPlaced { attempt: 1, outcome: PlacementOutcome::Placed { ids } }
        }
        Ask::PlacedUnknown => {
            let reason = "TIMEOUT".to_owned();
            C::RecordPlaced { attempt: 1, outcome: PlacementOutcome::Unknown { reason } }
        }
        Ask::PlacedFailed => failed(1, true),
        Ask::StatusQueued => report(ReportedStatus::Queued, 9),
        Ask::StatusInitiated => report(ReportedStatus::Initiated, 9),
        Ask::StatusRinging => report(ReportedStatus::Ringing, 9),
        Ask::StatusInProgress => report(ReportedStatus::InProgress, 9),
        Ask::StatusCompleted => report(ReportedStatus::Completed, 9),
        Ask::StatusCompletedMachine => {
            by(report(ReportedStatus::Completed, 9), AnsweredBy::MachineEndBeep)
        }
        Ask::StatusBusy => report(ReportedStatus::Busy, 9),
        Ask::StatusNoAnswer => report(ReportedStatus::NoAnswer, 9),
        Ask::StatusFailed => report(ReportedStatus::Failed, 9),
        Ask::StatusCanceled => report(ReportedStatus::Canceled, 9),
        Ask::InitiationFailure
        | Ask::RecordAnsweredBy
        | Ask::RecordDigits
        | Ask::TransferToHuman
        | Ask::RecordTransfer
        | Ask::HangUp
        | Ask::AttachRecording
        | Ask::RecordRecordingStored
        | Ask::DeleteRecording
        | Ask::AttachTranscript
        | Ask::AttachAnalysis
        | Ask::RecordCost
        | Ask::IdentifyCaller
        | Ask::LinkCall
        | Ask::SuggestFollowUp
        | Ask::ApproveFollowUp
        | Ask::DismissFollowUp
        | Ask::RetryCall
        | Ask::RequestCallback => later_sample(ask),
    }
}

fn later_sample(ask: Ask) -> C {
    match ask {
        Ask::InitiationFailure => C::RecordInitiationFailure {
            about: about(),
            reason: InitiationFailure::NoAnswer,
            sip: Some(487),
            at: minute(2),
        },
        Ask::RecordAnsweredBy => {
            C::RecordAnsweredBy { about: about(), answered_by: AnsweredBy::MachineEndBeep }
        }
        Ask::RecordDigits => digits("menu", "1"),
        Ask::TransferToHuman => C::TransferToHuman { agent: Some(AGENT), number: None },
        Ask::RecordTransfer => C::RecordTransfer { connected: true, reason: None, at: minute(NOW) },
        Ask::HangUp => C::HangUp { reason: None },
        Ask::AttachRecording => recording("RE01"),
        Ask::RecordRecordingStored => C::RecordRecordingStored {
            recording: id(RECORDING),
            blob: "sha256:9f86".to_owned(),
            bytes: 1,
        },
        Ask::DeleteRecording => {
            C::DeleteRecording { recording: id(RECORDING), reason: DeletionReason::Redaction }
        }
        Ask::AttachTranscript => transcript(TALK),
        Ask::AttachAnalysis => analysis(),
        Ask::RecordCost => cost(CallProvider::Twilio),
        Ask::IdentifyCaller => C::IdentifyCaller { contact: ContactId::new(id(30)) },
        Ask::LinkCall => C::LinkCall { kind: CallLink::Ticket, id: id(31) },
        Ask::SuggestFollowUp => C::SuggestFollowUp {
            channel: FollowUpChannel::Whatsapp,
            text: personal("¿Te paso el plano?"),
            autopilot: false,
        },
        Ask::ApproveFollowUp => C::ApproveFollowUp { follow_up: id(FOLLOW_UP), edited_text: None },
        Ask::DismissFollowUp => C::DismissFollowUp { follow_up: id(FOLLOW_UP), reason: None },
        Ask::RetryCall => C::RetryCall { at: minute(NOW + 60) },
        Ask::RequestCallback => C::RequestCallback { at: minute(NOW + 600) },
        other => panic!("{other:?} is in the other half"),
    }
}

#[test]
fn every_state_of_the_product_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    let mut codes = BTreeSet::new();
    let mut verdicts = BTreeSet::new();
    for at in Standing::all() {
        let case = standing(at);
        for &ask in Ask::ALL {
            // What a call that needs an approval was asked for says so.
            let mut command = sample(ask);
            if let C::RequestCall { needs_approval, .. } = &mut command {
                *needs_approval = at.stage == Stage::AwaitingApproval;
            }
            let (outcome, verdict) = (case.clone().when(command), judge(ask, at));
            let here = format!("{} at {at:?}", ask.name());
            check_cell(&outcome, verdict, &here);
            check_never(at, &outcome, &here);
            codes.extend(verdict.code());
            verdicts.insert(format!("{ask:?} {verdict:?}"));
            cells += 1;
        }
    }
    assert_eq!(Standing::all().count(), (17 + 8 + 6) * 8);
    assert_eq!(cells, 248 * Ask::ALL.len());
    println!("{cells} cells: 248 states × {} rows", Ask::ALL.len());
    println!("{} different (row, verdict), {} codes", verdicts.len(), codes.len());
}

#[track_caller]
fn check_cell(outcome: &Outcome<CallSession>, verdict: Verdict, here: &str) {
    match (&outcome.result, verdict) {
        (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "nothing: {here}"),
        (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
        (Err(refusal), Verdict::Refuse(expected)) => {
            assert_eq!(*refusal, expected, "{here}");
            assert_eq!(Some(refusal.code()), verdict.code(), "{here}");
        }
        (result, verdict) => panic!("{result:?}, but the table says {verdict:?}: {here}"),
    }
}

/// What must never happen, whatever the table says.
#[track_caller]
fn check_never(at: Standing, outcome: &Outcome<CallSession>, here: &str) {
    for event in outcome.result.iter().flatten() {
        match event {
            E::CallPlacementRequested { .. } => {
                assert_eq!((at.stage, at.stop), (Stage::Queued, StopStanding::None), "{here}");
            }
            E::CallRetryScheduled { .. } => {
                assert_eq!(at.stop, StopStanding::None, "again after STOP: {here}");
                assert_ne!(at.stage, Stage::Canceled, "again after CANCELED: {here}");
                assert_ne!(at.stage, Stage::Blocked, "again after BLOCKED: {here}");
            }
            E::CallQueued { .. } => assert_ne!(at.stop, StopStanding::Stopped, "{here}"),
            E::CallEnded { from, .. } => assert!(!from.is_over(), "ended twice: {here}"),
            E::FollowUpApproved { .. } | E::FollowUpDismissed { .. } => {
                assert_eq!(at.follow_up, FollowUpStanding::Pending, "{here}");
            }
            _ => {}
        }
    }
    let after = outcome.case.state.standing().unwrap();
    check_stage(at.stage, after.stage, here);
    let came_in = outcome.result.iter().flatten().any(|e| matches!(e, E::CallCameIn { .. }));
    let origin = if came_in { CallOrigin::Inbound } else { at.origin };
    assert_eq!(after.origin, origin, "{here}");
    assert!(!came_in || at.origin == CallOrigin::Imported, "{here}");
}

/// Where a stage can lead to, by one command (aggregates §2.5, §2.8).
#[track_caller]
fn check_stage(from: Stage, to: Stage, here: &str) {
    use Stage::{
        AwaitingApproval, Blocked, Busy, Canceled, Completed, Failed, InProgress, Initiated,
        NoAnswer, Placed, PlacementUnknown, Placing, Queued, Requested, Ringing, Scheduled,
        Voicemail,
    };
    // BUSY, NO_ANSWER, VOICEMAIL and FAILED may be scheduled again in the same breath.
    let ends = [Completed, Voicemail, Busy, NoAnswer, Failed, Canceled, Scheduled];
    let live = [Placed, Initiated, Ringing, InProgress];
    let allowed: Vec<Stage> = match from {
        AwaitingApproval | Requested => vec![Scheduled, Queued, Blocked, Canceled],
        Scheduled => vec![Queued, Blocked, Canceled],
        Queued => vec![Scheduled, Placing, Blocked, Canceled],
        Placing => [&[PlacementUnknown], &live[..], &ends].concat(),
        PlacementUnknown => [&live[..], &ends].concat(),
        Placed => [&live[1..], &ends].concat(),
        Initiated => [&live[2..], &ends].concat(),
        Ringing => [&live[3..], &ends].concat(),
        InProgress => ends.to_vec(),
        Completed => vec![Voicemail],
        Voicemail | Busy | NoAnswer | Failed => vec![Scheduled],
        Canceled | Blocked => vec![],
    };
    assert!(from == to || allowed.contains(&to), "{from:?} → {to:?}: {here}");
}

#[test]
fn every_sample_belongs_to_its_row() {
    for &ask in Ask::ALL {
        assert_eq!(Ask::of(&sample(ask)), ask);
    }
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
}

/// `Ask::of` matches every command without a wildcard; this sees that each has a row of its own.
#[test]
fn every_command_has_a_row() {
    let source = include_str!("../../../src/aggregates/call_session/commands.rs");
    let (_, source) = source.split_once("pub enum CallCommand").unwrap();
    let variant = |line: &str| {
        let name = line.strip_prefix("    ")?.trim_end_matches([' ', '{', ',']);
        let upper = name.chars().next()?.is_ascii_uppercase();
        (upper && name.chars().all(|char| char.is_ascii_alphanumeric())).then(|| name.to_owned())
    };
    let commands: BTreeSet<_> = source.lines().filter_map(variant).collect();
    let debug = |ask: &Ask| format!("{:?}", sample(*ask));
    let name = |text: String| text.split([' ', '{']).next().unwrap_or_default().to_owned();
    let rows: BTreeSet<_> = Ask::ALL.iter().map(debug).map(name).collect();
    assert_eq!(commands, rows);
    assert_eq!(commands.len(), 30);
}

#[test]
fn before_the_start_there_is_nothing_but_the_start() {
    for &ask in Ask::ALL {
        let expected = match ask {
            Ask::RequestCall => "CallRequested+CallQueued",
            Ask::RecordInboundCall => "InboundCallStarted",
            Ask::ImportCall => "CallImported",
            _ => "!CALL_NOT_FOUND",
        };
        let outcome = given::<CallSession>([]).when(sample(ask));
        assert_eq!(outcome.summary(), expected, "{ask:?}");
    }
}

#[test]
fn codes_of_refusals_are_unique() {
    let codes: BTreeSet<_> = CallRefusal::ALL.iter().map(DomainError::code).collect();
    assert_eq!(codes.len(), CallRefusal::ALL.len());
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CALL_SESSION.md");
    let (begin, end) = ("<!-- matrix:begin -->\n", "<!-- matrix:end -->");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(begin).expect("no matrix:begin in docs/CALL_SESSION.md");
    let (table, tail) = rest.split_once(end).expect("no matrix:end in docs/CALL_SESSION.md");
    let today = markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{today}{end}{tail}")).unwrap();
    } else {
        assert!(table == today, "docs/CALL_SESSION.md has drifted: BLESS=1 rewrites the table");
    }
}
