//! Composition: the one place where ports meet their adapters.

use std::sync::Arc;
use std::time::Duration;

use bitacora_adapters::admin::{self, Connection};
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::inbox::PgInbox;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::managed::{ManagedPostgres, Settings};
use bitacora_adapters::migrate;
use bitacora_adapters::people::{PgCredentials, SystemRandomness};
use bitacora_adapters::pools::{PoolSizes, Pools};
use bitacora_adapters::reactors::PgReactors;
use bitacora_adapters::read::{
    LaneSignals, PgLogReader, PgReadModels, PgReadStore, listener, signals,
};
use bitacora_api::app::{App, Parts};
use bitacora_api::auth::Auth;
use bitacora_api::config::{Config, Database, Keys, WEBHOOKS};
use bitacora_commands::CommandBus;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::people::People;
use bitacora_commands::ports::{
    Blobs, Clock, EffectQueue, EventLog, Inbox, LeadPorts, ReactorStore, Till,
};
use bitacora_commands::sources::{self, SourceSecrets};
use bitacora_projections::feed::Feed;
use bitacora_projections::ports::{LogReader, ReadModels, ReadStore};
use bitacora_projections::presence::Presence;
use bitacora_projections::runner::Ports;
use bitacora_projections::wait::ReadGate;
use bitacora_projections::{Table, views};
use tokio_util::sync::CancellationToken;

use super::{Failure, blobs};

/// Name of the database inside a managed Postgres.
const DATABASE: &str = "bitacora";
/// How long closing connections may take before the process ends without it.
const CLOSING: Duration = Duration::from_secs(5);

/// A Postgres that can be connected to; ours is stopped by [`Place::close`], unless another
/// process uses it too.
#[derive(Debug)]
pub(super) struct Place {
    connection: Connection,
    managed: Option<ManagedPostgres>,
}

impl Place {
    /// The configured Postgres; a managed one is started, or joined when it runs already.
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        match &config.database {
            Database::External(url) => {
                // The error of a URL may repeat the URL, and with it the password.
                let connection = admin::connection(url.reveal())
                    .map_err(|_| Failure::usage("DATABASE_URL is not a Postgres URL"))?;
                Ok(Self { connection, managed: None })
            }
            Database::Managed => {
                let settings = Settings { state_dir: config.state_dir.clone(), ephemeral: false };
                let managed = ManagedPostgres::start(&settings).await?;
                managed.ensure_database(DATABASE).await?;
                Ok(Self { connection: managed.connect_options(DATABASE), managed: Some(managed) })
            }
        }
    }

    /// How to connect as the owner of the database.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Stops a managed Postgres that nobody else uses.
    pub(super) async fn close(self) -> Result<(), Failure> {
        match self.managed {
            Some(managed) => Ok(managed.stop().await?),
            None => Ok(()),
        }
    }
}

/// All adapters over one database, and the services over them.
pub(super) struct Backend {
    pub(super) place: Place,
    pub(super) pools: Pools,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) reader: Arc<dyn LogReader>,
    pub(super) store: Arc<dyn ReadStore>,
    pub(super) models: Arc<dyn ReadModels>,
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) effects: Arc<dyn EffectQueue>,
    pub(super) reactors: Arc<dyn ReactorStore>,
    pub(super) blobs: Arc<dyn Blobs>,
    pub(super) bus: CommandBus,
    pub(super) people: People,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: Keys,
    listener: CancellationToken,
}

impl Backend {
    /// Opens the database, brings it up to date and puts the adapters over it.
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        let keys = Keys::of(config)?;
        let place = Place::open(config).await?;
        match Self::over(&place, config, keys).await {
            Ok(parts) => Ok(parts.with(place)),
            Err(failure) => {
                // The first failure says more than one of stopping.
                let _ = place.close().await;
                Err(failure)
            }
        }
    }

    async fn over(place: &Place, config: &Config, keys: Keys) -> Result<Adapters, Failure> {
        let connection = place.connection();
        migrate::migrate_with(connection).await?;
        let pools = Pools::connect(connection.clone(), PoolSizes::default()).await?;
        let signals = LaneSignals::new();
        let listener = CancellationToken::new();
        tokio::spawn(listener::run(signals.clone(), connection.clone(), listener.clone()));
        let announce = signals.clone();
        let log = PgLog::start(
            connection,
            &pools,
            Arc::new(move |lane, position| announce.appended(lane, position)),
            keys.installation.clone(),
            AppenderOptions::default(),
        )
        .await?;
        let blobs = blobs::open(config, &pools)?;
        Ok(Adapters { pools, signals, log, blobs, keys, listener })
    }

    /// What projections work with.
    pub(super) fn ports(&self) -> Ports {
        Ports { reader: self.reader.clone(), store: self.store.clone(), search: None }
    }

    /// Stops what runs in the background, closes connections and stops a managed Postgres.
    pub(super) async fn close(self) -> Result<(), Failure> {
        let Self {
            place,
            pools,
            listener,
            log,
            bus,
            reader,
            store,
            models,
            inbox,
            effects,
            reactors,
            people,
            ..
        } = self;
        listener.cancel();
        // Appenders stop when the last handle to the log is gone.
        drop((log, bus, reader, store, models, inbox, effects, reactors, people));
        if tokio::time::timeout(CLOSING, pools.close()).await.is_err() {
            tracing::warn!("connections were still in use at the end");
        }
        place.close().await
    }

    /// The application over this backend.
    pub(super) fn app(
        &self,
        config: &Config,
        till: Option<Arc<dyn Till>>,
        leads: LeadPorts,
        shutdown: CancellationToken,
    ) -> Result<App, Failure> {
        Ok(App::new(Parts {
            bus: self.bus.clone(),
            log: self.log.clone(),
            reader: self.reader.clone(),
            models: self.models.clone(),
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            leads,
            effects: self.effects.clone(),
            blobs: self.blobs.clone(),
            feed: Feed::new(self.reader.clone()),
            presence: self.presence(),
            gate: ReadGate::new(self.store.clone(), self.models.clone(), self.reader.clone()),
            people: self.people.clone(),
            auth: Auth::new(self.keys.jwt.reveal().as_bytes()),
            sources: source_secrets(&self.keys)?,
            public_url: config.public_address(),
            packs: config.packs.clone(),
            till,
            limits: config.limits,
            clock: self.clock.clone(),
            shutdown,
        }))
    }
}

