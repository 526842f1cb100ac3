//! Logins.

use bitacora_commands::ports::{NewSession, Rotation, RotationRequest, SessionRow};
use bitacora_domain::{TenantId, UserId};
use chrono::{DateTime, Utc};
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

/// Logins of one user that live at once; a further one ends the oldest.
const LIVE_MAX: i64 = 20;

/// Opens a login, ends those of the user that are too many, and forgets those that ended a month
/// ago: the table stays as large as its users are many.
const OPEN: &str = "\
with forgotten as (delete from auth.sessions where user_id = $2 \
                   and least(expires_at, revoked_at) < $5 - interval '30 days'), \
     crowded as (update auth.sessions set revoked_at = $5, reason = 'too_many' where id in \
                 (select id from auth.sessions where user_id = $2 and revoked_at is null \
                  and expires_at > $5 order by created_at desc, id offset $8 - 1)) \
insert into auth.sessions (id, user_id, tenant_id, token_hash, created_at, last_used_at, \
                           expires_at, user_agent) \
values ($1, $2, $3, $4, $5, $5, $6, $7)";
const FIND: &str = "select user_id, tenant_id, revoked_at is null and expires_at > $2 as live \
     from auth.sessions where id = $1";
const ROTATE: &str = "update auth.sessions \
     set token_hash = $4, generation = generation + 1, last_used_at = $5, expires_at = $6 \
     where id = $1 and generation = $2 and token_hash = $3 and revoked_at is null \
     and expires_at > $5 returning user_id, tenant_id";
/// A token of an earlier generation was handed in again: whoever has the later one may be a
/// thief, and nobody can tell who.
const REVOKE_REUSED: &str = "update auth.sessions set revoked_at = $3, reason = 'reused' \
     where id = $1 and generation > $2 and revoked_at is null and expires_at > $3 \
     returning user_id";
const REVOKE: &str = "update auth.sessions set revoked_at = $3, reason = $2 \
     where id = $1 and revoked_at is null";
const REVOKE_ALL: &str = "update auth.sessions set revoked_at = $4, reason = $3 \
     where user_id = $1 and revoked_at is null and id is distinct from $2";

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] = &[OPEN, FIND, ROTATE, REVOKE_REUSED, REVOKE, REVOKE_ALL];

pub(super) async fn open(pool: &PgPool, session: NewSession) -> Result<(), sqlx::Error> {
    sqlx::query(OPEN)
        .bind(session.id)
        .bind(session.user.as_uuid())
        .bind(session.tenant.as_uuid())
        .bind(session.token_hash.as_slice())
        .bind(session.now)
        .bind(session.expires_at)
        .bind(session.user_agent)
        .bind(LIVE_MAX)
        .execute(pool)
        .await
        .map(drop)
}

pub(super) async fn find(
    pool: &PgPool,
    session: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<SessionRow>, sqlx::Error> {
    let row = sqlx::query(FIND).bind(session).bind(now).fetch_optional(pool).await?;
    let read = |row: sqlx::postgres::PgRow| {
        Ok(SessionRow {
            user: UserId::new(row.try_get("user_id")?),
            tenant: TenantId::new(row.try_get("tenant_id")?),
            live: row.try_get("live")?,
        })
    };
    row.map(read).transpose()
}

pub(super) async fn rotate(
    pool: &PgPool,
    request: RotationRequest,
) -> Result<Rotation, sqlx::Error> {
    let rotated = sqlx::query(ROTATE)
        .bind(request.session)
        .bind(request.generation)
        .bind(request.presented.as_slice())
        .bind(request.next.as_slice())
        .bind(request.now)
        .bind(request.expires_at)
        .fetch_optional(pool)
        .await?;
    if let Some(row) = rotated {
        let user = UserId::new(row.try_get("user_id")?);
        let tenant = TenantId::new(row.try_get("tenant_id")?);
        return Ok(Rotation::Done { user, tenant });
    }
    let reused = sqlx::query_scalar::<_, Uuid>(REVOKE_REUSED)
        .bind(request.session)
        .bind(request.generation)
        .bind(request.now)
        .fetch_optional(pool)
        .await?;
    Ok(reused.map_or(Rotation::Ended, |user| Rotation::Reused { user: UserId::new(user) }))
}

pub(super) async fn revoke(
    pool: &PgPool,
    session: Uuid,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let revoked = sqlx::query(REVOKE).bind(session).bind(reason).bind(now).execute(pool).await?;
    Ok(revoked.rows_affected() > 0)
}

pub(super) async fn revoke_all(
    pool: &PgPool,
    user: UserId,
    except: Option<Uuid>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let revoked = sqlx::query(REVOKE_ALL).bind(user.as_uuid()).bind(except).bind(reason).bind(now);
    Ok(revoked.execute(pool).await?.rows_affected())
}
