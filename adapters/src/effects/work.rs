//! Effects as work: claiming, looking after, settling, sweeping. Each is one statement, and so
//! one short transaction.

use bitacora_commands::ports::{ClaimRequest, EffectClaim, EffectResult};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::{PgPool, Row as _};

use super::rows::{self, claim_columns};

/// By the worker's clock what is due, by the database's what is leased.
///
/// One in a line waits for those before it that are due and neither unknown nor dead: what an
/// operator has to decide must not silence a conversation, and what is to be done tomorrow must
/// not keep back what is to be done today. The window over which tenants take turns is larger
/// than the claim, and tenants of which the worker has its hands full are not in it.
///
/// `offset 0` keeps the look at the line behind the order, however few rows the planner expects:
/// it ends with the window, and is not made for everything that is due. `mine` looks again at
/// rows that another worker may have taken meanwhile. It names state and time behind `coalesce`,
/// so that the planner finds these few rows by their ids and does not read the index of
/// everything that is due for them.
const CLAIM: &str = concat!(
    "\
with free as ( \
  select q.id, q.tenant_id, q.next_attempt_at from ( \
    select d.id, d.tenant_id, d.next_attempt_at, d.serial_key, d.position, d.ordinal \
    from effects.queue d \
    where d.state = 'pending' and d.next_attempt_at <= $1 and d.kind = any($2) \
      and d.tenant_id <> all($3) \
    order by d.next_attempt_at, d.id offset 0) q \
  where (q.serial_key is null or not exists ( \
      select from effects.queue b \
      where b.tenant_id = q.tenant_id and b.serial_key = q.serial_key \
        and b.serial_key is not null and b.state in ('pending', 'running') and b.id <> q.id \
        and (b.state = 'running' \
             or (least(b.due_at, b.next_attempt_at) <= $1 \
                 and (b.position, b.ordinal) < (q.position, q.ordinal))))) \
  order by q.next_attempt_at, q.id limit $4 * 8), \
turns as ( \
  select id, next_attempt_at, \
         row_number() over (partition by tenant_id order by next_attempt_at, id) as turn \
  from free), \
fair as ( \
  select id from turns where turn <= $5 order by turn, next_attempt_at, id limit $4), \
mine as ( \
  select q.id from effects.queue q \
  where q.id = any(array(select id from fair)) and coalesce(q.state, '') = 'pending' \
    and coalesce(q.next_attempt_at, 'infinity') <= $1 for update skip locked), \
claimed as ( \
  update effects.queue q \
  set state = 'running', attempts = q.attempts + 1, fence = q.fence + 1, asked = 0, \
      woken_at = null, \
      lease_until = now() + $6::bigint * interval '1 millisecond' \
  from mine where q.id = mine.id returning q.*), \
tried as ( \
  insert into effects.attempts (effect, attempt, tenant_id, worker, started_at) \
  select id, attempts, tenant_id, $7, $1 from claimed) \
select ",
    claim_columns!(),
    " from claimed order by next_attempt_at, id"
);

/// Attempts whose lease ran out keep their number: nothing new begins.
const LOOK_AFTER: &str = concat!(
    "\
with lost as ( \
  select id from effects.queue \
  where state = 'running' and lease_until < now() and kind = any($2) \
  order by lease_until limit ($3 + 1) / 2 for update skip locked), \
open as ( \
  select id from effects.queue \
  where state in ('unknown', 'dead', 'discarded') and next_attempt_at is not null \
    and next_attempt_at <= $1 and (lease_until is null or lease_until < now()) \
    and kind = any($2) \
  order by next_attempt_at, id limit ($3 + 1) / 2 for update skip locked), \
claimed as ( \
  update effects.queue q \
  set fence = q.fence + 1, lease_until = now() + $4::bigint * interval '1 millisecond' \
  from (select id from lost union all select id from open) mine \
  where q.id = mine.id returning q.*) \
select ",
    claim_columns!(),
    " from claimed order by next_attempt_at, id"
);

