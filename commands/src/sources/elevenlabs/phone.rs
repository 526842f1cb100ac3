//! Over what a call went, and with whom.

use bitacora_domain::aggregates::call_session::CallDirection;
use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::phone::e164;
use serde_json::Value;

use crate::sources::{Person, json};

/// A call over the telephone.
pub(super) struct PhoneCall {
    pub(super) direction: CallDirection,
    /// The other side's number.
    pub(super) other_side: Option<String>,
    /// The carrier's name of the call.
    pub(super) call_sid: Option<String>,
}

/// What `metadata.phone_call` says; calls over the web have none. A carrier that we do not know
/// has ids of a kind that we do not know either, so only who called whom is read.
pub(super) fn of(metadata: &Value) -> Option<PhoneCall> {
    let raw = metadata.get("phone_call").filter(|raw| raw.is_object())?;
    let direction = match json::text(raw, "direction") {
        Some("outbound") => CallDirection::Outbound,
        _ => CallDirection::Inbound,
    };
    let known = matches!(json::text(raw, "type"), Some("twilio" | "sip_trunking"));
    let call_sid = json::id(raw, "call_sid").filter(|_| known);
    Some(PhoneCall { direction, other_side: json::filled(raw, "external_number"), call_sid })
}

/// Who has a number; nobody when it is none.
pub(super) fn person(number: Option<&str>) -> Person {
    let phone = number.and_then(|number| e164(number, None).ok());
    let identities = phone.map(|phone| (IdentityKind::Phone, phone)).into_iter().collect();
    Person { identities, name: None }
}
