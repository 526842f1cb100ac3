//! What travels with a command, and what comes back.

use bitacora_domain::{Actor, CommandId, Cursor, StreamId, TenantId, Version};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Fingerprint;

/// Everything about a command but its body.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Tenant that it runs for.
    pub tenant: TenantId,
    /// Who asks.
    pub actor: Actor,
    /// Id of the command: the caller's idempotency key, the fact's natural key, or minted.
    pub command_id: CommandId,
    /// HMAC of what the caller or the provider's fact itself said.
    pub fingerprint: Fingerprint,
    /// The time: of the request, or when the inbox received the fact.
    pub now: DateTime<Utc>,
    /// When the thing happened, if the fact says so; else `now`.
    pub occurred_at: Option<DateTime<Utc>>,
    /// Root of the chain.
    pub correlation_id: Uuid,
    /// Direct cause.
    pub causation_id: Uuid,
    /// W3C trace context, if any.
    pub traceparent: Option<String>,
    /// The caller insists on this version of the stream (optimistic concurrency).
    pub expected_version: Option<Version>,
}

impl Envelope {
    /// An envelope whose chain starts with the command itself.
    pub fn new(
        tenant: TenantId,
        actor: Actor,
        command_id: CommandId,
        fingerprint: Fingerprint,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            tenant,
            actor,
            command_id,
            fingerprint,
            now,
            occurred_at: None,
            correlation_id: command_id.as_uuid(),
            causation_id: command_id.as_uuid(),
            traceparent: None,
            expected_version: None,
        }
    }

    /// The envelope of one step of a fact that drives several streams.
    #[must_use]
    pub fn step(&self, step: &str) -> Self {
        Self { command_id: self.command_id.step(step), ..self.clone() }
    }
}

/// Result of a command that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// How far a reader must have got to see it (`atLeast`).
    pub cursor: Cursor,
    /// Version of the stream after it.
    pub version: Version,
    /// Stream that it ran on.
    pub stream: StreamId,
    /// The same command had been done before; nothing was written now.
    pub replayed: bool,
}
