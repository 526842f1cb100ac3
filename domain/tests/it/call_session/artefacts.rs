//! What is left of a call: in any order, each once, also after the end.

use bitacora_domain::aggregates::call_session::{
    Analysis, AnalysisResult, CallCommand as C, CallEvent as E, CallProvider, CallSession,
    Collected, Criterion, DELETE_RECORDING_EFFECT, DeletionReason, FETCH_RECORDING_EFFECT,
    RecordingEffect, RecordingSource, ReportedStatus, Speaker, Turn,
};
use bitacora_domain::{Effect, Personal, Subject};
use serde::Deserialize as _;
use uuid::Uuid;

use super::dispatch::effects;
use super::samples::{
    CALL, TALK, about, analysis, cost, dialled, queued, recording, report, transcript, turns,
};
use crate::support::ids::{CONTACT, hidden, minute, personal};
use crate::support::{Case, Outcome};

fn over() -> Case<CallSession> {
    dialled().after(report(ReportedStatus::Completed, 3))
}

fn attached(outcome: &Outcome<CallSession>) -> Uuid {
    let mut events = outcome.result.as_ref().unwrap().iter();
    let id = events.find_map(|event| match event {
        E::CallRecordingAttached { recording, .. } => Some(*recording),
        _ => None,
    });
    id.unwrap()
}

#[test]
fn each_is_attached_once_before_and_after_the_end() {
    let all = || [recording("RE01"), transcript(TALK), analysis(), cost(CallProvider::ElevenLabs)];
    for case in [dialled(), over()] {
        for artefact in all() {
            let outcome = case.clone().when(artefact.clone());
            assert_ne!(outcome.summary(), "-");
            outcome.case.when(artefact).then_nothing();
        }
    }
    for artefact in all() {
        queued().when(artefact).then_refused("CALL_NOT_PLACED");
    }
}

#[test]
fn several_are_told_apart_by_their_ids() {
    let case = over().after(recording("RE01"));
    assert_eq!(case.when(recording("RE02")).summary(), "CallRecordingAttached");
    let case = over().after(transcript("TR01"));
    assert_eq!(case.when(transcript("TR02")).summary(), "CallTranscribed");
    let case = over().after(cost(CallProvider::Twilio));
    let case = case.when(cost(CallProvider::ElevenLabs));
    assert_eq!(case.summary(), "CallCostRecorded");
    case.case.when(cost(CallProvider::Twilio)).then_nothing();
}

#[test]
fn a_recording_is_fetched_kept_and_deleted() {
    let outcome = over().when(recording("RE01"));
    let (id, due) = (attached(&outcome), minute(90 * 1_440));
    let timer = C::DeleteRecording { recording: id, reason: DeletionReason::Retention };
    let [delete, fetch] = effects(&outcome).try_into().unwrap();
    assert_eq!(delete, Effect::command::<CallSession>(CALL, &timer, Some(due)));
    assert_eq!(fetch.kind, FETCH_RECORDING_EFFECT);
    let wanted = RecordingEffect::deserialize(&fetch.payload).unwrap();
    assert!(wanted.url.unwrap().starts_with("https://api.twilio.com/"));
    let stored = |recording| C::RecordRecordingStored {
        recording,
        blob: "sha256:9f86".to_owned(),
        bytes: 8_192,
    };
    let case = outcome.case.after(stored(id)).when(stored(id)).then_nothing();
    assert_eq!(case.state.stored_recording(id), Some("sha256:9f86"));
    let deleted = case.at(90 * 1_440).when(timer.clone());
    assert_eq!(deleted.summary(), "CallRecordingDeleted");
    let effect = &effects(&deleted)[0];
    assert_eq!(effect.kind, DELETE_RECORDING_EFFECT);
    let gone = RecordingEffect::deserialize(&effect.payload).unwrap();
    assert_eq!((gone.blob.as_deref(), gone.sid.as_str()), (Some("sha256:9f86"), "RE01"));
    let case = deleted.case.when(timer).then_nothing();
    assert_eq!(case.state.stored_recording(id), None);
    // It does not come back, neither by a redelivery nor by a fetch that took long.
    let case = case.when(recording("RE01")).then_nothing();
    let case = case.when(stored(id)).then_nothing();
    case.when(stored(Uuid::nil())).then_refused("RECORDING_UNKNOWN");
}

#[test]
fn what_is_in_the_blob_store_needs_no_fetch() {
    let mut command = recording(TALK);
    if let C::AttachRecording { source, .. } = &mut command {
        *source = RecordingSource::Stored { blob: "sha256:9f86".to_owned(), bytes: 1 };
    }
    let outcome = over().when(command);
    assert_eq!(effects(&outcome).len(), 1, "only its deletion");
    assert_eq!(outcome.case.state.stored_recording(attached(&outcome)), Some("sha256:9f86"));
}

