//! A database with everything that is real, and tenants on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bitacora_adapters::blobs::{BlobLimits, PgBlobs, Place};
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::inbox::PgInbox;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadStore};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ingest::{Ingest, IngestOptions};
use bitacora_commands::ports::{
    Blobs, Clock, EventLog, Inbox as _, NewBlob, NewDelivery, chunks_of,
};
use bitacora_commands::sources::streaming::{FileRef, waiting_owner, waiting_room};
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand, ChannelKind};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{Actor, ChannelAccountId, CommandId, DomainAggregate, Lane, TenantId};
use bitacora_projections::runner::{Options, Runner};
use bitacora_projections::{Projection, views};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::Tables;
use super::scenario::{Cast, Delivery, Run, Tag, second_of_day};
use super::works::Works;
use crate::support::KEY;

/// Where the file of a delivery stands in its body until the store has it.
pub(crate) const FILE: &str = "\"@file\"";

/// A clock that only the test moves.
struct StoppedClock(AtomicI64);

impl Clock for StoppedClock {
    fn now(&self) -> DateTime<Utc> {
        second_of_day(3_600) + TimeDelta::seconds(self.0.load(Ordering::SeqCst))
    }
    fn fresh_id(&self) -> Uuid {
        SystemClock.fresh_id()
    }
}

