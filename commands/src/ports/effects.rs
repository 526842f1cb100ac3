//! The queue of effects: what is to be done outside, or later, because of events.

use async_trait::async_trait;
use bitacora_domain::TenantId;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::effects::Claimed;

/// The queue could not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EffectError {
    /// The database cannot be reached, or refused.
    #[error("the queue of effects cannot be reached: {0}")]
    Unavailable(String),
}

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EffectState {
    /// To be done when it is due.
    Pending,
    /// A worker has it.
    Running,
    /// Nobody knows whether it happened; never tried again by the machine.
    Unknown,
    /// It happened, or there was nothing to do.
    Done,
    /// It was no longer wanted when its time came.
    Dropped,
    /// Given up: a dead letter, for an operator.
    Dead,
    /// An operator decided that it must not happen.
    Discarded,
}

impl EffectState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Unknown,
        Self::Done,
        Self::Dropped,
        Self::Dead,
        Self::Discarded,
    ];

    /// Stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Unknown => "unknown",
            Self::Done => "done",
            Self::Dropped => "dropped",
            Self::Dead => "dead",
            Self::Discarded => "discarded",
        }
    }

    /// The state called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Why a worker was given an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// It is due: try it.
    Run,
    /// Its last attempt ended without a verdict: ask whether it began.
    Abandoned,
    /// It is unknown: ask whether it is known meanwhile.
    Reconcile,
    /// It was given up, and those whom it concerns were not told yet.
    Tell {
        /// By an operator.
        discarded: bool,
    },
}

/// An effect that was given to a worker.
#[derive(Clone, Debug)]
pub struct EffectClaim {
    /// The effect.
    pub effect: Claimed,
    /// What is to be done with it.
    pub errand: Errand,
    /// Rises with every claim: a result is only taken with the last one.
    pub fence: i64,
    /// How often it was asked or told before in its present state.
    pub asked: i32,
    /// Code of its last failure.
    pub code: Option<String>,
    /// Detail of its last failure.
    pub detail: Option<String>,
}

/// Who claims, and how much.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// Name of the worker, written beside its attempts.
    pub worker: String,
    /// Kinds that it knows; others are left for a newer release of the program.
    pub kinds: Vec<&'static str>,
    /// At most so many.
    pub limit: i64,
    /// At most so many of one tenant, so that none keeps the others waiting.
    pub per_tenant: i64,
    /// Tenants of which it has its hands full.
    pub full: Vec<TenantId>,
    /// How long the claim lasts, by the database's clock.
    pub lease: TimeDelta,
}

/// What became of a claimed effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectResult {
    /// The effect.
    pub id: Uuid,
    /// Of the claim.
    pub fence: i64,
    /// The attempt that ended with it, and how: `done`, `retry` … `None` when none did.
    pub ended: Option<(i32, &'static str)>,
    /// Where it stands now.
    pub state: EffectState,
    /// When a worker is to look at it again: `None` for never.
    pub next_at: Option<DateTime<Utc>>,
    /// Failed attempts so far.
    pub failures: i32,
    /// How often it was asked or told in this state.
    pub asked: i32,
    /// Code of the failure; `None` keeps the last one.
    pub code: Option<String>,
    /// Detail of the failure.
    pub detail: Option<String>,
}

/// An effect as operators see it; without its payload, which may be personal.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// Id.
    pub id: Uuid,
    /// Tenant.
    pub tenant: TenantId,
    /// Kind.
    pub kind: String,
    /// What it is in line with.
    pub serial: Option<String>,
    /// Where it stands.
    pub state: EffectState,
    /// Attempts so far.
    pub attempts: i32,
    /// Those that failed for certain, since an operator last retried it.
    pub failures: i32,
    /// When it was first due.
    pub due_at: DateTime<Utc>,
    /// When a worker looks at it again.
    pub next_at: Option<DateTime<Utc>>,
    /// Code of its last failure.
    pub code: Option<String>,
    /// Detail of its last failure.
    pub detail: Option<String>,
    /// The event that it follows from.
    pub event_id: Uuid,
    /// Root of the chain.
    pub correlation_id: Uuid,
    /// When its event was recorded.
    pub created_at: DateTime<Utc>,
    /// When it came to an end.
    pub finished_at: Option<DateTime<Utc>>,
    /// The operator who last retried or discarded it.
    pub decided_by: Option<String>,
}

