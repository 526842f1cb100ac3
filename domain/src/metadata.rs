//! What is recorded beside every event: who, why and when.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, ActorKind, CommandId, EventId};

/// Metadata of an event. Stored as flat JSON strings, the form that cqrs-es expects
/// (`HashMap<String, String>`), under the names of the fields; the actor is `actor_kind` and
/// `actor_id`. The chain webhook → command → event → reaction is `correlation_id` (the root)
/// and `causation_id` (the parent).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Metadata {
    /// Unique id of the event, derived from the command's id.
    pub event_id: EventId,
    /// The command that emitted it.
    pub command_id: CommandId,
    /// Root of the chain: the webhook delivery or the first command.
    pub correlation_id: Uuid,
    /// What directly caused the command: a delivery, an event, or the command itself.
    pub causation_id: Uuid,
    /// Who caused it.
    pub actor: Actor,
    /// When it happened, as the one who caused it said or as the inbox received it (UTC).
    pub occurred_at: DateTime<Utc>,
    /// W3C trace context of the request, if there was one.
    pub traceparent: Option<String>,
}

/// The stored metadata is not of the form that Bitácora writes.
#[derive(Debug, thiserror::Error)]
#[error("event metadata: {0} is missing or malformed")]
pub struct MetadataError(&'static str);

impl From<Metadata> for BTreeMap<String, String> {
    fn from(m: Metadata) -> Self {
        let mut map = Self::from([
            ("event_id".into(), m.event_id.to_string()),
            ("command_id".into(), m.command_id.to_string()),
            ("correlation_id".into(), m.correlation_id.to_string()),
            ("causation_id".into(), m.causation_id.to_string()),
            ("actor_kind".into(), m.actor.kind.as_str().into()),
            ("actor_id".into(), m.actor.id),
            ("occurred_at".into(), m.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        ]);
        if let Some(traceparent) = m.traceparent {
            map.insert("traceparent".into(), traceparent);
        }
        map
    }
}

impl TryFrom<BTreeMap<String, String>> for Metadata {
    type Error = MetadataError;
    fn try_from(mut map: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        fn parse<T: std::str::FromStr>(
            map: &BTreeMap<String, String>,
            key: &'static str,
        ) -> Result<T, MetadataError> {
            map.get(key).and_then(|v| v.parse().ok()).ok_or(MetadataError(key))
        }
        let kind = map.get("actor_kind").and_then(|k| ActorKind::parse(k));
        Ok(Self {
            event_id: parse(&map, "event_id")?,
            command_id: parse(&map, "command_id")?,
            correlation_id: parse(&map, "correlation_id")?,
            causation_id: parse(&map, "causation_id")?,
            actor: Actor {
                kind: kind.ok_or(MetadataError("actor_kind"))?,
                id: map.remove("actor_id").ok_or(MetadataError("actor_id"))?,
            },
            occurred_at: parse(&map, "occurred_at")?,
            traceparent: map.remove("traceparent"),
        })
    }
}
