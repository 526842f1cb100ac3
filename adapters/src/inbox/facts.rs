//! Facts that are kept, and anomalies.

use bitacora_commands::ports::{Anomaly, FactFate, PendingFact, PendingState};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

const KEEP: &str = "\
insert into inbox.facts (delivery, ordinal, key, source, tenant_id, waits_for, state, reason, \
                         attempts, next_attempt_at) \
select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::text[], \
                     $7::text[], $8::text[], $9::integer[], $10::timestamptz[]) \
on conflict (delivery, ordinal) do nothing";

const NOTE: &str = "\
insert into inbox.anomalies (delivery, key, tenant_id, kind) \
select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) \
on conflict do nothing";

/// By the worker's clock what is due, by the database's what is leased. Claiming moves the next
/// attempt behind the lease, so that a release meanwhile is not overlooked (see [`KEEP_ON`]). At
/// least one fact, and no more bodies than `$4` bytes.
const DUE: &str = "\
with free as ( \
  select delivery, ordinal, next_attempt_at from inbox.facts \
  where next_attempt_at <= $1 and (lease_until is null or lease_until < now()) \
  order by next_attempt_at, delivery, ordinal limit $2 for update skip locked), \
sized as ( \
  select f.delivery, f.ordinal, row_number() over arrival as n, \
         sum(octet_length(d.body)) over arrival as bytes \
  from free f join inbox.deliveries d on d.id = f.delivery \
  window arrival as (order by f.next_attempt_at, f.delivery, f.ordinal)), \
due as (select delivery, ordinal from sized where n = 1 or bytes <= $4) \
update inbox.facts f \
set lease_until = now() + $3::bigint * interval '1 millisecond', \
    next_attempt_at = now() + $3::bigint * interval '1 millisecond', attempts = f.attempts + 1 \
from due join inbox.deliveries d on d.id = due.delivery \
where f.delivery = due.delivery and f.ordinal = due.ordinal \
returning f.delivery, f.ordinal, f.key, f.source, f.tenant_id, f.waits_for, f.state, f.reason, \
          f.attempts, f.next_attempt_at, d.body, d.request, d.received_at";

/// Due since ever: before all that came due by itself, whatever the clocks say.
const RELEASE: &str = "\
update inbox.facts set next_attempt_at = to_timestamp(0) \
where state in ('waiting', 'unroutable') \
  and md5(waits_for) = any(array(select md5(what) from unnest($1::text[]) as w(what)))";

const RETRY: &str = "\
update inbox.facts set next_attempt_at = to_timestamp(0) where delivery = $1 and ordinal = $2";

/// What was released while it was being tried stays due: the attempt may have looked too early.
const KEEP_ON: &str = "\
update inbox.facts set tenant_id = coalesce($3, tenant_id), waits_for = $4, state = $5, \
       reason = $6, lease_until = null, \
       next_attempt_at = case when $7::timestamptz is not null \
                               and next_attempt_at = to_timestamp(0) \
                              then next_attempt_at else $7 end \
where delivery = $1 and ordinal = $2";

const REMOVE: &str = "delete from inbox.facts where delivery = $1 and ordinal = $2";

/// Bodies that one claim brings into memory, in bytes; more only for a single fact.
pub(super) const CLAIM_BYTES_MAX: i64 = 16 * 1024 * 1024;

pub(super) fn state(text: &str) -> Result<PendingState, sqlx::Error> {
    let unknown = || sqlx::Error::Decode(format!("unknown state of a kept fact: {text}").into());
    PendingState::named(text).ok_or_else(unknown)
}

pub(super) fn pending(row: &PgRow) -> Result<PendingFact, sqlx::Error> {
    Ok(PendingFact {
        delivery: row.try_get("delivery")?,
        ordinal: row.try_get("ordinal")?,
        key: row.try_get("key")?,
        source: row.try_get("source")?,
        tenant: row.try_get::<Option<Uuid>, _>("tenant_id")?.map(TenantId::new),
        waits_for: row.try_get("waits_for")?,
        state: state(row.try_get("state")?)?,
        reason: row.try_get("reason")?,
        attempts: row.try_get("attempts")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        body: row.try_get("body")?,
        request: super::queue::request(row)?,
        received_at: row.try_get("received_at")?,
    })
}

