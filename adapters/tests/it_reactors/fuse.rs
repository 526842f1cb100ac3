//! Crashes: a fuse in front of the database that burns at a chosen step, before it or after it.
//! From then on nothing of the process reaches the database any more, as if it had been killed
//! there; whoever starts anew goes on from what is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::log::PgLog;
use bitacora_adapters::reactors::PgReactors;
use bitacora_commands::Append;
use bitacora_commands::append::Landed;
use bitacora_commands::ports::{
    ClaimRequest, ClaimedReactor, Decision, EffectClaim, EffectCounts, EffectError, EffectFilter,
    EffectQueue, EffectResult, EffectRow, EffectStory, EventLog, LogError, Owner, ParkedReaction,
    Pending, ReactorCheckpoint, ReactorError, ReactorKey, ReactorStore, ReactorWrites, Snapshot,
    Stored,
};
use bitacora_commands::reactors::{Known, Question, Start};
use bitacora_domain::{CommandId, Cursor, Lane, Position, RecordedEvent, StreamId, TenantId};
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use uuid::Uuid;

/// Burns after so many steps.
#[derive(Debug)]
pub(crate) struct Fuse {
    left: AtomicI64,
    /// The last step still happens; only nobody hears of it.
    after: AtomicBool,
}

/// What happens to one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Burn {
    No,
    Before,
    After,
}

impl Fuse {
    /// One that never burns.
    pub(crate) fn whole() -> Arc<Self> {
        Self::of(i64::MAX, false)
    }

    /// One that burns at the `steps`-th step from now (from 1).
    pub(crate) fn of(steps: i64, after: bool) -> Arc<Self> {
        Arc::new(Self { left: AtomicI64::new(steps), after: AtomicBool::new(after) })
    }

    /// Has it burnt?
    pub(crate) fn is_burnt(&self) -> bool {
        self.left.load(Ordering::SeqCst) <= 0
    }

    fn step(&self) -> Burn {
        match self.left.fetch_sub(1, Ordering::SeqCst) - 1 {
            left if left > 0 => Burn::No,
            0 if self.after.load(Ordering::SeqCst) => Burn::After,
            _ => Burn::Before,
        }
    }
}

fn gone() -> String {
    "the process was killed".to_owned()
}

/// A log behind a fuse.
pub(crate) struct FusedLog(pub(crate) Arc<PgLog>, pub(crate) Arc<Fuse>);

#[async_trait]
impl EventLog for FusedLog {
    async fn submit(&self, append: Append) -> Result<Pending, LogError> {
        match self.1.step() {
            Burn::No => self.0.submit(append).await,
            Burn::Before => Err(LogError::Unavailable(gone())),
            Burn::After => {
                self.0.submit(append).await?.await?;
                Err(LogError::Unavailable(gone()))
            }
        }
    }
    async fn load(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        state_schema: u32,
        use_snapshot: bool,
    ) -> Result<Option<Stored>, LogError> {
        self.0.load(tenant, stream, state_schema, use_snapshot).await
    }
    async fn save_snapshot(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        self.0.save_snapshot(tenant, stream, snapshot).await
    }
    async fn outcome(
        &self,
        tenant: TenantId,
        command_id: CommandId,
    ) -> Result<Option<Landed>, LogError> {
        self.0.outcome(tenant, command_id).await
    }
    async fn owner(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.0.owner(tenant, kind, key).await
    }
    async fn installation_owner(
        &self,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.0.installation_owner(kind, key).await
    }
    async fn tenant_of(&self, stream: &StreamId) -> Result<Option<TenantId>, LogError> {
        self.0.tenant_of(stream).await
    }
    async fn assign_lane(&self, tenant: TenantId) -> Result<Lane, LogError> {
        self.0.assign_lane(tenant).await
    }
    async fn tip(&self, tenant: TenantId) -> Result<Cursor, LogError> {
        self.0.tip(tenant).await
    }
}

/// A queue of effects behind a fuse.
pub(crate) struct FusedQueue(pub(crate) PgEffects, pub(crate) Arc<Fuse>);

impl FusedQueue {
    async fn step<T>(
        &self,
        work: impl Future<Output = Result<T, EffectError>> + Send,
    ) -> Result<T, EffectError> {
        match self.1.step() {
            Burn::No => work.await,
            Burn::Before => Err(EffectError::Unavailable(gone())),
            Burn::After => {
                work.await?;
                Err(EffectError::Unavailable(gone()))
            }
        }
    }
}

