//! The event log over Postgres (architecture §3): one appender task per lane and process, group
//! commit under the lane's head row, idempotency, unique keys and gapless numbers in the append
//! transaction.

mod appender;
mod batch;
mod decide;
pub(crate) mod faults;
mod load;
mod queue;
mod rows;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use bitacora_commands::append::Landed;
use bitacora_commands::ports::{Clock, EventLog, LogError, Owner, Pending, Snapshot, Stored};
use bitacora_commands::{Append, InstallationKey};
use bitacora_domain::{CommandId, Cursor, Epoch, Lane, Position, StreamId, TenantId, Version};
use sqlx::postgres::PgConnectOptions;
use sqlx::{PgPool, Row};
use tokio::sync::Notify;

use self::appender::Appender;
pub use self::appender::{AppenderOptions, AppenderStats, OnAppend};
use self::queue::Door;
use crate::clock::SystemClock;
use crate::pools::Pools;

/// The event log over Postgres.
pub struct PgLog {
    pool: PgPool,
    key: InstallationKey,
    appenders: HashMap<Lane, Door>,
    lanes: RwLock<HashMap<TenantId, Lane>>,
    stats: Arc<AppenderStats>,
    effects_stored: Arc<Notify>,
}

/// All lanes of the installation.
const LANES: &str = "select lane from log.lane_heads order by lane";
/// The lane of a tenant.
const LANE_OF: &str = "select lane from log.tenant_lanes where tenant_id = $1";
/// Gives a tenant the lane with the fewest tenants, for ever.
const ASSIGN_LANE: &str = "
    insert into log.tenant_lanes (tenant_id, lane)
    select $1, coalesce($2, (select h.lane from log.lane_heads h
                              order by (select count(*) from log.tenant_lanes t where t.lane = h.lane), h.lane
                              limit 1))
    on conflict (tenant_id) do nothing";
/// What a command did.
const OUTCOME: &str = "
    select aggregate_type, aggregate_id, epoch, lane, position, version
      from log.command_log where tenant_id = $1 and command_id = $2";
/// Who holds a key.
const OWNER: &str = "
    select owner_tenant, owner from log.reservations
     where tenant_id = $1 and kind = $2 and key_hash = $3";
/// Where a lane ends.
const TIP: &str = "
    select position, (select epoch from log.epoch) as epoch from log.lane_heads where lane = $1";

#[allow(clippy::needless_pass_by_value)] // the shape that `map_err` wants
pub(super) fn unavailable(error: sqlx::Error) -> LogError {
    LogError::Unavailable(error.to_string())
}

impl PgLog {
    /// Starts one appender per lane. They stop when the log is dropped.
    ///
    /// # Errors
    /// When the database cannot be reached or is not migrated.
    pub async fn start(
        connect: &PgConnectOptions,
        pools: &Pools,
        on_append: OnAppend,
        key: InstallationKey,
        options: AppenderOptions,
    ) -> Result<Arc<Self>, LogError> {
        let rows = sqlx::query(LANES).fetch_all(&pools.writer).await.map_err(unavailable)?;
        let stats = Arc::new(AppenderStats::default());
        let effects_stored = Arc::new(Notify::new());
        let mut appenders = HashMap::new();
        for row in rows {
            let lane = Lane(row.try_get("lane").map_err(unavailable)?);
            let (door, groups) = queue::queue(&options);
            let appender = Appender {
                lane,
                connect: connect.clone(),
                key: key.clone(),
                options,
                stats: Arc::clone(&stats),
                on_append: Arc::clone(&on_append),
                effects_stored: Arc::clone(&effects_stored),
                fresh_batch_id: || SystemClock.fresh_id(),
                connection: None,
                careful: 0,
            };
            tokio::spawn(appender.run(groups));
            appenders.insert(lane, door);
        }
        let lanes = RwLock::new(HashMap::from([(TenantId::SYSTEM, Lane::SYSTEM)]));
        let pool = pools.writer.clone();
        Ok(Arc::new(Self { pool, key, appenders, lanes, stats, effects_stored }))
    }

    /// What the appenders of this process went through.
    pub fn stats(&self) -> &AppenderStats {
        &self.stats
    }

    /// Notified when this process has stored effects: wakes their worker.
    pub fn effects_stored(&self) -> Arc<Notify> {
        Arc::clone(&self.effects_stored)
    }

    /// Gives a tenant a lane of the caller's choice unless it has one (tests, restores).
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn assign_lane_to(
        &self,
        tenant: TenantId,
        lane: Option<Lane>,
    ) -> Result<Lane, LogError> {
        if let Some(lane) = self.known_lane(tenant) {
            return Ok(lane);
        }
        sqlx::query(ASSIGN_LANE)
            .bind(tenant.as_uuid())
            .bind(lane.map(|lane| lane.0))
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        self.lane_of(tenant).await
    }

