//! A call as Twilio describes it when it is asked.

use bitacora_commands::ports::Seen;
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, CallProvider, ProviderIds, ReportedStatus,
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::providers::telephony::amount::millionths;

/// Reads a call; `None` when it says nothing that can be used.
pub(super) fn read(call: &Value, now: DateTime<Utc>) -> Option<Seen> {
    let sid = text(call, "sid")?;
    let time = |name| text(call, name).and_then(rfc_2822);
    let cost = text(call, "price").and_then(millionths).map(i64::abs);
    let currency = text(call, "price_unit").unwrap_or("USD").to_ascii_uppercase();
    Some(Seen {
        status: status(text(call, "status")?)?,
        ids: ProviderIds { call_sid: Some(sid.to_owned()), el_conversation_id: None },
        at: time("end_time").or_else(|| time("start_time")).unwrap_or(now),
        duration_s: text(call, "duration").and_then(|text| text.parse().ok()),
        answered_by: text(call, "answered_by").and_then(answered_by),
        cost: cost.map(|amount| (CallProvider::Twilio, amount, currency)),
        after_call: None,
    })
}

/// When Twilio made a call.
pub(super) fn made_at(call: &Value) -> Option<DateTime<Utc>> {
    text(call, "date_created").and_then(rfc_2822)
}

pub(super) fn text<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    document.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn rfc_2822(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

fn status(text: &str) -> Option<ReportedStatus> {
    Some(match text {
        "queued" => ReportedStatus::Queued,
        "initiated" => ReportedStatus::Initiated,
        "ringing" => ReportedStatus::Ringing,
        "in-progress" => ReportedStatus::InProgress,
        "completed" => ReportedStatus::Completed,
        "busy" => ReportedStatus::Busy,
        "no-answer" => ReportedStatus::NoAnswer,
        "failed" => ReportedStatus::Failed,
        "canceled" => ReportedStatus::Canceled,
        _ => return None,
    })
}

fn answered_by(text: &str) -> Option<AnsweredBy> {
    Some(match text {
        "human" => AnsweredBy::Human,
        "machine_start" => AnsweredBy::MachineStart,
        "machine_end_beep" => AnsweredBy::MachineEndBeep,
        "machine_end_silence" => AnsweredBy::MachineEndSilence,
        "machine_end_other" => AnsweredBy::MachineEndOther,
        "fax" => AnsweredBy::Fax,
        "unknown" => AnsweredBy::Unknown,
        _ => return None,
    })
}
