//! Old events in the form of today.

use serde_json::Value;

/// Lifts one event type from one version to the next: pure JSON to JSON. The value is the
/// *inner* payload (the fields, without the variant's name). Lives in the aggregate's file.
#[derive(Clone, Copy, Debug)]
pub struct Upcaster {
    /// Event type that it lifts.
    pub event_type: &'static str,
    /// Version that it reads.
    pub from: &'static str,
    /// Version that it makes.
    pub to: &'static str,
    /// The lift itself. Must not fail: what it does not understand it leaves.
    pub lift: fn(Value) -> Value,
}

/// Applies every upcaster that fits, in order, and returns payload and version of today.
pub fn upcast(
    upcasters: &[Upcaster],
    event_type: &str,
    version: &str,
    payload: Value,
) -> (Value, String) {
    let mut version = version.to_owned();
    let mut payload = payload;
    for upcaster in upcasters {
        if upcaster.event_type == event_type && upcaster.from == version {
            payload = lift_inner(upcaster, payload);
            upcaster.to.clone_into(&mut version);
        }
    }
    (payload, version)
}

/// Events are stored externally tagged (`{"MessageReceived":{…}}`), as cqrs-es writes them.
fn lift_inner(upcaster: &Upcaster, payload: Value) -> Value {
    match payload {
        Value::Object(mut map) if map.contains_key(upcaster.event_type) => {
            let inner = map.remove(upcaster.event_type).unwrap_or(Value::Null);
            map.insert(upcaster.event_type.to_owned(), (upcaster.lift)(inner));
            Value::Object(map)
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_)) => other,
    }
}
