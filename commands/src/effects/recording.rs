//! What fetching and deleting a recording have in common: the payload, who owns its bytes, and
//! what faults mean.

use bitacora_domain::CallId;
use bitacora_domain::aggregates::call_session::{CallProvider, RecordingEffect};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize as _;

use super::{Claimed, Verdict};
use crate::ports::{BlobError, RecordingFault};

/// Name of the providers' stores, for breakers and the record.
pub(super) const PROVIDER: &str = "recordings";
/// Longest recording, bytes: seven hours of what providers make (32 kbit/s).
pub const RECORDING_MAX: u64 = 100 << 20;
/// Longer than any recording is kept (3,650 days): whatever else happens, its bytes go then.
const KEPT_AT_MOST: TimeDelta = TimeDelta::days(3_660);

/// Who needs a recording's bytes, in the blob store. Whoever brings it there, from an address or
/// in a webhook, names this owner.
pub fn recording_owner(call: CallId, provider: CallProvider, sid: &str) -> String {
    let provider = match provider {
        CallProvider::Twilio => "twilio",
        CallProvider::ElevenLabs => "elevenlabs",
    };
    format!("call:{call}:{provider}:{sid}")
}

/// When a recording's bytes go at the latest, whatever becomes of the call.
pub fn recording_kept_until(now: DateTime<Utc>) -> DateTime<Utc> {
    now + KEPT_AT_MOST
}

/// The payload.
pub(super) fn read(effect: &Claimed) -> Result<RecordingEffect, Verdict> {
    RecordingEffect::deserialize(&effect.payload)
        .map_err(|_| failed("EFFECT_UNREADABLE", "the payload is not what this version reads"))
}

/// Everything here may be done again.
pub(super) fn abandoned() -> Verdict {
    retry("ABANDONED", "the worker was lost; doing it again changes nothing")
}

pub(super) fn of_provider(fault: &RecordingFault) -> Verdict {
    let detail = fault.to_string();
    match fault {
        RecordingFault::Later { code, after } => {
            Verdict::Retry { code: (*code).into(), detail, after: *after }
        }
        RecordingFault::Never { code } => failed(code, &detail),
    }
}

pub(super) fn of_store(error: &BlobError) -> Verdict {
    let (code, detail) = (error.code(), error.to_string());
    if error.is_transient() { retry(code, &detail) } else { failed(code, &detail) }
}

pub(super) fn retry(code: &str, detail: &str) -> Verdict {
    Verdict::Retry { code: code.into(), detail: detail.into(), after: None }
}

pub(super) fn failed(code: &str, detail: &str) -> Verdict {
    Verdict::Failed { code: code.into(), detail: detail.into() }
}

pub(super) fn dropped(code: &str, detail: &str) -> Verdict {
    Verdict::Dropped { code: code.into(), detail: detail.into() }
}
