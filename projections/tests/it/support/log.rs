//! A log in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bitacora_domain::{Epoch, Lane, Position, RecordedEvent, StreamId, TenantId, Version};
use bitacora_projections::ports::{LaneHead, LogReader, ReadError};
use serde_json::Value;
use tokio::sync::watch;

use super::{at, recorded};

pub(crate) struct FakeLog {
    lanes: Mutex<Vec<Vec<Arc<RecordedEvent>>>>,
    heads: Vec<watch::Sender<Position>>,
    /// So many of the next reads fail.
    pub(crate) unavailable: AtomicUsize,
    /// Pages read of whole lanes, and of tenants.
    pub(crate) lane_reads: AtomicUsize,
    pub(crate) tenant_reads: AtomicUsize,
}

impl FakeLog {
    pub(crate) fn new(lanes: usize) -> Self {
        Self {
            lanes: Mutex::new(vec![Vec::new(); lanes]),
            heads: (0..lanes).map(|_| watch::Sender::new(Position::START)).collect(),
            unavailable: AtomicUsize::new(0),
            lane_reads: AtomicUsize::new(0),
            tenant_reads: AtomicUsize::new(0),
        }
    }

    pub(crate) fn lane(&self, tenant: TenantId) -> Lane {
        let lanes = u128::try_from(self.heads.len()).unwrap();
        Lane(i16::try_from(tenant.as_uuid().as_u128() % lanes).unwrap())
    }

    /// Appends one event and wakes readers.
    pub(crate) fn append(
        &self,
        tenant: TenantId,
        stream: (&str, &str),
        event_type: &str,
        payload: Value,
    ) -> Position {
        let lane = self.lane(tenant);
        let mut lanes = self.lanes.lock().unwrap();
        let events = &mut lanes[usize::try_from(lane.0).unwrap()];
        let stream = StreamId::new(stream.0, stream.1);
        let before = events.iter().filter(|e| e.stream == stream && e.tenant == tenant).count();
        let version = Version(i64::try_from(before).unwrap() + 1);
        let position = Position(i64::try_from(events.len()).unwrap() + 1);
        let place = (lane, position, version);
        events.push(Arc::new(recorded(tenant, stream, place, event_type, payload)));
        self.heads[usize::try_from(lane.0).unwrap()].send_replace(position);
        position
    }

    pub(crate) fn head_of(&self, lane: Lane) -> Position {
        *self.heads[usize::try_from(lane.0).unwrap()].borrow()
    }

    fn select(
        &self,
        lane: Lane,
        limit: i64,
        pick: impl Fn(&RecordedEvent) -> bool,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        let left = self.unavailable.load(Ordering::SeqCst);
        if left > 0 {
            self.unavailable.store(left - 1, Ordering::SeqCst);
            return Err(ReadError::Unavailable("as the test wants".into()));
        }
        let lanes = self.lanes.lock().unwrap();
        let events = lanes[usize::try_from(lane.0).unwrap()].iter();
        let limit = usize::try_from(limit).unwrap();
        Ok(events.filter(|e| pick(e)).take(limit).cloned().collect())
    }
}

#[async_trait]
impl LogReader for FakeLog {
    async fn lanes(&self) -> Result<Vec<Lane>, ReadError> {
        Ok((0..self.heads.len()).map(|lane| Lane(i16::try_from(lane).unwrap())).collect())
    }

    async fn head(&self, lane: Lane) -> Result<LaneHead, ReadError> {
        let position = self.head_of(lane);
        Ok(LaneHead { epoch: Epoch(1), position, recorded_at: at(position.0) })
    }

    async fn read_lane(
        &self,
        lane: Lane,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        self.lane_reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.select(lane, limit, |e| e.position > after)
    }

    async fn read_positions(
        &self,
        lane: Lane,
        positions: &[Position],
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        // Each read makes the event anew, as a database would: nothing decoded is kept.
        let events = self.select(lane, i64::MAX, |e| positions.contains(&e.position))?;
        let anew = events.iter().map(|e| {
            let place = (e.lane, e.position, e.version);
            let stream = e.stream.clone();
            Arc::new(recorded(e.tenant, stream, place, &e.event_type, e.payload.clone()))
        });
        Ok(anew.collect())
    }

    async fn read_tenant(
        &self,
        tenant: TenantId,
        lane: Lane,
        after: Position,
        upto: Position,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        self.tenant_reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.select(lane, limit, |e| e.tenant == tenant && e.position > after && e.position <= upto)
    }

    async fn read_stream(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        after: Version,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, ReadError> {
        self.select(self.lane(tenant), limit, |e| {
            e.tenant == tenant && e.stream == *stream && e.version > after
        })
    }

    async fn lane_of(&self, tenant: TenantId) -> Result<Option<Lane>, ReadError> {
        let known = tenant.as_uuid().as_u128() < 0xB000;
        Ok(known.then(|| self.lane(tenant)))
    }

    fn watch(&self, lane: Lane) -> watch::Receiver<Position> {
        self.heads[usize::try_from(lane.0).unwrap()].subscribe()
    }
}

/// Positions by lane at which all that was appended has been read.
pub(crate) fn ends(log: &FakeLog) -> HashMap<Lane, Position> {
    [Lane(0), Lane(1)].into_iter().map(|lane| (lane, log.head_of(lane))).collect()
}
