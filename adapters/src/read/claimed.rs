//! An open transaction that holds one lane of one generation.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_domain::{Epoch, Lane, Position, StreamId, TenantId};
use bitacora_projections::ports::{
    ClaimedLane, HeldLanes, ParkedEvent, ReadError, StoredRow, Wanted, Writes,
};
use bitacora_projections::{Cell, Key, Table};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::bookkeeping::{ParkedRow, parked, schema};
use super::cells;
use super::ddl::physical;
use super::error::{lock_timed_out, refused, store_error};
use super::growth::Growth;
use super::notify::LaneSignals;
use super::sql;
use super::statements::{TableSql, bind_keys, bind_rows, stored_row};

/// Who hears of commits.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) signals: Arc<LaneSignals>,
    pub(super) growth: Growth,
}

/// A claimed lane. Dropping it rolls back.
#[derive(Debug)]
pub(super) struct PgClaimedLane {
    tx: Transaction<'static, Postgres>,
    sql: Arc<TableSql>,
    table: &'static Table,
    generation: i32,
    lane: Lane,
    position: Position,
    told: Arc<Told>,
    /// Rows made or replaced.
    wrote: usize,
}

impl PgClaimedLane {
    /// Claims the lane; `None` when another worker has it or the generation is not in use.
    pub(super) async fn claim(
        pool: &PgPool,
        table: &'static Table,
        sql: Arc<TableSql>,
        generation: i32,
        lane: Lane,
        told: Arc<Told>,
    ) -> Result<Option<Self>, ReadError> {
        let tx = pool.begin().await.map_err(store_error)?;
        Self::take(tx, table, sql, generation, lane, told).await
    }

    /// Claims the lane and waits for whoever has it, in the database's queue: there a worker that
    /// claims again and again does not get in front. `None` when it was not given up in time.
    pub(super) async fn claim_within(
        pool: &PgPool,
        table: &'static Table,
        sql: Arc<TableSql>,
        (generation, lane): (i32, Lane),
        told: Arc<Told>,
        within: Duration,
    ) -> Result<Option<Self>, ReadError> {
        let mut tx = pool.begin().await.map_err(store_error)?;
        if wait_for(&mut tx, table, generation, &[lane], within).await? {
            Self::take(tx, table, sql, generation, lane, told).await
        } else {
            tx.rollback().await.map_err(store_error)?;
            Ok(None)
        }
    }

    async fn take(
        mut tx: Transaction<'static, Postgres>,
        table: &'static Table,
        sql: Arc<TableSql>,
        generation: i32,
        lane: Lane,
        told: Arc<Told>,
    ) -> Result<Option<Self>, ReadError> {
        let row: Option<(i64, i32, i32, String)> = sqlx::query_as(sql::CLAIM)
            .bind(table.name)
            .bind(schema(table))
            .bind(generation)
            .bind(lane.0)
            .fetch_optional(&mut *tx)
            .await
            .map_err(store_error)?;
        let Some((position, epoch, log_epoch, _)) = row else {
            tx.rollback().await.map_err(store_error)?;
            return Ok(None);
        };
        told.signals.heard_epoch(Epoch(log_epoch));
        if epoch != log_epoch {
            tracing::error!(
                view = table.name,
                generation,
                epoch,
                log_epoch,
                "the log was restored since this read table was computed: rebuild the view \
                 (`bitacora rebuild {}`)",
                table.name
            );
            return Err(ReadError::ForeignEpoch);
        }
        let position = Position(position);
        Ok(Some(Self { tx, sql, table, generation, lane, position, told, wrote: 0 }))
    }

    async fn load_keys(&mut self, keys: &[(TenantId, Key)]) -> Result<Vec<StoredRow>, ReadError> {
        let keys: HashSet<_> = keys.iter().collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let query = bind_keys(sqlx::query(&self.sql.load), self.table, &keys)?;
        let rows = query.fetch_all(&mut *self.tx).await.map_err(store_error)?;
        rows.iter().map(|row| stored_row(self.table, row)).collect()
    }

