//! The ports of the write side; `adapters` implements them over Postgres.

mod clock;
mod credentials;
mod effects;
mod event_log;
mod inbox;
mod messenger;

pub use clock::Clock;
pub use credentials::{
    CredentialError, Credentials, NewSession, Randomness, Rotation, RotationRequest, SessionRow,
};
pub use effects::{
    AttemptRow, ClaimRequest, Decision, EffectClaim, EffectCounts, EffectError, EffectFilter,
    EffectQueue, EffectResult, EffectRow, EffectState, EffectStory, Errand,
};
pub use event_log::{EventLog, LogError, Owner, Pending, Snapshot, Stored, StoredEvent};
pub use inbox::{
    Anomaly, FactFate, Inbox, InboxCounts, InboxError, InboxRow, NewDelivery, NotedAnomaly,
    PendingFact, PendingState, Settled,
};
pub use messenger::{
    Accepted, Address, FaultClass, Messenger, NoMessenger, Outgoing, Refusal, Remedy, SendFault,
};
