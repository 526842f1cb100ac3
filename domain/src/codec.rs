//! The one codec that stands between stored JSON and typed values: it makes values storable,
//! decides who sees personal data, and is where encryption per data subject comes in.

use serde_json::{Map, Value};

use crate::personal::{TAG, VEIL};

/// What a reader may see of personal data. Nobody who reads sees what is veiled (see
/// [`crate::Personal`]): the write side alone works on payloads as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everything that is not veiled.
    Clear,
    /// Every personal value is absent; the subject stays.
    Masked,
}

/// The form in which a payload is stored: NUL, which Postgres' `jsonb` cannot hold, becomes
/// U+FFFD. (Lone surrogates cannot be in a Rust string; the webhook parser replaces them.)
#[must_use]
pub fn seal(payload: Value) -> Value {
    match payload {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "\u{fffd}")),
        Value::Array(items) => Value::Array(items.into_iter().map(seal).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, seal(v))).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// The form in which a reader of `visibility` gets a stored payload.
#[must_use]
pub fn open(mut payload: Value, visibility: Visibility) -> Value {
    match visibility {
        Visibility::Clear => cover(&mut payload, &|tag| tag.contains_key(VEIL)),
        Visibility::Masked => cover(&mut payload, &|_| true),
    }
    payload
}

/// `payload` without the values of those subjects (`contact:<uuid>`) for whom `is_hidden` says
/// so: for readers who may see some people and not others.
#[must_use]
pub fn hide(mut payload: Value, is_hidden: &dyn Fn(&str) -> bool) -> Value {
    cover(&mut payload, &|tag| tag.get("s").and_then(Value::as_str).is_some_and(is_hidden));
    payload
}

/// Takes out, in place, the personal values whose tag is `hidden`.
fn cover(value: &mut Value, hidden: &dyn Fn(&Map<String, Value>) -> bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| cover(item, hidden)),
        Value::Object(map) => {
            if let Some(Value::Object(tag)) = map.get_mut(TAG) {
                if hidden(tag) {
                    tag.insert("v".to_owned(), Value::Null);
                } else if let Some(value) = tag.get_mut("v") {
                    cover(value, hidden);
                }
            } else {
                map.values_mut().for_each(|value| cover(value, hidden));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn masking_hides_the_value_and_keeps_the_subject() {
        let stored = json!({"TextX":{"body":{"$p":{"s":"contact:1","v":"hola"}},"n":[{"$p":{"s":"c","v":[1]}}]}});
        let masked = open(stored.clone(), Visibility::Masked);
        assert_eq!(
            masked,
            json!({"TextX":{"body":{"$p":{"s":"contact:1","v":null}},"n":[{"$p":{"s":"c","v":null}}]}})
        );
        assert_eq!(open(stored.clone(), Visibility::Clear), stored);
    }

    #[test]
    fn what_is_veiled_is_taken_out_of_everything_that_is_read() {
        let veiled = json!({"a":{"$p":{"s":"contact:1","u":"lead:1","v":{"phone":"+54"}}}});
        let covered = json!({"a":{"$p":{"s":"contact:1","u":"lead:1","v":null}}});
        assert_eq!(open(veiled.clone(), Visibility::Clear), covered);
        assert_eq!(open(veiled, Visibility::Masked), covered);
    }

    #[test]
    fn the_values_of_some_can_be_hidden() {
        let of = |subject, value| json!([{"$p":{"s":subject,"v":value}}]);
        let hidden = |subject: &str| subject == "contact:1";
        assert_eq!(hide(of("contact:1", json!("x")), &hidden), of("contact:1", json!(null)));
        assert_eq!(hide(of("contact:2", json!("x")), &hidden), of("contact:2", json!("x")));
    }

    #[test]
    fn what_is_sealed_can_be_stored() {
        assert_eq!(seal(json!({"a":["x\0y"]})), json!({"a":["x\u{fffd}y"]}));
    }
}
