//! The ports of the write side; `adapters` implements them over Postgres.

mod blobs;
mod call_traffic;
mod checkout;
mod clock;
mod credentials;
mod effects;
mod event_log;
mod inbox;
mod leads;
mod messenger;
mod reactors;
mod recordings;
mod telephony;

pub use blobs::{
    Blob, BlobError, BlobKey, Blobs, Chunks, NewBlob, NoBlobs, Opened, Released, Swept, chunks_of,
};
pub use call_traffic::{CallTraffic, NoTraffic, TrafficError};
pub use checkout::{
    Bill, Button, Checkout, CheckoutFault, CheckoutPage, CheckoutRequest, NoCheckout, Till,
};
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
pub use leads::{
    DeliveryTargets, FilledForm, FormFault, LeadForms, LeadPorts, LeadReceiver, LookupError,
    NoLeadPorts, Notice, NoticeFault, Outreach, Taken, TargetOutcome, TargetRow,
};
pub use messenger::{
    Accepted, Address, FaultClass, Messenger, NoMessenger, Outgoing, Refusal, Remedy, SendFault,
};
pub use reactors::{
    ClaimedReactor, Emitted, NotedAt, ParkedReaction, ReactorCheckpoint, ReactorError, ReactorKey,
    ReactorStore, ReactorWrites, Woken,
};
pub use recordings::{Media, NoRecordings, RecordingAt, RecordingFault, Recordings};
pub use telephony::{
    CallLine, CallRef, Destination, Ended, Funds, NoTelephony, OutboundCall, Seen, Telephony,
    Wanted,
};
