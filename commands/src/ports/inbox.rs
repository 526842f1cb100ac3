//! The inbox: webhook deliveries are durable here before anybody answers 2xx.

use async_trait::async_trait;
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::sources::RequestParts;

/// The inbox could not answer. The webhook handler answers 503 and the provider redelivers.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InboxError {
    /// The database cannot be reached.
    #[error("the inbox cannot be reached: {0}")]
    Unavailable(String),
    /// More is waiting than the inbox accepts.
    #[error("the inbox is full")]
    Full,
}

/// A verified delivery, as received.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Id of the delivery (UUIDv7): root of the correlation chain.
    pub id: Uuid,
    /// Name of the webhook source.
    pub source: &'static str,
    /// Raw body, untouched.
    pub body: Vec<u8>,
    /// What is kept of the request beside its body.
    pub request: RequestParts,
    /// When it was received: the `now` of every command that follows.
    pub received_at: DateTime<Utc>,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
}

/// A delivery claimed for processing.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// Id of the delivery.
    pub id: Uuid,
    /// Order of arrival.
    pub seq: i64,
    /// Name of the webhook source.
    pub source: String,
    /// Raw body.
    pub body: Vec<u8>,
    /// What was kept of the request beside its body.
    pub request: RequestParts,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// How often it was claimed before.
    pub attempts: i32,
}

/// Why a fact is kept and not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PendingState {
    /// It speaks of something that is not known yet; tried again until `deadline`.
    Waiting,
    /// Its account belongs to no tenant; kept until somebody connects the account.
    Unroutable,
    /// It is understood and not acted upon (an unknown type or field); kept.
    Ignored,
    /// It failed again and again; an operator must look.
    Failed,
}

impl PendingState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Unroutable, Self::Ignored, Self::Failed];

    /// Stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Unroutable => "unroutable",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }

    /// The state called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A fact that is kept.
#[derive(Clone, Debug)]
pub struct PendingFact {
    /// Delivery that brought it.
    pub delivery: Uuid,
    /// Its place in the delivery, from 0.
    pub ordinal: i32,
    /// Natural key of the fact.
    pub key: String,
    /// Name of the webhook source.
    pub source: String,
    /// Tenant, when it could be told.
    pub tenant: Option<TenantId>,
    /// What it waits for (`wamid:…`, `account:…`, `call:…`), so that it can be found.
    pub waits_for: Option<String>,
    /// Why it is kept.
    pub state: PendingState,
    /// Stable code of the last failure.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When to try again; `None` for never by itself.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Body of the delivery (filled when claimed).
    pub body: Vec<u8>,
    /// The rest of its request (filled when claimed).
    pub request: RequestParts,
    /// When the delivery was received (filled on reading).
    pub received_at: DateTime<Utc>,
}

/// The same fact key came with another content: recorded, and the first one stands.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// Delivery that brought the contradicting fact.
    pub delivery: Uuid,
    /// Natural key of the fact.
    pub key: String,
    /// Tenant, when it could be told.
    pub tenant: Option<TenantId>,
    /// What is odd: `mismatch`, `unparsable`, `late_failure` …
    pub kind: &'static str,
}

/// An anomaly as recorded.
#[derive(Clone, Debug)]
pub struct NotedAnomaly {
    /// Delivery that brought the fact.
    pub delivery: Uuid,
    /// Natural key of the fact.
    pub key: String,
    /// Tenant, when it could be told.
    pub tenant: Option<TenantId>,
    /// What is odd.
    pub kind: String,
    /// When it was recorded.
    pub noted_at: DateTime<Utc>,
}

/// How much the inbox holds that was not simply done.
#[derive(Clone, Debug, Default)]
pub struct InboxCounts {
    /// Deliveries that nobody has finished yet.
    pub backlog: i64,
    /// Kept facts by state; states without any are left out.
    pub kept: Vec<(PendingState, i64)>,
    /// Anomalies by kind.
    pub anomalies: Vec<(String, i64)>,
}

/// What became of one fact of a delivery.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there are few, and they live for one batch")]
pub enum FactFate {
    /// Its commands are in the log.
    Done,
    /// It is kept.
    Kept(PendingFact),
    /// It contradicts an earlier one.
    Odd(Anomaly),
}

/// Result of processing a claimed delivery.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Delivery.
    pub id: Uuid,
    /// Number of facts that it carried.
    pub facts: i32,
    /// Those that were not simply done.
    pub exceptions: Vec<FactFate>,
}

/// The inbox.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// Stores a delivery; returns when it is durable. Concurrent calls share one transaction.
    async fn receive(&self, delivery: NewDelivery) -> Result<(), InboxError>;

    /// Claims up to `limit` unprocessed deliveries in order of arrival, for `lease`. A claim
    /// whose process died is free again after the lease.
    async fn claim(&self, limit: i64, lease: chrono::Duration)
    -> Result<Vec<InboxRow>, InboxError>;

    /// Records what became of claimed deliveries, atomically for each.
    async fn settle(&self, settled: Vec<Settled>) -> Result<(), InboxError>;

    /// Gives a claimed delivery back after a passing failure, to be tried again at `at`.
    async fn postpone(&self, id: Uuid, at: DateTime<Utc>, reason: &str) -> Result<(), InboxError>;

    /// Claims kept facts that are due, in order of arrival, after [`Self::release`] of all that
    /// wait for one of `released`.
    async fn due(
        &self,
        now: DateTime<Utc>,
        released: &[String],
        limit: i64,
        lease: chrono::Duration,
    ) -> Result<Vec<PendingFact>, InboxError>;

    /// Updates a kept fact, or removes it when its fate is [`FactFate::Done`].
    async fn resolve(&self, fact: &PendingFact, fate: FactFate) -> Result<(), InboxError>;

    /// Something that facts may wait for is there (`wamid:…`, `account:…`): those that wait for
    /// it are due at once, for every process and also after a crash. Returns how many.
    async fn release(&self, waits_for: &str) -> Result<u64, InboxError>;

    /// Makes one kept fact due, whatever its state; false when there is no such fact (any more).
    async fn retry(&self, delivery: Uuid, ordinal: i32) -> Result<bool, InboxError>;

    /// Kept facts, the latest first, at most `limit`; without their bodies.
    async fn kept(
        &self,
        state: Option<PendingState>,
        limit: i64,
    ) -> Result<Vec<PendingFact>, InboxError>;

    /// Anomalies, the latest first, at most `limit`.
    async fn anomalies(&self, limit: i64) -> Result<Vec<NotedAnomaly>, InboxError>;

    /// How much of everything there is.
    async fn counts(&self) -> Result<InboxCounts, InboxError>;

    /// Waits until something was received (by any process) or `timeout` passed.
    async fn wait(&self, timeout: std::time::Duration);
}
