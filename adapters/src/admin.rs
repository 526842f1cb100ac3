//! Questions of operators that no port asks: for `doctor`, `tenant list`, `history` and `replay`.

use std::time::{Duration, Instant};

use bitacora_domain::{Lane, StreamId, TenantId, Version};
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, PgPool};
use uuid::Uuid;

/// How to connect to a database.
pub use sqlx::postgres::PgConnectOptions as Connection;

/// What Postgres or the connection said.
pub type AdminError = sqlx::Error;

/// The connection that a URL names.
///
/// # Errors
/// When it is no Postgres URL.
pub fn connection(url: &str) -> Result<Connection, AdminError> {
    url.parse()
}

/// The connection as a URL, for child processes.
pub fn url(connection: &Connection) -> String {
    connection.to_url_lossy().to_string()
}

/// The server's own words about its version.
///
/// # Errors
/// When the database cannot be reached.
pub async fn server_version(pool: &PgPool) -> Result<String, AdminError> {
    sqlx::query_scalar(SERVER_VERSION).fetch_one(pool).await
}

/// All tenants that have a lane, in the order in which they got it; not the system tenant.
/// `pool` must see all tenants (writer or projector).
///
/// # Errors
/// When the database cannot be reached.
pub async fn tenants(pool: &PgPool) -> Result<Vec<(TenantId, Lane)>, AdminError> {
    let rows: Vec<(Uuid, i16)> = sqlx::query_as(TENANTS).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(tenant, lane)| (TenantId::new(tenant), Lane(lane))).collect())
}

/// Whose stream it is; `None` when there is no such stream. `pool` must see all tenants.
///
/// # Errors
/// When the database cannot be reached.
pub async fn owner_of(pool: &PgPool, stream: &StreamId) -> Result<Option<TenantId>, AdminError> {
    let owner: Option<Uuid> = sqlx::query_scalar(OWNER_OF)
        .bind(&stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .fetch_optional(pool)
        .await?;
    Ok(owner.map(TenantId::new))
}

/// One stream of the log.
#[derive(Clone, Debug)]
pub struct StreamInfo {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub stream: StreamId,
    /// Version at the time of the question.
    pub version: Version,
}

/// Streams behind `after` in the order of their ids, at most `limit`. `pool` must see all tenants.
///
/// # Errors
/// When the database cannot be reached.
pub async fn streams(
    pool: &PgPool,
    after: Option<&StreamId>,
    limit: i64,
) -> Result<Vec<StreamInfo>, AdminError> {
    let (kind, id) =
        after.map_or(("", ""), |s| (s.aggregate_type.as_str(), s.aggregate_id.as_str()));
    let rows: Vec<(Uuid, String, String, i64)> =
        sqlx::query_as(STREAMS).bind(kind).bind(id).bind(limit).fetch_all(pool).await?;
    Ok(rows
        .into_iter()
        .map(|(tenant, kind, id, version)| StreamInfo {
            tenant: TenantId::new(tenant),
            stream: StreamId::new(kind, id),
            version: Version(version),
        })
        .collect())
}

/// What is wrong with the isolation of tenants; empty when nothing is.
///
/// # Errors
/// When the database cannot be reached.
pub async fn isolation_faults(pool: &PgPool) -> Result<Vec<String>, AdminError> {
    let rows: Vec<(String, String)> = sqlx::query_as(ISOLATION_FAULTS).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(relation, fault)| format!("{relation}: {fault}")).collect())
}

/// What waits in the inbox.
#[derive(Clone, Debug)]
pub struct InboxState {
    /// Deliveries that nobody has worked on yet.
    pub backlog: i64,
    /// Kept facts by state (`waiting`, `unroutable`, `ignored`, `failed`).
    pub kept: Vec<(String, i64)>,
}

/// What waits in the inbox. `pool` is the writer's.
///
/// # Errors
/// When the database cannot be reached.
pub async fn inbox_state(pool: &PgPool) -> Result<InboxState, AdminError> {
    let backlog = sqlx::query_scalar(INBOX_BACKLOG).fetch_one(pool).await?;
    let kept = sqlx::query_as(INBOX_KEPT).fetch_all(pool).await?;
    Ok(InboxState { backlog, kept })
}

/// Sends a notification to ourselves and returns how long it took; an error after two seconds.
/// A connection pooler in transaction mode swallows it.
///
/// # Errors
/// When the database cannot be reached or nothing came back.
pub async fn notification_round_trip(connection: &Connection) -> Result<Duration, AdminError> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(connection.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(DOCTOR_CHANNEL).await?;
    let sent = Instant::now();
    listener.execute(NOTIFY).await?;
    let heard = tokio::time::timeout(Duration::from_secs(2), listener.recv()).await;
    heard.map_err(|_| AdminError::Protocol("no notification came back".into()))??;
    Ok(sent.elapsed())
}

const DOCTOR_CHANNEL: &str = "bitacora_doctor";
const NOTIFY: &str = "notify bitacora_doctor";

const ISOLATION_FAULTS: &str = "select relation::text, fault::text from ops.isolation_faults()";

const INBOX_BACKLOG: &str = "select count(*) from inbox.deliveries where processed_at is null";

const INBOX_KEPT: &str = "select state, count(*) from inbox.facts group by state order by state";

const SERVER_VERSION: &str = "select current_setting('server_version')";

const TENANTS: &str = "select tenant_id, lane from log.tenant_lanes \
     where tenant_id <> '00000000-0000-0000-0000-000000000000' order by assigned_at, tenant_id";

const OWNER_OF: &str =
    "select tenant_id from log.stream_heads where aggregate_type = $1 and aggregate_id = $2";

const STREAMS: &str = "select tenant_id, aggregate_type, aggregate_id, version from log.stream_heads \
     where (aggregate_type, aggregate_id) > ($1, $2) order by aggregate_type, aggregate_id limit $3";

/// Every statement of this file, for the test that prepares them all.
pub const STATEMENTS: &[&str] =
    &[SERVER_VERSION, TENANTS, OWNER_OF, STREAMS, ISOLATION_FAULTS, INBOX_BACKLOG, INBOX_KEPT];
