//! A whole server in the test's process: real Postgres, real HTTP on port 0, projectors running.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "test support"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bitacora_adapters::blobs::{BlobLimits, PgBlobs, Place};
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::inbox::PgInbox;
use bitacora_adapters::leads::{PgDeliveryTargets, ReadOutreach};
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::people::{PgCredentials, SystemRandomness};
use bitacora_adapters::providers::lead_webhook::{LeadWebhook, Reach};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadModels, PgReadStore, signals};
use bitacora_adapters::testing::TestDb;
use bitacora_api::app::{App, Parts};
use bitacora_api::auth::{Auth, Role};
use bitacora_api::config::PublicUrl;
use bitacora_api::config::{Limits, Packs};
use bitacora_api::http;
use bitacora_api::telemetry::Metrics;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::people::{NewMember, People};
use bitacora_commands::ports::{Blobs, Clock, EventLog, LeadPorts};
use bitacora_commands::sources::{Secret, SourceSecrets};
use bitacora_commands::{CommandBus, Envelope, InstallationKey, Receipt};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent,
};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{
    Actor, CommandId, DomainAggregate, Lane, Personal, Position, StreamId, Subject, TenantId,
    UserId,
};
use bitacora_projections::feed::Feed;
use bitacora_projections::ports::{LogReader, ReadError, ReadModels, ReadStore};
use bitacora_projections::presence::Presence;
use bitacora_projections::query::{Filter, Page, TableRow};
use bitacora_projections::runner::{Options, Runner};
use bitacora_projections::wait::ReadGate;
use bitacora_projections::{Cell, Key, Table, views};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// An id that no other test has.
pub(crate) fn fresh() -> Uuid {
    SystemClock.fresh_id()
}

/// Signs webhooks.
pub(crate) const WHATSAPP_APP: &str = "app-secret-of-a-test";
/// Answers the webhook's handshake.
pub(crate) const WHATSAPP_VERIFY: &str = "verify-token-of-a-test";
pub(crate) const TWILIO_TOKEN: &str = "auth-token-of-a-test";
pub(crate) const STRIPE_SECRET: &str = "whsec_of_a_test";
pub(crate) const ELEVENLABS_SECRET: &str = "wsec_of_a_test";
pub(crate) const CHATWOOT_SECRET: &str = "help-desk-secret-of-a-test";
/// Ends the URL of the bot's webhooks.
pub(crate) const BUILDERBOT_SECRET: &str = "path-secret-of-a-test";

/// Reads of the read store, counted.
pub(crate) struct Counting {
    inner: PgReadModels,
    pub(crate) reads: AtomicUsize,
}

#[async_trait]
impl ReadModels for Counting {
    async fn page(&self, tenant: TenantId, page: &Page) -> Result<Vec<TableRow>, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.page(tenant, page).await
    }
    async fn page_per(
        &self,
        tenant: TenantId,
        page: &Page,
        column: &'static str,
        parents: &[Cell],
    ) -> Result<Vec<Vec<TableRow>>, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.page_per(tenant, page, column, parents).await
    }
    async fn count(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: &Filter,
        limit: i64,
    ) -> Result<i64, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.count(tenant, table, filter, limit).await
    }
    async fn rows(
        &self,
        tenant: TenantId,
        table: &'static Table,
        keys: &[Key],
    ) -> Result<Vec<TableRow>, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.rows(tenant, table, keys).await
    }
    async fn is_parked(
        &self,
        tenant: TenantId,
        projections: &[&'static str],
        upto: Position,
        stream: Option<&StreamId>,
    ) -> Result<bool, ReadError> {
        self.inner.is_parked(tenant, projections, upto, stream).await
    }
    async fn checkpoint(&self, table: &'static Table, lane: Lane) -> Result<Position, ReadError> {
        self.inner.checkpoint(table, lane).await
    }
}

/// The directory of a test's blobs; goes away with it.
struct BlobDirectory(std::path::PathBuf);