    fn known_lane(&self, tenant: TenantId) -> Option<Lane> {
        self.lanes.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).copied()
    }

    /// The lane of a tenant. It never changes, so it is read once.
    async fn lane_of(&self, tenant: TenantId) -> Result<Lane, LogError> {
        if let Some(lane) = self.known_lane(tenant) {
            return Ok(lane);
        }
        let row = sqlx::query(LANE_OF)
            .bind(tenant.as_uuid())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .ok_or(LogError::UnknownTenant)?;
        let lane = Lane(row.try_get("lane").map_err(unavailable)?);
        self.lanes.write().unwrap_or_else(PoisonError::into_inner).insert(tenant, lane);
        Ok(lane)
    }

    async fn owner_of(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        let row = sqlx::query(OWNER)
            .bind(tenant.as_uuid())
            .bind(kind)
            .bind(self.key.claim(kind, key).as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.map(|row| {
            Ok(Owner {
                tenant: TenantId::new(row.try_get("owner_tenant").map_err(unavailable)?),
                owner: row.try_get("owner").map_err(unavailable)?,
            })
        })
        .transpose()
    }
}

#[async_trait]
impl EventLog for PgLog {
    async fn submit(&self, append: Append) -> Result<Pending, LogError> {
        let lane = self.lane_of(append.tenant).await?;
        let door = self.appenders.get(&lane).ok_or_else(|| {
            LogError::Corrupt(format!("lane {lane} was made after this process started"))
        })?;
        door.submit(append).await
    }

    async fn load(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        state_schema: u32,
        use_snapshot: bool,
    ) -> Result<Option<Stored>, LogError> {
        load::load(&self.pool, tenant, stream, state_schema, use_snapshot).await
    }

    async fn save_snapshot(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        sqlx::query(load::SAVE_SNAPSHOT)
            .bind(&stream.aggregate_type)
            .bind(&stream.aggregate_id)
            .bind(tenant.as_uuid())
            .bind(snapshot.version.0)
            .bind(snapshot.last_event.as_uuid())
            .bind(i32::try_from(snapshot.state_schema).unwrap_or(i32::MAX))
            .bind(&snapshot.state)
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn outcome(
        &self,
        tenant: TenantId,
        command_id: CommandId,
    ) -> Result<Option<Landed>, LogError> {
        let row = sqlx::query(OUTCOME)
            .bind(tenant.as_uuid())
            .bind(command_id.as_uuid())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        let read = |row: sqlx::postgres::PgRow| -> Result<Landed, sqlx::Error> {
            let (kind, id): (String, String) =
                (row.try_get("aggregate_type")?, row.try_get("aggregate_id")?);
            Ok(Landed {
                cursor: Cursor {
                    epoch: Epoch(row.try_get("epoch")?),
                    lane: Lane(row.try_get("lane")?),
                    position: Position(row.try_get("position")?),
                },
                version: Version(row.try_get("version")?),
                stream: StreamId::new(kind, id),
                filled: Vec::new(),
            })
        };
        row.map(read).transpose().map_err(unavailable)
    }

    async fn owner(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.owner_of(tenant, kind, key).await
    }

    async fn installation_owner(
        &self,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.owner_of(TenantId::SYSTEM, kind, key).await
    }

    async fn tenant_of(&self, stream: &StreamId) -> Result<Option<TenantId>, LogError> {
        let tenant: Option<uuid::Uuid> = sqlx::query_scalar(load::TENANT_OF)
            .bind(&stream.aggregate_type)
            .bind(&stream.aggregate_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(tenant.map(TenantId::new))
    }

    async fn assign_lane(&self, tenant: TenantId) -> Result<Lane, LogError> {
        self.assign_lane_to(tenant, None).await
    }

    async fn tip(&self, tenant: TenantId) -> Result<Cursor, LogError> {
        let lane = self.lane_of(tenant).await?;
        let row = sqlx::query(TIP).bind(lane.0).fetch_one(&self.pool).await.map_err(unavailable)?;
        Ok(Cursor {
            epoch: Epoch(row.try_get("epoch").map_err(unavailable)?),
            lane,
            position: Position(row.try_get("position").map_err(unavailable)?),
        })
    }
}

/// Every statement that the log sends, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    vec![
        LANES,
        LANE_OF,
        ASSIGN_LANE,
        OUTCOME,
        OWNER,
        TIP,
        batch::COMMITTED,
        rows::READ_BATCH,
        rows::WRITE_BATCH,
        rows::WRITE_EFFECTS,
        load::HEAD_AND_SNAPSHOT,
        load::TAIL,
        load::SAVE_SNAPSHOT,
        load::TENANT_OF,
    ]
}
