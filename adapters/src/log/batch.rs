//! One batch as one transaction: lock the head, read, decide, write the winners, commit.

use bitacora_commands::{Append, InstallationKey};
use bitacora_domain::{Cursor, Epoch, Lane, Position};
use chrono::{DateTime, Utc};
use sqlx::{Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use super::decide::{Plan, decide, lanes_to_lock};
use super::rows::{read_batch, write_batch};

/// Why a batch did not commit.
#[derive(Debug)]
pub(super) enum Failure {
    /// The transaction has certainly not been committed: COMMIT was never sent, or the server
    /// said that it rolled back. The connection may be broken.
    NotCommitted(sqlx::Error),
    /// COMMIT was sent and no answer came: only the log can tell.
    Unknown {
        /// What would have been written.
        plan: Box<Plan>,
        /// The lost transaction's mark in the command log.
        batch: Uuid,
        /// What broke.
        error: sqlx::Error,
    },
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::NotCommitted(error)
    }
}

/// A lane's head under the lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockedHead {
    pub(super) cursor: Cursor,
    /// Not before the lane's last event: a time resolves to exactly one position.
    pub(super) recorded_at: DateTime<Utc>,
}

/// Runs `appends` as one transaction on `connection`.
pub(super) async fn run(
    connection: &mut PgConnection,
    lane: Lane,
    appends: &[&Append],
    key: &InstallationKey,
    batch: Uuid,
) -> Result<Plan, Failure> {
    let head = begin_and_lock(connection, &lanes_to_lock(lane, appends), lane).await?;
    let seen = read_batch(connection, appends, key).await?;
    let plan = decide(head.cursor, seen, appends, key);
    if plan.is_empty() {
        connection.execute("rollback").await?;
        return Ok(plan);
    }
    write_batch(connection, head, batch, &plan).await?;
    match connection.execute("commit").await {
        Ok(_) => Ok(plan),
        Err(error) => Err(Failure::Unknown { plan: Box::new(plan), batch, error }),
    }
}

/// Row locks make position order commit order; the build of the torture's control run leaves
/// them out, and must be caught.
#[cfg(not(feature = "without-head-lock"))]
const LOCK: &str = "for update";
#[cfg(feature = "without-head-lock")]
const LOCK: &str = "";

/// Opens a transaction and locks the heads of `lanes` in the order given. READ COMMITTED is
/// said, not assumed: the statements after this one must see what earlier holders committed.
pub(super) async fn begin_and_lock(
    connection: &mut PgConnection,
    lanes: &[Lane],
    own: Lane,
) -> Result<LockedHead, sqlx::Error> {
    let list: Vec<String> = lanes.iter().map(ToString::to_string).collect();
    let statement = format!(
        "begin isolation level read committed read write;
         select h.lane, h.position, greatest(h.recorded_at, clock_timestamp()) as recorded_at,
                (select epoch from log.epoch) as epoch
           from log.lane_heads h where h.lane in ({}) order by h.lane {LOCK}",
        list.join(", ")
    );
    let rows = connection.fetch_all(sqlx::raw_sql(&statement)).await?;
    for row in rows {
        if Lane(row.try_get("lane")?) == own {
            return Ok(LockedHead {
                cursor: Cursor {
                    epoch: Epoch(row.try_get("epoch")?),
                    lane: own,
                    position: Position(row.try_get("position")?),
                },
                recorded_at: row.try_get("recorded_at")?,
            });
        }
    }
    Err(sqlx::Error::RowNotFound)
}

/// Was the lost transaction `batch` committed? Taking the head lock first proves that it has
/// ended, one way or the other.
pub(super) async fn was_committed(
    connection: &mut PgConnection,
    lane: Lane,
    plan: &Plan,
    batch: Uuid,
) -> Result<bool, sqlx::Error> {
    let Some((tenant, command, ..)) = plan.commands.first() else { return Ok(true) };
    begin_and_lock(connection, &[lane], lane).await?;
    let found = sqlx::query(COMMITTED)
        .bind(tenant.as_uuid())
        .bind(command.as_uuid())
        .bind(batch)
        .fetch_optional(&mut *connection)
        .await?;
    connection.execute("rollback").await?;
    Ok(found.is_some())
}

/// Finds a lost transaction by its mark.
pub(super) const COMMITTED: &str =
    "select 1 from log.command_log where tenant_id = $1 and command_id = $2 and batch = $3";

/// Ends a transaction that failed on a living connection.
pub(super) async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute("rollback").await.map(|_| ())
}

/// Is the connection still good for another batch?
pub(super) async fn is_alive(connection: &mut PgConnection) -> bool {
    connection.ping().await.is_ok()
}