#[async_trait]
impl EffectQueue for FusedQueue {
    async fn claim(
        &self,
        now: DateTime<Utc>,
        request: &ClaimRequest,
    ) -> Result<Vec<EffectClaim>, EffectError> {
        self.step(self.0.claim(now, request)).await
    }
    async fn look_after(
        &self,
        now: DateTime<Utc>,
        request: &ClaimRequest,
    ) -> Result<Vec<EffectClaim>, EffectError> {
        self.0.look_after(now, request).await
    }
    async fn settle(
        &self,
        now: DateTime<Utc>,
        results: &[EffectResult],
    ) -> Result<u64, EffectError> {
        self.step(self.0.settle(now, results)).await
    }
    async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, EffectError> {
        self.0.next_due(now).await
    }
    async fn sweep(&self, before: DateTime<Utc>, limit: i64) -> Result<u64, EffectError> {
        self.0.sweep(before, limit).await
    }
    async fn counts(&self, now: DateTime<Utc>) -> Result<EffectCounts, EffectError> {
        self.0.counts(now).await
    }
    async fn list(&self, filter: &EffectFilter, limit: i64) -> Result<Vec<EffectRow>, EffectError> {
        self.0.list(filter, limit).await
    }
    async fn show(
        &self,
        tenant: Option<TenantId>,
        id: Uuid,
    ) -> Result<Option<EffectStory>, EffectError> {
        self.0.show(tenant, id).await
    }
    async fn retry(
        &self,
        now: DateTime<Utc>,
        tenant: Option<TenantId>,
        id: Uuid,
        may_repeat: bool,
        by: &str,
    ) -> Result<Decision, EffectError> {
        self.0.retry(now, tenant, id, may_repeat, by).await
    }
    async fn discard(
        &self,
        now: DateTime<Utc>,
        tenant: Option<TenantId>,
        id: Uuid,
        by: &str,
    ) -> Result<Decision, EffectError> {
        self.0.discard(now, tenant, id, by).await
    }
    async fn wait(&self, timeout: std::time::Duration) {
        self.0.wait(timeout).await;
    }
}

/// The reactors' store behind a fuse: it burns around commits.
pub(crate) struct FusedStore(pub(crate) PgReactors, pub(crate) Arc<Fuse>);

#[async_trait]
impl ReactorStore for FusedStore {
    async fn lanes(&self) -> Result<Vec<Lane>, ReactorError> {
        self.0.lanes().await
    }
    async fn ensure(&self, reactor: ReactorKey, start: Start) -> Result<(), ReactorError> {
        self.0.ensure(reactor, start).await
    }
    async fn position(
        &self,
        reactor: ReactorKey,
        lane: Lane,
    ) -> Result<Option<Position>, ReactorError> {
        self.0.position(reactor, lane).await
    }
    async fn read(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReactorError> {
        self.0.read(lane, after, limit).await
    }
    async fn read_positions(
        &self,
        lane: Lane,
        positions: &[Position],
    ) -> Result<Vec<Arc<RecordedEvent>>, ReactorError> {
        self.0.read_positions(lane, positions).await
    }
    async fn lane_of(&self, tenant: TenantId) -> Result<Option<Lane>, ReactorError> {
        self.0.lane_of(tenant).await
    }
    fn watch(&self, lane: Lane) -> watch::Receiver<Position> {
        self.0.watch(lane)
    }
    async fn claim(
        &self,
        reactor: ReactorKey,
        lane: Lane,
    ) -> Result<Option<Box<dyn ClaimedReactor>>, ReactorError> {
        let claimed = self.0.claim(reactor, lane).await?;
        let fuse = &self.1;
        let fused = |inner| Box::new(Fused(inner, Arc::clone(fuse))) as Box<dyn ClaimedReactor>;
        Ok(claimed.map(fused))
    }
    async fn checkpoints(&self) -> Result<Vec<ReactorCheckpoint>, ReactorError> {
        self.0.checkpoints().await
    }
    async fn parked(
        &self,
        tenant: Option<TenantId>,
        limit: i64,
    ) -> Result<Vec<ParkedReaction>, ReactorError> {
        self.0.parked(tenant, limit).await
    }
}

struct Fused(Box<dyn ClaimedReactor>, Arc<Fuse>);

#[async_trait]
impl ClaimedReactor for Fused {
    fn position(&self) -> Position {
        self.0.position()
    }
    fn quiet_until(&self) -> Position {
        self.0.quiet_until()
    }
    async fn parked_streams(&mut self) -> Result<Vec<(TenantId, StreamId)>, ReactorError> {
        self.0.parked_streams().await
    }
    async fn answers(&mut self, questions: &[(TenantId, Question)]) -> Result<Known, ReactorError> {
        self.0.answers(questions).await
    }
    async fn parked_of(
        &mut self,
        tenant: TenantId,
        stream: &StreamId,
        limit: i64,
    ) -> Result<Vec<ParkedReaction>, ReactorError> {
        self.0.parked_of(tenant, stream, limit).await
    }
    async fn commit(
        self: Box<Self>,
        position: Position,
        writes: ReactorWrites,
    ) -> Result<(), ReactorError> {
        match self.1.step() {
            Burn::No => self.0.commit(position, writes).await,
            Burn::Before => Err(ReactorError::Unavailable(gone())),
            Burn::After => {
                self.0.commit(position, writes).await?;
                Err(ReactorError::Unavailable(gone()))
            }
        }
    }
    async fn release(self: Box<Self>) -> Result<(), ReactorError> {
        self.0.release().await
    }
}
