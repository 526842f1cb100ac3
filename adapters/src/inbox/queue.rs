//! Deliveries as work: claiming, settling, giving back.

use bitacora_commands::ports::{FactFate, InboxRow, Settled};
use bitacora_commands::sources::RequestParts;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::facts;

/// At least one delivery, and no more bodies than `$3` bytes: what does not fit stays unclaimed.
const CLAIM: &str = "\
with free as ( \
  select id, seq, octet_length(body) as length from inbox.deliveries \
  where processed_at is null \
    and (lease_until is null or lease_until < now()) \
    and (next_attempt_at is null or next_attempt_at <= now()) \
  order by seq limit $1 for update skip locked), \
sized as ( \
  select id, row_number() over arrival as n, sum(length) over arrival as bytes \
  from free window arrival as (order by seq)), \
fits as (select id from sized where n = 1 or bytes <= $3) \
update inbox.deliveries d \
set lease_until = now() + $2::bigint * interval '1 millisecond', attempts = d.attempts + 1 \
from fits where d.id = fits.id \
returning d.id, d.seq, d.source, d.body, d.request, d.received_at, d.traceparent, \
          d.attempts - 1 as attempts";

/// Only what is still open: a claim that ran out may have been settled by another process.
const SETTLE: &str = "\
update inbox.deliveries d \
set processed_at = now(), facts = s.facts, lease_until = null, next_attempt_at = null \
from unnest($1::uuid[], $2::integer[]) as s(id, facts) \
where d.id = s.id and d.processed_at is null \
returning d.id";

const POSTPONE: &str = "\
update inbox.deliveries set lease_until = null, next_attempt_at = $2, last_error = $3 \
where id = $1 and processed_at is null";

/// As it is stored; null when there is nothing to keep.
pub(super) fn written(request: &RequestParts) -> Option<Value> {
    let written = (*request != RequestParts::default()).then(|| serde_json::to_value(request));
    // texts only: there is always a JSON form
    written.and_then(Result::ok)
}

/// What was kept of the request.
pub(super) fn request(row: &PgRow) -> Result<RequestParts, sqlx::Error> {
    let Some(written) = row.try_get::<Option<Value>, _>("request")? else {
        return Ok(RequestParts::default());
    };
    serde_json::from_value(written).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn claimed(row: &PgRow) -> Result<InboxRow, sqlx::Error> {
    Ok(InboxRow {
        id: row.try_get("id")?,
        seq: row.try_get("seq")?,
        source: row.try_get("source")?,
        body: row.try_get("body")?,
        request: request(row)?,
        received_at: row.try_get("received_at")?,
        traceparent: row.try_get("traceparent")?,
        attempts: row.try_get("attempts")?,
    })
}

pub(super) async fn claim(
    pool: &PgPool,
    limit: i64,
    lease: chrono::Duration,
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let rows = sqlx::query(CLAIM)
        .bind(limit)
        .bind(lease.num_milliseconds())
        .bind(facts::CLAIM_BYTES_MAX)
        .fetch_all(pool)
        .await?;
    let mut rows: Vec<InboxRow> = rows.iter().map(claimed).collect::<Result<_, _>>()?;
    rows.sort_unstable_by_key(|row| row.seq);
    Ok(rows)
}

pub(super) async fn settle(pool: &PgPool, settled: Vec<Settled>) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let open: Vec<Uuid> = sqlx::query_scalar(SETTLE)
        .bind(settled.iter().map(|one| one.id).collect::<Vec<_>>())
        .bind(settled.iter().map(|one| one.facts).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await?;
    let (mut kept, mut odd) = (Vec::new(), Vec::new());
    for one in settled.into_iter().filter(|one| open.contains(&one.id)) {
        for fate in one.exceptions {
            match fate {
                FactFate::Done => {}
                FactFate::Kept(fact) => kept.push(fact),
                FactFate::Odd(anomaly) => odd.push(anomaly),
            }
        }
    }
    facts::keep(&mut transaction, &kept).await?;
    facts::note(&mut transaction, &odd).await?;
    transaction.commit().await
}

pub(super) async fn postpone(
    pool: &PgPool,
    id: Uuid,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(POSTPONE).bind(id).bind(at).bind(reason).execute(pool).await?;
    Ok(())
}

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] = &[CLAIM, SETTLE, POSTPONE];
