//! A database, a log and a bus per test; two lanes with two tenants each.

use std::sync::Arc;

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::{Clock, EventLog};
use bitacora_commands::{Append, CommandBus, Envelope, Expected, InstallationKey, NewEvent};
use bitacora_domain::aggregates::conversation::ConversationCommand;
use bitacora_domain::{
    Actor, ActorKind, CommandId, ConversationId, Lane, Metadata, Personal, StreamId, Subject,
    TenantId, UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const KEY: InstallationKey = InstallationKey::new([42; 32]);

pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) log: Arc<PgLog>,
    pub(crate) bus: CommandBus,
    /// Two tenants in lane 1, two in lane 2.
    pub(crate) tenants: [TenantId; 4],
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        let (log, bus) = process(&db).await;
        let tenants = [0; 4].map(|_| TenantId::new(SystemClock.fresh_id()));
        for (n, tenant) in tenants.into_iter().enumerate() {
            let lane = Lane(if n < 2 { 1 } else { 2 });
            assert_eq!(log.assign_lane_to(tenant, Some(lane)).await.unwrap(), lane);
        }
        Self { db, log, bus, tenants }
    }

    /// What a second process of the same installation has.
    pub(crate) async fn second_process(&self) -> (Arc<PgLog>, CommandBus) {
        process(&self.db).await
    }

    /// Starts a conversation and returns its id.
    pub(crate) async fn conversation(&self, tenant: TenantId) -> ConversationId {
        let id = ConversationId::new(fresh());
        let start = start_command();
        self.bus
            .execute::<Conversation>(envelope(tenant, &json!("start")), &id.to_string(), start)
            .await
            .unwrap();
        id
    }

    /// One column of one row, as the owner of the database.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    /// Positions of every lane are 1, 2, 3 … and each stream's order is the lane's order.
    pub(crate) async fn assert_log_is_sound(&self) {
        assert_eq!(
            self.number(
                "select count(*) from (select lane, max(position) as m, count(*) as n, min(position) as f
                   from log.events group by lane) l where m <> n or f <> 1"
            )
            .await,
            0,
            "positions have holes"
        );
        assert_eq!(
            self.number(
                "select count(*) from (select sequence, row_number() over
                   (partition by aggregate_type, aggregate_id order by position) as n from log.events) e
                  where sequence <> n"
            )
            .await,
            0,
            "a stream's order is not its lane's"
        );
        assert_eq!(
            self.number(
                "select count(*) from log.lane_heads h where position <>
                   coalesce((select max(position) from log.events e where e.lane = h.lane), 0)"
            )
            .await,
            0,
            "a head is not the last position"
        );
    }
}

pub(crate) use bitacora_domain::aggregates::conversation::Conversation;

async fn process(db: &TestDb) -> (Arc<PgLog>, CommandBus) {
    let log = PgLog::start(
        &db.options(),
        db.pools(),
        Arc::new(|_, _| ()),
        KEY,
        AppenderOptions::default(),
    )
    .await
    .unwrap();
    let port: Arc<dyn EventLog> = log.clone();
    let bus = CommandBus::new(port, KEY, Arc::new(SystemClock), BusOptions::default());
    (log, bus)
}

pub(crate) fn fresh() -> Uuid {
    SystemClock.fresh_id()
}

pub(crate) fn envelope(tenant: TenantId, request: &Value) -> Envelope {
    envelope_as(tenant, CommandId::new(fresh()), request)
}

pub(crate) fn envelope_as(tenant: TenantId, command: CommandId, request: &Value) -> Envelope {
    let actor = Actor::new(ActorKind::User, UserId::new(fresh()).to_string());
    let fingerprint = KEY.fingerprint(request).unwrap();
    Envelope::new(tenant, actor, command, fingerprint, SystemClock.now())
}

pub(crate) fn start_command() -> ConversationCommand {
    ConversationCommand::Start {
        contact: fresh().into(),
        channel: fresh().into(),
        external_thread: None,
        opted_out: false,
    }
}

pub(crate) fn note(text: &str) -> ConversationCommand {
    let subject = Subject("contact:test".into());
    ConversationCommand::AddNote { body: Personal::new(subject, text.to_owned()) }
}

pub(crate) fn label(text: &str) -> ConversationCommand {
    ConversationCommand::AddLabel { label: text.to_owned() }
}

/// An append below the bus: `n` events of a made-up type on `stream`.
pub(crate) fn raw(tenant: TenantId, stream: &StreamId, expected: Expected, n: usize) -> Append {
    let command_id = CommandId::new(fresh());
    let events = (0..n).map(|i| raw_event(command_id, i, json!({"Raw": {"n": i}}))).collect();
    Append {
        tenant,
        stream: stream.clone(),
        expected,
        events,
        claims: Vec::new(),
        counts: Vec::new(),
        command_id,
        fingerprint: KEY.fingerprint(&json!(command_id.to_string())).unwrap(),
        verify_only: false,
    }
}

pub(crate) fn raw_event(command_id: CommandId, n: usize, payload: Value) -> NewEvent {
    NewEvent {
        event_type: "Raw".into(),
        event_version: "1".into(),
        payload,
        metadata: Metadata {
            event_id: command_id.event(n),
            command_id,
            correlation_id: command_id.as_uuid(),
            causation_id: command_id.as_uuid(),
            actor: Actor::system("test"),
            occurred_at: SystemClock.now(),
            traceparent: None,
        },
        number: None,
        effects: Vec::new(),
    }
}

pub(crate) fn new_stream() -> StreamId {
    StreamId::new("raw", fresh())
}
