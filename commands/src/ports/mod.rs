//! The ports of the write side; `adapters` implements them over Postgres.

mod clock;
mod event_log;
mod inbox;

pub use clock::Clock;
pub use event_log::{EventLog, LogError, Owner, Pending, Snapshot, Stored, StoredEvent};
pub use inbox::{
    Anomaly, FactFate, Inbox, InboxCounts, InboxError, InboxRow, NewDelivery, NotedAnomaly,
    PendingFact, PendingState, Settled,
};
