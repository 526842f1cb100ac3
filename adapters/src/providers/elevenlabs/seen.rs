//! A conversation as ElevenLabs describes it when it is asked: the same document that the webhook
//! after the call would have brought.

use bitacora_commands::ports::Seen;
use bitacora_domain::aggregates::call_session::{ProviderIds, ReportedStatus};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Reads a conversation; `None` when it says nothing that can be used.
pub(super) fn read(document: &Value, known: &ProviderIds, now: DateTime<Utc>) -> Option<Seen> {
    let status = status(document.get("status")?.as_str()?)?;
    let metadata = document.get("metadata");
    let number = |name: &str| metadata?.get(name)?.as_i64();
    let began = number("start_time_unix_secs").and_then(|at| DateTime::from_timestamp(at, 0));
    let duration_s = number("call_duration_secs");
    let length = TimeDelta::try_seconds(duration_s.unwrap_or_default()).unwrap_or_default();
    let at = began.and_then(|began| began.checked_add_signed(length)).unwrap_or(now);
    let over = matches!(status, ReportedStatus::Completed | ReportedStatus::Failed);
    let after_call = over.then(|| {
        json!({
            "type": "post_call_transcription",
            "event_timestamp": now.timestamp(),
            "data": document,
        })
    });
    Some(Seen {
        status,
        ids: known.clone(),
        at,
        duration_s: duration_s.filter(|_| over),
        answered_by: None,
        // What it cost comes with the document.
        cost: None,
        after_call,
    })
}

fn status(text: &str) -> Option<ReportedStatus> {
    Some(match text {
        "initiated" => ReportedStatus::Initiated,
        "in-progress" | "processing" => ReportedStatus::InProgress,
        "done" => ReportedStatus::Completed,
        "failed" => ReportedStatus::Failed,
        _ => return None,
    })
}
