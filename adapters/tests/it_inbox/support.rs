//! A database, a log, a bus, an inbox and an ingest worker per test, and bodies to deliver.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::inbox::PgInbox;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ingest::{Ingest, IngestOptions};
use bitacora_commands::ports::{Clock, EventLog, Inbox, NewDelivery};
use bitacora_commands::sources::RequestParts;
use bitacora_commands::{CommandBus, Envelope, InstallationKey};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{Actor, ChannelAccountId, CommandId, DomainAggregate, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const KEY: InstallationKey = InstallationKey::new([42; 32]);
pub(crate) const ACCOUNT: &str = "210987654321098";
pub(crate) const LUCIA: &str = "5491166600011";
pub(crate) const RAUL: &str = "5491166600022";

/// The machine's clock, put forward or back.
#[derive(Default)]
pub(crate) struct ShiftedClock(AtomicI64);

impl ShiftedClock {
    pub(crate) fn shift(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.0.load(Ordering::SeqCst))
    }
    fn fresh_id(&self) -> Uuid {
        SystemClock.fresh_id()
    }
}

pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) log: Arc<PgLog>,
    pub(crate) bus: CommandBus,
    pub(crate) inbox: Arc<PgInbox>,
    pub(crate) ingest: Ingest,
    pub(crate) clock: Arc<ShiftedClock>,
    pub(crate) tenant: TenantId,
    pub(crate) channel: ChannelAccountId,
}

impl World {
    /// With one tenant that has connected [`ACCOUNT`].
    pub(crate) async fn new() -> Self {
        let world = Self::without_channel().await;
        world.connect(ACCOUNT).await;
        world
    }

    pub(crate) async fn without_channel() -> Self {
        let db = TestDb::new().await;
        let clock = Arc::new(ShiftedClock::default());
        let (log, bus) = process(&db, &clock).await;
        let inbox = Arc::new(PgInbox::start(db.pools().writer.clone()));
        let ingest = Ingest::new(bus.clone(), inbox.clone(), IngestOptions::default());
        let tenant = TenantId::new(SystemClock.fresh_id());
        let channel = ChannelAccountId::new(SystemClock.fresh_id());
        log.assign_lane(tenant).await.unwrap();
        let world = Self { db, log, bus, inbox, ingest, clock, tenant, channel };
        let register = TenantCommand::Register {
            name: "Panadería Sol".into(),
            slug: "panaderia-sol".into(),
            plan: Plan::Pro,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        world.execute::<Tenant>(&tenant.to_string(), register).await;
        world
    }

    pub(crate) async fn connect(&self, account: &str) {
        let connect = ChannelCommand::ConnectWhatsApp {
            phone_number_id: account.into(),
            waba_id: None,
            display_phone_number: "+54 9 11 5550-1234".into(),
            name: "Ventas".into(),
        };
        self.execute::<ChannelAccount>(&self.channel.to_string(), connect).await;
    }

    /// Executes a command of the tenant.
    pub(crate) async fn execute<A: DomainAggregate>(&self, id: &str, body: A::Body) {
        self.execute_as::<A>(self.tenant, id, body).await;
    }

    /// Executes a command of any tenant.
    pub(crate) async fn execute_as<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: &str,
        body: A::Body,
    ) {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&json!({"id": id})).unwrap();
        let actor = Actor::system("test");
        let envelope = Envelope::new(tenant, actor, command, fingerprint, self.clock.now());
        self.bus.execute::<A>(envelope, id, body).await.unwrap();
    }

    /// Another process of the same installation.
    pub(crate) async fn second_process(&self) -> (Arc<PgInbox>, Ingest) {
        let (_, bus) = process(&self.db, &self.clock).await;
        let inbox = Arc::new(PgInbox::start(self.db.pools().writer.clone()));
        let ingest = Ingest::new(bus, inbox.clone(), IngestOptions::default());
        (inbox, ingest)
    }

    /// Stores a delivery; returns its id.
    pub(crate) async fn receive(&self, body: &Value) -> Uuid {
        self.receive_bytes(body.to_string().into_bytes()).await
    }

    pub(crate) async fn receive_bytes(&self, body: Vec<u8>) -> Uuid {
        let delivery = delivery(body, self.clock.now());
        let id = delivery.id;
        self.inbox.receive(delivery).await.unwrap();
        id
    }

    /// Stores a delivery and works until nothing is left to claim.
    pub(crate) async fn deliver(&self, body: &Value) -> Uuid {
        let id = self.receive(body).await;
        self.work().await;
        id
    }

    pub(crate) async fn work(&self) {
        while self.ingest.work().await.unwrap() > 0 {}
    }

    /// Values of one column of one query, as the owner of the database.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.db.pools().admin).await.unwrap()
    }

    /// Events of a type.
    pub(crate) async fn events(&self, event_type: &str) -> Vec<Value> {
        sqlx::query_scalar(
            "select payload -> $1 from log.events where event_type = $1 order by recorded_at, position",
        )
        .bind(event_type)
        .fetch_all(&self.db.pools().admin)
        .await
        .unwrap()
    }

    pub(crate) async fn count(&self, event_type: &str) -> usize {
        self.events(event_type).await.len()
    }

    /// Deliveries that are not processed.
    pub(crate) async fn open(&self) -> i64 {
        self.number("select count(*) from inbox.deliveries where processed_at is null").await
    }

    /// Kept facts as `state reason`.
    pub(crate) async fn kept(&self) -> Vec<String> {
        self.texts("select state || ' ' || reason from inbox.facts order by delivery, ordinal")
            .await
    }

    pub(crate) async fn anomalies(&self) -> Vec<String> {
        self.texts("select kind from inbox.anomalies order by noted_at, kind").await
    }

    /// Ids of all conversations, in order of their start.
    pub(crate) async fn conversations(&self) -> Vec<String> {
        self.texts(
            "select aggregate_id from log.events where event_type = 'ConversationStarted' \
             order by recorded_at, position",
        )
        .await
    }

    pub(crate) async fn close(&self, conversation: &str) {
        self.execute::<Conversation>(conversation, ConversationCommand::Close).await;
    }
}

