//! A database, a log, reactors, effects and a clock that stands still until it is moved.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::reactors::PgReactors;
use bitacora_adapters::read::{LaneSignals, PgLogReader};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::ports::{
    Clock, Decision, DeliveryTargets, EffectFilter, EffectQueue, EffectState, EventLog, LeadPorts,
    LeadReceiver, LookupError, Notice, NoticeFault, ReactorStore, Taken, TargetOutcome, TargetRow,
};
use bitacora_commands::reactors::{self, Reactor, ReactorOptions, ReactorRunner};
use bitacora_commands::{CommandBus, CommandError, Envelope, InstallationKey};
use bitacora_domain::aggregates::credit_ledger::{self, Balance, CreditLedger};
use bitacora_domain::aggregates::delivery::TargetKind;
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{Actor, ActorKind, CommandId, DomainAggregate, Lane, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::fuse::{Fuse, FusedLog, FusedQueue, FusedStore};

pub(crate) const KEY: InstallationKey = InstallationKey::new([42; 32]);
type Time = DateTime<Utc>;

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock {
    now: Mutex<Time>,
    ids: AtomicU64,
}

impl ManualClock {
    pub(crate) fn set(&self, now: Time) {
        let mut current = self.now.lock().unwrap();
        assert!(now >= *current, "time does not go back");
        *current = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        *self.now.lock().unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        let n = self.ids.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&Uuid::nil(), format!("{n}").as_bytes())
    }
}

/// What a system of the tenant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Takes,
    Fails,
    Silent,
}

/// Systems of a tenant that take leads, and what they answer: in order, then the last for ever.
#[derive(Default)]
pub(crate) struct Systems {
    targets: Mutex<Vec<TargetRow>>,
    answers: Mutex<VecDeque<Answer>>,
    told: AtomicU64,
}

impl Systems {
    pub(crate) fn connect(&self, count: usize) {
        let row = |n: usize| TargetRow {
            id: Uuid::from_u128(0x7A7 + n as u128),
            kind: TargetKind::Webhook,
            name: format!("CRM {n}"),
            url: "https://example.com/leads".into(),
            secrets: vec![vec![1; 32]],
            enabled: true,
            connected_at: Time::UNIX_EPOCH,
        };
        *self.targets.lock().unwrap() = (0..count).map(row).collect();
    }
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.answers.lock().unwrap() = answers.into_iter().collect();
    }
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl DeliveryTargets for Systems {
    async fn list(&self, _: TenantId) -> Result<Vec<TargetRow>, LookupError> {
        Ok(self.targets.lock().unwrap().clone())
    }
    async fn find(&self, _: TenantId, id: Uuid) -> Result<Option<TargetRow>, LookupError> {
        Ok(self.targets.lock().unwrap().iter().find(|row| row.id == id).cloned())
    }
    async fn connect(&self, _: TenantId, _: TargetRow) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::Done)
    }
    async fn enable(&self, _: TenantId, _: Uuid, _: bool) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::Done)
    }
    async fn rotate(&self, _: TenantId, _: Uuid, _: Vec<u8>) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::Done)
    }
}

#[async_trait]
impl LeadReceiver for Systems {
    fn check(&self, _: &str) -> Result<(), NoticeFault> {
        Ok(())
    }

    async fn tell(&self, _: &TargetRow, _: Notice) -> Result<Taken, NoticeFault> {
        self.told.fetch_add(1, Ordering::SeqCst);
        let answer = {
            let mut answers = self.answers.lock().unwrap();
            if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() }
        };
        match answer.unwrap_or(Answer::Takes) {
            Answer::Takes => Ok(Taken::default()),
            Answer::Fails => Err(NoticeFault::Failed("HTTP_503".into())),
            Answer::Silent => Err(NoticeFault::Unknown("TIMEOUT")),
        }
    }
}

pub(crate) struct Stage {
    pub(crate) db: TestDb,
    pub(crate) log: Arc<PgLog>,
    pub(crate) reader: Arc<PgLogReader>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) systems: Arc<Systems>,
    pub(crate) tenant: TenantId,
    /// Not behind any fuse: the world outside.
    pub(crate) bus: CommandBus,
}

