//! The inbox over Postgres (`migrations/0003_inbox.sql`).
//!
//! Receiving is a group commit: callers queue up before one task, which writes whatever is there
//! in one statement and answers them all. The queue is bounded in count and bytes; when it is
//! full the provider gets a 503 and redelivers.
//!
//! Working is claims by lease with `SKIP LOCKED`, so any number of processes may work on one
//! inbox. Time-outs of leases are by the database's clock. In one process a delivery wakes the
//! worker at once; across processes the worker's poll finds it (a poll is one look into a small
//! partial index; there is no listener that could die unnoticed).

mod desk;
mod facts;
mod queue;
mod receive;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{
    FactFate, Inbox, InboxCounts, InboxError, InboxRow, NewDelivery, NotedAnomaly, PendingFact,
    PendingState, Settled,
};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::sync::Notify;
use uuid::Uuid;

use self::receive::Receiver;

/// The inbox over Postgres. Lives as long as its value; deliveries that were accepted into the
/// queue are written also when their callers have gone away.
#[derive(Debug)]
pub struct PgInbox {
    writer: PgPool,
    door: Receiver,
    received: Arc<Notify>,
}

impl PgInbox {
    /// An inbox over the writer's pool. Starts the task that writes deliveries; needs a Tokio
    /// runtime.
    pub fn start(writer: PgPool) -> Self {
        let received = Arc::new(Notify::new());
        let door = Receiver::start(writer.clone(), Arc::clone(&received));
        Self { writer, door, received }
    }
}

#[async_trait]
impl Inbox for PgInbox {
    async fn receive(&self, delivery: NewDelivery) -> Result<(), InboxError> {
        self.door.receive(delivery).await
    }

    async fn claim(
        &self,
        limit: i64,
        lease: chrono::Duration,
    ) -> Result<Vec<InboxRow>, InboxError> {
        queue::claim(&self.writer, limit, lease).await.map_err(unavailable)
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), InboxError> {
        queue::settle(&self.writer, settled).await.map_err(unavailable)
    }

    async fn postpone(&self, id: Uuid, at: DateTime<Utc>, reason: &str) -> Result<(), InboxError> {
        queue::postpone(&self.writer, id, at, reason).await.map_err(unavailable)
    }

    async fn due(
        &self,
        now: DateTime<Utc>,
        released: &[String],
        limit: i64,
        lease: chrono::Duration,
    ) -> Result<Vec<PendingFact>, InboxError> {
        facts::due(&self.writer, now, released, limit, lease).await.map_err(unavailable)
    }

    async fn resolve(&self, fact: &PendingFact, fate: FactFate) -> Result<(), InboxError> {
        facts::resolve(&self.writer, fact, fate).await.map_err(unavailable)
    }

    async fn release(&self, waits_for: &str) -> Result<u64, InboxError> {
        facts::release(&self.writer, &[waits_for.to_owned()]).await.map_err(unavailable)
    }

    async fn retry(&self, delivery: Uuid, ordinal: i32) -> Result<bool, InboxError> {
        facts::retry(&self.writer, delivery, ordinal).await.map_err(unavailable)
    }

    async fn kept(
        &self,
        state: Option<PendingState>,
        limit: i64,
    ) -> Result<Vec<PendingFact>, InboxError> {
        desk::kept(&self.writer, state, limit).await.map_err(unavailable)
    }

    async fn anomalies(&self, limit: i64) -> Result<Vec<NotedAnomaly>, InboxError> {
        desk::anomalies(&self.writer, limit).await.map_err(unavailable)
    }

    async fn counts(&self) -> Result<InboxCounts, InboxError> {
        desk::counts(&self.writer).await.map_err(unavailable)
    }

    async fn wait(&self, timeout: Duration) {
        // either way the worker looks
        let _ = tokio::time::timeout(timeout, self.received.notified()).await;
    }
}

/// Names what failed and no value of anybody.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn unavailable(error: sqlx::Error) -> InboxError {
    InboxError::Unavailable(match error.as_database_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().unwrap_or_default()),
        None => error.to_string(),
    })
}

/// Every statement that the inbox sends, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    [facts::STATEMENTS, desk::STATEMENTS, queue::STATEMENTS, receive::STATEMENTS].concat()
}
