//! The ports of the read side; `adapters` implements them over Postgres.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_domain::{Epoch, Lane, Position, RecordedEvent, StreamId, TenantId, Version};
use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::change::{Forget, SearchDocument};
use crate::query::{Filter, Op, Page, TableRow};
use crate::value::{Cell, Row};
use crate::{Key, Table};

/// The read side could not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The database cannot be reached, or a time-out ended the attempt.
    #[error("the read store cannot be reached: {0}")]
    Unavailable(String),
    /// The database refused a value.
    #[error("the read store refused a value: {0}")]
    Refused(String),
    /// A cursor of another log epoch (before a restore).
    #[error("the cursor belongs to another epoch of the log")]
    ForeignEpoch,
    /// The query took longer than allowed.
    #[error("the query took too long")]
    TimedOut,
    /// What was read contradicts itself.
    #[error("damaged: {0}")]
    Corrupt(String),
}

/// Where a lane ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneHead {
    /// Epoch of the log.
    pub epoch: Epoch,
    /// Last position.
    pub position: Position,
    /// `recorded_at` of the last event.
    pub recorded_at: DateTime<Utc>,
}

/// Reading the log in order.
#[async_trait]
pub trait LogReader: Send + Sync + 'static {
    /// All lanes of the installation.
    async fn lanes(&self) -> Result<Vec<Lane>, ReadError>;
    /// Where a lane ends.
    async fn head(&self, lane: Lane) -> Result<LaneHead, ReadError>;
    /// Events of a lane behind `after`, in order, without holes, at most `limit`.
    async fn read_lane(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError>;
    /// Given positions of a lane, in order (parked events).
    async fn read_positions(
        &self,
        lane: Lane,
        positions: &[Position],
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError>;
    /// Events of one tenant behind `after` and up to `upto`, in order.
    async fn read_tenant(
        &self,
        tenant: TenantId,
        lane: Lane,
        after: Position,
        upto: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError>;
    /// Events of one stream behind `after`, in order, at most `limit`; empty for a stream of
    /// another tenant.
    async fn read_stream(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        after: Version,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError>;
    /// The lane of a tenant, if it has one.
    async fn lane_of(&self, tenant: TenantId) -> Result<Option<Lane>, ReadError>;
    /// The last position of a lane as far as this process has heard; a change is a wake-up and
    /// may be late by the safety net's poll.
    fn watch(&self, lane: Lane) -> watch::Receiver<Position>;
}

/// A row of a read table as stored, with the hidden positions of its First/Last columns in the
/// order of `Table::positioned`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// Tenant of the row.
    pub tenant: TenantId,
    /// Its cells.
    pub row: Row,
    /// Hidden positions; `None` where no value was kept yet.
    pub positions: Vec<Option<Position>>,
}

/// Rows that a batch may touch.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Rows by key.
    pub keys: Vec<(TenantId, Key)>,
    /// Rows by an indexed column.
    pub matches: Vec<(TenantId, &'static str, Cell)>,
}

/// What a batch did to the table.
#[derive(Clone, Debug, Default)]
pub struct Writes {
    /// Rows to make or replace, whole.
    pub upserts: Vec<StoredRow>,
    /// Rows to remove.
    pub deletes: Vec<(TenantId, Key)>,
}

/// An event that a view could not take, or that waits behind such a one.
#[derive(Clone, Debug)]
pub struct ParkedEvent {
    /// View.
    pub projection: String,
    /// Lane.
    pub lane: Lane,
    /// Position of the event.
    pub position: Position,
    /// Tenant of the event.
    pub tenant: TenantId,
    /// Aggregate that is parked.
    pub stream: StreamId,
    /// Stable code; `QUEUED` for one that only waits.
    pub code: String,
    /// What went wrong, for the operator.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was parked.
    pub parked_at: DateTime<Utc>,
}

/// State of one (view, generation, lane).
#[derive(Clone, Debug)]
pub struct CheckpointInfo {
    /// View.
    pub projection: String,
    /// Version of the table's shape.
    pub schema: u32,
    /// Generation.
    pub generation: i32,
    /// Whether the API reads this generation.
    pub live: bool,
    /// Lane.
    pub lane: Lane,
    /// Last position taken in.
    pub position: Position,
    /// Last position of the lane.
    pub head: Position,
    /// The position is of the log before a restore and says nothing about the log of today.
    pub foreign: bool,
    /// When the checkpoint moved last.
    pub moved_at: DateTime<Utc>,
    /// Number of parked events.
    pub parked: i64,
}

/// An open transaction that holds the checkpoint of one (view, generation, lane): the only
/// writer of that part of the table. Dropping it rolls back.
#[async_trait]
pub trait ClaimedLane: Send {
    /// Last position taken in.
    fn position(&self) -> Position;
    /// Aggregates of this lane that are parked for this view.
    async fn parked_streams(&mut self) -> Result<Vec<StreamId>, ReadError>;
    /// The rows that a batch may touch.
    async fn load(&mut self, wanted: &Wanted) -> Result<Vec<StoredRow>, ReadError>;
    /// Writes the batch.
    async fn store(&mut self, writes: &Writes) -> Result<(), ReadError>;
    /// Parks events.
    async fn park(&mut self, events: &[ParkedEvent]) -> Result<(), ReadError>;
    /// Parked events of one aggregate, in order.
    async fn parked_of(&mut self, stream: &StreamId) -> Result<Vec<ParkedEvent>, ReadError>;
    /// Takes parked events out (retried or discarded).
    async fn unpark(&mut self, positions: &[Position]) -> Result<(), ReadError>;
    /// Moves the checkpoint to `position` and commits everything.
    async fn commit(self: Box<Self>, position: Position) -> Result<(), ReadError>;
    /// Gives the lane up and takes everything back. Unlike dropping, it returns when others can
    /// have the lane.
    async fn release(self: Box<Self>) -> Result<(), ReadError>;
}

/// All lanes of a generation, held at once: nobody moves a checkpoint until it is dropped.
pub struct HeldLanes {
    /// Where they stand.
    pub positions: Vec<(Lane, Position)>,
    /// What holds them.
    pub guard: Box<dyn std::any::Any + Send>,
}

/// Progress that a projection made, for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// View.
    pub projection: &'static str,
    /// Lane.
    pub lane: Lane,
    /// Last position taken in.
    pub position: Position,
}

/// Read tables and checkpoints, on the projector's side.
#[async_trait]
pub trait ReadStore: Send + Sync + 'static {
    /// Makes what is missing of a view's live generation: table, indexes, comments, grants,
    /// row security, checkpoints. Idempotent, safe from several processes.
    async fn ensure(&self, table: &'static Table) -> Result<i32, ReadError>;
    /// Claims a lane of a generation, or `None` if another worker has it. `relaxed` uses
    /// `synchronous_commit = off` (rows and checkpoint are atomic; replay heals).
    async fn claim(
        &self,
        table: &'static Table,
        generation: i32,
        lane: Lane,
    ) -> Result<Option<Box<dyn ClaimedLane>>, ReadError>;
    /// Claims a lane of a generation and waits for whoever has it, at most `within`; `None` when
    /// it was not given up in time. For operators (retry, discard, swap), who must get their turn
    /// on a busy lane: an adapter does well to wait in the database (`for update` under a
    /// `lock_timeout`), since this default only asks again and again.
    async fn claim_within(
        &self,
        table: &'static Table,
        generation: i32,
        lane: Lane,
        within: Duration,
    ) -> Result<Option<Box<dyn ClaimedLane>>, ReadError> {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            if let Some(claimed) = self.claim(table, generation, lane).await? {
                return Ok(Some(claimed));
            }
            if tokio::time::Instant::now() >= deadline {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    /// Holds all `lanes` of a generation, waiting for whoever has one, at most `within` each;
    /// `None` when one was not given up in time. Lanes come in order, as everybody takes them, so
    /// that nobody waits in a circle. An adapter does well to need one connection for all of
    /// them, which this default does not.
    async fn hold(
        &self,
        table: &'static Table,
        generation: i32,
        lanes: &[Lane],
        within: Duration,
    ) -> Result<Option<HeldLanes>, ReadError> {
        let (mut positions, mut held) = (Vec::new(), Vec::new());
        for lane in lanes {
            let Some(claimed) = self.claim_within(table, generation, *lane, within).await? else {
                return Ok(None);
            };
            positions.push((*lane, claimed.position()));
            held.push(claimed);
        }
        Ok(Some(HeldLanes { positions, guard: Box::new(held) }))
    }
    /// The generation that the API reads.
    async fn live_generation(&self, table: &'static Table) -> Result<Option<i32>, ReadError>;
    /// Starts a generation to rebuild into, without its indexes; or finds the unfinished one,
    /// if this very program began it in this log: rows computed by two versions of a view must
    /// not stand in one table.
    async fn start_generation(&self, table: &'static Table) -> Result<i32, ReadError>;
    /// Builds the indexes of a generation.
    async fn build_indexes(&self, table: &'static Table, generation: i32) -> Result<(), ReadError>;
    /// With the checkpoints of all lanes of both generations held in order: compares digests
    /// and, when `accept` says so, points readers at `to`. Returns what it compared. Fails with
    /// [`ReadError::Refused`] when the generations stand at different positions.
    async fn swap(
        &self,
        table: &'static Table,
        from: i32,
        to: i32,
        accept_difference: bool,
    ) -> Result<Comparison, ReadError>;
    /// Drops generations that are neither live nor under construction.
    async fn drop_retired(&self, table: &'static Table) -> Result<Vec<i32>, ReadError>;
    /// State of all checkpoints.
    async fn checkpoints(&self) -> Result<Vec<CheckpointInfo>, ReadError>;
    /// Parked events, oldest first, of one tenant or of all.
    async fn parked(&self, tenant: Option<TenantId>) -> Result<Vec<ParkedEvent>, ReadError>;
    /// A live worker has seen everything of a lane up to `position`, and nothing behind the
    /// checkpoint concerned its view. Announced as progress; the checkpoint follows.
    fn passed(&self, table: &'static Table, lane: Lane, position: Position);
    /// Progress of live generations, of this and of other processes.
    fn progress(&self, projection: &'static str, lane: Lane) -> watch::Receiver<Position>;
    /// All rows of a generation, for comparison with a replay (`replay`, `compare`), by tenant
    /// and key order, in pages.
    async fn scan(
        &self,
        table: &'static Table,
        generation: i32,
        after: Option<(TenantId, Key)>,
        limit: i64,
    ) -> Result<Vec<StoredRow>, ReadError>;
}

/// Two generations side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Rows of the old and of the new one.
    pub rows: (i64, i64),
    /// Digests equal (all columns).
    pub equal: bool,
    /// Keys that only one has, and columns that differ, with counts.
    pub differences: Vec<(String, i64)>,
    /// Readers now see the new generation.
    pub swapped: bool,
}

/// Questions of the API: every one under row security, with the tenant set first.
#[async_trait]
pub trait ReadModels: Send + Sync + 'static {
    /// A page of a table.
    async fn page(&self, tenant: TenantId, page: &Page) -> Result<Vec<TableRow>, ReadError>;
    /// The page below each of `parents`, rows whose `column` has the parent's value, in the order
    /// of the parents; `page.after` must be absent. An adapter does well to ask once for all,
    /// which this default does not.
    async fn page_per(
        &self,
        tenant: TenantId,
        page: &Page,
        column: &'static str,
        parents: &[Cell],
    ) -> Result<Vec<Vec<TableRow>>, ReadError> {
        let mut pages = Vec::with_capacity(parents.len());
        for parent in parents {
            let below = Filter::Compare(column, Op::Eq, parent.clone());
            let filter = Filter::And(vec![below, page.filter.clone()]);
            pages.push(self.page(tenant, &Page { filter, ..page.clone() }).await?);
        }
        Ok(pages)
    }
    /// Number of rows, counted up to `limit`.
    async fn count(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: &Filter,
        limit: i64,
    ) -> Result<i64, ReadError>;
    /// Number of rows that meet `filter`, by the values of `columns`; at most `limit` groups. An
    /// adapter does well to let the database count, which this default does not: it looks at the
    /// first 10,000 rows.
    async fn tally(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: &Filter,
        columns: &[&'static str],
        limit: i64,
    ) -> Result<Vec<(Vec<Cell>, i64)>, ReadError> {
        let (order, after, filter) = (Vec::new(), None, filter.clone());
        let page = Page { table, filter, order, after, limit: 10_000, backwards: false };
        let mut groups: Vec<(Vec<Cell>, i64)> = Vec::new();
        for row in self.page(tenant, &page).await? {
            let of: Vec<Cell> = columns.iter().map(|column| row.cell(column).clone()).collect();
            match groups.iter_mut().find(|(known, _)| *known == of) {
                Some((_, count)) => *count += 1,
                None => groups.push((of, 1)),
            }
        }
        groups.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(groups)
    }
    /// Rows by key, in any order; missing ones are missing.
    async fn rows(
        &self,
        tenant: TenantId,
        table: &'static Table,
        keys: &[Key],
    ) -> Result<Vec<TableRow>, ReadError>;
    /// Has the tenant a parked event at or below `upto` in one of `projections`? With
    /// `stream`, only of that aggregate.
    async fn is_parked(
        &self,
        tenant: TenantId,
        projections: &[&'static str],
        upto: Position,
        stream: Option<&StreamId>,
    ) -> Result<bool, ReadError>;
    /// How far a live projection is in a lane.
    async fn checkpoint(&self, table: &'static Table, lane: Lane) -> Result<Position, ReadError>;
}

/// The search index. Writes are idempotent and acknowledged before the checkpoint moves.
#[async_trait]
pub trait SearchIndex: Send + Sync + 'static {
    /// Puts documents in; one with an older position never replaces a newer one.
    async fn index(
        &self,
        tenant: TenantId,
        position: Position,
        document: &SearchDocument,
    ) -> Result<(), ReadError>;
    /// Takes documents out.
    async fn forget(
        &self,
        tenant: TenantId,
        position: Position,
        what: &Forget,
    ) -> Result<(), ReadError>;
    /// Returns when everything before is durable.
    async fn flush(&self) -> Result<(), ReadError>;
}