/// An attempt at an effect.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// Its number, from 1.
    pub attempt: i32,
    /// Who made it.
    pub worker: String,
    /// When it was recorded, before it began.
    pub started_at: DateTime<Utc>,
    /// When its verdict was recorded.
    pub ended_at: Option<DateTime<Utc>>,
    /// The verdict, in a word.
    pub outcome: Option<String>,
    /// Code, if it did not simply succeed.
    pub code: Option<String>,
}

/// An effect with its attempts.
#[derive(Clone, Debug)]
pub struct EffectStory {
    /// The effect.
    pub row: EffectRow,
    /// Its payload, personal values masked.
    pub payload: Value,
    /// The last attempts, the latest first.
    pub attempts: Vec<AttemptRow>,
}

/// Which effects are listed: the latest first.
#[derive(Clone, Debug, Default)]
pub struct EffectFilter {
    /// Of this tenant; all tenants for the operator of the installation.
    pub tenant: Option<TenantId>,
    /// In these states; empty for all.
    pub states: Vec<EffectState>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Behind this one (time of its event, id).
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

/// How an operator's decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Done; it was in this state before.
    Made(EffectState),
    /// There is no such effect (of that tenant).
    NotFound,
    /// It is unknown whether it happened, and the operator did not say that it may happen twice.
    MayRepeat,
    /// Not possible in this state.
    Impossible(EffectState),
    /// A worker has it at this moment.
    Busy,
}

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectCounts {
    /// By state, those that are not over and the dead ones; states without any are left out.
    pub states: Vec<(EffectState, i64)>,
    /// Since when the oldest due one waits.
    pub oldest_due: Option<DateTime<Utc>>,
}

impl EffectCounts {
    /// How many are in `state`.
    pub fn of(&self, state: EffectState) -> i64 {
        self.states.iter().find(|(s, _)| *s == state).map_or(0, |(_, count)| *count)
    }
}

/// The queue of effects. Due times are by the caller's clock, which may be virtual; leases are by
/// the database's.
#[async_trait]
pub trait EffectQueue: Send + Sync + 'static {
    /// Claims effects that are due at `now`, the longest due first; the attempt of each is
    /// recorded when this returns. One that has a serial key waits for those before it.
    async fn claim(
        &self,
        now: DateTime<Utc>,
        request: &ClaimRequest,
    ) -> Result<Vec<EffectClaim>, EffectError>;

    /// Claims what needs a look without an attempt: leases that ran out, what is unknown, and
    /// what was given up and not told.
    async fn look_after(
        &self,
        now: DateTime<Utc>,
        request: &ClaimRequest,
    ) -> Result<Vec<EffectClaim>, EffectError>;

    /// Records what became of claimed effects; returns how many were taken. A result of a claim
    /// that is not the effect's last one is ignored.
    async fn settle(
        &self,
        now: DateTime<Utc>,
        results: &[EffectResult],
    ) -> Result<u64, EffectError>;

    /// The first time after `now` at which one will be due.
    async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, EffectError>;

    /// Deletes at most `limit` effects that are over since before `before`, with their
    /// attempts; dead letters stay. Returns how many.
    async fn sweep(&self, before: DateTime<Utc>, limit: i64) -> Result<u64, EffectError>;

    /// How much there is at `now`.
    async fn counts(&self, now: DateTime<Utc>) -> Result<EffectCounts, EffectError>;

    /// Effects, the latest first, at most `limit`.
    async fn list(&self, filter: &EffectFilter, limit: i64) -> Result<Vec<EffectRow>, EffectError>;

    /// One effect of `tenant` (of any tenant without one) with its last attempts.
    async fn show(
        &self,
        tenant: Option<TenantId>,
        id: Uuid,
    ) -> Result<Option<EffectStory>, EffectError>;

    /// Makes a dead effect, or with `may_repeat` an unknown one, due at once, with all its
    /// attempts before it again.
    async fn retry(
        &self,
        now: DateTime<Utc>,
        tenant: Option<TenantId>,
        id: Uuid,
        may_repeat: bool,
        by: &str,
    ) -> Result<Decision, EffectError>;

    /// Ends an effect that is pending, unknown or dead: it will not be done.
    async fn discard(
        &self,
        now: DateTime<Utc>,
        tenant: Option<TenantId>,
        id: Uuid,
        by: &str,
    ) -> Result<Decision, EffectError>;

    /// Waits until effects were stored by this process or `timeout` passed.
    async fn wait(&self, timeout: std::time::Duration);
}
