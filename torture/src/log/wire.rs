//! What a child tells its parent, one JSON document per line: what it is about to issue, and
//! what it was told.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line on a child's standard output.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Line {
    /// Connected; the load starts.
    Ready,
    /// Said before a command is issued.
    Issued(Issued),
    /// Said after its outcome came back.
    Done(Done),
    /// What the child's appenders went through so far.
    Stats(Stats),
}

/// A command that is about to be issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    /// Tenant.
    pub tenant: Uuid,
    /// Command id.
    pub command: Uuid,
    /// Which request: two letters under one id are two different requests.
    pub request: char,
    /// What it must come to.
    pub kind: Kind,
}

/// What a command is for, which says what may come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Opens a conversation that others want to open too: done, or reserved by another.
    Open,
    /// Ordinary work on a conversation: done, or refused where a race makes that right.
    Work,
    /// The same id in both processes and twice at once: done.
    Twin,
    /// The same id with different requests: one done, the others mismatch.
    Mismatch,
    /// Insists on a version that many insist on: one done, the others conflict.
    Race,
    /// Must be refused.
    Refused,
    /// Carries a value that Postgres cannot hold: must be rejected.
    Poison,
    /// Draws a gapless number: done.
    Numbered,
    /// Takes or gives back a key of the whole installation: done, or reserved by another.
    Key,
}

/// What a command came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// Tenant.
    pub tenant: Uuid,
    /// Command id.
    pub command: Uuid,
    /// Which request.
    pub request: char,
    /// Microseconds since 1970 when the child heard it.
    pub at: i64,
    /// What it heard.
    pub outcome: Outcome,
}

/// What a child was told of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Acknowledged.
    Stored(Place),
    /// The aggregate refused.
    Refused(String),
    /// The id stands for another request.
    Mismatch,
    /// A key is another's.
    Reserved,
    /// The stream had moved on.
    Version,
    /// The database refused the value.
    Rejected(String),
    /// The caller gave up on passing faults: the outcome is not known.
    GaveUp(String),
    /// Something that must never be heard.
    Wrong(String),
}

/// Where an acknowledged command stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Lane.
    pub lane: i16,
    /// The stream's last position after it.
    pub position: i64,
    /// The stream's version after it.
    pub version: i64,
    /// The stream, `type/id`.
    pub stream: String,
    /// It had been done before.
    pub replayed: bool,
}

/// Counters of the child's appenders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Batches committed.
    pub batches: u64,
    /// Appends in them.
    pub appends: u64,
    /// Lost answers that turned out committed.
    pub unknown_committed: u64,
    /// Lost answers that turned out to have left nothing.
    pub unknown_absent: u64,
    /// Batches tried again.
    pub retried: u64,
    /// Batches taken apart because of a poisonous value.
    pub poisoned: u64,
}
