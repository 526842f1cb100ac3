//! What reactors stand on: the log in order, their checkpoints, their notes.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::{Effect, Lane, Position, RecordedEvent, StreamId, TenantId};
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use uuid::Uuid;

use crate::reactors::{Known, Note, Question, Start, Wake};

/// The store could not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReactorError {
    /// The database cannot be reached, or a time-out ended the attempt. Nothing is half done.
    #[error("the reactors' store cannot be reached: {0}")]
    Unavailable(String),
    /// The database refused a value.
    #[error("the reactors' store refused a value: {0}")]
    Refused(String),
    /// What was read contradicts itself.
    #[error("damaged: {0}")]
    Corrupt(String),
}

/// A reactor as its checkpoint knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactorKey {
    /// Name.
    pub name: &'static str,
    /// Version of the code. A checkpoint that a newer one has moved is closed to older ones.
    pub version: u32,
}

/// An effect that a reactor wants, with the event that it follows from.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// Id: UUIDv5(event id, `<reactor>:<n>`). One that is there already is not written again.
    pub id: Uuid,
    /// Its place among the effects of the event.
    pub ordinal: i16,
    /// The event.
    pub event: Arc<RecordedEvent>,
    /// The effect; payload after the codec.
    pub effect: Effect,
}

/// A note with the event that it comes from.
#[derive(Clone, Debug)]
pub struct NotedAt {
    /// Whose it is.
    pub tenant: TenantId,
    /// When the event was recorded.
    pub at: DateTime<Utc>,
    /// The note.
    pub note: Note,
}

/// An event that a reactor could not take, or that waits behind such a one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedReaction {
    /// Name of the reactor.
    pub reactor: String,
    /// Lane.
    pub lane: Lane,
    /// Position of the event.
    pub position: Position,
    /// Tenant of the event.
    pub tenant: TenantId,
    /// Aggregate whose events wait.
    pub stream: StreamId,
    /// Stable code; `QUEUED` for one that only waits.
    pub code: String,
    /// What went wrong; nothing personal.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
}

/// Effects of a tenant that are looked at again at once.
#[derive(Clone, Copy, Debug)]
pub struct Woken {
    /// Whose they are.
    pub tenant: TenantId,
    /// Due from then on: when the event happened.
    pub at: DateTime<Utc>,
    /// Which they are.
    pub wake: Wake,
}

/// Everything that one batch comes to.
#[derive(Clone, Debug, Default)]
pub struct ReactorWrites {
    /// Effects, in the order of their events.
    pub effects: Vec<Emitted>,
    /// Notes, in the order of their events.
    pub notes: Vec<NotedAt>,
    /// What need not wait any longer.
    pub wakes: Vec<Woken>,
    /// Events that are parked.
    pub park: Vec<ParkedReaction>,
    /// Positions that are no longer parked (retried or discarded).
    pub unpark: Vec<Position>,
}

impl ReactorWrites {
    /// Is there nothing to write?
    pub const fn is_empty(&self) -> bool {
        self.effects.is_empty()
            && self.notes.is_empty()
            && self.wakes.is_empty()
            && self.park.is_empty()
            && self.unpark.is_empty()
    }
}

/// How far one reactor has followed one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactorCheckpoint {
    /// Name of the reactor.
    pub reactor: String,
    /// Newest version that followed.
    pub version: u32,
    /// Lane.
    pub lane: Lane,
    /// Last position taken in, as stored: a worker may be further where there was nothing to do.
    pub position: Position,
    /// Last position of the lane.
    pub head: Position,
    /// When it was stored last.
    pub moved_at: DateTime<Utc>,
    /// Events that are parked.
    pub parked: i64,
}

/// An open transaction that holds one reactor's checkpoint of one lane: nobody else reacts there
/// meanwhile. Dropping it takes everything back.
#[async_trait]
pub trait ClaimedReactor: Send {
    /// Last position taken in.
    fn position(&self) -> Position;
    /// Up to here the reactor only takes notes.
    fn quiet_until(&self) -> Position;
    /// Aggregates of this lane whose events are parked.
    async fn parked_streams(&mut self) -> Result<Vec<(TenantId, StreamId)>, ReactorError>;
    /// The answers to all `questions`.
    async fn answers(&mut self, questions: &[(TenantId, Question)]) -> Result<Known, ReactorError>;
    /// The parked events of one aggregate, in order, at most `limit`.
    async fn parked_of(
        &mut self,
        tenant: TenantId,
        stream: &StreamId,
        limit: i64,
    ) -> Result<Vec<ParkedReaction>, ReactorError>;
    /// Writes `writes`, moves the checkpoint and commits, durably; wakes the workers of effects.
    async fn commit(
        self: Box<Self>,
        position: Position,
        writes: ReactorWrites,
    ) -> Result<(), ReactorError>;
    /// Gives the checkpoint up; returns when others can have it.
    async fn release(self: Box<Self>) -> Result<(), ReactorError>;
}

/// The store of reactors.
#[async_trait]
pub trait ReactorStore: Send + Sync + 'static {
    /// All lanes of the installation.
    async fn lanes(&self) -> Result<Vec<Lane>, ReactorError>;
    /// Makes the checkpoints that are missing, where the reactor says that it begins, and closes
    /// them to older versions. Safe from several processes.
    async fn ensure(&self, reactor: ReactorKey, start: Start) -> Result<(), ReactorError>;
    /// Where the checkpoint stands; `None` when there is none, or a newer version has it.
    async fn position(
        &self,
        reactor: ReactorKey,
        lane: Lane,
    ) -> Result<Option<Position>, ReactorError>;
    /// Events of a lane behind `after`, in order, without holes, at most `limit`.
    async fn read(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReactorError>;
    /// Given positions of a lane, in order.
    async fn read_positions(
        &self,
        lane: Lane,
        positions: &[Position],
    ) -> Result<Vec<Arc<RecordedEvent>>, ReactorError>;
    /// The lane of a tenant, if it has one.
    async fn lane_of(&self, tenant: TenantId) -> Result<Option<Lane>, ReactorError>;
    /// The last position of a lane as far as this process has heard.
    fn watch(&self, lane: Lane) -> watch::Receiver<Position>;
    /// Claims a checkpoint; `None` when another worker or a newer version has it.
    async fn claim(
        &self,
        reactor: ReactorKey,
        lane: Lane,
    ) -> Result<Option<Box<dyn ClaimedReactor>>, ReactorError>;
    /// All checkpoints.
    async fn checkpoints(&self) -> Result<Vec<ReactorCheckpoint>, ReactorError>;
    /// Parked events, the oldest first, of one tenant or of all, at most `limit`.
    async fn parked(
        &self,
        tenant: Option<TenantId>,
        limit: i64,
    ) -> Result<Vec<ParkedReaction>, ReactorError>;
}
