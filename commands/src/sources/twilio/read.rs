//! Twilio's words in ours.

use bitacora_domain::aggregates::call_session::{AnsweredBy, ReportedStatus};
use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::phone;
use chrono::{DateTime, Utc};

use super::form::Form;
use crate::sources::Person;

/// `CallStatus`.
pub(super) fn status(text: &str) -> Option<ReportedStatus> {
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

/// `AnsweredBy`.
pub(super) fn answered_by(text: &str) -> Option<AnsweredBy> {
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

/// `Timestamp`, RFC 2822.
pub(super) fn time(form: &Form, name: &str) -> Option<DateTime<Utc>> {
    let told = DateTime::parse_from_rfc2822(form.first(name)?).ok()?;
    Some(told.with_timezone(&Utc))
}

/// Did the other side dial?
pub(super) fn is_inbound(form: &Form) -> bool {
    form.first("Direction") == Some("inbound")
}

/// Our number of the call, in E.164 where it is a telephone number.
pub(super) fn our_number(form: &Form) -> Option<String> {
    let written = form.first(if is_inbound(form) { "To" } else { "From" })?;
    Some(phone::e164(written, None).unwrap_or_else(|_| written.to_owned()))
}

/// The other side, as a person and as it was written. One that hides is nobody.
pub(super) fn caller(form: &Form) -> (Person, Option<String>) {
    let written = form.first("From").map(str::to_owned);
    let number = written.as_deref().and_then(|written| phone::e164(written, None).ok());
    let identities = number.map(|number| (IdentityKind::Phone, number)).into_iter().collect();
    (Person { identities, name: None }, written)
}
