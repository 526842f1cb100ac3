//! A table with every type of column, and a log written by hand.

use std::sync::Arc;

use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadModels, PgReadStore};
use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Lane, Position, TenantId};
use bitacora_projections::ports::{ClaimedLane, ReadStore as _, StoredRow, Writes};
use bitacora_projections::{Cell, Column, ColumnType, Index, Key, Merge, Row, Table};
use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

/// Every type, NULLs, both kinds of hidden positions, a key of two columns.
pub(crate) static THINGS: Table = Table {
    name: "things",
    schema: 1,
    doc: "things of a test; 'quoted'",
    columns: &[
        Column::key("kind", ColumnType::Text, "kind of thing"),
        Column::key("id", ColumnType::Uuid, "id"),
        Column::of("thing", "name", ColumnType::Text, "what it's called").optional().personal(),
        Column::shared(Merge::Sum, "parts", ColumnType::Int, "number of parts"),
        Column::of("thing", "open", ColumnType::Bool, "is it open?"),
        Column::of("thing", "seen_at", ColumnType::Time, "when it was seen").optional(),
        Column::of("thing", "day", ColumnType::Date, "its day").optional(),
        Column::of("thing", "owner", ColumnType::Uuid, "whose it is").optional(),
        Column::of("thing", "tags", ColumnType::Json, "texts"),
        Column::shared(Merge::First, "made_at", ColumnType::Time, "when it was made"),
        Column::shared(Merge::Last, "word", ColumnType::Text, "last word"),
    ],
    key: &["kind", "id"],
    indexes: &[
        Index { name: "seen", columns: &["-seen_at", "kind"] },
        Index { name: "owner", columns: &["owner"] },
        Index { name: "parts", columns: &["-parts"] },
        Index { name: "word", columns: &["word"] },
    ],
};

pub(crate) const A: TenantId = TenantId::new(Uuid::from_u128(0xa));
pub(crate) const B: TenantId = TenantId::new(Uuid::from_u128(0xb));

/// What a process has.
pub(crate) struct Side {
    pub(crate) signals: Arc<LaneSignals>,
    pub(crate) store: PgReadStore,
    pub(crate) reader: Arc<PgLogReader>,
    pub(crate) models: PgReadModels,
}

pub(crate) fn side(db: &TestDb) -> Side {
    let signals = LaneSignals::new();
    Side {
        store: PgReadStore::new(db.pools(), signals.clone(), [&THINGS]),
        reader: Arc::new(PgLogReader::new(db.pools().reader.clone(), signals.clone())),
        models: PgReadModels::new(db.pools().api.clone(), [&THINGS]),
        signals,
    }
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn key(n: u128) -> Key {
    Key(vec!["box".into(), id(n).into()])
}

/// A thing in which everything is NULL that may be.
pub(crate) fn bare(tenant: TenantId, n: u128) -> StoredRow {
    let mut row = THINGS.initial_row();
    row.0[0] = "box".into();
    row.0[1] = id(n).into();
    StoredRow { tenant, row, positions: vec![None, None] }
}

/// A thing in which everything has a value.
pub(crate) fn full(tenant: TenantId, n: u128) -> StoredRow {
    let time = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
    let row = Row(vec![
        "box".into(),
        id(n).into(),
        "Ñandú 🦤 \"x\", {a,NULL}\\".into(),
        Cell::Int(i64::MIN + 1),
        true.into(),
        time.into(),
        NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().into(),
        id(77).into(),
        json!(["uno", "dos", {"k": [1, null, "é"]}]).into(),
        time.into(),
        "".into(),
    ]);
    StoredRow { tenant, row, positions: vec![Some(Position(3)), Some(Position(i64::MAX))] }
}

/// Claims a lane that nobody holds. What was dropped a moment ago is rolled back in the
/// background.
pub(crate) async fn claim(side: &Side, generation: i32, lane: i16) -> Box<dyn ClaimedLane> {
    for _ in 0..200 {
        if let Some(lane) = side.store.claim(&THINGS, generation, Lane(lane)).await.unwrap() {
            return lane;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("somebody holds lane {lane}")
}

/// Writes rows and moves the checkpoint.
pub(crate) async fn store(
    side: &Side,
    generation: i32,
    lane: i16,
    rows: Vec<StoredRow>,
    upto: i64,
) {
    let mut lane = claim(side, generation, lane).await;
    lane.store(&Writes { upserts: rows, deletes: vec![] }).await.unwrap();
    lane.commit(Position(upto)).await.unwrap();
}

pub(crate) async fn all(side: &Side, generation: i32) -> Vec<StoredRow> {
    side.store.scan(&THINGS, generation, None, 10_000).await.unwrap()
}

pub(crate) async fn execute(db: &TestDb, sql: &str) {
    sqlx::raw_sql(sql).execute(&db.pools().admin).await.unwrap();
}

pub(crate) async fn number(db: &TestDb, sql: &str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&db.pools().admin).await.unwrap()
}

pub(crate) fn metadata() -> Value {
    json!({
        "event_id": id(1), "command_id": id(2), "correlation_id": id(3), "causation_id": id(4),
        "actor_kind": "user", "actor_id": "u1", "occurred_at": "2026-01-02T03:04:05.000006Z",
    })
}

const LOCK_HEAD: &str = "update log.lane_heads set position = position + $2, \
     recorded_at = greatest(now(), recorded_at) where lane = $1 returning position - $2";
const EVENTS: &str = "insert into log.events select 'thing', $1::text, \
     coalesce((select max(sequence) from log.events where aggregate_type = 'thing' and aggregate_id = $1), 0) + n, \
     'Made', '1', jsonb_build_object('n', $3 + n), $4, $5, $3 + n, $6, now() \
     from generate_series(1, $2) n";

/// The appender's transaction, left open: head first, then the rows.
pub(crate) async fn begin_append(
    db: &TestDb,
    lane: i16,
    tenant: TenantId,
    stream: &str,
    events: i64,
) -> (sqlx::Transaction<'static, sqlx::Postgres>, i64) {
    let mut tx = db.pools().writer.begin().await.unwrap();
    let before: i64 =
        sqlx::query_scalar(LOCK_HEAD).bind(lane).bind(events).fetch_one(&mut *tx).await.unwrap();
    sqlx::query(
        "insert into log.tenant_lanes (tenant_id, lane) values ($1, $2) on conflict do nothing",
    )
    .bind(tenant.as_uuid())
    .bind(lane)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query(EVENTS)
        .bind(stream)
        .bind(events)
        .bind(before)
        .bind(metadata())
        .bind(lane)
        .bind(tenant.as_uuid())
        .execute(&mut *tx)
        .await
        .unwrap();
    (tx, before + events)
}

/// Appends and returns the lane's last position.
pub(crate) async fn append(
    db: &TestDb,
    lane: i16,
    tenant: TenantId,
    stream: &str,
    events: i64,
) -> i64 {
    let (tx, last) = begin_append(db, lane, tenant, stream, events).await;
    tx.commit().await.unwrap();
    last
}
