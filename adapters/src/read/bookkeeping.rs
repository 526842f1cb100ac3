//! Rows of the bookkeeping tables in `ops`.

use bitacora_domain::{Lane, Position, StreamId, TenantId};
use bitacora_projections::Table;
use bitacora_projections::ports::{CheckpointInfo, ParkedEvent, ReadError};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::store_error;
use super::sql;

/// A generation of a read table.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) generation: i32,
    pub(super) state: State,
    pub(super) shape: String,
    pub(super) ddl_hash: String,
    pub(super) indexed: bool,
    /// The program that began it.
    pub(super) builder: String,
}

/// Life of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Building,
    Live,
    Retired,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Retired => "retired",
        }
    }

    fn parse(text: &str) -> Result<Self, ReadError> {
        [Self::Building, Self::Live, Self::Retired]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| ReadError::Corrupt(format!("{text} is no state of a generation")))
    }
}

/// Schema versions are small; Postgres has no unsigned integers.
pub(super) fn schema(table: &Table) -> i32 {
    i32::try_from(table.schema).unwrap_or(i32::MAX)
}

/// All generations of a view's schema version, oldest first.
pub(super) async fn models(
    connection: &mut PgConnection,
    table: &Table,
) -> Result<Vec<Model>, ReadError> {
    let rows: Vec<(i32, String, String, String, bool, String)> = sqlx::query_as(sql::MODELS)
        .bind(table.name)
        .bind(schema(table))
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    let model =
        |(generation, state, shape, ddl_hash, indexed, builder): (_, String, _, _, _, _)| {
            Ok(Model {
                generation,
                state: State::parse(&state)?,
                shape,
                ddl_hash,
                indexed,
                builder,
            })
        };
    rows.into_iter().map(model).collect()
}

/// Columns in the order of `sql::parked!`.
pub(super) type ParkedRow =
    (String, i16, i64, Uuid, String, String, String, String, i32, DateTime<Utc>);

pub(super) fn parked(row: ParkedRow) -> ParkedEvent {
    let (projection, lane, position, tenant, kind, id, code, reason, attempts, parked_at) = row;
    ParkedEvent {
        projection,
        lane: Lane(lane),
        position: Position(position),
        tenant: TenantId::new(tenant),
        stream: StreamId { aggregate_type: kind, aggregate_id: id },
        code,
        reason,
        attempts,
        parked_at,
    }
}

/// Columns in the order of `sql::CHECKPOINTS`.
pub(super) type CheckpointRow = (String, i32, i32, bool, i16, i64, i64, bool, DateTime<Utc>, i64);

pub(super) fn checkpoint(row: CheckpointRow) -> CheckpointInfo {
    let (projection, schema, generation, live, lane, position, head, foreign, moved_at, parked) =
        row;
    CheckpointInfo {
        projection,
        schema: schema.unsigned_abs(),
        generation,
        live,
        lane: Lane(lane),
        position: Position(position),
        head: Position(head),
        foreign,
        moved_at,
        parked,
    }
}
