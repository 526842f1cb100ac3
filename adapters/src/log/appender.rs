//! The appender of one lane: a task that owns one connection and commits what waits for it, in
//! groups. While a group commits the next one gathers; there is no timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bitacora_commands::ports::LogError;
use bitacora_commands::{Append, InstallationKey};
use bitacora_domain::{Lane, Position};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgConnection};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::batch::{self, Failure, within};
use super::decide::Plan;
use super::faults::{Fault, classify};
use super::queue::{Groups, Request};
use crate::pools::{Role, dedicated};

/// Called with the last position of every batch that wrote events.
pub type OnAppend = Arc<dyn Fn(Lane, Position) + Send + Sync>;

/// Bounds of a batch and of patience.
#[derive(Clone, Copy, Debug)]
pub struct AppenderOptions {
    /// Appends in one batch.
    pub max_batch: usize,
    /// Bytes of events in one batch, unless a single append has more.
    pub max_batch_bytes: usize,
    /// Bytes of events in one append; more is rejected.
    pub max_append_bytes: usize,
    /// Appends that may wait per lane; more wait outside.
    pub queue: usize,
    /// Bytes of events that may wait per lane, the running batch included.
    pub queue_bytes: usize,
    /// How long an append may take from being queued, against a database that does not answer,
    /// before its caller is told. It may repeat its command safely.
    pub patience: Duration,
}

impl Default for AppenderOptions {
    fn default() -> Self {
        Self {
            max_batch: 256,
            max_batch_bytes: 8 * MIB,
            max_append_bytes: 4 * MIB,
            queue: 4_096,
            queue_bytes: 64 * MIB,
            patience: Duration::from_secs(20),
        }
    }
}

const MIB: usize = 1024 * 1024;
/// Repetitions and races come in bursts: after a wrong guess, so many batches are read first.
const CAREFUL_BATCHES: u32 = 16;
/// A commit without an answer is looked for at least this long, however late it is.
const RESOLVE_AT_LEAST: Duration = Duration::from_secs(5);
/// A connection that is not there by then is tried anew.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The log is durable when it says so, whatever the database's default is; a stronger default
/// (a replica that must have it too) stays.
const DURABLE: &str = "select set_config('synchronous_commit', 'on', false) \
                       where current_setting('synchronous_commit') = 'off'";
/// Every statement of an append looks rows up by the keys of an index, a few hundred at most. A
/// plan that was made while the tables were small reads them whole, and is kept while they grow:
/// measured, a log that is ten seconds old spent three quarters of its time on that. Estimates of
/// such plans are beside the point, so no time goes into making them again or compiling them.
const BY_INDEX: &str = "select set_config(name, value, false) from (values \
                        ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'), \
                        ('enable_mergejoin', 'off'), ('jit', 'off'), \
                        ('plan_cache_mode', 'force_generic_plan')) as s (name, value)";

/// What an appender went through, for metrics and for the torture's counts.
#[derive(Debug, Default)]
pub struct AppenderStats {
    /// Batches committed.
    pub batches: AtomicU64,
    /// Appends in them, winners and losers.
    pub appends: AtomicU64,
    /// Commits without an answer that turned out to be committed.
    pub unknown_committed: AtomicU64,
    /// Commits without an answer that turned out to have left nothing.
    pub unknown_absent: AtomicU64,
    /// Batches that were tried again because the transaction certainly did not commit.
    pub retried: AtomicU64,
    /// Batches that were taken at their word, and were wrong.
    pub mistaken: AtomicU64,
    /// Batches that were taken apart because the database refused a value.
    pub poisoned: AtomicU64,
}

/// The appender of one lane.
pub(super) struct Appender {
    pub(super) lane: Lane,
    pub(super) connect: PgConnectOptions,
    pub(super) key: InstallationKey,
    pub(super) options: AppenderOptions,
    pub(super) stats: Arc<AppenderStats>,
    pub(super) on_append: OnAppend,
    /// Told when a batch stored effects.
    pub(super) effects_stored: Arc<Notify>,
    pub(super) fresh_batch_id: fn() -> Uuid,
    pub(super) connection: Option<PgConnection>,
    /// So many batches are read before anything is written: a guess was wrong lately.
    pub(super) careful: u32,
}

impl Appender {
    /// Serves until every sender is gone.
    pub(super) async fn run(mut self, mut groups: Groups) {
        while let Some(group) = groups.next().await {
            self.commit(group).await;
        }
    }

    /// Commits a group and answers everybody. A group with a value that the database refuses is
    /// taken apart, so that only the poisonous command fails.
    async fn commit(&mut self, group: Vec<Request>) {
        match self.settle(&group).await {
            Ok(plan) => self.answer(group, plan),
            Err(LogError::Rejected(_)) if group.len() > 1 => {
                self.stats.poisoned.fetch_add(1, Ordering::Relaxed);
                let mut rest = group.into_iter();
                while let Some(request) = rest.next() {
                    let alone = vec![request];
                    match self.settle(&alone).await {
                        Ok(plan) => self.answer(alone, plan),
                        Err(error) => {
                            // The database is gone: the others would only wait for it in turn.
                            let gone = !matches!(error, LogError::Rejected(_));
                            refuse(alone, &error);
                            if gone {
                                return refuse(rest, &error);
                            }
                        }
                    }
                }
            }
            Err(error) => refuse(group, &error),
        }
    }

