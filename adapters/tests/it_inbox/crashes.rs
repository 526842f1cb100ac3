//! Whatever happens after the 200, every fact is done exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::append::Landed;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ingest::{Ingest, IngestOptions};
use bitacora_commands::ports::{
    EventLog, FactFate, Inbox, InboxCounts, InboxError, InboxRow, LogError, NewDelivery,
    NotedAnomaly, Owner, Pending, PendingFact, PendingState, Settled, Snapshot, Stored,
};
use bitacora_commands::{Append, CommandBus};
use bitacora_domain::{CommandId, Cursor, Lane, StreamId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{KEY, LUCIA, World, text};

/// An inbox whose process dies before it can settle.
struct DiesBeforeSettling(Arc<dyn Inbox>);

#[async_trait]
impl Inbox for DiesBeforeSettling {
    async fn receive(&self, delivery: NewDelivery) -> Result<(), InboxError> {
        self.0.receive(delivery).await
    }
    async fn claim(&self, limit: i64, _: TimeDelta) -> Result<Vec<InboxRow>, InboxError> {
        self.0.claim(limit, TimeDelta::zero()).await
    }
    async fn settle(&self, _: Vec<Settled>) -> Result<(), InboxError> {
        Err(InboxError::Unavailable("killed".into()))
    }
    async fn postpone(&self, _: Uuid, _: DateTime<Utc>, _: &str) -> Result<(), InboxError> {
        Err(InboxError::Unavailable("killed".into()))
    }
    async fn due(
        &self,
        now: DateTime<Utc>,
        released: &[String],
        limit: i64,
        lease: TimeDelta,
    ) -> Result<Vec<PendingFact>, InboxError> {
        self.0.due(now, released, limit, lease).await
    }
    async fn resolve(&self, fact: &PendingFact, fate: FactFate) -> Result<(), InboxError> {
        self.0.resolve(fact, fate).await
    }
    async fn release(&self, waits_for: &str) -> Result<u64, InboxError> {
        self.0.release(waits_for).await
    }
    async fn retry(&self, delivery: Uuid, ordinal: i32) -> Result<bool, InboxError> {
        self.0.retry(delivery, ordinal).await
    }
    async fn kept(
        &self,
        state: Option<PendingState>,
        limit: i64,
    ) -> Result<Vec<PendingFact>, InboxError> {
        self.0.kept(state, limit).await
    }
    async fn anomalies(&self, limit: i64) -> Result<Vec<NotedAnomaly>, InboxError> {
        self.0.anomalies(limit).await
    }
    async fn counts(&self) -> Result<InboxCounts, InboxError> {
        self.0.counts().await
    }
    async fn wait(&self, timeout: Duration) {
        self.0.wait(timeout).await;
    }
}

/// A log that cannot be reached for its `from`-th to `to`-th call.
struct Flaky {
    log: Arc<dyn EventLog>,
    calls: AtomicUsize,
    from: usize,
    to: usize,
}

impl Flaky {
    fn check(&self) -> Result<(), LogError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if (self.from..self.to).contains(&call) {
            return Err(LogError::Unavailable("cut".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl EventLog for Flaky {
    async fn submit(&self, append: Append) -> Result<Pending, LogError> {
        self.check()?;
        self.log.submit(append).await
    }
    async fn load(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        state_schema: u32,
        use_snapshot: bool,
    ) -> Result<Option<Stored>, LogError> {
        self.check()?;
        self.log.load(tenant, stream, state_schema, use_snapshot).await
    }
    async fn save_snapshot(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        self.log.save_snapshot(tenant, stream, snapshot).await
    }
    async fn outcome(
        &self,
        tenant: TenantId,
        command_id: CommandId,
    ) -> Result<Option<Landed>, LogError> {
        self.check()?;
        self.log.outcome(tenant, command_id).await
    }
    async fn owner(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.check()?;
        self.log.owner(tenant, kind, key).await
    }
    async fn installation_owner(
        &self,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.check()?;
        self.log.installation_owner(kind, key).await
    }
    async fn tenant_of(&self, stream: &StreamId) -> Result<Option<TenantId>, LogError> {
        self.check()?;
        self.log.tenant_of(stream).await
    }
    async fn assign_lane(&self, tenant: TenantId) -> Result<Lane, LogError> {
        self.log.assign_lane(tenant).await
    }
    async fn tip(&self, tenant: TenantId) -> Result<Cursor, LogError> {
        self.log.tip(tenant).await
    }
}

async fn assert_each_once(world: &World, messages: usize, contacts: usize) {
    assert_eq!(world.count("MessageReceived").await, messages);
    assert_eq!(
        world
            .number(
                "select count(distinct payload->'MessageReceived'->>'provider_message_id') \
                 from log.events where event_type = 'MessageReceived'"
            )
            .await,
        i64::try_from(messages).unwrap()
    );
    assert_eq!(world.count("ContactCreated").await, contacts);
    assert_eq!(world.conversations().await.len(), contacts);
    assert_eq!(world.open().await, 0);
    assert!(world.kept().await.is_empty(), "{:?}", world.kept().await);
    assert!(world.anomalies().await.is_empty());
}

#[tokio::test]
async fn a_process_that_dies_before_settling_leaves_its_claims_to_the_next() {
    let world = World::new().await;
    for n in 0..6 {
        let from = format!("549116660{:04}", n % 3);
        world.receive(&text(&from, &format!("wamid.{n}"), "hola")).await;
    }
    let dying: Arc<dyn Inbox> = Arc::new(DiesBeforeSettling(world.inbox.clone()));
    let dead = Ingest::new(world.bus.clone(), dying, IngestOptions::default());
    dead.work().await.unwrap_err();
    assert_eq!(world.count("MessageReceived").await, 6, "the commands were done");
    assert_eq!(world.open().await, 6, "and nobody said so");
    let (_, next) = world.second_process().await;
    assert_eq!(next.work().await.unwrap(), 6);
    assert_each_once(&world, 6, 3).await;
}

#[tokio::test]
async fn a_log_that_fails_at_any_call_only_delays() {
    let world = World::new().await;
    // in the past, so that what is given back is free again at once
    world.clock.shift(-3600);
    for from in 0..16 {
        let person = format!("54911666{from:05}");
        let log: Arc<dyn EventLog> =
            Arc::new(Flaky { log: world.log.clone(), calls: 0.into(), from, to: from + 2 });
        let bus = CommandBus::new(log, KEY, world.clock.clone(), BusOptions::default());
        let ingest = Ingest::new(bus, world.inbox.clone(), IngestOptions::default());
        world.receive(&text(&person, &format!("wamid.{from}.0"), "hola")).await;
        world.receive(&text(&person, &format!("wamid.{from}.1"), "¿hola?")).await;
        let mut rounds = 0;
        while world.open().await > 0 {
            ingest.work().await.unwrap();
            rounds += 1;
            assert!(rounds < 20);
        }
    }
    assert_each_once(&world, 32, 16).await;
}

#[tokio::test]
async fn two_processes_share_the_inbox() {
    let world = World::new().await;
    let (other_inbox, other) = world.second_process().await;
    let stop = CancellationToken::new();
    let workers = [world.ingest.clone(), other].map(|ingest| {
        let stop = stop.clone();
        tokio::spawn(async move { ingest.run(stop).await })
    });
    for n in 0..120 {
        let from = format!("549116660{:04}", n % 12);
        let body = text(&from, &format!("wamid.{n}"), "hola").to_string().into_bytes();
        // every message is delivered twice, once through each process
        let copy = crate::support::delivery(body.clone(), chrono::DateTime::UNIX_EPOCH);
        other_inbox.receive(copy).await.unwrap();
        world.receive_bytes(body).await;
    }
    let patience = tokio::time::timeout(Duration::from_mins(1), async {
        while world.open().await > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    patience.await.expect("the backlog goes down");
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_each_once(&world, 120, 12).await;
}

#[tokio::test]
async fn a_worker_stops_when_it_is_told_to() {
    let world = World::new().await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn({
        let (ingest, stop) = (world.ingest.clone(), stop.clone());
        async move { ingest.run(stop).await }
    });
    world.receive(&text(LUCIA, "wamid.A", "hola")).await;
    while world.open().await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), worker).await.unwrap().unwrap();
    assert_each_once(&world, 1, 1).await;
}
