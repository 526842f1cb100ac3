//! Reading one's own writes: a query that says `atLeast` waits here until the tables that it
//! reads have passed the position.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bitacora_domain::{Cursor, Epoch, Lane, Position, StreamId, TenantId};
use tokio::time::{Instant, timeout_at};

use crate::Table;
use crate::ports::{LogReader, ReadError, ReadModels, ReadStore};

/// How long a wake-up is expected before the checkpoint is asked: a question for each of many
/// waiting readers would hold up what they wait for.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often the checkpoint itself is asked while no wake-up comes.
const POLL: Duration = Duration::from_millis(500);
/// How long the end of a lane is remembered. Not for ever: a restore of the log takes ends back.
const BELIEVED: Duration = Duration::from_secs(1);
/// Most tenants whose lane is remembered.
const REMEMBERED: usize = 10_000;

/// A read may not be answered yet, or never with this cursor.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// A projection did not get there in time.
    #[error("{projection} has not reached {at_least} in time")]
    TimedOut {
        /// The one that is behind.
        projection: &'static str,
        /// What was asked for.
        at_least: Cursor,
    },
    /// Something that the query would show is parked: an answer would silently lack it.
    #[error("an event at or before {at_least} is parked and waits for an operator")]
    Parked {
        /// What was asked for.
        at_least: Cursor,
    },
    /// The cursor is of another epoch of the log (before a restore).
    #[error("the position belongs to another epoch of the log")]
    ForeignEpoch,
    /// The cursor is of a lane that the tenant does not live in.
    #[error("the position belongs to another lane")]
    ForeignLane,
    /// The log does not go that far.
    #[error("the position is ahead of the log")]
    Ahead,
    /// Log or store could not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl GateError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "AT_LEAST_TIMEOUT",
            Self::Parked { .. } => "PROJECTION_PARKED",
            Self::ForeignEpoch => "FOREIGN_EPOCH",
            Self::ForeignLane => "FOREIGN_LANE",
            Self::Ahead => "CURSOR_AHEAD",
            Self::Read(_) => "STORE_UNAVAILABLE",
        }
    }
}

/// Lets a query through when its tables are far enough.
pub struct ReadGate {
    store: Arc<dyn ReadStore>,
    models: Arc<dyn ReadModels>,
    reader: Arc<dyn LogReader>,
    /// A tenant never changes its lane.
    lanes: Mutex<HashMap<TenantId, Lane>>,
    /// The last position known to exist, and its epoch: a cursor at or below needs no question
    /// for a while.
    heads: Mutex<HashMap<Lane, (Instant, Epoch, Position)>>,
}

impl ReadGate {
    /// A gate over these ports.
    pub fn new(
        store: Arc<dyn ReadStore>,
        models: Arc<dyn ReadModels>,
        reader: Arc<dyn LogReader>,
    ) -> Self {
        Self { store, models, reader, lanes: Mutex::default(), heads: Mutex::default() }
    }

    /// Returns when all `tables` have passed `at_least` and nothing at or before it is parked
    /// (of the aggregate `node`, if the query is about one; else of the tenant).
    ///
    /// # Errors
    /// [`GateError`] with a stable code.
    pub async fn wait(
        &self,
        tenant: TenantId,
        at_least: Cursor,
        tables: &[&'static Table],
        node: Option<&StreamId>,
        deadline: Duration,
    ) -> Result<(), GateError> {
        let deadline = Instant::now() + deadline;
        self.check(tenant, at_least).await?;
        for table in tables {
            self.passed(table, at_least, deadline).await?;
        }
        let names: Vec<_> = tables.iter().map(|table| table.name).collect();
        if self.models.is_parked(tenant, &names, at_least.position, node).await? {
            return Err(GateError::Parked { at_least });
        }
        Ok(())
    }

    /// Does the cursor name a place of this tenant's log?
    async fn check(&self, tenant: TenantId, cursor: Cursor) -> Result<(), GateError> {
        let lane = match look_up(&self.lanes, &tenant) {
            Some(lane) => lane,
            None => self.ask_lane(tenant).await?,
        };
        if lane != cursor.lane {
            return Err(GateError::ForeignLane);
        }
        let known = look_up(&self.heads, &lane);
        let (epoch, head) = match known {
            Some((asked, epoch, head))
                if asked.elapsed() < BELIEVED
                    && epoch == cursor.epoch
                    && head >= cursor.position =>
            {
                (epoch, head)
            }
            Some(_) | None => {
                let head = self.reader.head(lane).await?;
                remember(&self.heads, lane, (Instant::now(), head.epoch, head.position));
                (head.epoch, head.position)
            }
        };
        if epoch != cursor.epoch {
            return Err(GateError::ForeignEpoch);
        }
        if head < cursor.position { Err(GateError::Ahead) } else { Ok(()) }
    }

    async fn ask_lane(&self, tenant: TenantId) -> Result<Lane, GateError> {
        let lane = self.reader.lane_of(tenant).await?.ok_or(GateError::ForeignLane)?;
        remember(&self.lanes, tenant, lane);
        Ok(lane)
    }

    /// Waits for the wake-up, which comes within [`PATIENCE`] as a rule; the checkpoint itself is
    /// asked then, and again while none comes.
    async fn passed(
        &self,
        table: &'static Table,
        at_least: Cursor,
        deadline: Instant,
    ) -> Result<(), GateError> {
        let mut progress = self.store.progress(table.name, at_least.lane);
        let passed = |position: &Position| *position >= at_least.position;
        let patience = deadline.min(Instant::now() + PATIENCE);
        if let Ok(Ok(_)) = timeout_at(patience, progress.wait_for(passed)).await {
            return Ok(());
        }
        loop {
            if passed(&self.models.checkpoint(table, at_least.lane).await?) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(GateError::TimedOut { projection: table.name, at_least });
            }
            let poll = deadline.min(Instant::now() + POLL);
            let woken = timeout_at(poll, progress.wait_for(passed)).await;
            match woken.map(|outcome| outcome.is_ok()) {
                Ok(true) => return Ok(()),
                // Nobody will wake us any more: only the poll is left.
                Ok(false) => tokio::time::sleep_until(poll).await,
                Err(_) => {}
            }
        }
    }
}

fn look_up<K: Hash + Eq, V: Copy>(map: &Mutex<HashMap<K, V>>, key: &K) -> Option<V> {
    map.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
}

fn remember<K: Hash + Eq, V>(map: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= REMEMBERED {
        map.clear();
    }
    map.insert(key, value);
}
