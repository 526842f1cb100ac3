//! The product's log, bus and read side over one database, composed as the server does it.

use std::sync::Arc;

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::migrate;
use bitacora_adapters::pools::{PoolSizes, Pools};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadStore};
use bitacora_commands::bus::BusOptions;
use bitacora_commands::{CommandBus, InstallationKey};
use bitacora_domain::{Lane, TenantId};
use bitacora_projections::{Projection, views};
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

/// Two tenants in two lanes, as everything of ours is measured with.
pub(crate) const TENANTS: [(TenantId, Lane); 2] = [
    (TenantId::new(Uuid::from_u128(0xbe01)), Lane(1)),
    (TenantId::new(Uuid::from_u128(0xbe02)), Lane(2)),
];

/// Everything in one process.
pub(crate) struct Backend {
    pub(crate) pools: Pools,
    pub(crate) log: Arc<PgLog>,
    pub(crate) bus: CommandBus,
    pub(crate) reader: Arc<PgLogReader>,
    pub(crate) store: Arc<PgReadStore>,
}

impl Backend {
    /// Migrates the database and opens it.
    pub(crate) async fn open(options: &PgConnectOptions) -> anyhow::Result<Self> {
        migrate::migrate_with(options).await?;
        let pools = Pools::connect(options.clone(), PoolSizes::default()).await?;
        let signals = LaneSignals::new();
        let announce = Arc::clone(&signals);
        let key = InstallationKey::new([0x5a; 32]);
        let log = PgLog::start(
            options,
            &pools,
            Arc::new(move |lane, position| announce.appended(lane, position)),
            key.clone(),
            AppenderOptions::default(),
        )
        .await?;
        for (tenant, lane) in TENANTS {
            log.assign_lane_to(tenant, Some(lane)).await?;
        }
        let bus = CommandBus::new(log.clone(), key, Arc::new(SystemClock), BusOptions::default());
        let tables = views::all().into_iter().map(Projection::table);
        Ok(Self {
            reader: Arc::new(PgLogReader::new(pools.reader.clone(), Arc::clone(&signals))),
            store: Arc::new(PgReadStore::new(&pools, signals, tables)),
            pools,
            log,
            bus,
        })
    }

    /// How many events the log has: its lanes have no holes.
    pub(crate) async fn events(&self) -> anyhow::Result<i64> {
        let count = "select sum(position)::bigint from log.lane_heads";
        Ok(sqlx::query_scalar(count).fetch_one(&self.pools.admin).await?)
    }

    /// Lets go of every connection.
    pub(crate) async fn close(self) {
        let Self { pools, log, bus, reader, store } = self;
        drop((log, bus, reader, store));
        pools.close().await;
    }
}
