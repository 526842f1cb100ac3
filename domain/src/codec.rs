//! The one codec that stands between stored JSON and typed values: it makes values storable,
//! decides who sees personal data, and is where encryption per data subject comes in.

use serde_json::{Map, Value};

use crate::personal::TAG;

/// What a reader may see of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everything.
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
pub fn open(payload: Value, visibility: Visibility) -> Value {
    match (visibility, payload) {
        (Visibility::Clear, payload) => payload,
        (Visibility::Masked, Value::Array(items)) => {
            Value::Array(items.into_iter().map(|item| open(item, visibility)).collect())
        }
        (Visibility::Masked, Value::Object(map)) => mask_object(map),
        (
            Visibility::Masked,
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)),
        ) => other,
    }
}

fn mask_object(mut map: Map<String, Value>) -> Value {
    if let Some(Value::Object(tagged)) = map.get_mut(TAG) {
        tagged.insert("v".to_owned(), Value::Null);
        return Value::Object(map);
    }
    Value::Object(map.into_iter().map(|(k, v)| (k, open(v, Visibility::Masked))).collect())
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
    fn what_is_sealed_can_be_stored() {
        assert_eq!(seal(json!({"a":["x\0y"]})), json!({"a":["x\u{fffd}y"]}));
    }
}