    async fn load_matching(
        &mut self,
        column: &str,
        values: HashSet<(Uuid, &Cell)>,
    ) -> Result<Vec<StoredRow>, ReadError> {
        let no_column = || refused(format!("{} has no column {column}", self.table.name));
        let ty = self.table.column(column).ok_or_else(no_column)?.ty;
        let text = self.sql.matching.get(column).ok_or_else(no_column)?;
        let values: Vec<_> = values.into_iter().collect();
        let tenants: Vec<Uuid> = values.iter().map(|(tenant, _)| *tenant).collect();
        let query = sqlx::query(text).bind(tenants);
        let query = cells::bind_array(query, ty, values.iter().map(|(_, value)| *value))?;
        let rows = query.fetch_all(&mut *self.tx).await.map_err(store_error)?;
        rows.iter().map(|row| stored_row(self.table, row)).collect()
    }
}

#[async_trait]
impl ClaimedLane for PgClaimedLane {
    fn position(&self) -> Position {
        self.position
    }

    async fn parked_streams(&mut self) -> Result<Vec<StreamId>, ReadError> {
        let rows: Vec<(String, String)> = sqlx::query_as(sql::PARKED_STREAMS)
            .bind(self.table.name)
            .bind(schema(self.table))
            .bind(self.generation)
            .bind(self.lane.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(|(kind, id)| StreamId::new(kind, id)).collect())
    }

    async fn load(&mut self, wanted: &Wanted) -> Result<Vec<StoredRow>, ReadError> {
        let mut found =
            if wanted.keys.is_empty() { Vec::new() } else { self.load_keys(&wanted.keys).await? };
        let mut columns: Vec<_> = wanted.matches.iter().map(|(_, column, _)| *column).collect();
        columns.sort_unstable();
        columns.dedup();
        for column in &columns {
            let of_column = wanted.matches.iter().filter(|(_, c, _)| c == column);
            let values = of_column.map(|(tenant, _, value)| (tenant.as_uuid(), value)).collect();
            found.extend(self.load_matching(column, values).await?);
        }
        if !columns.is_empty() {
            // the same row may be found by its key and by several columns
            let mut seen = HashSet::new();
            let table = self.table;
            found.retain(|row| seen.insert((row.tenant, key_of(table, row))));
        }
        Ok(found)
    }

    async fn store(&mut self, writes: &Writes) -> Result<(), ReadError> {
        if !writes.deletes.is_empty() {
            let keys: Vec<_> = writes.deletes.iter().collect();
            let query = bind_keys(sqlx::query(&self.sql.delete), self.table, &keys)?;
            query.execute(&mut *self.tx).await.map_err(store_error)?;
        }
        if !writes.upserts.is_empty() {
            let query = bind_rows(sqlx::query(&self.sql.upsert), self.table, &writes.upserts)?;
            query.execute(&mut *self.tx).await.map_err(store_error)?;
            self.wrote += writes.upserts.len();
        }
        Ok(())
    }

    async fn park(&mut self, events: &[ParkedEvent]) -> Result<(), ReadError> {
        let each = |get: fn(&ParkedEvent) -> &str| events.iter().map(get).collect::<Vec<_>>();
        let query = sqlx::query(sql::PARK)
            .bind(self.table.name)
            .bind(schema(self.table))
            .bind(self.generation)
            .bind(self.lane.0)
            .bind(events.iter().map(|e| e.position.0).collect::<Vec<_>>())
            .bind(events.iter().map(|e| e.tenant.as_uuid()).collect::<Vec<_>>())
            .bind(each(|e| &e.stream.aggregate_type))
            .bind(each(|e| &e.stream.aggregate_id))
            .bind(each(|e| &e.code))
            .bind(each(|e| &e.reason))
            .bind(events.iter().map(|e| e.attempts).collect::<Vec<_>>())
            .bind(events.iter().map(|e| e.parked_at).collect::<Vec<_>>());
        query.execute(&mut *self.tx).await.map(drop).map_err(store_error)
    }

