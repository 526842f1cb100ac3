//! What the database knows about contents, owners and litter.

use bitacora_commands::ports::{Blob, BlobError, BlobKey};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use super::unavailable;

const SET_TENANT: &str = "select set_config('app.tenant_id', $1, true)";

const FIND: &str = "select sha256, place, bytes, content_type, stored_at from blobs.contents \
     where tenant_id = $1 and sha256 = $2";
const ADD_CONTENT: &str = "insert into blobs.contents \
     (tenant_id, sha256, place, bytes, content_type) values ($1, $2, $3, $4, $5) \
     returning stored_at";
const REMOVE_CONTENT: &str = "delete from blobs.contents where tenant_id = $1 and sha256 = $2 \
     returning place, bytes";

const ADD_OWNER: &str = "insert into blobs.owners (tenant_id, sha256, owner, keep_until) \
     values ($1, $2, $3, $4) on conflict do nothing";
const REMOVE_OWNER: &str =
    "delete from blobs.owners where tenant_id = $1 and sha256 = $2 and owner = $3";
const IS_OWNED: &str =
    "select exists (select from blobs.owners where tenant_id = $1 and sha256 = $2)";
const EXPIRED: &str = "select tenant_id, sha256, owner from blobs.owners \
     where keep_until <= $1 order by keep_until limit $2";

const MAKE_ROOM: &str = "insert into blobs.room (tenant_id) values ($1) on conflict do nothing";
const LOCK_ROOM: &str = "select bytes from blobs.room where tenant_id = $1 for update";
const ROOM: &str = "select bytes from blobs.room where tenant_id = $1";
const TAKE_ROOM: &str = "update blobs.room set bytes = bytes + $2, contents = contents + $3 \
     where tenant_id = $1";

const EXPECT_LITTER: &str = "insert into blobs.litter (place, tenant_id, due_at) \
     values ($1, $2, now() + make_interval(secs => $3))";
const IS_NO_LITTER: &str = "delete from blobs.litter where place = $1 and taken_at is null";
const ADD_LITTER: &str = "insert into blobs.litter (place, tenant_id, due_at) values ($1, $2, now()) \
     on conflict (place) do update set due_at = now()";
const TAKE_ONE: &str = "update blobs.litter set taken_at = now() \
     where place = $1 and taken_at is null";
/// Whoever took one and did not come back is not waited for.
const TAKE_LITTER: &str = "update blobs.litter set taken_at = now() where place in ( \
       select place from blobs.litter \
       where due_at <= now() and (taken_at is null or taken_at < now() - interval '10 minutes') \
       order by due_at limit $1 for update skip locked) \
     returning place";
const FORGET_LITTER: &str = "delete from blobs.litter where place = any($1)";

pub(super) const STATEMENTS: &[&str] = &[
    SET_TENANT,
    FIND,
    ADD_CONTENT,
    REMOVE_CONTENT,
    ADD_OWNER,
    REMOVE_OWNER,
    IS_OWNED,
    EXPIRED,
    MAKE_ROOM,
    LOCK_ROOM,
    ROOM,
    TAKE_ROOM,
    EXPECT_LITTER,
    IS_NO_LITTER,
    ADD_LITTER,
    TAKE_ONE,
    TAKE_LITTER,
    FORGET_LITTER,
];

/// A content and where its bytes are.
#[derive(Clone, Debug)]
pub(super) struct ContentRow {
    pub(super) blob: Blob,
    pub(super) place: String,
}

/// Names a content of a tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) tenant: TenantId,
    pub(super) key: BlobKey,
}

/// What the API finds: row security answers for `tenant` only.
pub(super) async fn find(
    api: &PgPool,
    tenant: TenantId,
    key: BlobKey,
) -> Result<ContentRow, BlobError> {
    let mut transaction = api.begin().await.map_err(unavailable)?;
    let tenant_text = tenant.to_string();
    sqlx::query(SET_TENANT)
        .bind(tenant_text)
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let found = content(&mut transaction, Name { tenant, key }).await?;
    transaction.commit().await.map_err(unavailable)?;
    found.ok_or(BlobError::NotFound)
}

pub(super) async fn content(
    connection: &mut PgConnection,
    name: Name,
) -> Result<Option<ContentRow>, BlobError> {
    let found = sqlx::query(FIND).bind(name.tenant.as_uuid()).bind(name.key.as_bytes().as_slice());
    let found = found.fetch_optional(connection).await.map_err(unavailable)?;
    found.map(|row| content_row(&row, name.key)).transpose()
}

fn content_row(row: &PgRow, key: BlobKey) -> Result<ContentRow, BlobError> {
    let read = || {
        Ok(ContentRow {
            blob: Blob {
                key,
                bytes: u64::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or_default(),
                content_type: row.try_get("content_type")?,
                stored_at: row.try_get("stored_at")?,
            },
            place: row.try_get("place")?,
        })
    };
    read().map_err(unavailable)
}

pub(super) async fn add_content(
    connection: &mut PgConnection,
    name: Name,
    (place, bytes, content_type): (&str, u64, &str),
) -> Result<DateTime<Utc>, BlobError> {
    let added = sqlx::query_scalar(ADD_CONTENT)
        .bind(name.tenant.as_uuid())
        .bind(name.key.as_bytes().as_slice())
        .bind(place)
        .bind(signed(bytes))
        .bind(content_type);
    added.fetch_one(connection).await.map_err(unavailable)
}

