//! A database, a log, a queue and a clock per test, and a handler that does as it is told.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::effects::{
    Claimed, EffectHandler, EffectOptions, EffectWorker, Untold, Verdict,
};
use bitacora_commands::ports::{Clock, EffectQueue, EventLog};
use bitacora_commands::{Append, CommandBus, Expected, InstallationKey, NewEvent};
use bitacora_domain::{Actor, CommandId, Effect, Lane, Metadata, StreamId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;

pub(crate) const KEY: InstallationKey = InstallationKey::new([42; 32]);
/// Kind of the effects of most tests.
pub(crate) const KIND: &str = "test.ring";

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock {
    now: Mutex<DateTime<Utc>>,
    ids: AtomicU64,
}

impl ManualClock {
    pub(crate) fn at(now: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(now), ids: AtomicU64::new(0) })
    }
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        let mut current = self.now.lock().unwrap();
        assert!(now >= *current, "time does not go back");
        *current = now;
    }
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        let n = self.ids.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&Uuid::nil(), format!("{n}").as_bytes())
    }
}

pub(crate) fn monday() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) log: Arc<PgLog>,
    pub(crate) queue: Arc<PgEffects>,
    pub(crate) clock: Arc<ManualClock>,
    /// Two in lane 1, two in lane 2.
    pub(crate) tenants: [TenantId; 4],
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        let log = start_log(&db).await;
        let queue = Arc::new(PgEffects::new(db.pools(), log.effects_stored()));
        let tenants = [0; 4].map(|_| TenantId::new(SystemClock.fresh_id()));
        for (n, tenant) in tenants.into_iter().enumerate() {
            let lane = Lane(if n < 2 { 1 } else { 2 });
            assert_eq!(log.assign_lane_to(tenant, Some(lane)).await.unwrap(), lane);
        }
        Self { db, log, queue, clock: ManualClock::at(monday()), tenants }
    }

    pub(crate) fn bus(&self) -> CommandBus {
        let port: Arc<dyn EventLog> = self.log.clone();
        CommandBus::new(port, KEY, self.clock.clone(), BusOptions::default())
    }

    /// A worker of a process of its own.
    pub(crate) fn worker(&self, handler: &Arc<Told>) -> EffectWorker {
        self.worker_with(handler, quick())
    }

    pub(crate) fn worker_with(&self, handler: &Arc<Told>, options: EffectOptions) -> EffectWorker {
        let queue: Arc<dyn EffectQueue> =
            Arc::new(PgEffects::new(self.db.pools(), self.log.effects_stored()));
        let handler: Arc<dyn EffectHandler> = handler.clone();
        EffectWorker::new("test", queue, self.clock.clone(), vec![handler], options)
    }

    /// Stores effects with an event of a stream of its own; returns their ids.
    pub(crate) async fn emit(&self, tenant: TenantId, effects: Vec<Effect>) -> Vec<Uuid> {
        let append = self.append(tenant, effects);
        let event = append.events[0].metadata.event_id;
        let count = append.events[0].effects.len();
        self.log.append(append).await.unwrap();
        (0..count).map(|n| event.derive(&format!("effect:{n}"))).collect()
    }

    /// An append of one event with `effects`.
    pub(crate) fn append(&self, tenant: TenantId, effects: Vec<Effect>) -> Append {
        let command_id = CommandId::new(SystemClock.fresh_id());
        let metadata = Metadata {
            event_id: command_id.event(0),
            command_id,
            correlation_id: command_id.derive("correlation"),
            causation_id: command_id.as_uuid(),
            actor: Actor::system("test"),
            occurred_at: self.clock.now(),
            traceparent: None,
        };
        let event = NewEvent {
            event_type: "Raw".into(),
            event_version: "1".into(),
            payload: json!({"Raw": {}}),
            metadata,
            number: None,
            effects,
        };
        Append {
            tenant,
            stream: StreamId::new("raw", SystemClock.fresh_id()),
            expected: Expected::NONE,
            events: vec![event],
            claims: Vec::new(),
            counts: Vec::new(),
            command_id,
            fingerprint: KEY.fingerprint(&json!(command_id.to_string())).unwrap(),
            verify_only: false,
        }
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    /// State of one effect as `state code`.
    pub(crate) async fn state(&self, id: Uuid) -> String {
        let sql = "select state || coalesce(' ' || last_code, '') from effects.queue where id = $1";
        sqlx::query_scalar(sql).bind(id).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    /// Outcomes of the attempts at one effect, in order; `-` for one without.
    pub(crate) async fn attempts(&self, id: Uuid) -> Vec<String> {
        let sql = "select coalesce(outcome, '-') from effects.attempts where effect = $1 order by attempt";
        sqlx::query_scalar(sql).bind(id).fetch_all(&self.db.pools().admin).await.unwrap()
    }

    /// Moves the clock to the next due time; false when nothing will ever be due.
    pub(crate) async fn next(&self) -> bool {
        let Some(due) = self.queue.next_due(self.clock.now()).await.unwrap() else { return false };
        self.clock.set(due);
        true
    }
}

pub(crate) async fn start_log(db: &TestDb) -> Arc<PgLog> {
    let options = AppenderOptions::default();
    PgLog::start(&db.options(), db.pools(), Arc::new(|_, _| {}), KEY, options).await.unwrap()
}

/// Options whose real times are short.
pub(crate) fn quick() -> EffectOptions {
    EffectOptions {
        lease: TimeDelta::seconds(30),
        run_within: Duration::from_secs(10),
        poll: Duration::from_millis(50),
        look_after_every: Duration::from_millis(50),
        ..EffectOptions::default()
    }
}

/// Options under which a lost attempt is found soon.
pub(crate) fn short_lease() -> EffectOptions {
    EffectOptions { lease: TimeDelta::milliseconds(300), ..quick() }
}

/// An effect of [`KIND`] that is due at once.
pub(crate) fn ring(payload: Value) -> Effect {
    Effect { kind: KIND, serial: None, due: None, payload }
}

pub(crate) fn ring_in_line(line: &str, n: usize) -> Effect {
    Effect { serial: Some(line.to_owned()), ..ring(json!({ "line": line, "n": n })) }
}

pub(crate) fn retry() -> Verdict {
    Verdict::Retry { code: "HTTP_503".into(), detail: "busy".into(), after: None }
}

pub(crate) fn unknown() -> Verdict {
    Verdict::Unknown { code: "TIMEOUT".into(), detail: "no answer".into() }
}

/// What a handler was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Run(i32),
    Abandoned(i32),
    Reconcile(i32),
    GivenUp(String, bool),
}

