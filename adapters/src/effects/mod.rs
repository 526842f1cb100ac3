//! The queue of effects over Postgres (`migrations/0005_effects.sql`). The appender fills it, in
//! the transaction of the event; here it is worked off.
//!
//! Any number of processes may work on it: claims are leases, taken with `SKIP LOCKED`. In one
//! process the appender wakes the worker; across processes the worker's poll finds what is new.

mod desk;
mod rows;
mod work;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{
    ClaimRequest, Decision, EffectClaim, EffectCounts, EffectError, EffectFilter, EffectQueue,
    EffectResult, EffectRow, EffectStory,
};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::sync::Notify;
use uuid::Uuid;

use self::desk::Wish;
use self::rows::unavailable;
use crate::pools::Pools;

/// The queue of effects over Postgres.
#[derive(Debug)]
pub struct PgEffects {
    writer: PgPool,
    api: PgPool,
    stored: Arc<Notify>,
}

impl PgEffects {
    /// A queue over `pools`. `stored` is notified when this process has stored effects (see
    /// [`crate::log::PgLog::effects_stored`]).
    pub fn new(pools: &Pools, stored: Arc<Notify>) -> Self {
        Self { writer: pools.writer.clone(), api: pools.api.clone(), stored }
    }

    fn for_questions(&self) -> (&PgPool, &PgPool) {
        (&self.writer, &self.api)
    }
}

#[async_trait]
impl EffectQueue for PgEffects {
    async fn claim(
        &self,
        now: DateTime<Utc>,
        request: &ClaimRequest,
    ) -> Result<Vec<EffectClaim>, EffectError> {
        work::claim(&self.writer, now, request).await.map_err(unavailable)
    }

    async fn look_after(
        &self,
        now: DateTime<Utc>,
        request: &ClaimRequest,
    ) -> Result<Vec<EffectClaim>, EffectError> {
        work::look_after(&self.writer, now, request).await.map_err(unavailable)
    }

    async fn settle(
        &self,
        now: DateTime<Utc>,
        results: &[EffectResult],
    ) -> Result<u64, EffectError> {
        work::settle(&self.writer, now, results).await.map_err(unavailable)
    }

    async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, EffectError> {
        work::next_due(&self.writer, now).await.map_err(unavailable)
    }

    async fn sweep(&self, before: DateTime<Utc>, limit: i64) -> Result<u64, EffectError> {
        work::sweep(&self.writer, before, limit).await.map_err(unavailable)
    }

    async fn counts(&self, now: DateTime<Utc>) -> Result<EffectCounts, EffectError> {
        desk::counts(&self.writer, now).await.map_err(unavailable)
    }

    async fn list(&self, filter: &EffectFilter, limit: i64) -> Result<Vec<EffectRow>, EffectError> {
        desk::list(self.for_questions(), filter, limit).await.map_err(unavailable)
    }

    async fn show(
        &self,
        tenant: Option<TenantId>,
        id: Uuid,
    ) -> Result<Option<EffectStory>, EffectError> {
        desk::show(self.for_questions(), tenant, id).await.map_err(unavailable)
    }

    async fn retry(
        &self,
        now: DateTime<Utc>,
        tenant: Option<TenantId>,
        id: Uuid,
        may_repeat: bool,
        by: &str,
    ) -> Result<Decision, EffectError> {
        let wish = Wish { tenant, id, by, now };
        let decision = desk::retry(&self.writer, wish, may_repeat).await.map_err(unavailable)?;
        self.stored.notify_one();
        Ok(decision)
    }

    async fn discard(
        &self,
        now: DateTime<Utc>,
        tenant: Option<TenantId>,
        id: Uuid,
        by: &str,
    ) -> Result<Decision, EffectError> {
        let wish = Wish { tenant, id, by, now };
        let decision = desk::discard(&self.writer, wish).await.map_err(unavailable)?;
        self.stored.notify_one();
        Ok(decision)
    }

    async fn wait(&self, timeout: Duration) {
        // either way the worker looks
        let _ = tokio::time::timeout(timeout, self.stored.notified()).await;
    }
}

/// Every statement that the queue sends, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    [work::STATEMENTS, desk::STATEMENTS].concat()
}