/// Removes the row; returns where the bytes are, and how many.
pub(super) async fn remove_content(
    connection: &mut PgConnection,
    name: Name,
) -> Result<Option<(String, i64)>, BlobError> {
    let removed = sqlx::query_as(REMOVE_CONTENT)
        .bind(name.tenant.as_uuid())
        .bind(name.key.as_bytes().as_slice());
    removed.fetch_optional(connection).await.map_err(unavailable)
}

pub(super) async fn add_owner(
    connection: &mut PgConnection,
    name: Name,
    owner: &str,
    keep_until: Option<DateTime<Utc>>,
) -> Result<(), BlobError> {
    let added = sqlx::query(ADD_OWNER)
        .bind(name.tenant.as_uuid())
        .bind(name.key.as_bytes().as_slice())
        .bind(owner)
        .bind(keep_until);
    added.execute(connection).await.map(drop).map_err(unavailable)
}

/// Whether the owner was one.
pub(super) async fn remove_owner(
    connection: &mut PgConnection,
    name: Name,
    owner: &str,
) -> Result<bool, BlobError> {
    let removed = sqlx::query(REMOVE_OWNER)
        .bind(name.tenant.as_uuid())
        .bind(name.key.as_bytes().as_slice())
        .bind(owner);
    let removed = removed.execute(connection).await.map_err(unavailable)?;
    Ok(removed.rows_affected() > 0)
}

pub(super) async fn is_owned(connection: &mut PgConnection, name: Name) -> Result<bool, BlobError> {
    let owned = sqlx::query_scalar(IS_OWNED)
        .bind(name.tenant.as_uuid())
        .bind(name.key.as_bytes().as_slice());
    owned.fetch_one(connection).await.map_err(unavailable)
}

/// Owners whose time is over at `now`.
pub(super) async fn expired(
    writer: &PgPool,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<(Name, String)>, BlobError> {
    let rows: Vec<(Uuid, Vec<u8>, String)> = sqlx::query_as(EXPIRED)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(writer)
        .await
        .map_err(unavailable)?;
    let named = rows.into_iter().filter_map(|(tenant, key, owner)| {
        let key = BlobKey::new(key.try_into().ok()?);
        Some((Name { tenant: TenantId::new(tenant), key }, owner))
    });
    Ok(named.collect())
}

/// Locks what the tenant's contents take; returns how many bytes that is.
pub(super) async fn lock_room(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<u64, BlobError> {
    let made = sqlx::query(MAKE_ROOM).bind(tenant.as_uuid());
    made.execute(&mut *connection).await.map_err(unavailable)?;
    let taken: i64 = sqlx::query_scalar(LOCK_ROOM)
        .bind(tenant.as_uuid())
        .fetch_one(connection)
        .await
        .map_err(unavailable)?;
    Ok(u64::try_from(taken).unwrap_or_default())
}

/// What the tenant's contents take, bytes.
pub(super) async fn room_taken(writer: &PgPool, tenant: TenantId) -> Result<u64, BlobError> {
    let taken: Option<i64> = sqlx::query_scalar(ROOM)
        .bind(tenant.as_uuid())
        .fetch_optional(writer)
        .await
        .map_err(unavailable)?;
    Ok(taken.and_then(|taken| u64::try_from(taken).ok()).unwrap_or_default())
}

pub(super) async fn take_room(
    connection: &mut PgConnection,
    tenant: TenantId,
    (bytes, contents): (i64, i64),
) -> Result<(), BlobError> {
    let taken = sqlx::query(TAKE_ROOM).bind(tenant.as_uuid()).bind(bytes).bind(contents);
    taken.execute(connection).await.map(drop).map_err(unavailable)
}

/// A place that will be litter in `seconds` unless something becomes of it.
pub(super) async fn expect_litter(
    writer: &PgPool,
    tenant: TenantId,
    place: &str,
    seconds: f64,
) -> Result<(), BlobError> {
    let expected = sqlx::query(EXPECT_LITTER).bind(place).bind(tenant.as_uuid()).bind(seconds);
    expected.execute(writer).await.map(drop).map_err(unavailable)
}

/// Something became of the place; false when it counts as litter by now.
pub(super) async fn is_no_litter(
    connection: &mut PgConnection,
    place: &str,
) -> Result<bool, BlobError> {
    let kept = sqlx::query(IS_NO_LITTER).bind(place);
    Ok(kept.execute(connection).await.map_err(unavailable)?.rows_affected() > 0)
}

/// The place is litter now.
pub(super) async fn add_litter(
    connection: &mut PgConnection,
    tenant: TenantId,
    place: &str,
) -> Result<(), BlobError> {
    let added = sqlx::query(ADD_LITTER).bind(place).bind(tenant.as_uuid());
    added.execute(connection).await.map(drop).map_err(unavailable)
}

/// The caller deletes what is there; false when it is no litter, or somebody else does. It waits for a transaction that
/// is about to decide that.
pub(super) async fn take_one(writer: &PgPool, place: &str) -> Result<bool, BlobError> {
    let taken = sqlx::query(TAKE_ONE).bind(place).execute(writer).await.map_err(unavailable)?;
    Ok(taken.rows_affected() > 0)
}

/// Places of litter that the caller deletes.
pub(super) async fn take_litter(writer: &PgPool, limit: u32) -> Result<Vec<String>, BlobError> {
    let taken = sqlx::query_scalar(TAKE_LITTER).bind(i64::from(limit));
    taken.fetch_all(writer).await.map_err(unavailable)
}

/// What was there is gone.
pub(super) async fn forget_litter(writer: &PgPool, places: &[String]) -> Result<(), BlobError> {
    let forgotten = sqlx::query(FORGET_LITTER).bind(places);
    forgotten.execute(writer).await.map(drop).map_err(unavailable)
}

/// Sizes are bounded far below this.
pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
