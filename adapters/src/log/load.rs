//! Loading streams. A full replay goes through `postgres_es::PostgresEventRepository`, so what
//! stock cqrs-es reads is what we read; the tail behind a snapshot is our own query.

use bitacora_commands::ports::{LogError, Snapshot, Stored, StoredEvent};
use bitacora_domain::aggregates::dispatch;
use bitacora_domain::{AggregateVisitor, DomainAggregate, EventId, StreamId, TenantId, Version};
use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use futures::future::BoxFuture;
use postgres_es::PostgresEventRepository;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

use super::unavailable;

/// Head of a stream and, if asked for, its usable snapshot: of this epoch and schema and not
/// ahead of the head.
pub(super) const HEAD_AND_SNAPSHOT: &str = "
    select h.tenant_id, h.version, s.version as snapshot_version, s.last_event, s.state
      from log.stream_heads h
      left join log.snapshots s
        on $4 and s.aggregate_type = h.aggregate_type and s.aggregate_id = h.aggregate_id
       and s.tenant_id = h.tenant_id and s.state_schema = $3 and s.version <= h.version
       and s.epoch = (select epoch from log.epoch)
     where h.aggregate_type = $1 and h.aggregate_id = $2";

/// The event that a snapshot stands on, and those behind it.
pub(super) const TAIL: &str = "
    select sequence, event_type, event_version, payload, metadata
      from log.events
     where aggregate_type = $1 and aggregate_id = $2 and sequence >= $3
     order by sequence";

/// Whose a stream is.
pub(super) const TENANT_OF: &str =
    "select tenant_id from log.stream_heads where aggregate_type = $1 and aggregate_id = $2";

/// Saves a snapshot unless a newer one of the same schema and epoch is there.
pub(super) const SAVE_SNAPSHOT: &str = "
    insert into log.snapshots as s (aggregate_type, aggregate_id, tenant_id, epoch, version,
                                    last_event, state_schema, state)
    values ($1, $2, $3, (select epoch from log.epoch), $4, $5, $6, $7)
    on conflict (aggregate_type, aggregate_id) do update
       set epoch = excluded.epoch, version = excluded.version, last_event = excluded.last_event,
           state_schema = excluded.state_schema, state = excluded.state, saved_at = now()
     where s.tenant_id = excluded.tenant_id
       and (s.epoch, s.state_schema) is distinct from (excluded.epoch, excluded.state_schema)
        or s.version < excluded.version";