async fn process(db: &TestDb, clock: &Arc<ShiftedClock>) -> (Arc<PgLog>, CommandBus) {
    let options = AppenderOptions::default();
    let log =
        PgLog::start(&db.options(), db.pools(), Arc::new(|_, _| {}), KEY, options).await.unwrap();
    let port: Arc<dyn EventLog> = log.clone();
    (log, CommandBus::new(port, KEY, clock.clone(), BusOptions::default()))
}

pub(crate) fn delivery(body: Vec<u8>, received_at: DateTime<Utc>) -> NewDelivery {
    NewDelivery {
        id: SystemClock.fresh_id(),
        source: "meta/whatsapp",
        body,
        request: RequestParts::default(),
        received_at,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
    }
}

fn envelope(account: &str, mut value: Value) -> Value {
    value["metadata"] = json!({"phone_number_id": account});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1048", "changes": [
        {"field": "messages", "value": value}]}]})
}

/// A delivery with these messages of one person.
#[allow(clippy::needless_pass_by_value, reason = "callers build the list in place")]
pub(crate) fn messages(from: &str, messages: Vec<Value>) -> Value {
    let contacts = json!([{"profile": {"name": "Lucía"}, "wa_id": from}]);
    envelope(ACCOUNT, json!({"contacts": contacts, "messages": messages}))
}

/// A message with the fields that all have.
pub(crate) fn message(from: &str, id: &str, rest: &Value) -> Value {
    let at = SystemClock.now().timestamp().to_string();
    let mut message = json!({"from": from, "id": id, "timestamp": at});
    for (field, value) in rest.as_object().unwrap() {
        message[field] = value.clone();
    }
    message
}

/// A delivery with one text, always the same for the same arguments.
pub(crate) fn text(from: &str, id: &str, body: &str) -> Value {
    let message = json!({"from": from, "id": id, "timestamp": "1763647201", "type": "text",
                         "text": {"body": body}});
    messages(from, vec![message])
}

/// A delivery with one status.
pub(crate) fn status(id: &str, status: &str, callback: Option<String>) -> Value {
    let mut raw = json!({"id": id, "status": status, "timestamp": "1763647210",
                         "recipient_id": LUCIA});
    if let Some(callback) = callback {
        raw["biz_opaque_callback_data"] = callback.into();
    }
    envelope(ACCOUNT, json!({"statuses": [raw]}))
}

pub(crate) fn with_value(value: Value) -> Value {
    envelope(ACCOUNT, value)
}
