//! From the values of events to the values of read tables.

use bitacora_domain::personal::TAG;
use bitacora_domain::{Actor, DecodeError, Personal, RecordedEvent};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::ProjectionError;
use crate::value::Cell;

/// Longest preview of a message, in characters.
const PREVIEW_CHARS: usize = 160;

/// The stable text of an enum of the domain, as serde writes it.
pub(crate) fn code(value: &impl Serialize) -> Cell {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => Cell::Text(text),
        Ok(_) | Err(_) => Cell::Null,
    }
}

/// Kind and id of who did something, such as `user:<uuid>`.
pub(crate) fn person(actor: &Actor) -> Cell {
    Cell::Text(format!("{}:{}", actor.kind.as_str(), actor.id))
}

/// A personal text; NULL when it is masked or erased.
pub(crate) fn text(value: Option<&Personal<String>>) -> Cell {
    value.and_then(Personal::reveal).cloned().into()
}

/// The beginning of a personal text on one line; NULL when it is masked or erased.
pub(crate) fn preview(value: Option<&Personal<String>>) -> Cell {
    value.and_then(Personal::reveal).map(|text| shorten(text)).into()
}

fn shorten(text: &str) -> String {
    let mut short = String::new();
    let mut chars = 0;
    for word in text.split_whitespace() {
        if chars > 0 {
            short.push(' ');
            chars += 1;
        }
        for c in word.chars() {
            if chars == PREVIEW_CHARS - 1 {
                short.push('…');
                return short;
            }
            short.push(c);
            chars += 1;
        }
    }
    short
}

/// A value as plain JSON, in which personal values stand without their tags; `null` stands for
/// those that are masked or erased.
pub(crate) fn plain(value: &impl Serialize) -> Result<Value, serde_json::Error> {
    let mut json = serde_json::to_value(value)?;
    untag(&mut json);
    Ok(json)
}

fn untag(json: &mut Value) {
    match json {
        Value::Object(map) if map.len() == 1 && map.contains_key(TAG) => {
            let inner = map.get_mut(TAG).and_then(|tag| tag.get_mut("v")).map(Value::take);
            *json = inner.unwrap_or(Value::Null);
        }
        Value::Object(map) => map.values_mut().for_each(untag),
        Value::Array(list) => list.iter_mut().for_each(untag),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The id of the event's aggregate.
///
/// # Errors
/// [`DecodeError::Payload`] when it is no UUID.
pub(crate) fn aggregate_id(event: &RecordedEvent) -> Result<Uuid, ProjectionError> {
    let id = event.stream.aggregate_id.parse();
    id.map_err(|_| unreadable(event, "the stream's id is no UUID".into()))
}

/// The event cannot be understood, for `reason`.
pub(crate) fn unreadable(event: &RecordedEvent, reason: String) -> ProjectionError {
    ProjectionError::Decode(DecodeError::Payload {
        event_type: event.event_type.clone(),
        event_version: event.event_version.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use bitacora_domain::Subject;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_is_one_line_of_at_most_160_characters() {
        assert_eq!(shorten("Hola,\n ¿qué  tal?"), "Hola, ¿qué tal?");
        let long = shorten(&"ñandú ".repeat(60));
        assert_eq!(long.chars().count(), 160);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn personal_values_lose_their_tag_and_masked_ones_are_null() {
        let name = Personal::new(Subject("contact:1".into()), "Lucía".to_owned());
        let masked = json!({"$p": {"s": "contact:1"}});
        let value = json!({"a": [name], "b": {"c": masked}, "d": 1});
        assert_eq!(plain(&value).unwrap(), json!({"a": ["Lucía"], "b": {"c": null}, "d": 1}));
    }
}
