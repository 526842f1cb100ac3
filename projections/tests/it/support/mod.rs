//! Doubles of the ports, small views, and how to make events.

pub(crate) mod log;
pub(crate) mod probe;
pub(crate) mod search;
pub(crate) mod store;

use std::sync::Arc;

use bitacora_domain::{
    Actor, CommandId, Epoch, EventId, Lane, Metadata, Position, RecordedEvent, StreamId, TenantId,
    Version,
};
use bitacora_projections::Projection;
use bitacora_projections::runner::{BatchBounds, Options, Ports, Runner};
use chrono::{DateTime, TimeDelta, Utc};
use log::FakeLog;
use search::FakeSearch;
use serde_json::Value;
use store::FakeStore;
use uuid::Uuid;

/// A tenant by number; `FakeLog` puts it into lane number mod lanes.
pub(crate) fn tenant(n: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(0xA000 + n))
}

/// A point in time, `seconds` after midnight of a certain day.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// An event as a log would give it.
pub(crate) fn recorded(
    tenant: TenantId,
    stream: StreamId,
    place: (Lane, Position, Version),
    event_type: &str,
    payload: Value,
) -> RecordedEvent {
    let (lane, position, version) = place;
    let id = Uuid::new_v5(&tenant.as_uuid(), format!("{lane}/{position}").as_bytes());
    RecordedEvent {
        epoch: Epoch(1),
        lane,
        position,
        tenant,
        stream,
        version,
        event_type: event_type.into(),
        event_version: "1".into(),
        payload,
        metadata: Metadata {
            event_id: EventId::new(id),
            command_id: CommandId::new(id),
            correlation_id: id,
            causation_id: id,
            actor: Actor::provider("whatsapp"),
            occurred_at: at(position.0),
            traceparent: None,
        },
        recorded_at: at(position.0),
        decoded: bitacora_domain::recorded::Decoded::default(),
    }
}

/// Log, store and search index, with a runner over them.
pub(crate) struct World {
    pub(crate) log: Arc<FakeLog>,
    pub(crate) store: FakeStore,
    pub(crate) search: Arc<FakeSearch>,
}

impl World {
    pub(crate) fn new() -> Self {
        let log = Arc::new(FakeLog::new(2));
        let store = FakeStore::new(Arc::clone(&log));
        Self { log, store, search: Arc::default() }
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports {
            reader: Arc::clone(&self.log) as _,
            store: Arc::new(self.store.clone()),
            search: Some(Arc::clone(&self.search) as _),
        }
    }

    pub(crate) fn options(view: &'static dyn Projection, batch: i64) -> Options {
        Options {
            views: vec![view],
            batch: BatchBounds { min: batch, max: batch, ..BatchBounds::default() },
            gather: std::time::Duration::ZERO,
            poll: std::time::Duration::from_millis(20),
            attempts: 3,
        }
    }

    pub(crate) fn runner(&self, view: &'static dyn Projection, batch: i64) -> Runner {
        let Ports { reader, store, search } = self.ports();
        Runner::new(reader, store, search, Self::options(view, batch))
    }
}
