//! What an operator sees of the queue, and decides.
//!
//! Questions of one tenant run with the API's connections, where row security answers for that
//! tenant only; those of the operator of the installation, and decisions, with the writer's.

use bitacora_commands::ports::{
    Decision, EffectCounts, EffectFilter, EffectRow, EffectState, EffectStory,
};
use bitacora_domain::TenantId;
use bitacora_domain::codec::{self, Visibility};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Row as _, Transaction};
use uuid::Uuid;

use super::rows::{self, effect_columns};

/// The longest list, whatever a caller asks for.
const MAX_PAGE: i64 = 10_001;
/// Attempts that are shown of one effect.
const ATTEMPTS_MAX: i64 = 100;

const SET_TENANT: &str = "select set_config('app.tenant_id', $1, true)";

const LIST: &str = concat!(
    "select ",
    effect_columns!(),
    " from effects.queue q \
     where ($1::uuid is null or q.tenant_id = $1) \
       and (cardinality($2::text[]) = 0 or q.state = any($2)) \
       and ($3::text is null or q.kind = $3) \
       and ($4::timestamptz is null or (q.created_at, q.id) < ($4, $5)) \
     order by q.created_at desc, q.id desc limit $6"
);

/// As [`LIST`], for what operators must look at: the planner knows that few are.
const LETTERS: &str = concat!(
    "select ",
    effect_columns!(),
    " from effects.queue q \
     where ($1::uuid is null or q.tenant_id = $1) \
       and q.state in ('unknown', 'dead') and q.state = any($2::text[]) \
       and ($3::text is null or q.kind = $3) \
       and ($4::timestamptz is null or (q.created_at, q.id) < ($4, $5)) \
     order by q.created_at desc, q.id desc limit $6"
);

const ONE: &str = concat!(
    "select ",
    effect_columns!(),
    ", q.payload from effects.queue q where q.id = $1 and ($2::uuid is null or q.tenant_id = $2)"
);

const ATTEMPTS: &str = "\
select attempt, worker, started_at, ended_at, outcome, code from effects.attempts \
where effect = $1 order by attempt desc limit $2";

/// Each part has an index of its own: most effects are over.
const COUNTS: &str = "\
select 'pending' as state, count(*) from effects.queue where state = 'pending' \
union all select 'running', count(*) from effects.queue where state = 'running' \
union all select state, count(*) from effects.queue where state in ('unknown', 'dead') \
          group by state";

const OLDEST_DUE: &str = "\
select min(next_attempt_at) from effects.queue where state = 'pending' and next_attempt_at <= $1";

const LOCK: &str = "\
select state, lease_until is not null and lease_until >= now() as busy from effects.queue \
where id = $1 and ($2::uuid is null or tenant_id = $2) for update";

const RETRY: &str = "\
update effects.queue \
set state = 'pending', next_attempt_at = $2, failures = 0, asked = 0, by_operator = true, \
    fence = fence + 1, lease_until = null, finished_at = null, decided_by = $3 \
where id = $1";

/// Whom it concerns is told by a worker.
const DISCARD: &str = "\
update effects.queue \
set state = 'discarded', next_attempt_at = $2, asked = 0, fence = fence + 1, lease_until = null, \
    finished_at = $2, decided_by = $3 \
where id = $1";

/// Those behind one that is no longer tried later need not wait for its time. What was tried
/// itself has a time of its own; what a worker has locked is behind another one, and waits for
/// that.
const RELEASE: &str = "\
update effects.queue set next_attempt_at = greatest(due_at, $2) where id in ( \
  select b.id from effects.queue q join effects.queue b \
    on b.tenant_id = q.tenant_id and b.serial_key = q.serial_key and b.serial_key is not null \
   and b.state = 'pending' and b.attempts = 0 \
   and (b.position, b.ordinal) > (q.position, q.ordinal) \
  where q.id = $1 for update of b skip locked)";

/// A transaction for questions: of `tenant` with the API's connections, else with the writer's.
async fn question(
    (writer, api): (&PgPool, &PgPool),
    tenant: Option<TenantId>,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let Some(tenant) = tenant else { return writer.begin().await };
    let mut transaction = api.begin().await?;
    sqlx::query(SET_TENANT).bind(tenant.to_string()).execute(&mut *transaction).await?;
    Ok(transaction)
}

