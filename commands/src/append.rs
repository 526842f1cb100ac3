//! What the bus hands to the log, and what comes back.

use bitacora_domain::{
    Claim, CommandId, Cursor, Effect, EventId, Metadata, Meter, PendingNumber, StreamId, TenantId,
    Version,
};
use serde_json::Value;

use crate::Fingerprint;

/// State of a stream that a decision was based on. The last event's id guards against a
/// *different* event of the same number: a chain of speculative commands must not continue on
/// what somebody else wrote in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Number of events seen.
    pub version: Version,
    /// Id of the last one; `None` when there are none.
    pub last_event: Option<EventId>,
}

impl Expected {
    /// A stream that does not exist.
    pub const NONE: Self = Self { version: Version(0), last_event: None };
}

/// One event to append. Lane, position, sequence and `recorded_at` are the appender's to give.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Name of the event.
    pub event_type: String,
    /// Version of the payload's shape.
    pub event_version: String,
    /// Payload, externally tagged, after the codec.
    pub payload: Value,
    /// Who, why and when.
    pub metadata: Metadata,
    /// Gapless number to fill in, if any.
    pub number: Option<PendingNumber>,
    /// What is to be done because of it; payloads after the codec.
    pub effects: Vec<Effect>,
}

/// A change of one of the tenant's meters, settled under the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which meter.
    pub meter: Meter,
    /// Name of the counter that holds it today.
    pub counter: String,
    /// What is added.
    pub by: i64,
    /// The most that it may come to by adding; `None` without limit.
    pub limit: Option<i64>,
}

/// One command's worth of writing: all of it or nothing.
#[derive(Clone, Debug)]
pub struct Append {
    /// Tenant that owns the stream.
    pub tenant: TenantId,
    /// Stream to append to.
    pub stream: StreamId,
    /// What the decision was based on.
    pub expected: Expected,
    /// Events in order; none for a no-op, which is logged all the same.
    pub events: Vec<NewEvent>,
    /// Unique keys taken and released.
    pub claims: Vec<Claim>,
    /// Changes of the tenant's meters.
    pub counts: Vec<Count>,
    /// The command.
    pub command_id: CommandId,
    /// HMAC of what was asked; tells a retry from another request under the same id.
    pub fingerprint: Fingerprint,
    /// Only verify `expected` and the command log; write nothing. For a refusal decided on
    /// cached state.
    pub verify_only: bool,
}

/// Where a command's outcome stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Last position of the stream after the command (of its last event, or for a no-op of the
    /// stream's last event).
    pub cursor: Cursor,
    /// Version of the stream after the command.
    pub version: Version,
    /// Stream that the command ran on. A replay tells the *first* one.
    pub stream: StreamId,
    /// Payloads as written where the appender filled numbers in, else empty.
    pub filled: Vec<Value>,
}

/// What became of an [`Append`]. Each is final for this attempt; a loser never disturbs the
/// others of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// Written and durable.
    Appended(Landed),
    /// The same command was done before; nothing was written.
    Replayed(Landed),
    /// `verify_only`: the stream is as expected and the command is new.
    Verified,
    /// The stream has moved on: load again and decide again.
    Conflict {
        /// Version found.
        actual: Version,
    },
    /// A key is taken.
    Reserved {
        /// Kind of key.
        kind: &'static str,
        /// Its owner, as the claim that took it said; empty when that is another tenant's,
        /// whose ids are nobody else's business.
        owner: String,
    },
    /// A meter is at the end of what it may come to; nothing was written.
    LimitReached {
        /// Which meter.
        meter: Meter,
        /// The most, or for a decrease the least, that it may come to.
        limit: i64,
        /// Where it stands.
        used: i64,
    },
    /// The command id was used for another request.
    Mismatch {
        /// What the first one did.
        first: Landed,
    },
    /// The stream belongs to another tenant.
    ForeignStream,
}