impl Drop for BlobDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn blobs(db: &TestDb) -> (Arc<dyn Blobs>, BlobDirectory) {
    let directory = std::env::temp_dir().join(format!("bitacora-blobs-{}", db.name()));
    let place = Place::directory(&directory).unwrap();
    (Arc::new(PgBlobs::new(db.pools(), place, BlobLimits::default())), BlobDirectory(directory))
}

/// A running server. Its database goes away with it.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    pub(crate) counting: Arc<Counting>,
    /// Effects that wait for a worker; nobody works on them unless a test does.
    pub(crate) queue: Arc<PgEffects>,
    pub(crate) tenant: TenantId,
    projectors: CancellationToken,
    client: reqwest::Client,
    _stop: DropGuard,
    _blobs: BlobDirectory,
    pub(crate) db: Arc<TestDb>,
}

/// What a POST gave.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// `extensions.code` of the first error.
    pub(crate) fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }
    /// `data`, which must have come without errors.
    pub(crate) fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "{:#}", self.body);
        &self.body["data"]
    }
}

impl TestApp {
    /// A server with a registered tenant.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other limits.
    pub(crate) async fn with(limit: impl FnOnce(&mut Limits)) -> Self {
        Self::set_up(limit, Arc::new(SystemClock)).await
    }

    /// The same on another clock.
    pub(crate) async fn on(clock: Arc<dyn Clock>) -> Self {
        Self::set_up(|_| {}, clock).await
    }

    async fn set_up(limit: impl FnOnce(&mut Limits), clock: Arc<dyn Clock>) -> Self {
        let (db, tenant) = (Arc::new(TestDb::with_views().await), TenantId::new(fresh()));
        let mut server = Self::over(db, tenant, limit, clock).await;
        server.register(server.tenant, "primera").await;
        server.project();
        server
    }

    /// Another process on the same database, without projectors.
    pub(crate) async fn sibling(&self) -> Self {
        let clock = Arc::clone(&self.app.clock);
        Self::over(Arc::clone(&self.db), self.tenant, |_| {}, clock).await
    }