type Hook = Box<dyn Fn(Claimed) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A handler that answers as it was told, and remembers what it was asked.
#[derive(Default)]
pub(crate) struct Told {
    provider: Option<&'static str>,
    before_run: Option<Hook>,
    runs: Mutex<VecDeque<Verdict>>,
    abandoned: Mutex<Option<Verdict>>,
    reconciled: Mutex<Option<Verdict>>,
    deaf: AtomicU64,
    slow_questions: Option<Arc<Semaphore>>,
    asked: Mutex<HashMap<Uuid, Vec<Asked>>>,
    order: Mutex<Vec<Claimed>>,
}

impl Told {
    /// Answers runs with `verdicts` in order, then with `Done`.
    pub(crate) fn to(verdicts: impl IntoIterator<Item = Verdict>) -> Arc<Self> {
        Arc::new(Self::default().running(verdicts))
    }
    pub(crate) fn running(self, verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        self.runs.lock().unwrap().extend(verdicts);
        self
    }
    pub(crate) fn when_abandoned(self, verdict: Verdict) -> Self {
        *self.abandoned.lock().unwrap() = Some(verdict);
        self
    }
    pub(crate) fn of_provider(self, provider: &'static str) -> Self {
        Self { provider: Some(provider), ..self }
    }
    pub(crate) fn before<F>(self, hook: impl Fn(Claimed) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { before_run: Some(Box::new(move |effect| Box::pin(hook(effect)))), ..self }
    }
    /// Does not hear the next `times` times that it is told of an end.
    pub(crate) fn deaf(self, times: u64) -> Self {
        self.deaf.store(times, Ordering::Relaxed);
        self
    }
    /// Answers a question only when `gate` lets it.
    pub(crate) fn slow_to_answer(self, gate: &Arc<Semaphore>) -> Self {
        Self { slow_questions: Some(Arc::clone(gate)), ..self }
    }
    /// From now on, questions about unknown effects are answered so.
    pub(crate) fn knows(&self, verdict: Verdict) {
        *self.reconciled.lock().unwrap() = Some(verdict);
    }
    /// What was asked about one effect, in order.
    pub(crate) fn asked(&self, id: Uuid) -> Vec<Asked> {
        self.asked.lock().unwrap().get(&id).cloned().unwrap_or_default()
    }
    /// What was run, in order.
    pub(crate) fn ran(&self) -> Vec<Claimed> {
        self.order.lock().unwrap().clone()
    }
    fn note(&self, effect: &Claimed, asked: Asked) {
        self.asked.lock().unwrap().entry(effect.id).or_default().push(asked);
    }
}

#[async_trait]
impl EffectHandler for Told {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn provider(&self) -> Option<&'static str> {
        self.provider
    }
    async fn run(&self, effect: &Claimed) -> Verdict {
        self.note(effect, Asked::Run(effect.attempt));
        self.order.lock().unwrap().push(effect.clone());
        if let Some(hook) = &self.before_run {
            hook(effect.clone()).await;
        }
        self.runs.lock().unwrap().pop_front().unwrap_or(Verdict::Done)
    }
    async fn abandoned(&self, effect: &Claimed) -> Verdict {
        self.note(effect, Asked::Abandoned(effect.attempt));
        self.abandoned.lock().unwrap().clone().unwrap_or_else(unknown)
    }
    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.note(effect, Asked::Reconcile(effect.attempt));
        if let Some(gate) = &self.slow_questions {
            drop(gate.acquire().await.unwrap());
        }
        self.reconciled.lock().unwrap().clone().unwrap_or_else(unknown)
    }
    async fn given_up(
        &self,
        effect: &Claimed,
        code: &str,
        _: &str,
        discarded: bool,
    ) -> Result<(), Untold> {
        let deaf = |left: u64| left.checked_sub(1);
        if self.deaf.fetch_update(Ordering::Relaxed, Ordering::Relaxed, deaf).is_ok() {
            return Err(Untold("by the test".into()));
        }
        self.note(effect, Asked::GivenUp(code.to_owned(), discarded));
        Ok(())
    }
}

/// Waits until `done`, at most ten seconds.
pub(crate) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain until {what}");
}