/// What one process runs.
pub(crate) struct Process {
    pub(crate) runner: ReactorRunner,
    pub(crate) worker: EffectWorker,
    pub(crate) fuse: Arc<Fuse>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let db = TestDb::with_views().await;
        let signals = LaneSignals::new();
        let announce = Arc::clone(&signals);
        let log = PgLog::start(
            &db.options(),
            db.pools(),
            Arc::new(move |lane, position| announce.appended(lane, position)),
            KEY,
            AppenderOptions::default(),
        )
        .await
        .unwrap();
        let reader = Arc::new(PgLogReader::new(db.pools().reader.clone(), signals));
        let monday = "2026-03-02T09:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock { now: Mutex::new(monday), ids: AtomicU64::new(0) });
        let port: Arc<dyn EventLog> = log.clone();
        let bus = CommandBus::new(port, KEY, clock.clone(), BusOptions::default());
        let systems = Arc::new(Systems::default());
        systems.connect(1);
        let tenant = TenantId::new(SystemClock.fresh_id());
        let stage = Self { db, log, reader, clock, systems, tenant, bus };
        stage.register(tenant).await;
        // Reactors are there from the beginning.
        stage.settle().await;
        stage
    }

    pub(crate) async fn register(&self, tenant: TenantId) {
        self.log.assign_lane_to(tenant, Some(Lane(1))).await.unwrap();
        let register = TenantCommand::Register {
            name: "Panadería Sol".into(),
            slug: format!("panaderia-{}", &tenant.to_string()[24..]),
            plan: Plan::Enterprise,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        self.give_to::<Tenant>(tenant, tenant, person(), register).await;
    }

    pub(crate) fn store(&self) -> PgReactors {
        PgReactors::new(self.db.pools(), self.reader.clone(), self.log.effects_stored())
    }

    /// A process of its own, whose steps burn `fuse`.
    pub(crate) fn process(&self, fuse: &Arc<Fuse>) -> Process {
        self.process_of(fuse, reactors::all())
    }

    pub(crate) fn process_of(&self, fuse: &Arc<Fuse>, reactors: Vec<Arc<dyn Reactor>>) -> Process {
        let log: Arc<dyn EventLog> = Arc::new(FusedLog(self.log.clone(), fuse.clone()));
        let bus = CommandBus::new(log, KEY, self.clock.clone(), BusOptions::default());
        let queue = PgEffects::new(self.db.pools(), self.log.effects_stored());
        let queue: Arc<dyn EffectQueue> = Arc::new(FusedQueue(queue, fuse.clone()));
        let leads = LeadPorts {
            targets: self.systems.clone(),
            receiver: self.systems.clone(),
            ..LeadPorts::none()
        };
        let parts = EffectParts { leads, ..EffectParts::over(bus) };
        let options = EffectOptions {
            run_within: Duration::from_secs(10),
            poll: Duration::from_millis(50),
            look_after_every: Duration::from_millis(50),
            ..EffectOptions::default()
        };
        let handlers = effects::all(&parts);
        let worker = EffectWorker::new("test", queue, self.clock.clone(), handlers, options);
        let store: Arc<dyn ReactorStore> = Arc::new(FusedStore(self.store(), fuse.clone()));
        let runner = ReactorRunner::new(store, reactors, ReactorOptions::default());
        Process { runner, worker, fuse: fuse.clone() }
    }

    /// A process that nothing happens to.
    pub(crate) fn healthy(&self) -> Process {
        self.process(&Fuse::whole())
    }

    /// Reacts and does what is due until nothing more is; then moves the clock to the next due
    /// time, as long as that is not after `until`.
    pub(crate) async fn live_until(&self, until: Time) {
        let process = self.healthy();
        process.quiet().await.unwrap();
        loop {
            process.work().await.unwrap();
            let queue = PgEffects::new(self.db.pools(), self.log.effects_stored());
            match queue.next_due(self.clock.now()).await.unwrap() {
                Some(due) if due <= until => self.clock.set(due),
                Some(_) | None => break,
            }
        }
        self.clock.set(until);
        process.work().await.unwrap();
    }

    /// As [`Self::live_until`], so much longer.
    pub(crate) async fn live(&self, time: TimeDelta) {
        self.live_until(self.clock.now() + time).await;
    }

    /// Until nothing is to be done now.
    pub(crate) async fn settle(&self) {
        self.live_until(self.clock.now()).await;
    }

    /// Runs a process that is killed at the given step. False when it did not come so far.
    pub(crate) async fn killed_at(&self, step: i64, after: bool) -> bool {
        let process = self.process(&Fuse::of(step, after));
        let survived = process.quiet().await.is_ok();
        let burnt = process.fuse.is_burnt();
        assert!(burnt || survived);
        drop(process);
        // The process is certainly dead: nobody has to wait for its leases.
        sqlx::query("update effects.queue set lease_until = now() - interval '1 s' where lease_until is not null")
            .execute(&self.db.pools().admin)
            .await
            .unwrap();
        burnt
    }

    /// Gives a command of a person that must be accepted.
    pub(crate) async fn give<A: DomainAggregate>(&self, id: impl ToString, body: A::Body) {
        self.give_to::<A>(self.tenant, id, person(), body).await;
    }

    pub(crate) async fn give_to<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: impl ToString,
        actor: Actor,
        body: A::Body,
    ) {
        let said = format!("{body:?}");
        if let Err(error) = self.try_give::<A>(tenant, id, actor, body).await {
            panic!("{said}: {error}");
        }
    }

    pub(crate) async fn try_give<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: impl ToString,
        actor: Actor,
        body: A::Body,
    ) -> Result<(), CommandError<A::Refusal>> {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&json!(command.to_string())).unwrap();
        let envelope = Envelope::new(tenant, actor, command, fingerprint, self.clock.now());
        self.bus.execute::<A>(envelope, &id.to_string(), body).await.map(drop)
    }

    pub(crate) async fn load<A: DomainAggregate>(&self, id: impl ToString) -> A {
        self.bus.load::<A>(self.tenant, &id.to_string()).await.unwrap().unwrap().0
    }

    pub(crate) async fn balance(&self) -> Balance {
        self.load::<CreditLedger>(credit_ledger::id_of(self.tenant)).await.balance()
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    /// How many events of this name the tenant has.
    pub(crate) async fn count(&self, event: &str) -> i64 {
        self.number(&format!(
            "select count(*) from log.events where event_type = '{event}' and tenant_id = '{}'",
            self.tenant
        ))
        .await
    }

    /// Names of the events of one stream, in order.
    pub(crate) async fn story(&self, id: impl ToString) -> Vec<String> {
        sqlx::query_scalar(
            "select event_type from log.events where aggregate_id = $1 order by sequence",
        )
        .bind(id.to_string())
        .fetch_all(&self.db.pools().admin)
        .await
        .unwrap()
    }

    /// Kind, state and code of effects that are neither over nor timers of the future. Nobody
    /// opens pages where orders could be paid here.
    pub(crate) async fn open_effects(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select kind || ' ' || state || coalesce(' ' || last_code, '') from effects.queue \
             where (state in ('dead', 'unknown', 'running') or (state = 'pending' and attempts > 0)) \
               and kind <> 'checkout.open' order by created_at, id",
        )
        .fetch_all(&self.db.pools().admin)
        .await
        .unwrap()
    }

    pub(crate) fn clock_now(&self) -> Time {
        self.clock.now()
    }

    /// As if everything that was noted had been noted so much earlier.
    pub(crate) async fn set_back_notes(&self, by: TimeDelta) {
        sqlx::query("update effects.notes set noted_at = noted_at - $1 * interval '1 s'")
            .bind(i32::try_from(by.num_seconds()).unwrap())
            .execute(&self.db.pools().admin)
            .await
            .unwrap();
    }

    /// An operator has all dead letters tried again.
    pub(crate) async fn retry_dead(&self) {
        let queue = PgEffects::new(self.db.pools(), self.log.effects_stored());
        let dead = EffectFilter { states: vec![EffectState::Dead], ..EffectFilter::default() };
        for row in queue.list(&dead, 100).await.unwrap() {
            let decided = queue.retry(self.clock.now(), None, row.id, false, "test").await.unwrap();
            assert_eq!(decided, Decision::Made(EffectState::Dead));
        }
    }

    #[allow(clippy::unused_self, reason = "a stage gives what a test needs")]
    pub(crate) fn id<T: From<Uuid>>(&self) -> T {
        SystemClock.fresh_id().into()
    }
}

impl Process {
    /// Reacts and does what is due, until there is nothing more.
    pub(crate) async fn quiet(&self) -> Result<(), String> {
        self.runner.drain().await.map_err(|error| error.to_string())?;
        self.work().await
    }

    /// As [`Self::quiet`], where there is nothing new to react to.
    async fn work(&self) -> Result<(), String> {
        while self.worker.drain().await.map_err(|error| error.to_string())? > 0 {
            self.runner.drain().await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

pub(crate) fn person() -> Actor {
    Actor::new(ActorKind::User, "00000000-0000-0000-0000-000000000007")
}