    async fn over(
        db: Arc<TestDb>,
        tenant: TenantId,
        limit: impl FnOnce(&mut Limits),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let pools = db.pools();
        let signals = LaneSignals::new();
        let announce = Arc::clone(&signals);
        let key = InstallationKey::new([7; 32]);
        let log = PgLog::start(
            &db.options(),
            pools,
            Arc::new(move |lane, position| announce.appended(lane, position)),
            key.clone(),
            AppenderOptions::default(),
        )
        .await
        .unwrap();
        let effects = Arc::new(PgEffects::new(pools, log.effects_stored()));
        let queue = Arc::clone(&effects);
        let log: Arc<dyn EventLog> = log;
        let tables = || views::all().into_iter().map(bitacora_projections::Projection::table);
        let reader: Arc<dyn LogReader> =
            Arc::new(PgLogReader::new(pools.reader.clone(), Arc::clone(&signals)));
        let store: Arc<dyn ReadStore> = Arc::new(PgReadStore::new(pools, signals, tables()));
        let inner = PgReadModels::new(pools.api.clone(), tables());
        let counting = Arc::new(Counting { inner, reads: AtomicUsize::new(0) });
        let models: Arc<dyn ReadModels> = counting.clone();
        for table in tables() {
            store.ensure(table).await.unwrap();
        }
        let bus = CommandBus::new(log.clone(), key, clock.clone(), BusOptions::default());
        let credentials = Arc::new(PgCredentials::new(pools.writer.clone()));
        let people = People::new(bus.clone(), credentials, Arc::new(SystemRandomness));
        let mut limits = Limits::default();
        limit(&mut limits);
        let shutdown = CancellationToken::new();
        let presence = Presence::new();
        tokio::spawn(signals::run(presence.clone(), db.options(), shutdown.clone()));
        let (blobs, directory) = blobs(&db);
        let app = App::new(Parts {
            bus,
            log,
            reader: reader.clone(),
            models: models.clone(),
            store: store.clone(),
            inbox: Arc::new(PgInbox::start(pools.writer.clone())),
            leads: LeadPorts {
                targets: Arc::new(PgDeliveryTargets::new(pools.writer.clone())),
                receiver: Arc::new(LeadWebhook::new(Reach::Anywhere).unwrap()),
                outreach: Arc::new(ReadOutreach::new(models.clone())),
                ..LeadPorts::none()
            },
            effects,
            blobs,
            feed: Feed::new(reader.clone()),
            presence,
            gate: ReadGate::new(store, models, reader),
            people,
            auth: Auth::new(&[9; 32]),
            sources: source_secrets(),
            public_url: PublicUrl::new(None, true),
            packs: Packs::default(),
            till: None,
            limits,
            clock,
            shutdown: shutdown.clone(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = http::router(&app, Metrics::install().unwrap());
        tokio::spawn(http::listen::serve(listener, router, limits, shutdown.clone()));
        Self {
            app,
            address,
            counting,
            queue,
            tenant,
            projectors: CancellationToken::new(),
            client: bitacora_adapters::web::builder().unwrap().build().unwrap(),
            _stop: shutdown.drop_guard(),
            _blobs: directory,
            db,
        }
    }

    /// Starts the projectors (again).
    pub(crate) fn project(&mut self) {
        self.projectors = CancellationToken::new();
        let (reader, store) = (self.app.reader.clone(), self.app.store.clone());
        let runner = Runner::new(reader, store, None, Options::default());
        let token = self.projectors.clone();
        tokio::spawn(async move { runner.run(token).await });
    }

    /// Stops the projectors: the read side stays where it is.
    pub(crate) fn freeze(&self) {
        self.projectors.cancel();
    }

    /// Registers a tenant.
    pub(crate) async fn register(&self, tenant: TenantId, slug: &str) {
        self.app.log.assign_lane(tenant).await.unwrap();
        let body = TenantCommand::Register {
            name: "Ferretería Sur".into(),
            slug: slug.into(),
            plan: Plan::Pro,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        self.execute::<Tenant>(tenant, &tenant.to_string(), body).await;
    }

    /// Executes a command as the system.
    pub(crate) async fn execute<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: &str,
        body: A::Body,
    ) -> Receipt {
        let command = CommandId::new(fresh());
        let fingerprint = self.app.bus.key().fingerprint(&body).unwrap();
        let now = self.app.clock.now();
        let envelope = Envelope::new(tenant, Actor::system("test"), command, fingerprint, now);
        self.app.bus.execute::<A>(envelope, id, body).await.unwrap()
    }

    /// A message of the contact arrives.
    pub(crate) async fn receive(&self, conversation: Uuid, wamid: &str, text: &str) -> Receipt {
        let subject = Subject("contact:test".into());
        let body = ConversationCommand::ReceiveMessage {
            provider_message_id: wamid.into(),
            content: MessageContent::Text { body: Personal::new(subject, text.into()) },
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: self.app.clock.now(),
        };
        self.execute::<Conversation>(self.tenant, &conversation.to_string(), body).await
    }

    /// A token of the first tenant.
    pub(crate) fn token(&self, role: Role) -> String {
        self.token_of(self.tenant, role, 3600)
    }

    /// A token of whoever runs the installation, about the first tenant.
    pub(crate) fn operator_token(&self) -> String {
        let (user, ttl) = (UserId::new(Uuid::from_u128(43)), TimeDelta::hours(1));
        let now = self.app.clock.now();
        self.app.auth.mint_operator(self.tenant, user, now, ttl).unwrap()
    }

    /// A token of any tenant.
    pub(crate) fn token_of(&self, tenant: TenantId, role: Role, seconds: i64) -> String {
        let user = UserId::new(Uuid::from_u128(42));
        let ttl = TimeDelta::seconds(seconds);
        self.app.auth.mint(tenant, user, role, self.app.clock.now(), ttl).unwrap()
    }

    /// A client of the server.
    pub(crate) const fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// A member of the first tenant who can log in.
    pub(crate) async fn member(&self, email: &str, password: &str, role: Role) -> UserId {
        let (email, password) = (email.to_owned(), password.to_owned());
        let name = "Ana".to_owned();
        let new = NewMember { tenant: self.tenant, email, name, password, role };
        self.app.people.ensure_member(new).await.unwrap()
    }

    /// Posts JSON to a path.
    pub(crate) async fn post_to(&self, path: &str, body: Value) -> Reply {
        let request = self.client.post(format!("http://{}{path}", self.address));
        self.send(request.json(&body)).await
    }

    /// Logs somebody in over HTTP.
    pub(crate) async fn login(&self, email: &str, password: &str) -> Reply {
        self.post_to("/auth/login", json!({ "email": email, "password": password })).await
    }

    /// A request to `/graphql` that is still to be filled.
    pub(crate) fn post(&self) -> reqwest::RequestBuilder {
        self.client.post(format!("http://{}/graphql", self.address))
    }

    /// A GET request.
    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, headers, body }
    }

    /// Runs a document as an owner of the first tenant.
    pub(crate) async fn run(&self, query: &str, variables: Value) -> Reply {
        self.run_as(&self.token(Role::Owner), query, variables).await
    }

    /// Runs a document with a token.
    pub(crate) async fn run_as(&self, token: &str, query: &str, variables: Value) -> Reply {
        let body = json!({ "query": query, "variables": variables });
        self.send(self.post().bearer_auth(token).json(&body)).await
    }

    /// Where the log is now, as a client asks for it: what is subscribed to from there misses
    /// nothing, however late its server starts it.
    pub(crate) async fn position(&self, token: &str) -> Value {
        self.run_as(token, "{ logPosition }", json!({})).await.data()["logPosition"].clone()
    }

    /// A contact with a phone, and its global id.
    pub(crate) async fn contact(&self, phone: &str, name: &str) -> String {
        let query = "mutation($phone: String!, $name: String!) { registerContact(input: { \
            identities: [{ kind: PHONE, value: $phone }], name: $name }) { \
            contact { id } errors { ... on UserError { code message } } } }";
        let reply = self.run(query, json!({ "phone": phone, "name": name })).await;
        text(&reply.data()["registerContact"]["contact"]["id"])
    }

    /// A connected channel and its global id.
    pub(crate) async fn channel(&self, phone_number_id: &str) -> String {
        let query = "mutation($id: String!) { connectWhatsAppChannel(input: { phoneNumberId: $id, \
            displayPhoneNumber: \"+54 11 5555-0000\", name: \"Ventas\" }) { channelAccount { id } \
            errors { ... on UserError { code message } } } }";
        let reply = self.run(query, json!({ "id": phone_number_id })).await;
        text(&reply.data()["connectWhatsAppChannel"]["channelAccount"]["id"])
    }

    /// A conversation: global id and UUID.
    pub(crate) async fn conversation(&self, contact: &str, channel: &str) -> (String, Uuid) {
        let query = "mutation($contact: ID!, $channel: ID!) { startConversation(input: { \
            contactId: $contact, channelId: $channel }) { conversation { id uuid } \
            errors { ... on UserError { code message } } } }";
        let reply = self.run(query, json!({ "contact": contact, "channel": channel })).await;
        let conversation = &reply.data()["startConversation"]["conversation"];
        (text(&conversation["id"]), text(&conversation["uuid"]).parse().unwrap())
    }
}

/// A text that must be there.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// Secrets of the sources, as they are in these tests.
fn source_secrets() -> SourceSecrets {
    let one = |text: &str| vec![Secret::new(text).unwrap()];
    SourceSecrets::default()
        .with("meta/whatsapp", one(WHATSAPP_APP), one(WHATSAPP_VERIFY))
        .with("meta/leadgen", one(WHATSAPP_APP), one(WHATSAPP_VERIFY))
        .with("twilio", one(TWILIO_TOKEN), Vec::new())
        .with("stripe", one(STRIPE_SECRET), Vec::new())
        .with("elevenlabs", one(ELEVENLABS_SECRET), Vec::new())
        .with("chatwoot", one(CHATWOOT_SECRET), Vec::new())
        .with("builderbot", one(BUILDERBOT_SECRET), Vec::new())
}