#[test]
fn a_recording_is_within_bounds() {
    let with = |change: &dyn Fn(&mut RecordingSource, &mut i64, &mut Option<i64>)| {
        let mut command = recording("RE01");
        if let C::AttachRecording { source, retention_days, channels, .. } = &mut command {
            change(source, retention_days, channels);
        }
        over().when(command).summary()
    };
    for days in [0, 3_651] {
        assert_eq!(with(&|_, kept, _| *kept = days), "!INVALID_RETENTION");
    }
    for n in [0, 65] {
        assert_eq!(with(&|_, _, channels| *channels = Some(n)), "!INVALID_RECORDING");
    }
    let long = format!("https://example.test/{}", "x".repeat(2_048));
    for url in ["http://example.test/RE01", "https://example.test/a b", &long] {
        let source = RecordingSource::AtProvider { url: url.to_owned() };
        assert_eq!(with(&|known, _, _| *known = source.clone()), "!INVALID_RECORDING");
    }
    for (blob, bytes) in [("", 1), (" a", 1), ("a", -1)] {
        let source = RecordingSource::Stored { blob: blob.to_owned(), bytes };
        assert_eq!(with(&|known, _, _| *known = source.clone()), "!INVALID_RECORDING");
    }
    over().when(recording("")).then_refused("INVALID_PROVIDER_ID");
    let mut case = over();
    for n in 0..20 {
        case = case.after(recording(&format!("RE{n:02}")));
    }
    case.when(recording("RE20")).then_refused("TOO_MANY_RECORDINGS");
}

fn spoken(turns: Vec<Turn>) -> C {
    let mut command = transcript(TALK);
    if let C::AttachTranscript { turns: known, .. } = &mut command {
        *known = Personal::new(Subject::contact(CONTACT), turns);
    }
    command
}

fn turn(text: &str) -> Turn {
    Turn { speaker: Speaker::Callee, text: text.to_owned(), at_s: -1 }
}

/// The turns that were kept, and whether any were cut.
fn kept(turns: Vec<Turn>) -> (Vec<Turn>, bool) {
    let events = over().when(spoken(turns)).result.unwrap();
    match events.into_iter().next().unwrap() {
        E::CallTranscribed { turns, cut, .. } => (turns.into_value().unwrap(), cut),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_transcript_is_cut_instead_of_lost() {
    let (turns, cut) = kept(vec![turn(" hola\0 "), turn("  "), turn("chau")]);
    let texts: Vec<_> = turns.iter().map(|turn| (turn.text.as_str(), turn.at_s)).collect();
    assert_eq!((texts, cut), (vec![("hola\u{fffd}", 0), ("chau", 0)], false));
    let (turns, cut) =
        kept(vec![turn(&"ñ".repeat(150_000)), turn(&"ñ".repeat(150_000)), turn("a")]);
    let lengths: Vec<_> = turns.iter().map(|turn| turn.text.chars().count()).collect();
    assert_eq!((lengths, cut), (vec![150_000, 50_000], true));
    let (turns, cut) = kept(vec![turn("a"); 2_001]);
    assert_eq!((turns.len(), cut), (2_000, true));
    for nothing in [vec![], vec![turn(" ")]] {
        over().when(spoken(nothing)).then_refused("INVALID_TRANSCRIPT");
    }
    let mut masked = transcript(TALK);
    if let C::AttachTranscript { turns, .. } = &mut masked {
        *turns = hidden().map(|_| vec![]);
    }
    over().when(masked).then_refused("INVALID_TRANSCRIPT");
    let mut odd = transcript(TALK);
    if let C::AttachTranscript { language, .. } = &mut odd {
        *language = Some("e".to_owned());
    }
    over().when(odd).then_refused("INVALID_TRANSCRIPT");
    assert_eq!(turns_of_the_sample(), 2);
}

fn turns_of_the_sample() -> usize {
    turns().reveal().map_or(0, Vec::len)
}

#[test]
fn a_judgement_is_cut_instead_of_lost() {
    let criterion = |id: String| Criterion {
        id,
        result: AnalysisResult::Failure,
        rationale: Some(personal(&"r".repeat(3_000))),
    };
    let collected = Collected { id: "x".repeat(200), value: "v".repeat(3_000), rationale: None };
    let command = C::AttachAnalysis {
        about: about(),
        provider: CallProvider::ElevenLabs,
        analysis: Analysis {
            success: AnalysisResult::Unknown,
            summary: Some(personal(&"s".repeat(20_000))),
            criteria: (0..60).map(|n| criterion(format!("{n}"))).collect(),
            collected: Some(Personal::new(Subject::contact(CONTACT), vec![collected; 60])),
        },
    };
    let events = over().when(command).result.unwrap();
    let Some(E::CallAnalysed { analysis, .. }) = events.first() else { panic!("{events:?}") };
    let length = |text: &Personal<String>| text.reveal().unwrap().chars().count();
    assert_eq!(length(analysis.summary.as_ref().unwrap()), 10_000);
    assert_eq!(analysis.criteria.len(), 50);
    assert_eq!(length(analysis.criteria[0].rationale.as_ref().unwrap()), 2_000);
    let collected = analysis.collected.as_ref().unwrap().reveal().unwrap();
    assert_eq!(
        (collected.len(), collected[0].id.len(), collected[0].value.len()),
        (50, 100, 2_000)
    );
}

#[test]
fn a_cost_is_an_amount_of_something() {
    let with = |amount: i64, unit: &str| {
        let mut command = cost(CallProvider::Twilio);
        if let C::RecordCost { amount_e6, currency, .. } = &mut command {
            (*amount_e6, *currency) = (amount, unit.to_owned());
        }
        over().when(command).summary()
    };
    assert_eq!(with(410_000_000, "CREDITS"), "CallCostRecorded");
    assert_eq!(with(0, "USD"), "CallCostRecorded");
    for (amount, unit) in [(-1, "USD"), (1_000_000_000_000_001, "USD"), (1, "usd"), (1, "US")] {
        assert_eq!(with(amount, unit), "!INVALID_COST");
    }
}
