//! One batch as one transaction: lock the head, read, decide, write the winners, commit.

use std::io;
use std::time::Duration;

use bitacora_commands::{Append, InstallationKey};
use bitacora_domain::{Cursor, Epoch, Lane, Position};
use chrono::{DateTime, Utc};
use sqlx::error::DatabaseError;
use sqlx::{Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use super::decide::{Plan, decide, guess, lanes_to_lock};
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

/// A step that takes longer has lost its server: the server's own time-outs (10 s) come first,
/// and a wire that was cut without a word never answers.
const STEP_WITHIN: Duration = Duration::from_secs(12);

/// The step's result, or a time-out as a broken connection. What was under way on the connection
/// is undefined afterwards: it must be dropped.
pub(super) async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(limit, step).await {
        Ok(done) => done,
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}

/// Runs `appends` as one transaction on `connection`. With `trusting`, appends that need nothing
/// but what they say themselves are taken at their word, which saves reading it all; were they
/// wrong, nothing was written, and the batch is read and decided as any other.
pub(super) async fn run(
    connection: &mut PgConnection,
    lane: Lane,
    appends: &[&Append],
    key: &InstallationKey,
    batch: Uuid,
    trusting: bool,
) -> Result<Plan, Failure> {
    let lanes = lanes_to_lock(lane, appends);
    let mut head = within(STEP_WITHIN, begin_and_lock(connection, &lanes, lane)).await?;
    let mut mistaken = false;
    if let Some(plan) = trusting.then(|| guess(head.cursor, appends, key)).flatten() {
        if wrote(within(STEP_WITHIN, write_batch(connection, head, batch, &plan)).await)? {
            return commit(connection, plan, batch).await;
        }
        roll_back(connection).await?;
        mistaken = true;
        head = within(STEP_WITHIN, begin_and_lock(connection, &lanes, lane)).await?;
    }
    let seen = within(STEP_WITHIN, read_batch(connection, appends, key)).await?;
    let plan = Plan { mistaken, ..decide(head.cursor, seen, appends, key) };
    if plan.is_empty() {
        roll_back(connection).await?;
        return Ok(plan);
    }
    if !within(STEP_WITHIN, write_batch(connection, head, batch, &plan)).await? {
        roll_back(connection).await?;
        let moved = "a stream moved under the lock of its lane".to_owned();
        return Err(Failure::NotCommitted(sqlx::Error::Protocol(moved)));
    }
    commit(connection, plan, batch).await
}

/// False when the database proved a guess wrong: a command, a stream or a key is there already, or
/// a stream has moved.
fn wrote(result: Result<bool, sqlx::Error>) -> Result<bool, sqlx::Error> {
    let is_there = |error: &sqlx::Error| {
        error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
    };
    match result {
        Err(error) if is_there(&error) => Ok(false),
        result => result,
    }
}

async fn commit(connection: &mut PgConnection, plan: Plan, batch: Uuid) -> Result<Plan, Failure> {
    match within(STEP_WITHIN, connection.execute("commit")).await {
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

/// Makes a connection ready for [`run`]. Planning the lock anew for every batch took as long as
/// taking it.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let statement = format!(
        "prepare bitacora_lock_heads (smallint[]) as
         select h.lane, h.position, greatest(h.recorded_at, clock_timestamp()) as recorded_at,
                (select epoch from log.epoch) as epoch
           from log.lane_heads h where h.lane = any ($1) order by h.lane {LOCK}"
    );
    connection.execute(sqlx::raw_sql(&statement)).await?;
    Ok(())
}

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
         execute bitacora_lock_heads ('{{{}}}')",
        list.join(",")
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
    let look = async {
        begin_and_lock(connection, &[lane], lane).await?;
        let found = sqlx::query(COMMITTED)
            .bind(tenant.as_uuid())
            .bind(command.as_uuid())
            .bind(batch)
            .fetch_optional(&mut *connection)
            .await?;
        connection.execute("rollback").await?;
        Ok(found.is_some())
    };
    within(STEP_WITHIN, look).await
}

/// Finds a lost transaction by its mark.
pub(super) const COMMITTED: &str =
    "select 1 from log.command_log where tenant_id = $1 and command_id = $2 and batch = $3";

/// Ends a transaction that failed on a living connection.
pub(super) async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    within(STEP_WITHIN, connection.execute("rollback")).await.map(|_| ())
}

/// Is the connection still good for another batch?
pub(super) async fn is_alive(connection: &mut PgConnection) -> bool {
    within(STEP_WITHIN, connection.ping()).await.is_ok()
}
