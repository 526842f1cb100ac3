//! What a receiver's answer says: only a 2xx is a yes.

use bitacora_commands::ports::{NoticeFault, Taken};
use serde_json::Value;

/// Longest reference that is kept, in characters.
const REFERENCE_MAX: usize = 200;
/// "Gone": the receiver takes no more (wire-formats §12).
const GONE: u16 = 410;

/// Reads an answer.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Taken, NoticeFault> {
    match status {
        200..=299 => Ok(Taken { reference: reference(body) }),
        GONE => Err(NoticeFault::Refused("HTTP_410".into())),
        other => Err(NoticeFault::Failed(format!("HTTP_{other}"))),
    }
}

/// What the receiver calls the lead: `id` or `reference` of a JSON object.
fn reference(body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let value = document.get("reference").or_else(|| document.get("id"))?;
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let sound = !text.is_empty()
        && text.chars().count() <= REFERENCE_MAX
        && !text.chars().any(char::is_control);
    sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_is_a_yes() {
        let taken = |reference: &str| Ok(Taken { reference: Some(reference.into()) });
        assert_eq!(read(200, br#"{"id":"crm-7"}"#), taken("crm-7"));
        assert_eq!(read(201, br#"{"id":7,"reference":"A-1"}"#), taken("A-1"));
        for body in ["", "ok", "[]", r#"{"id":null}"#, r#"{"id":" "}"#] {
            assert_eq!(read(204, body.as_bytes()), Ok(Taken { reference: None }), "{body}");
        }
        assert_eq!(read(410, b""), Err(NoticeFault::Refused("HTTP_410".into())));
        for status in [301, 400, 404, 429, 500, 503] {
            let failed = Err(NoticeFault::Failed(format!("HTTP_{status}")));
            assert_eq!(read(status, br#"{"id":"x"}"#), failed);
        }
    }
}
