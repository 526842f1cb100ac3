//! The store of reactors over Postgres (`migrations/0009_reactors.sql`): checkpoints, notes and
//! parked events beside the queue of effects, so that one transaction writes them all. The log is
//! read as projections read it.

mod claimed;
mod notes;
mod sql;

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_commands::ports::{
    ClaimedReactor, ParkedReaction, ReactorCheckpoint, ReactorError, ReactorKey, ReactorStore,
};
use bitacora_commands::reactors::Start;
use bitacora_domain::{Lane, Position, RecordedEvent, StreamId, TenantId};
use bitacora_projections::ports::{LogReader, ReadError};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use self::claimed::PgClaimedReactor;
use crate::pools::Pools;
use crate::read::store_error;

/// The store of reactors over Postgres.
pub struct PgReactors {
    writer: PgPool,
    reader: Arc<dyn LogReader>,
    stored: Arc<Notify>,
}

/// Columns of the parked events.
type ParkedRow = (String, i16, i64, Uuid, String, String, String, String, i32);

impl PgReactors {
    /// A store over `pools` that reads the log by `reader`. `stored` is notified when effects were
    /// stored (see [`crate::log::PgLog::effects_stored`]).
    pub fn new(pools: &Pools, reader: Arc<dyn LogReader>, stored: Arc<Notify>) -> Self {
        Self { writer: pools.writer.clone(), reader, stored }
    }
}

#[async_trait]
impl ReactorStore for PgReactors {
    async fn lanes(&self) -> Result<Vec<Lane>, ReactorError> {
        self.reader.lanes().await.map_err(reactor_error)
    }

    async fn ensure(&self, reactor: ReactorKey, start: Start) -> Result<(), ReactorError> {
        sqlx::query(sql::ENSURE)
            .bind(reactor.name)
            .bind(version(reactor))
            .bind(start == Start::Remembering)
            .execute(&self.writer)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn position(
        &self,
        reactor: ReactorKey,
        lane: Lane,
    ) -> Result<Option<Position>, ReactorError> {
        let query = sqlx::query_scalar(sql::POSITION);
        let query = query.bind(reactor.name).bind(lane.0).bind(version(reactor));
        let position: Option<i64> = query.fetch_optional(&self.writer).await.map_err(failed)?;
        Ok(position.map(Position))
    }

    async fn read(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReactorError> {
        self.reader.read_lane(lane, after, limit).await.map_err(reactor_error)
    }

    async fn read_positions(
        &self,
        lane: Lane,
        positions: &[Position],
    ) -> Result<Vec<Arc<RecordedEvent>>, ReactorError> {
        self.reader.read_positions(lane, positions).await.map_err(reactor_error)
    }

    async fn lane_of(&self, tenant: TenantId) -> Result<Option<Lane>, ReactorError> {
        self.reader.lane_of(tenant).await.map_err(reactor_error)
    }

    fn watch(&self, lane: Lane) -> watch::Receiver<Position> {
        self.reader.watch(lane)
    }

    async fn claim(
        &self,
        reactor: ReactorKey,
        lane: Lane,
    ) -> Result<Option<Box<dyn ClaimedReactor>>, ReactorError> {
        let claimed =
            PgClaimedReactor::claim(&self.writer, reactor, lane, Arc::clone(&self.stored)).await?;
        Ok(claimed.map(|claimed| Box::new(claimed) as Box<dyn ClaimedReactor>))
    }

    async fn checkpoints(&self) -> Result<Vec<ReactorCheckpoint>, ReactorError> {
        type Row = (String, i32, i16, i64, i64, DateTime<Utc>, i64);
        let rows: Vec<Row> =
            sqlx::query_as(sql::CHECKPOINTS).fetch_all(&self.writer).await.map_err(failed)?;
        let checkpoint =
            |(reactor, version, lane, position, head, moved_at, parked): Row| ReactorCheckpoint {
                reactor,
                version: version.unsigned_abs(),
                lane: Lane(lane),
                position: Position(position),
                head: Position(head),
                moved_at,
                parked,
            };
        Ok(rows.into_iter().map(checkpoint).collect())
    }

    async fn parked(
        &self,
        tenant: Option<TenantId>,
        limit: i64,
    ) -> Result<Vec<ParkedReaction>, ReactorError> {
        let rows: Vec<ParkedRow> = sqlx::query_as(sql::PARKED)
            .bind(tenant.map(TenantId::as_uuid))
            .bind(limit)
            .fetch_all(&self.writer)
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(parked).collect())
    }
}

fn parked(row: ParkedRow) -> ParkedReaction {
    let (reactor, lane, position, tenant, kind, id, code, reason, attempts) = row;
    ParkedReaction {
        reactor,
        lane: Lane(lane),
        position: Position(position),
        tenant: TenantId::new(tenant),
        stream: StreamId::new(kind, id),
        code,
        reason,
        attempts,
    }
}

fn version(reactor: ReactorKey) -> i32 {
    i32::try_from(reactor.version).unwrap_or(i32::MAX)
}

/// What a database error means, as projections see it: a refused value parks one aggregate, what
/// may pass with time is tried again.
fn failed(error: sqlx::Error) -> ReactorError {
    reactor_error(store_error(error))
}

fn reactor_error(error: ReadError) -> ReactorError {
    match error {
        ReadError::Refused(reason) => ReactorError::Refused(reason),
        ReadError::Corrupt(reason) => ReactorError::Corrupt(reason),
        ReadError::Unavailable(reason) => ReactorError::Unavailable(reason),
        ReadError::ForeignEpoch | ReadError::TimedOut => {
            ReactorError::Unavailable(error.to_string())
        }
    }
}

/// Every statement that the store sends, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    sql::ALL.to_vec()
}
