//! The ports of the write side; `adapters` implements them over Postgres.

mod event_log;
mod inbox;

pub use event_log::{EventLog, LogError, Owner, Snapshot, Stored, StoredEvent};
pub use inbox::{
    Anomaly, FactFate, Inbox, InboxError, InboxRow, NewDelivery, PendingFact, PendingState, Settled,
};
