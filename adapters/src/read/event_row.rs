//! A row of the log → [`RecordedEvent`].

use std::sync::Arc;

use bitacora_domain::codec::{self, Visibility};
use bitacora_domain::recorded::Decoded;
use bitacora_domain::{
    Epoch, Lane, Metadata, Position, RecordedEvent, StreamId, TenantId, Version,
};
use bitacora_projections::ports::ReadError;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Columns in the order of `sql::events!`.
pub(super) type EventRow =
    (i32, i16, i64, Uuid, String, String, i64, String, String, Value, Value, DateTime<Utc>, i32);

/// A decoded event with the size of its payload on disk, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Sized {
    pub(super) event: Arc<RecordedEvent>,
    pub(super) bytes: usize,
}

/// Decodes a row.
pub(super) fn decode(row: EventRow) -> Result<Sized, ReadError> {
    let (epoch, lane, position, tenant, kind, id, version, name, shape, payload, meta, at, size) =
        row;
    // The error of serde names the field and never the value.
    let metadata: Metadata = serde_json::from_value(meta).map_err(|error| {
        ReadError::Corrupt(format!("metadata of lane {lane} position {position}: {error}"))
    })?;
    let event = RecordedEvent {
        epoch: Epoch(epoch),
        lane: Lane(lane),
        position: Position(position),
        tenant: TenantId::new(tenant),
        stream: StreamId { aggregate_type: kind, aggregate_id: id },
        version: Version(version),
        event_type: name,
        event_version: shape,
        // Views compute in the clear; what a reader may see is decided where it is shown.
        payload: codec::open(payload, Visibility::Clear),
        metadata,
        recorded_at: at,
        decoded: Decoded::default(),
    };
    Ok(Sized { event: Arc::new(event), bytes: usize::try_from(size).unwrap_or(0) })
}

/// Keeps the rows that follow `after` without a hole. A hole at the cursor itself is damage:
/// positions are handed out and become visible in order, so nothing may ever be skipped.
pub(super) fn contiguous(
    lane: Lane,
    after: Position,
    mut events: Vec<Sized>,
) -> Result<Vec<Sized>, ReadError> {
    let mut next = after.next();
    let whole = events
        .iter()
        .take_while(|e| {
            let follows = e.event.position == next;
            next = e.event.position.next();
            follows
        })
        .count();
    if whole == 0 && !events.is_empty() {
        let missing = after.next();
        return Err(ReadError::Corrupt(format!("lane {lane} has no event at position {missing}")));
    }
    events.truncate(whole);
    Ok(events)
}
