//! Reading the log in order, with the tail shared among projections.
//!
//! **Architecture invariant.** Rows and horizon come from one statement: a lane is gapless and
//! its positions become visible in order, so `position > after order by position` is all there
//! is. No second statement, clock or time-out ever decides what may be read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bitacora_domain::{Epoch, Lane, Position, RecordedEvent, StreamId, TenantId, Version};
use bitacora_projections::ports::{LaneHead, LogReader, ReadError};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::sync::watch;

use super::error::store_error;
use super::event_row::{EventRow, Sized, contiguous, decode};
use super::notify::LaneSignals;
use super::sql;
use super::tail::Tail;

/// The longest page, whatever a caller asks for.
const MAX_PAGE: i64 = 10_000;

/// The log of a database.
#[derive(Debug)]
pub struct PgLogReader {
    pool: PgPool,
    signals: Arc<LaneSignals>,
    lanes: Mutex<HashMap<Lane, Arc<LaneTail>>>,
}

#[derive(Debug, Default)]
struct LaneTail {
    tail: Mutex<Tail>,
    /// Held by the one reader that loads what is new, while the others wait for its result.
    loading: tokio::sync::Mutex<()>,
}

impl LaneTail {
    fn tail(&self) -> MutexGuard<'_, Tail> {
        // a panic cannot leave the tail with a hole: events are pushed one by one, in order
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PgLogReader {
    /// Reads with the projector's connections; `signals` says what is new.
    pub fn new(projector: PgPool, signals: Arc<LaneSignals>) -> Self {
        Self { pool: projector, signals, lanes: Mutex::default() }
    }

    fn lane_tail(&self, lane: Lane) -> Arc<LaneTail> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(lane).or_default())
    }

    async fn load(&self, lane: Lane, after: Position, limit: i64) -> Result<Vec<Sized>, ReadError> {
        let query = sqlx::query_as(sql::READ_LANE).bind(lane.0).bind(after.0).bind(limit);
        let rows: Vec<EventRow> = query.fetch_all(&self.pool).await.map_err(store_error)?;
        contiguous(lane, after, rows.into_iter().map(decode).collect::<Result<_, _>>()?)
    }

    /// Reads at the end of the lane: one of the readers asks the database, all share the result.
    async fn load_tail(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        let shared = self.lane_tail(lane);
        let _loading = shared.loading.lock().await;
        let hit = shared.tail().read(after, count(limit));
        if !hit.is_empty() {
            return Ok(hit);
        }
        let events = self.load(lane, after, limit).await?;
        shared.tail().extend(&events);
        Ok(events.into_iter().map(|e| e.event).collect())
    }
}

fn count(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0)
}

#[async_trait]
impl LogReader for PgLogReader {
    async fn lanes(&self) -> Result<Vec<Lane>, ReadError> {
        let lanes = sqlx::query_scalar(sql::LANES).fetch_all(&self.pool).await;
        Ok(lanes.map_err(store_error)?.into_iter().map(Lane).collect())
    }

    async fn head(&self, lane: Lane) -> Result<LaneHead, ReadError> {
        let row: Option<(i32, i64, DateTime<Utc>)> = sqlx::query_as(sql::HEAD)
            .bind(lane.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(store_error)?;
        let (epoch, position, recorded_at) =
            row.ok_or_else(|| ReadError::Corrupt(format!("there is no lane {lane}")))?;
        self.signals.heard_epoch(Epoch(epoch));
        self.signals.heard_lane(lane, Position(position));
        Ok(LaneHead { epoch: Epoch(epoch), position: Position(position), recorded_at })
    }

    async fn read_lane(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        let limit = limit.clamp(0, MAX_PAGE);
        let shared = self.lane_tail(lane);
        let (hit, last) = {
            let mut tail = shared.tail();
            tail.is_of(self.signals.epoch());
            (tail.read(after, count(limit)), tail.last())
        };
        if last.is_some_and(|last| after < last) && hit.is_empty() {
            // far behind (a rebuild): neither waits for the others nor disturbs them
            let events = self.load(lane, after, limit).await?;
            return Ok(events.into_iter().map(|e| e.event).collect());
        }
        let end = hit.last().map_or(after, |e| e.position);
        let missing = limit - i64::try_from(hit.len()).unwrap_or(limit);
        let nothing_newer = !hit.is_empty() && self.signals.lane(lane) <= end;
        if missing <= 0 || nothing_newer {
            return Ok(hit);
        }
        let more = self.load_tail(lane, end, missing).await?;
        Ok(hit.into_iter().chain(more).collect())
    }

    async fn read_positions(
        &self,
        lane: Lane,
        positions: &[Position],
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        let mut wanted: Vec<i64> = positions.iter().map(|p| p.0).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let query = sqlx::query_as(sql::READ_POSITIONS).bind(lane.0).bind(&wanted);
        let events = events(query.fetch_all(&self.pool).await)?;
        let found = |position: &&i64| !events.iter().any(|e| e.position.0 == **position);
        if let Some(missing) = wanted.iter().find(found) {
            return Err(ReadError::Corrupt(format!(
                "lane {lane} has no event at position {missing}"
            )));
        }
        Ok(events)
    }

    async fn read_tenant(
        &self,
        tenant: TenantId,
        lane: Lane,
        after: Position,
        upto: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        let query = sqlx::query_as(sql::READ_TENANT)
            .bind(tenant.as_uuid())
            .bind(lane.0)
            .bind(after.0)
            .bind(upto.0)
            .bind(limit.clamp(0, MAX_PAGE));
        events(query.fetch_all(&self.pool).await)
    }

    async fn read_stream(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        after: Version,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        let query = sqlx::query_as(sql::READ_STREAM)
            .bind(&stream.aggregate_type)
            .bind(&stream.aggregate_id)
            .bind(tenant.as_uuid())
            .bind(after.0)
            .bind(limit.clamp(0, MAX_PAGE));
        events(query.fetch_all(&self.pool).await)
    }

    async fn lane_of(&self, tenant: TenantId) -> Result<Option<Lane>, ReadError> {
        let lane = sqlx::query_scalar(sql::LANE_OF).bind(tenant.as_uuid());
        Ok(lane.fetch_optional(&self.pool).await.map_err(store_error)?.map(Lane))
    }

    fn watch(&self, lane: Lane) -> watch::Receiver<Position> {
        self.signals.watch(lane)
    }
}

fn events(rows: Result<Vec<EventRow>, sqlx::Error>) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
    let rows = rows.map_err(store_error)?;
    rows.into_iter().map(|row| decode(row).map(|sized| sized.event)).collect()
}