    async fn parked_of(&mut self, stream: &StreamId) -> Result<Vec<ParkedEvent>, ReadError> {
        let rows: Vec<ParkedRow> = sqlx::query_as(sql::PARKED_OF)
            .bind(self.table.name)
            .bind(schema(self.table))
            .bind(self.generation)
            .bind(self.lane.0)
            .bind(&stream.aggregate_type)
            .bind(&stream.aggregate_id)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(parked).collect())
    }

    async fn unpark(&mut self, positions: &[Position]) -> Result<(), ReadError> {
        let query = sqlx::query(sql::UNPARK)
            .bind(self.table.name)
            .bind(schema(self.table))
            .bind(self.generation)
            .bind(self.lane.0)
            .bind(positions.iter().map(|p| p.0).collect::<Vec<_>>());
        query.execute(&mut *self.tx).await.map(drop).map_err(store_error)
    }

    async fn commit(mut self: Box<Self>, position: Position) -> Result<(), ReadError> {
        if position < self.position {
            let (held, view) = (self.position, self.table.name);
            self.tx.rollback().await.map_err(store_error)?;
            return Err(refused(format!(
                "the checkpoint of {view} cannot go from {held} to {position}"
            )));
        }
        if position == self.position {
            return self.tx.commit().await.map_err(store_error);
        }
        let live: bool = sqlx::query_scalar(sql::MOVE_CHECKPOINT)
            .bind(self.table.name)
            .bind(schema(self.table))
            .bind(self.generation)
            .bind(self.lane.0)
            .bind(position.0)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(store_error)?;
        self.tx.commit().await.map_err(store_error)?;
        self.told.growth.wrote(&physical(self.table, self.generation), self.wrote);
        if live {
            self.told.signals.progressed(&self.table.current(), self.lane, position);
        }
        Ok(())
    }

    async fn release(self: Box<Self>) -> Result<(), ReadError> {
        self.tx.rollback().await.map_err(store_error)
    }
}

/// Holds lanes of a generation in one transaction; see [`ReadStore::hold`].
///
/// [`ReadStore::hold`]: bitacora_projections::ports::ReadStore::hold
pub(super) async fn hold(
    pool: &PgPool,
    table: &'static Table,
    generation: i32,
    lanes: &[Lane],
    within: Duration,
) -> Result<Option<HeldLanes>, ReadError> {
    let mut tx = pool.begin().await.map_err(store_error)?;
    if !wait_for(&mut tx, table, generation, lanes, within).await? {
        tx.rollback().await.map_err(store_error)?;
        return Ok(None);
    }
    let rows: Vec<(i16, i64, i32, i32)> = sqlx::query_as(sql::HELD_LANES)
        .bind(table.name)
        .bind(schema(table))
        .bind(generation)
        .bind(lanes.iter().map(|lane| lane.0).collect::<Vec<_>>())
        .fetch_all(&mut *tx)
        .await
        .map_err(store_error)?;
    if rows.len() < lanes.len() {
        // Not left to the drop, which ends it later: projectors pass over what is locked.
        tx.rollback().await.map_err(store_error)?;
        return Ok(None);
    }
    if rows.iter().any(|(_, _, epoch, log_epoch)| epoch != log_epoch) {
        return Err(ReadError::ForeignEpoch);
    }
    let positions = rows.into_iter().map(|(lane, position, ..)| (Lane(lane), Position(position)));
    Ok(Some(HeldLanes { positions: positions.collect(), guard: Box::new(tx) }))
}

/// Waits for checkpoints; `false` when one was not given up in time, and then the transaction is
/// of no use any more.
async fn wait_for(
    tx: &mut PgConnection,
    table: &Table,
    generation: i32,
    lanes: &[Lane],
    within: Duration,
) -> Result<bool, ReadError> {
    // 0 would mean "no limit" to Postgres
    let limit = within.as_millis().clamp(1, i32::MAX as u128).to_string();
    sqlx::query(sql::LOCK_TIMEOUT).bind(limit).execute(&mut *tx).await.map_err(store_error)?;
    let waited = sqlx::query(sql::WAIT_FOR_LANES)
        .bind(table.name)
        .bind(schema(table))
        .bind(generation)
        .bind(lanes.iter().map(|lane| lane.0).collect::<Vec<_>>())
        .execute(tx)
        .await
        .map_err(store_error);
    match waited {
        Ok(_) => Ok(true),
        Err(error) if lock_timed_out(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn key_of(table: &Table, row: &StoredRow) -> Key {
    let cell = |name: &&str| table.index_of(name).and_then(|i| row.row.0.get(i)).cloned();
    Key(table.key.iter().map(|name| cell(name).unwrap_or(Cell::Null)).collect())
}
