//! What the runtime asks of a kind of effect.

use async_trait::async_trait;
use bitacora_domain::{EventId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

/// An effect in the hands of one worker.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Id of the effect: follows from its event's id and its place among the event's effects.
    pub id: Uuid,
    /// Tenant that it belongs to.
    pub tenant: TenantId,
    /// What is to be done.
    pub kind: String,
    /// Effects of the tenant with the same key are done one after the other.
    pub serial: Option<String>,
    /// What the handler needs, opened by the codec.
    pub payload: Value,
    /// Number of the attempt, from 1. Each attempt has its own, also one that does not count; in
    /// [`EffectHandler::abandoned`] and [`EffectHandler::reconcile`] it is the last one's, and 0
    /// in [`EffectHandler::given_up`] of what was never tried.
    pub attempt: i32,
    /// How many attempts before this one have failed for certain.
    pub failures: i32,
    /// An operator asked for this attempt, knowing that an earlier one may have happened.
    pub by_operator: bool,
    /// When it was first due.
    pub due_at: DateTime<Utc>,
    /// When its event was recorded.
    pub created_at: DateTime<Utc>,
    /// The event that it follows from.
    pub event_id: EventId,
    /// Root of the chain.
    pub correlation_id: Uuid,
    /// W3C trace context, if any.
    pub traceparent: Option<String>,
}

/// What came of an attempt. Codes are stable, in `SCREAMING_SNAKE_CASE`; details are for
/// operators and hold no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It happened, or there was nothing to do.
    Done,
    /// It is no longer wanted; nothing happened.
    Dropped {
        /// Stable code.
        code: String,
        /// What an operator should know.
        detail: String,
    },
    /// It certainly did not happen, and is tried again, later and later; not before `after`,
    /// which the provider named. The attempt counts.
    Retry {
        /// Stable code.
        code: String,
        /// What an operator should know.
        detail: String,
        /// How long the provider asked to wait. Its breaker does not count such a failure:
        /// whoever names a time is well.
        after: Option<TimeDelta>,
    },
    /// It was not tried at all (a channel that is down). The attempt does not count; what failed
    /// before does, unless [`EffectHandler::is_well_when_put_off`].
    Defer {
        /// Stable code.
        code: String,
        /// When to look again.
        until: DateTime<Utc>,
    },
    /// Nobody knows whether it happened. The machine never tries it again; it asks
    /// [`EffectHandler::reconcile`] now and then.
    Unknown {
        /// Stable code.
        code: String,
        /// What an operator should know.
        detail: String,
    },
    /// It certainly did not happen and never will by itself: a dead letter at once.
    Failed {
        /// Stable code.
        code: String,
        /// What an operator should know.
        detail: String,
    },
}

/// The end of an effect could not be told to those whom it concerns; it is told again later.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the end of the effect could not be told: {0}")]
pub struct Untold(pub String);

/// A kind of effect.
///
/// The runtime promises: an attempt is recorded before [`Self::run`] is called; one effect is in
/// one pair of hands at a time, except that a worker may be frozen past its lease and go on
/// afterwards ([`Self::abandoned`] is then asked by another, and the late verdict is ignored). So
/// what happens outside must be preceded by a step that the attempt's number fences off.
#[async_trait]
pub trait EffectHandler: Send + Sync + 'static {
    /// Name of the kind, as in [`bitacora_domain::Effect::kind`].
    fn kind(&self) -> &'static str;

    /// Whose circuit breaker guards it (`whatsapp` …), one per tenant; `None` for what stays in
    /// the house.
    fn provider(&self) -> Option<&'static str>;

    /// Has it shown, by putting itself off, that it is well, so that what failed before counts no
    /// more? Not where it does so before it tries again what failed (a line that has to wait for
    /// its turn): that would never be given up.
    fn is_well_when_put_off(&self) -> bool {
        self.provider().is_none()
    }

    /// Does it, within the runtime's time for an attempt: after that, or when it panics,
    /// [`Self::abandoned`] is asked.
    async fn run(&self, effect: &Claimed) -> Verdict;

    /// The attempt ended without a verdict (a crash, a time-out, a panic): did it begin?
    /// [`Verdict::Retry`] only when it certainly did not reach the provider, else
    /// [`Verdict::Unknown`] or what is known meanwhile.
    async fn abandoned(&self, effect: &Claimed) -> Verdict;

    /// Asked now and then about an effect that is unknown: [`Verdict::Done`],
    /// [`Verdict::Dropped`] or [`Verdict::Failed`] when it is known meanwhile. Everything else
    /// leaves it unknown: the machine never tries it again.
    async fn reconcile(&self, effect: &Claimed) -> Verdict;

    /// It was given up: all attempts failed, it failed for good, or an operator discarded it
    /// (`discarded`). Told at least once, after the fact.
    ///
    /// # Errors
    /// [`Untold`] when it must be told again later.
    async fn given_up(
        &self,
        effect: &Claimed,
        code: &str,
        detail: &str,
        discarded: bool,
    ) -> Result<(), Untold>;
}
