//! `post_call_transcription`: everything that is left of a call but its sound.

use bitacora_domain::aggregates::call_session::{
    AnalysisResult, AnsweredBy, CallDirection, CallOutcome, ReportedStatus, Speaker, Turn,
};
use serde_json::Value;

use super::envelope::Said;
use super::phone::{self, PhoneCall};
use crate::sources::{BirthHow, CallBirth, CallNews, json};

/// The tool that an agent calls when it hears an answering machine.
const VOICEMAIL_TOOL: &str = "voicemail_detection";
/// The provider charges in its own credits.
const CREDITS: &str = "CREDITS";

pub(super) fn said(data: &Value) -> Said {
    let metadata = data.get("metadata").unwrap_or(&Value::Null);
    let phone = phone::of(metadata);
    let turns = json::list(data, "transcript");
    let answered_by = turns.iter().any(is_voicemail).then_some(AnsweredBy::MachineEndOther);
    let status = status(data);
    let duration_s = json::integer(metadata, "call_duration_secs");
    let conversation = json::id(data, "conversation_id").unwrap_or_default();
    let news = [
        words(&conversation, metadata, turns),
        data.get("analysis").filter(|judged| judged.is_object()).map(analysis),
        cost(metadata),
        // the last one, so that the call is over when all that came of it is known
        status.map(|status| CallNews::Status {
            status,
            sequence: None,
            sip: None,
            duration_s,
            billed_minutes: None,
            answered_by,
        }),
    ];
    Said {
        what: "transcript",
        birth: status.and_then(|status| birth(status, answered_by, metadata, phone.as_ref())),
        call_sid: phone.and_then(|phone| phone.call_sid),
        news: news.into_iter().flatten().collect(),
    }
}

/// A status in which nothing more comes of a call is its end.
fn status(data: &Value) -> Option<ReportedStatus> {
    Some(match json::text(data, "status")? {
        "initiated" => ReportedStatus::Initiated,
        "in-progress" => ReportedStatus::InProgress,
        "processing" | "done" => ReportedStatus::Completed,
        "failed" => ReportedStatus::Failed,
        _ => return None,
    })
}

/// The call, for somebody who hears of it for the first time; one that goes on is no birth.
fn birth(
    status: ReportedStatus,
    answered_by: Option<AnsweredBy>,
    metadata: &Value,
    phone: Option<&PhoneCall>,
) -> Option<CallBirth> {
    let outcome = match status {
        ReportedStatus::Completed if answered_by.is_some() => CallOutcome::Voicemail,
        ReportedStatus::Completed => CallOutcome::Completed,
        ReportedStatus::Failed => CallOutcome::Failed,
        ReportedStatus::Queued
        | ReportedStatus::Initiated
        | ReportedStatus::Ringing
        | ReportedStatus::InProgress
        | ReportedStatus::Busy
        | ReportedStatus::NoAnswer
        | ReportedStatus::Canceled => return None,
    };
    let how = BirthHow::Imported {
        // On the web it is always the other side who begins.
        direction: phone.map_or(CallDirection::Inbound, |phone| phone.direction),
        outcome,
        duration_s: json::integer(metadata, "call_duration_secs"),
    };
    let number = phone.and_then(|phone| phone.other_side.clone());
    let started_at = json::time(metadata, "start_time_unix_secs");
    Some(CallBirth { other_side: phone::person(number.as_deref()), number, started_at, how })
}

fn words(conversation: &str, metadata: &Value, turns: &[Value]) -> Option<CallNews> {
    let turns: Vec<Turn> = turns.iter().filter_map(turn).collect();
    // What is no language code is left out: the words are worth more than their language.
    let language = json::filled(metadata, "main_language")
        .filter(|code| (2..=35).contains(&code.trim().chars().count()));
    let sid = conversation.to_owned();
    (!turns.is_empty()).then_some(CallNews::Transcript { sid, turns, language })
}

/// A turn in which somebody spoke; where a tool was called there are no words.
fn turn(raw: &Value) -> Option<Turn> {
    let text = json::filled(raw, "message").filter(|text| !text.trim().is_empty())?;
    let speaker = match json::text(raw, "role") {
        Some("agent") => Speaker::Agent,
        Some("user") => Speaker::Callee,
        _ => Speaker::Unknown,
    };
    Some(Turn { speaker, text, at_s: json::integer(raw, "time_in_call_secs").unwrap_or(0) })
}

fn is_voicemail(turn: &Value) -> bool {
    let calls = json::list(turn, "tool_calls").iter();
    calls.into_iter().any(|call| json::text(call, "tool_name") == Some(VOICEMAIL_TOOL))
}

fn analysis(raw: &Value) -> CallNews {
    let fields = |name: &str| raw.get(name).and_then(Value::as_object).into_iter().flatten();
    let criterion = |(id, known): (&String, &Value)| {
        (id.clone(), result(json::text(known, "result")), json::filled(known, "rationale"))
    };
    let found = |(id, known): (&String, &Value)| {
        Some((id.clone(), plain(known.get("value")?)?, json::filled(known, "rationale")))
    };
    CallNews::Analysis {
        success: result(json::text(raw, "call_successful")),
        summary: json::filled(raw, "transcript_summary"),
        criteria: fields("evaluation_criteria_results").map(criterion).collect(),
        collected: fields("data_collection_results").filter_map(found).collect(),
    }
}

fn result(text: Option<&str>) -> AnalysisResult {
    match text {
        Some("success") => AnalysisResult::Success,
        Some("failure") => AnalysisResult::Failure,
        _ => AnalysisResult::Unknown,
    }
}

/// A value as text; one that was not found is none.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

fn cost(metadata: &Value) -> Option<CallNews> {
    let amount_e6 = json::millionths(metadata, "cost").filter(|cost| *cost >= 0)?;
    Some(CallNews::Cost { amount_e6, currency: CREDITS.to_owned() })
}