impl Backend {
    /// Ephemeral signals, carried to and from other processes as long as this backend is open.
    fn presence(&self) -> Arc<Presence> {
        let presence = Presence::new();
        let (connection, stop) = (self.place.connection().clone(), self.listener.clone());
        tokio::spawn(signals::run(presence.clone(), connection, stop));
        presence
    }
}

/// What [`Backend::over`] made before it knew that everything would work.
struct Adapters {
    pools: Pools,
    signals: Arc<LaneSignals>,
    log: Arc<PgLog>,
    blobs: Arc<dyn Blobs>,
    keys: Keys,
    listener: CancellationToken,
}

impl Adapters {
    fn with(self, place: Place) -> Backend {
        let Self { pools, signals, log, blobs, keys, listener } = self;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let effects = Arc::new(PgEffects::new(&pools, log.effects_stored()));
        let reader: Arc<dyn LogReader> =
            Arc::new(PgLogReader::new(pools.reader.clone(), signals.clone()));
        let reactors = Arc::new(PgReactors::new(&pools, reader.clone(), log.effects_stored()));
        let log: Arc<dyn EventLog> = log;
        let bus = CommandBus::new(
            log.clone(),
            keys.installation.clone(),
            clock.clone(),
            BusOptions::default(),
        );
        let credentials = Arc::new(PgCredentials::new(pools.writer.clone()));
        let people = People::new(bus.clone(), credentials, Arc::new(SystemRandomness));
        Backend {
            people,
            reader,
            store: Arc::new(PgReadStore::new(&pools, signals.clone(), tables())),
            models: Arc::new(PgReadModels::new(pools.api.clone(), tables())),
            inbox: Arc::new(PgInbox::start(pools.writer.clone())),
            effects,
            reactors,
            blobs,
            place,
            pools,
            log,
            bus,
            clock,
            keys,
            listener,
        }
    }
}

/// The tables that this version is compiled for.
fn tables() -> impl Iterator<Item = &'static Table> {
    views::all().into_iter().map(bitacora_projections::Projection::table)
}

/// The configured secrets under the names of their sources.
fn source_secrets(keys: &Keys) -> Result<SourceSecrets, Failure> {
    let secrets = |configured: &[bitacora_api::config::Secret], labelled| {
        configured
            .iter()
            .map(|secret| source_secret(secret.reveal(), labelled))
            .collect::<Result<Vec<_>, _>>()
            .map_err(Failure::usage)
    };
    let verify = secrets(&keys.whatsapp_verify, false)?;
    let mut all = SourceSecrets::default();
    // One app at Meta: the same secrets for all that it posts.
    for source in [WHATSAPP, LEADGEN] {
        all = all.with(source, secrets(&keys.whatsapp_app, false)?, verify.clone());
    }
    for webhook in WEBHOOKS {
        let own = keys.webhooks.get(webhook.source).map_or(&[][..], Vec::as_slice);
        all = all.with(webhook.source, secrets(own, webhook.labelled)?, Vec::new());
    }
    Ok(all)
}

/// A secret, perhaps of one account only (`account:secret`).
fn source_secret(text: &str, labelled: bool) -> Result<sources::Secret, sources::EmptySecret> {
    match text.split_once(':').filter(|_| labelled) {
        Some((account, secret)) => Ok(sources::Secret::new(secret)?.of_account(account)),
        None => sources::Secret::new(text),
    }
}

/// Name of the WhatsApp source: its path below `/webhooks/`.
pub(super) const WHATSAPP: &str = "meta/whatsapp";
/// Name of the source of Meta's lead forms.
pub(super) const LEADGEN: &str = "meta/leadgen";
