//! The event log as the bus sees it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bitacora_domain::{CommandId, Cursor, EventId, Lane, StreamId, TenantId, Version};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::append::Landed;
use crate::{Append, AppendOutcome};

/// The log could not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// The database cannot be reached, or a time-out ended the attempt. Nothing is half done:
    /// trying again with the same command id is safe.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// The queue to the appender is full; the caller should slow down.
    #[error("the log is overloaded")]
    Overloaded,
    /// What was read contradicts itself (a hole in a stream, a replay cut short). A bug or
    /// damage: an operator must look.
    #[error("the log is damaged or was cut short: {0}")]
    Corrupt(String),
    /// The database refused the write itself (a value that it cannot hold).
    #[error("the log refused the write: {0}")]
    Rejected(String),
    /// The tenant is not known to the log.
    #[error("unknown tenant")]
    UnknownTenant,
}

/// An event of a stream, as needed to rebuild state.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Id of the event.
    pub event_id: EventId,
    /// Name of the event.
    pub event_type: String,
    /// Version of the payload's shape.
    pub event_version: String,
    /// Payload, before the codec.
    pub payload: Value,
}

/// A state that was saved to shorten loading.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Exact version of the stream that the state stands for.
    pub version: Version,
    /// Id of the event of that version.
    pub last_event: EventId,
    /// `DomainAggregate::STATE_SCHEMA` that wrote it.
    pub state_schema: u32,
    /// The state.
    pub state: Value,
}

/// A stream as loaded: a usable snapshot if there is one, and everything after it.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Snapshot of the asked schema, not ahead of the stream.
    pub snapshot: Option<Snapshot>,
    /// Events behind the snapshot, or all; contiguous.
    pub events: Vec<StoredEvent>,
}

/// Who holds a unique key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Tenant that took it.
    pub tenant: TenantId,
    /// What the claim said.
    pub owner: String,
}

/// An append in flight: a future of its outcome. Dropping it does not undo anything.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<AppendOutcome, LogError>>);

impl Pending {
    /// A pending append and the end on which its outcome is told.
    pub fn new() -> (oneshot::Sender<Result<AppendOutcome, LogError>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }
}

impl Future for Pending {
    type Output = Result<AppendOutcome, LogError>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|told| {
            told.unwrap_or_else(|_| Err(LogError::Unavailable("the appender has stopped".into())))
        })
    }
}

/// The event log.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Queues an append behind all that were submitted before it (waiting while the queue is
    /// full). Appends to one tenant are decided in the order of submission. Safe to repeat with
    /// the same command id.
    async fn submit(&self, append: Append) -> Result<Pending, LogError>;

    /// Appends, and returns when it is durable.
    async fn append(&self, append: Append) -> Result<AppendOutcome, LogError> {
        self.submit(append).await?.await
    }

    /// Loads a stream of `tenant`: `None` when it belongs to another tenant, an empty
    /// [`Stored`] when it does not exist. `use_snapshot` is false after one failed to decode.
    async fn load(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        state_schema: u32,
        use_snapshot: bool,
    ) -> Result<Option<Stored>, LogError>;

    /// Saves a snapshot if it is newer than the one there. Losing it is harmless.
    async fn save_snapshot(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<(), LogError>;

    /// What a command did, if it was done.
    async fn outcome(
        &self,
        tenant: TenantId,
        command_id: CommandId,
    ) -> Result<Option<Landed>, LogError>;

    /// Who holds a key of the tenant.
    async fn owner(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError>;

    /// Who holds a key that is unique across the installation.
    async fn installation_owner(
        &self,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError>;

    /// Whose a stream is; `None` when it does not exist. For facts that name an aggregate of ours
    /// and no tenant.
    async fn tenant_of(&self, stream: &StreamId) -> Result<Option<TenantId>, LogError>;

    /// The lane of a tenant; gives it one for ever if it has none yet.
    async fn assign_lane(&self, tenant: TenantId) -> Result<Lane, LogError>;

    /// The last position of the tenant's lane: reading at least this far sees everything that
    /// was durable before the call.
    async fn tip(&self, tenant: TenantId) -> Result<Cursor, LogError>;
}