/// Keeps facts; one that is kept already stays as it is.
pub(super) async fn keep(
    connection: &mut PgConnection,
    facts: &[PendingFact],
) -> Result<(), sqlx::Error> {
    if facts.is_empty() {
        return Ok(());
    }
    let all = || facts.iter();
    sqlx::query(KEEP)
        .bind(all().map(|f| f.delivery).collect::<Vec<_>>())
        .bind(all().map(|f| f.ordinal).collect::<Vec<_>>())
        .bind(all().map(|f| storable(&f.key)).collect::<Vec<_>>())
        .bind(all().map(|f| f.source.as_str()).collect::<Vec<_>>())
        .bind(all().map(|f| f.tenant.map(TenantId::as_uuid)).collect::<Vec<_>>())
        .bind(all().map(|f| f.waits_for.as_deref().map(storable)).collect::<Vec<_>>())
        .bind(all().map(|f| f.state.name()).collect::<Vec<_>>())
        .bind(all().map(|f| f.reason.as_str()).collect::<Vec<_>>())
        .bind(all().map(|f| f.attempts).collect::<Vec<_>>())
        .bind(all().map(|f| f.next_attempt_at).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes anomalies, each once.
pub(super) async fn note(
    connection: &mut PgConnection,
    anomalies: &[Anomaly],
) -> Result<(), sqlx::Error> {
    if anomalies.is_empty() {
        return Ok(());
    }
    for anomaly in anomalies {
        metrics::counter!("bitacora_inbox_anomalies_total", "kind" => anomaly.kind).increment(1);
    }
    let all = || anomalies.iter();
    sqlx::query(NOTE)
        .bind(all().map(|a| a.delivery).collect::<Vec<_>>())
        .bind(all().map(|a| storable(&a.key)).collect::<Vec<_>>())
        .bind(all().map(|a| a.tenant.map(TenantId::as_uuid)).collect::<Vec<_>>())
        .bind(all().map(|a| a.kind).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn due(
    pool: &PgPool,
    now: DateTime<Utc>,
    released: &[String],
    limit: i64,
    lease: chrono::Duration,
) -> Result<Vec<PendingFact>, sqlx::Error> {
    if !released.is_empty() {
        release(pool, released).await?;
    }
    let rows = sqlx::query(DUE)
        .bind(now)
        .bind(limit)
        .bind(lease.num_milliseconds())
        .bind(CLAIM_BYTES_MAX)
        .fetch_all(pool)
        .await?;
    let mut facts: Vec<PendingFact> = rows.iter().map(pending).collect::<Result<_, _>>()?;
    // ids of deliveries are UUIDv7: they tell those of one moment apart
    facts.sort_by_key(|fact| (fact.received_at, fact.delivery, fact.ordinal));
    Ok(facts)
}

/// Makes what waits for one of `what` due; returns how many.
pub(super) async fn release(pool: &PgPool, what: &[String]) -> Result<u64, sqlx::Error> {
    let what: Vec<String> = what.iter().map(|what| storable(what)).collect();
    Ok(sqlx::query(RELEASE).bind(what).execute(pool).await?.rows_affected())
}

/// Makes one fact due; is it there?
pub(super) async fn retry(
    pool: &PgPool,
    delivery: Uuid,
    ordinal: i32,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(RETRY).bind(delivery).bind(ordinal).execute(pool).await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn resolve(
    pool: &PgPool,
    fact: &PendingFact,
    fate: FactFate,
) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    if let FactFate::Kept(next) = &fate {
        sqlx::query(KEEP_ON)
            .bind(fact.delivery)
            .bind(fact.ordinal)
            .bind(next.tenant.map(TenantId::as_uuid))
            .bind(next.waits_for.as_deref().map(storable))
            .bind(next.state.name())
            .bind(&next.reason)
            .bind(next.next_attempt_at)
            .execute(&mut *transaction)
            .await?;
    } else {
        sqlx::query(REMOVE)
            .bind(fact.delivery)
            .bind(fact.ordinal)
            .execute(&mut *transaction)
            .await?;
    }
    if let FactFate::Odd(anomaly) = fate {
        note(&mut transaction, &[anomaly]).await?;
    }
    transaction.commit().await
}

/// Texts of strangers may hold NUL, which Postgres does not.
fn storable(text: &str) -> String {
    bitacora_domain::text::storable(text).0
}

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] = &[KEEP, NOTE, DUE, RELEASE, RETRY, KEEP_ON, REMOVE];