pub(crate) struct Stage {
    db: TestDb,
    log: Arc<PgLog>,
    pub(crate) bus: CommandBus,
    inbox: Arc<PgInbox>,
    ingest: Ingest,
    blobs: Arc<dyn Blobs>,
    clock: Arc<StoppedClock>,
    folder: std::path::PathBuf,
    signals: Arc<LaneSignals>,
    reader: Arc<PgLogReader>,
    /// Where what follows is looked at, too.
    works: Option<Works>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Stage {
    pub(crate) async fn new(works: bool) -> Self {
        let db = TestDb::new().await;
        let clock = Arc::new(StoppedClock(AtomicI64::new(0)));
        let (options, signals) = (AppenderOptions::default(), LaneSignals::new());
        let told = Arc::clone(&signals);
        let announce = Arc::new(move |lane, position| told.appended(lane, position));
        let log = PgLog::start(&db.options(), db.pools(), announce, KEY, options).await.unwrap();
        let reader = Arc::new(PgLogReader::new(db.pools().reader.clone(), signals.clone()));
        let port: Arc<dyn EventLog> = log.clone();
        let bus = CommandBus::new(port, KEY, clock.clone(), BusOptions::default());
        // what follows has a clock of its own, which nobody moves
        let still = Arc::new(StoppedClock(AtomicI64::new(0)));
        let works = works.then(|| Works::new(&db, &log, &reader, still));
        let inbox = Arc::new(PgInbox::start(db.pools().writer.clone()));
        let folder =
            std::env::temp_dir().join(format!("bitacora-orders-{}", SystemClock.fresh_id()));
        let place = Place::directory(&folder).unwrap();
        let blobs: Arc<dyn Blobs> =
            Arc::new(PgBlobs::new(db.pools(), place, BlobLimits::default()));
        let options = IngestOptions::default();
        let ingest = Ingest::with_files(bus.clone(), inbox.clone(), blobs.clone(), options);
        let stage =
            Self { db, log, bus, inbox, ingest, blobs, clock, folder, signals, reader, works };
        // reactors are there from the beginning
        stage.settle().await;
        stage
    }

    /// Everything that follows from what happened so far, where that is looked at.
    async fn settle(&self) {
        if let Some(works) = &self.works {
            works.settle().await;
        }
    }

    /// A tenant with nothing but its name.
    pub(crate) async fn tenant(&self, tag: &Tag) -> Cast {
        let tenant = TenantId::new(SystemClock.fresh_id());
        // one lane, so that each view reads the log once
        self.log.assign_lane_to(tenant, Some(Lane(1))).await.unwrap();
        let cast = Cast {
            tag: tag.clone(),
            tenant,
            channel: ChannelAccountId::new(tenant.derive("channel")),
        };
        let register = TenantCommand::Register {
            name: "Panadería Sol".into(),
            slug: format!("panaderia-{}", tag.text),
            plan: Plan::Pro,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        self.execute::<Tenant>(&cast, &tenant.to_string(), register).await;
        cast
    }

    /// Connects an account of a provider.
    pub(crate) async fn connect(&self, cast: &Cast, kind: ChannelKind, account: String) {
        self.connect_as(cast, cast.channel, kind, account).await;
    }

    /// Connects a further account.
    pub(crate) async fn connect_as(
        &self,
        cast: &Cast,
        channel: ChannelAccountId,
        kind: ChannelKind,
        account: String,
    ) {
        let (display, name) = ("Cuenta".to_owned(), "Ventas".to_owned());
        let connect = match kind {
            ChannelKind::Whatsapp => ChannelCommand::ConnectWhatsApp {
                phone_number_id: account,
                waba_id: None,
                display_phone_number: display,
                name,
            },
            kind @ (ChannelKind::MetaPage
            | ChannelKind::Twilio
            | ChannelKind::ElevenLabs
            | ChannelKind::Builderbot
            | ChannelKind::Chatwoot) => ChannelCommand::Connect { kind, account, display, name },
        };
        self.execute::<ChannelAccount>(cast, &channel.to_string(), connect).await;
    }

    /// Executes a command before the scenario begins.
    pub(crate) async fn execute<A: DomainAggregate>(&self, cast: &Cast, id: &str, body: A::Body) {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&json!({ "id": id })).unwrap();
        let actor = Actor::system("test");
        let now = second_of_day(0);
        let envelope = Envelope::new(cast.tenant, actor, command, fingerprint, now);
        self.bus.execute::<A>(envelope, id, body).await.unwrap();
    }

    /// Payloads of the tenant's events of a type.
    pub(crate) async fn events(&self, cast: &Cast, event_type: &str) -> Vec<Value> {
        sqlx::query_scalar(
            "select payload -> $1 from log.events where event_type = $1 and tenant_id = $2 \
             order by lane, position",
        )
        .bind(event_type)
        .bind(Uuid::from(cast.tenant))
        .fetch_all(&self.db.pools().admin)
        .await
        .unwrap()
    }

    /// Delivers all orders side by side, each in its own; the workers come by now and then, as
    /// they like.
    pub(crate) async fn deliver(&self, runs: &mut [Run], random: &mut StdRng) {
        self.clock.0.store(0, Ordering::SeqCst);
        while runs.iter().any(|run| !run.left.is_empty()) {
            let arriving = runs.iter_mut().map(Run::arriving);
            join_all(arriving.map(|some| async move {
                for delivery in some {
                    self.receive(delivery).await;
                }
            }))
            .await;
            self.work().await;
            if random.random_bool(0.5) {
                self.ingest.retry().await.unwrap();
            }
            if random.random_bool(0.5) {
                self.settle().await;
            }
        }
        // what waits for something finds it at the latest when it is due
        for _ in 0..6 {
            self.clock.0.fetch_add(900, Ordering::SeqCst);
            while self.ingest.retry().await.unwrap() > 0 {}
            self.settle().await;
        }
    }

    /// Delivers something before the scenario begins.
    pub(crate) async fn begin_with(&self, delivery: Delivery) {
        self.receive(delivery).await;
        self.work().await;
    }

    async fn receive(&self, delivery: Delivery) {
        let id = SystemClock.fresh_id();
        let Delivery { source, request, mut body, received_at, file } = delivery;
        if let Some(file) = file {
            let new = NewBlob {
                tenant: waiting_room(),
                owner: waiting_owner(id),
                content_type: "audio/mpeg".into(),
                keep_until: None,
                max_bytes: 1 << 20,
            };
            let blob = self.blobs.put(new, chunks_of(file.into())).await.unwrap();
            let place = FileRef { blob: blob.key.to_string(), bytes: blob.bytes };
            let place = serde_json::to_string(&place).unwrap();
            body = String::from_utf8(body).unwrap().replace(FILE, &place).into_bytes();
        }
        let new = NewDelivery { id, source, body, request, received_at, traceparent: None };
        self.inbox.receive(new).await.unwrap();
    }

    async fn work(&self) {
        while self.ingest.work().await.unwrap() > 0 {}
    }

    /// Nothing waits, nothing failed, nothing contradicts itself, and no file was left behind.
    pub(crate) async fn assert_nothing_is_left(&self, source: &str) {
        let texts = |sql: &'static str| async move {
            sqlx::query_scalar::<_, String>(sql).fetch_all(&self.db.pools().admin).await.unwrap()
        };
        let kept = texts(
            "select state || ' ' || reason || ' ' || key from inbox.facts \
             where state <> 'ignored' order by 1 limit 10",
        );
        assert_eq!(kept.await, [""; 0], "{source}: kept");
        let odd = texts("select kind || ' ' || key from inbox.anomalies order by 1 limit 10");
        assert_eq!(odd.await, [""; 0], "{source}: odd");
        let open = "select count(*)::text from inbox.deliveries where processed_at is null";
        assert_eq!(texts(open).await, ["0"], "{source}: open");
        let waiting = texts("select owner from blobs.owners where owner like 'inbox:%'");
        assert_eq!(waiting.await, [""; 0], "{source}: files that still wait");
        let effects = texts(
            "select kind || ' ' || state || coalesce(' ' || last_code, '') from effects.queue \
             where state in ('dead', 'unknown', 'running') or (state = 'pending' and attempts > 0) \
             order by 1 limit 10",
        );
        assert_eq!(effects.await, [""; 0], "{source}: effects that went wrong");
        let parked = texts("select reactor || ' ' || code from effects.parked order by 1 limit 10");
        assert_eq!(parked.await, [""; 0], "{source}: parked by reactors");
    }

    /// All views.
    pub(crate) async fn project(&self) {
        let tables = views::all().into_iter().map(Projection::table);
        let store = Arc::new(PgReadStore::new(self.db.pools(), self.signals.clone(), tables));
        let reader = self.reader.clone();
        Runner::new(reader, store, None, Options::default()).catch_up().await.unwrap();
        let parked: Vec<String> = sqlx::query_scalar("select name from ops.parked")
            .fetch_all(&self.db.pools().admin)
            .await
            .unwrap();
        assert!(parked.is_empty(), "parked: {parked:?}");
    }

    /// All rows of all views, by tenant.
    pub(crate) async fn tables(&self) -> HashMap<TenantId, Tables> {
        let mut all: HashMap<TenantId, Tables> = HashMap::new();
        for view in views::all() {
            let name = view.table().name;
            let sql = format!("select tenant_id, to_jsonb(row) - 'tenant_id' from read.{name} row");
            let rows: Vec<(Uuid, Value)> =
                sqlx::query_as(&sql).fetch_all(&self.db.pools().admin).await.unwrap();
            for (tenant, row) in rows {
                let tables = all.entry(TenantId::new(tenant)).or_default();
                tables.entry(name).or_default().push(row);
            }
        }
        all
    }
}