/// Only the result of the last claim counts, and only once.
///
/// Those behind one that is to be tried again later need not be looked at before it is: during
/// an outage the claim would read all of them again and again. Of deferrals in a row only the
/// last is kept: an effect may wait for weeks for its channel. What it put itself off for may have
/// come meanwhile (`woken_at`): then it is tried again at once.
const SETTLE: &str = "\
with told as ( \
  select * from unnest($2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[], $6::integer[], \
                       $7::integer[], $8::text[], $9::text[], $10::integer[], $11::text[]) \
    as t (id, fence, state, next_at, failures, asked, code, detail, attempt, outcome)), \
settled as ( \
  update effects.queue q \
  set state = t.state, failures = t.failures, asked = t.asked, \
      next_attempt_at = case when t.outcome = 'defer' then coalesce(q.woken_at, t.next_at) \
                             else t.next_at end, \
      lease_until = null, by_operator = q.by_operator and t.state = 'pending', \
      last_code = coalesce(t.code, q.last_code), \
      last_detail = case when t.code is null then q.last_detail else t.detail end, \
      finished_at = case when t.state in ('done', 'dropped', 'dead', 'discarded') \
                         then coalesce(q.finished_at, $1) end \
  from told t \
  where q.id = t.id and q.fence = t.fence and q.lease_until is not null \
  returning q.id, q.tenant_id, q.serial_key, q.position, q.ordinal, q.state, q.next_attempt_at, \
            t.attempt, t.outcome, t.code), \
ended as ( \
  update effects.attempts a set ended_at = $1, outcome = s.outcome, code = s.code \
  from settled s where a.effect = s.id and a.attempt = s.attempt and s.outcome is not null), \
folded as ( \
  delete from effects.attempts a using settled s \
  where s.outcome = 'defer' and a.effect = s.id and a.attempt = s.attempt - 1 \
    and a.outcome = 'defer'), \
behind as ( \
  update effects.queue b set next_attempt_at = s.next_attempt_at \
  from settled s \
  where s.state = 'pending' and s.serial_key is not null \
    and b.tenant_id = s.tenant_id and b.serial_key = s.serial_key and b.serial_key is not null \
    and b.state = 'pending' and b.next_attempt_at < s.next_attempt_at \
    and (b.position, b.ordinal) > (s.position, s.ordinal)) \
select count(*) from settled";

const NEXT_DUE: &str = "\
select min(next_attempt_at) from effects.queue where state = 'pending' and next_attempt_at > $1";

/// Their attempts go with them.
const SWEEP: &str = "\
delete from effects.queue where id in ( \
  select id from effects.queue \
  where state in ('done', 'dropped', 'discarded') and finished_at < $1 \
    and next_attempt_at is null \
  order by finished_at limit $2 for update skip locked)";

/// Two workers took effects of one line at the same moment (see `queue_one_at_a_time`).
const UNIQUE_VIOLATION: &str = "23505";

pub(super) async fn claim(
    pool: &PgPool,
    now: DateTime<Utc>,
    request: &ClaimRequest,
) -> Result<Vec<EffectClaim>, sqlx::Error> {
    let claimed = sqlx::query(CLAIM)
        .bind(now)
        .bind(&request.kinds)
        .bind(request.full.iter().map(|tenant| TenantId::as_uuid(*tenant)).collect::<Vec<_>>())
        .bind(request.limit)
        .bind(request.per_tenant)
        .bind(request.lease.num_milliseconds())
        .bind(&request.worker)
        .fetch_all(pool)
        .await;
    match claimed {
        Ok(rows) => rows.iter().map(|row| rows::claim(row, true)).collect(),
        // Nothing was claimed; the next look sees what the other has taken.
        Err(sqlx::Error::Database(refused))
            if refused.code().as_deref() == Some(UNIQUE_VIOLATION) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn look_after(
    pool: &PgPool,
    now: DateTime<Utc>,
    request: &ClaimRequest,
) -> Result<Vec<EffectClaim>, sqlx::Error> {
    let rows = sqlx::query(LOOK_AFTER)
        .bind(now)
        .bind(&request.kinds)
        .bind(request.limit)
        .bind(request.lease.num_milliseconds())
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| rows::claim(row, false)).collect()
}

pub(super) async fn settle(
    pool: &PgPool,
    now: DateTime<Utc>,
    results: &[EffectResult],
) -> Result<u64, sqlx::Error> {
    // Always in one order, so that two workers never wait for each other.
    let mut all: Vec<&EffectResult> = results.iter().collect();
    all.sort_unstable_by_key(|result| result.id);
    let column = || all.iter();
    let taken: i64 = sqlx::query(SETTLE)
        .bind(now)
        .bind(column().map(|r| r.id).collect::<Vec<_>>())
        .bind(column().map(|r| r.fence).collect::<Vec<_>>())
        .bind(column().map(|r| r.state.name()).collect::<Vec<_>>())
        .bind(column().map(|r| r.next_at).collect::<Vec<_>>())
        .bind(column().map(|r| r.failures).collect::<Vec<_>>())
        .bind(column().map(|r| r.asked).collect::<Vec<_>>())
        .bind(column().map(|r| r.code.as_deref().map(storable)).collect::<Vec<_>>())
        .bind(column().map(|r| r.detail.as_deref().map(storable)).collect::<Vec<_>>())
        .bind(column().map(|r| r.ended.map(|(attempt, _)| attempt)).collect::<Vec<_>>())
        .bind(column().map(|r| r.ended.map(|(_, outcome)| outcome)).collect::<Vec<_>>())
        .fetch_one(pool)
        .await?
        .try_get(0)?;
    Ok(u64::try_from(taken).unwrap_or_default())
}

pub(super) async fn next_due(
    pool: &PgPool,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar(NEXT_DUE).bind(now).fetch_one(pool).await
}

pub(super) async fn sweep(
    pool: &PgPool,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query(SWEEP).bind(before).bind(limit).execute(pool).await?.rows_affected())
}

/// Texts of providers may hold NUL, which Postgres does not.
fn storable(text: &str) -> String {
    bitacora_domain::text::storable(text).0
}

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] = &[CLAIM, LOOK_AFTER, SETTLE, NEXT_DUE, SWEEP];
