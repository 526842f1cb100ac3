//! Read tables and checkpoints, on the projector's side.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bitacora_domain::{Lane, Position, TenantId};
use bitacora_projections::ports::{
    CheckpointInfo, ClaimedLane, Comparison, HeldLanes, ParkedEvent, ReadError, ReadStore,
    StoredRow,
};
use bitacora_projections::{Key, Table};
use sqlx::PgPool;
use tokio::sync::watch;

use super::bookkeeping::{CheckpointRow, ParkedRow, checkpoint, parked, schema};
use super::claimed::{PgClaimedLane, Told};
use super::error::{refused, store_error};
use super::growth::Growth;
use super::notify::LaneSignals;
use super::statements::{TableSql, stored_row};
use super::{cells, claimed, ddl, ensure, sql, swap};
use crate::pools::Pools;

/// The longest page of a scan, whatever a caller asks for.
const MAX_SCAN: i64 = 10_000;

/// The read store of a database. The owner's connections make tables, the projector's fill them.
#[derive(Debug)]
pub struct PgReadStore {
    admin: PgPool,
    projector: PgPool,
    told: Arc<Told>,
    /// Name with schema version, by name.
    views: HashMap<&'static str, String>,
    statements: RwLock<HashMap<String, Arc<TableSql>>>,
}

impl PgReadStore {
    /// The store of the given views; others can be kept in it, but have no
    /// [`ReadStore::progress`].
    pub fn new(
        pools: &Pools,
        signals: Arc<LaneSignals>,
        views: impl IntoIterator<Item = &'static Table>,
    ) -> Self {
        Self {
            admin: pools.admin.clone(),
            projector: pools.projector.clone(),
            told: Arc::new(Told { signals, growth: Growth::new(pools.admin.clone()) }),
            views: views.into_iter().map(|table| (table.name, table.current())).collect(),
            statements: RwLock::default(),
        }
    }

    /// Statements of a generation, made at first use. A declaration that does not hold makes none.
    fn statements(
        &self,
        table: &'static Table,
        generation: i32,
    ) -> Result<Arc<TableSql>, ReadError> {
        let name = table.physical(generation);
        // a panic cannot leave a map of finished statements half done
        let held =
            self.statements.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(held) = held {
            return Ok(held);
        }
        ddl::check(table)?;
        let made = Arc::new(TableSql::new(table, generation));
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(statements.entry(name).or_insert(made)))
    }
}

#[async_trait]
impl ReadStore for PgReadStore {
    async fn ensure(&self, table: &'static Table) -> Result<i32, ReadError> {
        ensure::ensure(&self.admin, table).await
    }

    async fn claim(
        &self,
        table: &'static Table,
        generation: i32,
        lane: Lane,
    ) -> Result<Option<Box<dyn ClaimedLane>>, ReadError> {
        let statements = self.statements(table, generation)?;
        let told = Arc::clone(&self.told);
        let claimed =
            PgClaimedLane::claim(&self.projector, table, statements, generation, lane, told);
        Ok(claimed.await?.map(|lane| Box::new(lane) as Box<dyn ClaimedLane>))
    }

    async fn claim_within(
        &self,
        table: &'static Table,
        generation: i32,
        lane: Lane,
        within: Duration,
    ) -> Result<Option<Box<dyn ClaimedLane>>, ReadError> {
        let statements = self.statements(table, generation)?;
        let (told, place) = (Arc::clone(&self.told), (generation, lane));
        let claimed =
            PgClaimedLane::claim_within(&self.projector, table, statements, place, told, within);
        Ok(claimed.await?.map(|lane| Box::new(lane) as Box<dyn ClaimedLane>))
    }

    async fn hold(
        &self,
        table: &'static Table,
        generation: i32,
        lanes: &[Lane],
        within: Duration,
    ) -> Result<Option<HeldLanes>, ReadError> {
        claimed::hold(&self.projector, table, generation, lanes, within).await
    }

    async fn live_generation(&self, table: &'static Table) -> Result<Option<i32>, ReadError> {
        let query = sqlx::query_scalar(sql::LIVE_GENERATION).bind(table.name).bind(schema(table));
        query.fetch_optional(&self.projector).await.map_err(store_error)
    }

    async fn start_generation(&self, table: &'static Table) -> Result<i32, ReadError> {
        ensure::start_generation(&self.admin, table).await
    }

    async fn build_indexes(&self, table: &'static Table, generation: i32) -> Result<(), ReadError> {
        ensure::build_indexes(&self.admin, table, generation).await
    }

    async fn swap(
        &self,
        table: &'static Table,
        from: i32,
        to: i32,
        accept_difference: bool,
    ) -> Result<Comparison, ReadError> {
        swap::swap(&self.admin, table, from, to, accept_difference).await
    }

    async fn drop_retired(&self, table: &'static Table) -> Result<Vec<i32>, ReadError> {
        let dropped = ensure::drop_retired(&self.admin, table).await?;
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        for generation in &dropped {
            statements.remove(&table.physical(*generation));
        }
        Ok(dropped)
    }

    async fn checkpoints(&self) -> Result<Vec<CheckpointInfo>, ReadError> {
        let rows: Vec<CheckpointRow> = sqlx::query_as(sql::CHECKPOINTS)
            .fetch_all(&self.projector)
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(checkpoint).collect())
    }

    /// Of live generations; the first ten thousand.
    async fn parked(&self, tenant: Option<TenantId>) -> Result<Vec<ParkedEvent>, ReadError> {
        let query = sqlx::query_as(sql::PARKED).bind(tenant.map(TenantId::as_uuid));
        let rows: Vec<ParkedRow> = query.fetch_all(&self.projector).await.map_err(store_error)?;
        Ok(rows.into_iter().map(parked).collect())
    }

    fn passed(&self, table: &'static Table, lane: Lane, position: Position) {
        self.told.signals.progressed(&table.current(), lane, position);
    }

    fn progress(&self, projection: &'static str, lane: Lane) -> watch::Receiver<Position> {
        let view = self.views.get(projection).map_or(projection, String::as_str);
        self.told.signals.progress(view, lane)
    }

    async fn scan(
        &self,
        table: &'static Table,
        generation: i32,
        after: Option<(TenantId, Key)>,
        limit: i64,
    ) -> Result<Vec<StoredRow>, ReadError> {
        let statements = self.statements(table, generation)?;
        let limit = limit.clamp(0, MAX_SCAN);
        let rows = if let Some((tenant, key)) = &after {
            if key.0.len() != table.key.len() {
                return Err(refused(format!("not a key of {}", table.name)));
            }
            let mut query = sqlx::query(&statements.scan_after).bind(tenant.as_uuid());
            for (cell, column) in key.0.iter().zip(table.key) {
                let column = table.column(column).ok_or_else(|| refused("key without column"))?;
                query = cells::bind_cell(query, column.ty, cell)?;
            }
            query.bind(limit).fetch_all(&self.projector).await
        } else {
            sqlx::query(&statements.scan).bind(limit).fetch_all(&self.projector).await
        };
        rows.map_err(store_error)?.iter().map(|row| stored_row(table, row)).collect()
    }
}
