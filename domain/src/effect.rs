//! Effects: what is to be done outside, or later, because of an event. The appender stores them
//! in the transaction of their event, so that neither can exist without the other.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::DomainAggregate;

/// Kind of the effect that gives a command to an aggregate: a timer when it has a due time,
/// else a reaction.
pub const COMMAND_EFFECT: &str = "command";

/// Something to be done because of an event. Its id follows from the event's id and its place
/// among the event's effects (UUIDv5), so that nobody can emit it twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What is to be done; the registry of effect handlers knows it.
    pub kind: &'static str,
    /// Effects of a tenant with the same key are done one after the other, in the order of
    /// their events.
    pub serial: Option<String>,
    /// Not before this time; at once when absent.
    pub due: Option<DateTime<Utc>>,
    /// What the handler needs. Personal values stay tagged.
    pub payload: Value,
}

impl Effect {
    /// Gives `body` to the aggregate `aggregate_id` of type `A`: at once, or at `due`. When its
    /// time comes, the aggregate decides whether it still means anything.
    #[allow(clippy::needless_pass_by_value)] // an id is as good as a text, by value or not
    pub fn command<A: DomainAggregate>(
        aggregate_id: impl ToString,
        body: &A::Body,
        due: Option<DateTime<Utc>>,
    ) -> Self {
        let aggregate_id = aggregate_id.to_string();
        let payload = json!({
            "aggregate_type": A::TYPE,
            "aggregate_id": aggregate_id,
            // Commands are plain data; one that had no JSON form would fail its golden test.
            "body": serde_json::to_value(body).unwrap_or(Value::Null),
        });
        Self { kind: COMMAND_EFFECT, serial: None, due, payload }
    }
}