/// Loads a stream; `None` when it is another tenant's.
pub(super) async fn load(
    pool: &PgPool,
    tenant: TenantId,
    stream: &StreamId,
    state_schema: u32,
    use_snapshot: bool,
) -> Result<Option<Stored>, LogError> {
    let row = sqlx::query(HEAD_AND_SNAPSHOT)
        .bind(&stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .bind(i32::try_from(state_schema).unwrap_or(i32::MAX))
        .bind(use_snapshot)
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    let Some(row) = row else { return Ok(Some(Stored::default())) };
    if TenantId::new(row.try_get("tenant_id").map_err(unavailable)?) != tenant {
        return Ok(None);
    }
    let head = Version(row.try_get("version").map_err(unavailable)?);
    if let Some(snapshot) = snapshot(&row, state_schema).map_err(unavailable)? {
        let tail = tail(pool, stream, snapshot.version).await?;
        if let Some(events) = behind(&snapshot, tail) {
            let events = contiguous(stream, snapshot.version, head, events)?;
            return Ok(Some(Stored { snapshot: Some(snapshot), events }));
        }
        tracing::warn!(%stream, "a snapshot does not stand on the stream and is ignored");
    }
    let events = contiguous(stream, Version(0), head, replay(pool, stream).await?)?;
    Ok(Some(Stored { snapshot: None, events }))
}

/// The events behind a snapshot, if the first of `tail` is the one that it stands on.
fn behind(snapshot: &Snapshot, tail: Vec<(i64, StoredEvent)>) -> Option<Vec<(i64, StoredEvent)>> {
    let mut tail = tail.into_iter();
    let (sequence, base) = tail.next()?;
    (sequence == snapshot.version.0 && base.event_id == snapshot.last_event).then(|| tail.collect())
}

fn snapshot(row: &PgRow, state_schema: u32) -> Result<Option<Snapshot>, sqlx::Error> {
    let Some(version) = row.try_get::<Option<i64>, _>("snapshot_version")? else { return Ok(None) };
    Ok(Some(Snapshot {
        version: Version(version),
        last_event: EventId::new(row.try_get("last_event")?),
        state_schema,
        state: row.try_get("state")?,
    }))
}

async fn tail(
    pool: &PgPool,
    stream: &StreamId,
    from: Version,
) -> Result<Vec<(i64, StoredEvent)>, LogError> {
    let rows = sqlx::query(TAIL)
        .bind(&stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .bind(from.0)
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    rows.iter()
        .map(|row| {
            let read = || -> Result<_, sqlx::Error> {
                let metadata: Value = row.try_get("metadata")?;
                Ok((
                    row.try_get("sequence")?,
                    metadata,
                    row.try_get("event_type")?,
                    row.try_get("event_version")?,
                    row.try_get("payload")?,
                ))
            };
            let (sequence, metadata, event_type, event_version, payload) =
                read().map_err(unavailable)?;
            let event_id = event_id(stream, &metadata)?;
            Ok((sequence, StoredEvent { event_id, event_type, event_version, payload }))
        })
        .collect()
}

/// The whole stream, through cqrs-es' own repository.
async fn replay(pool: &PgPool, stream: &StreamId) -> Result<Vec<(i64, StoredEvent)>, LogError> {
    let reading = ReadAll { pool: pool.clone(), id: stream.aggregate_id.clone() };
    let Some(events) = dispatch(&stream.aggregate_type, reading) else {
        return Err(LogError::Corrupt(format!("{stream}: no such aggregate in this build")));
    };
    let to_stored = |event: SerializedEvent| {
        let event_id = event_id(stream, &event.metadata)?;
        let SerializedEvent { event_type, event_version, payload, .. } = event;
        let sequence = i64::try_from(event.sequence).unwrap_or(i64::MAX);
        Ok((sequence, StoredEvent { event_id, event_type, event_version, payload }))
    };
    events.await?.into_iter().map(to_stored).collect()
}

struct ReadAll {
    pool: PgPool,
    id: String,
}

impl AggregateVisitor for ReadAll {
    type Output = BoxFuture<'static, Result<Vec<SerializedEvent>, LogError>>;

    fn visit<A: DomainAggregate>(self) -> Self::Output {
        Box::pin(async move {
            PostgresEventRepository::new(self.pool)
                .with_tables("log.events", "log.snapshots")
                .get_events::<A>(&self.id)
                .await
                .map_err(|error| LogError::Unavailable(error.to_string()))
        })
    }
}

fn event_id(stream: &StreamId, metadata: &Value) -> Result<EventId, LogError> {
    metadata
        .get("event_id")
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| LogError::Corrupt(format!("{stream}: an event without an id")))
}

/// A replay that was cut short, or a stream with a hole, must not pass for the whole.
fn contiguous(
    stream: &StreamId,
    after: Version,
    head: Version,
    events: Vec<(i64, StoredEvent)>,
) -> Result<Vec<StoredEvent>, LogError> {
    let mut expected = after.0;
    let mut stored = Vec::with_capacity(events.len());
    for (sequence, event) in events {
        expected += 1;
        if sequence != expected {
            return Err(LogError::Corrupt(format!("{stream}: event {expected} is missing")));
        }
        stored.push(event);
    }
    if expected < head.0 {
        return Err(LogError::Corrupt(format!(
            "{stream}: read {expected} events of at least {}",
            head.0
        )));
    }
    Ok(stored)
}