    #[allow(clippy::cast_precision_loss)] // a batch has far fewer than 2^52 appends
    fn answer(&self, group: Vec<Request>, plan: Plan) {
        self.stats.batches.fetch_add(1, Ordering::Relaxed);
        self.stats.appends.fetch_add(group.len() as u64, Ordering::Relaxed);
        metrics::histogram!("bitacora_append_batch_size").record(group.len() as f64);
        if let Some(last) = plan.events.last() {
            metrics::counter!("bitacora_events_appended_total").increment(plan.events.len() as u64);
            (self.on_append)(self.lane, last.position);
        }
        if !plan.effects.is_empty() {
            self.effects_stored.notify_one();
        }
        debug_assert_eq!(group.len(), plan.outcomes.len(), "everybody has an outcome");
        for (request, outcome) in group.into_iter().zip(plan.outcomes) {
            drop(request.reply.send(Ok(outcome)));
        }
    }

    /// Runs the appends until their outcome is certain, or patience ends.
    async fn settle(&mut self, group: &[Request]) -> Result<Plan, LogError> {
        let appends: Vec<&Append> = group.iter().map(|request| &request.append).collect();
        let since = group.iter().map(|request| request.since).min();
        let deadline = since.unwrap_or_else(Instant::now) + self.options.patience;
        let mut pause = Duration::from_millis(5);
        loop {
            let batch = (self.fresh_batch_id)();
            let error = match self.attempt(&appends, batch).await {
                Ok(plan) => return Ok(plan),
                Err(Failure::Unknown { plan, batch, error }) => {
                    tracing::warn!(lane = %self.lane, %error, "a commit was not answered");
                    self.connection = None;
                    if self.resolve(&plan, batch, deadline).await? {
                        return Ok(*plan);
                    }
                    if Instant::now() >= deadline {
                        return Err(LogError::Unavailable(error.to_string()));
                    }
                    continue;
                }
                Err(Failure::NotCommitted(error)) => error,
            };
            self.clean_up(&error).await;
            match classify(&error) {
                Fault::Poison => return Err(LogError::Rejected(error.to_string())),
                Fault::Passing if Instant::now() < deadline => {
                    self.stats.retried.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(lane = %self.lane, %error, "a batch is tried again");
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(500));
                }
                Fault::Passing => return Err(LogError::Unavailable(error.to_string())),
            }
        }
    }

    async fn attempt(&mut self, appends: &[&Append], batch: Uuid) -> Result<Plan, Failure> {
        let connection = connected(&mut self.connection, &self.connect).await?;
        let trusting = self.careful == 0;
        self.careful = self.careful.saturating_sub(1);
        let done = batch::run(connection, self.lane, appends, &self.key, batch, trusting).await;
        if done.as_ref().is_ok_and(|plan| plan.mistaken) {
            self.stats.mistaken.fetch_add(1, Ordering::Relaxed);
            self.careful = CAREFUL_BATCHES;
        }
        done
    }

    /// Finds out whether a lost transaction was committed; until it knows, nothing is appended.
    async fn resolve(
        &mut self,
        plan: &Plan,
        batch: Uuid,
        deadline: Instant,
    ) -> Result<bool, LogError> {
        let deadline = deadline.max(Instant::now() + RESOLVE_AT_LEAST);
        loop {
            let answer = match connected(&mut self.connection, &self.connect).await {
                Ok(connection) => batch::was_committed(connection, self.lane, plan, batch).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(committed) => {
                    let (stat, outcome) = if committed {
                        (&self.stats.unknown_committed, "committed")
                    } else {
                        (&self.stats.unknown_absent, "absent")
                    };
                    stat.fetch_add(1, Ordering::Relaxed);
                    metrics::counter!("bitacora_append_unknown_total", "outcome" => outcome)
                        .increment(1);
                    return Ok(committed);
                }
                Err(error) => {
                    self.connection = None;
                    if Instant::now() >= deadline {
                        return Err(LogError::Unavailable(format!(
                            "the outcome of a commit is not known yet: {error}"
                        )));
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Leaves no open transaction behind on a connection that will be used again.
    async fn clean_up(&mut self, error: &sqlx::Error) {
        let Some(connection) = self.connection.as_mut() else { return };
        let usable = matches!(error, sqlx::Error::Database(_))
            && batch::roll_back(connection).await.is_ok()
            && batch::is_alive(connection).await;
        if !usable {
            self.connection = None;
        }
    }
}

async fn connected<'a>(
    slot: &'a mut Option<PgConnection>,
    options: &PgConnectOptions,
) -> Result<&'a mut PgConnection, sqlx::Error> {
    let connection = match slot.take() {
        Some(connection) => connection,
        None => within(CONNECT_WITHIN, open(options)).await?,
    };
    Ok(slot.insert(connection))
}

async fn open(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = dedicated(options, Role::Writer).await?;
    connection.execute(DURABLE).await?;
    connection.execute(BY_INDEX).await?;
    batch::prepare(&mut connection).await?;
    Ok(connection)
}

/// Tells everybody why nothing was written.
fn refuse(group: impl IntoIterator<Item = Request>, error: &LogError) {
    for request in group {
        // A caller that has gone needs no answer.
        drop(request.reply.send(Err(error.clone())));
    }
}