pub(super) async fn list(
    pools: (&PgPool, &PgPool),
    filter: &EffectFilter,
    limit: i64,
) -> Result<Vec<EffectRow>, sqlx::Error> {
    let letter = |state: &EffectState| matches!(state, EffectState::Unknown | EffectState::Dead);
    let letters = !filter.states.is_empty() && filter.states.iter().all(letter);
    let mut transaction = question(pools, filter.tenant).await?;
    let rows = sqlx::query(if letters { LETTERS } else { LIST })
        .bind(filter.tenant.map(TenantId::as_uuid))
        .bind(filter.states.iter().map(|state| state.name()).collect::<Vec<_>>())
        .bind(filter.kind.as_deref())
        .bind(filter.before.map(|(at, _)| at))
        .bind(filter.before.map(|(_, id)| id))
        .bind(limit.clamp(0, MAX_PAGE))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    rows.iter().map(rows::effect).collect()
}

pub(super) async fn show(
    pools: (&PgPool, &PgPool),
    tenant: Option<TenantId>,
    id: Uuid,
) -> Result<Option<EffectStory>, sqlx::Error> {
    let mut transaction = question(pools, tenant).await?;
    let found = sqlx::query(ONE)
        .bind(id)
        .bind(tenant.map(TenantId::as_uuid))
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let attempts =
        sqlx::query(ATTEMPTS).bind(id).bind(ATTEMPTS_MAX).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Some(EffectStory {
        row: rows::effect(&found)?,
        payload: codec::open(found.try_get("payload")?, Visibility::Masked),
        attempts: attempts.iter().map(rows::attempt).collect::<Result<_, _>>()?,
    }))
}

pub(super) async fn counts(pool: &PgPool, now: DateTime<Utc>) -> Result<EffectCounts, sqlx::Error> {
    let by_state: Vec<(String, i64)> = sqlx::query_as(COUNTS).fetch_all(pool).await?;
    let oldest_due = sqlx::query_scalar(OLDEST_DUE).bind(now).fetch_one(pool).await?;
    let states = by_state
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| Ok((rows::state(&name)?, count)))
        .collect::<Result<_, sqlx::Error>>()?;
    Ok(EffectCounts { states, oldest_due })
}

/// An operator's wish about one effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) tenant: Option<TenantId>,
    pub(super) id: Uuid,
    pub(super) by: &'a str,
    pub(super) now: DateTime<Utc>,
}

pub(super) async fn retry(
    pool: &PgPool,
    wish: Wish<'_>,
    may_repeat: bool,
) -> Result<Decision, sqlx::Error> {
    decide(pool, wish, RETRY, |state| match state {
        EffectState::Dead => None,
        EffectState::Unknown if may_repeat => None,
        EffectState::Unknown => Some(Decision::MayRepeat),
        EffectState::Pending
        | EffectState::Running
        | EffectState::Done
        | EffectState::Dropped
        | EffectState::Discarded => Some(Decision::Impossible(state)),
    })
    .await
}

pub(super) async fn discard(pool: &PgPool, wish: Wish<'_>) -> Result<Decision, sqlx::Error> {
    decide(pool, wish, DISCARD, |state| match state {
        EffectState::Pending | EffectState::Unknown | EffectState::Dead => None,
        EffectState::Running => Some(Decision::Busy),
        EffectState::Done | EffectState::Dropped | EffectState::Discarded => {
            Some(Decision::Impossible(state))
        }
    })
    .await
}

/// Does `statement` unless `objection` has something against the state.
async fn decide(
    pool: &PgPool,
    wish: Wish<'_>,
    statement: &'static str,
    objection: impl FnOnce(EffectState) -> Option<Decision>,
) -> Result<Decision, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let state = match locked(&mut transaction, wish).await? {
        None => Err(Decision::NotFound),
        Some((state, busy)) => match objection(state) {
            Some(objection) => Err(objection),
            None if busy => Err(Decision::Busy),
            None => Ok(state),
        },
    };
    let state = match state {
        Ok(state) => state,
        Err(no) => {
            // Not left to the drop, which ends it later: a worker passes over what is locked.
            transaction.rollback().await?;
            return Ok(no);
        }
    };
    sqlx::query(statement)
        .bind(wish.id)
        .bind(wish.now)
        .bind(wish.by)
        .execute(&mut *transaction)
        .await?;
    if state == EffectState::Pending {
        sqlx::query(RELEASE).bind(wish.id).bind(wish.now).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(Decision::Made(state))
}

async fn locked(
    connection: &mut PgConnection,
    wish: Wish<'_>,
) -> Result<Option<(EffectState, bool)>, sqlx::Error> {
    let row = sqlx::query(LOCK)
        .bind(wish.id)
        .bind(wish.tenant.map(TenantId::as_uuid))
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok((rows::state(row.try_get("state")?)?, row.try_get("busy")?))).transpose()
}

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] =
    &[SET_TENANT, LIST, LETTERS, ONE, ATTEMPTS, COUNTS, OLDEST_DUE, LOCK, RETRY, DISCARD, RELEASE];
