//! `call_initiation_failure`: nobody was reached. What the carrier said comes along in the
//! carrier's own form.

use bitacora_domain::aggregates::call_session::{CallDirection, CallOutcome, InitiationFailure};
use serde_json::Value;

use super::envelope::Said;
use super::phone;
use crate::sources::{BirthHow, CallBirth, CallNews, json};

/// What a carrier said.
#[derive(Default)]
struct Carrier {
    call_sid: Option<String>,
    sip: Option<i64>,
    /// Whom we called.
    to: Option<String>,
}

pub(super) fn said(data: &Value) -> Said {
    let Carrier { call_sid, sip, to } = data.get("metadata").map(carrier).unwrap_or_default();
    let (reason, outcome) = match json::text(data, "failure_reason") {
        Some("busy") => (InitiationFailure::Busy, CallOutcome::Busy),
        Some("no-answer") => (InitiationFailure::NoAnswer, CallOutcome::NoAnswer),
        _ => (InitiationFailure::Unknown, CallOutcome::Failed),
    };
    let how = BirthHow::Imported { direction: CallDirection::Outbound, outcome, duration_s: None };
    // Without a number nobody could tell what the call was: then it waits for one who knows it.
    let birth = to.map(|number| CallBirth {
        other_side: phone::person(Some(&number)),
        number: Some(number),
        started_at: None,
        how,
    });
    let news = vec![CallNews::InitiationFailed { reason, sip }];
    Said { what: "failure", call_sid, birth, news }
}

fn carrier(metadata: &Value) -> Carrier {
    let body = metadata.get("body").unwrap_or(&Value::Null);
    match json::text(metadata, "type") {
        Some("twilio") => Carrier {
            call_sid: json::id(body, "CallSid"),
            sip: json::integer(body, "SipResponseCode"),
            to: json::filled(body, "To").or_else(|| json::filled(body, "Called")),
        },
        Some("sip" | "sip_trunking") => Carrier {
            call_sid: json::id(body, "call_sid"),
            sip: json::integer(body, "sip_status_code"),
            to: json::filled(body, "to_number"),
        },
        _ => Carrier::default(),
    }
}
