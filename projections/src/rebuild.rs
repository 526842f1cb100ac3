//! Rebuilding a view while it is read: a new generation is computed from position 0 beside the
//! live one, compared with it, and takes its place.
//!
//! Every batch commits rows and checkpoint together, so a rebuild that was stopped anywhere goes
//! on from there. The new generation never passes the live one: the two are compared at equal
//! positions, and readers never go back in time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bitacora_domain::{Lane, Position};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::ports::{CheckpointInfo, Comparison, ReadError};
use crate::runner::{Options, Ports, Target, Worker};
use crate::{Projection, Table};

/// How often catching up and swapping is tried before the lanes count as too busy.
const ROUNDS: usize = 20;
/// How long to wait for the live worker of a lane to pause.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to rebuild.
#[derive(Clone, Copy, Debug)]
pub struct RebuildOptions {
    /// Lanes worked on at the same time.
    pub workers: usize,
    /// Swap although the new rows differ (the code changed on purpose).
    pub accept_difference: bool,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self { workers: 4, accept_difference: false }
    }
}

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RebuildProgress {
    /// Events behind the new generation, over all lanes.
    pub done: i64,
    /// Events to go through, over all lanes.
    pub total: i64,
    /// Events per second since this run began.
    pub rate: f64,
    /// Time left at that rate; `None` before there is one.
    pub eta: Option<Duration>,
}

/// Receives the progress; called at every batch, so it should be quick.
pub type OnProgress = Arc<dyn Fn(RebuildProgress) + Send + Sync>;

/// What a rebuild did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// View.
    pub view: &'static str,
    /// Generation that was live.
    pub from: i32,
    /// Generation that is live now.
    pub to: i32,
    /// Events that this run went through (less than all when it went on with an earlier one).
    pub events: i64,
    /// Time that it took.
    pub elapsed: Duration,
    /// What the comparison found.
    pub comparison: Comparison,
}

/// A rebuild did not come to its end. The new generation stays; the next rebuild goes on with it.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Log or store could not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The new rows differ, and that was not accepted.
    #[error("the new generation differs: {differences:?}", differences = .0.differences)]
    Differs(Comparison),
    /// The two generations could not be brought to equal positions.
    #[error("the generations could not be brought level: {0}")]
    Busy(String),
    /// A worker panicked.
    #[error("a worker of the rebuild panicked")]
    Panicked,
}

impl RebuildError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "STORE_UNAVAILABLE",
            Self::Differs(_) => "REBUILD_DIFFERS",
            Self::Busy(_) => "LANES_BUSY",
            Self::Panicked => "WORKER_PANICKED",
        }
    }
}

/// Rebuilds `view` and points readers at the new rows. The search index is left alone. The old
/// generation stays until `ReadStore::drop_retired`.
///
/// # Errors
/// [`RebuildError`]; the live generation is then as it was, and running again goes on.
pub async fn rebuild(
    ports: &Ports,
    view: &'static dyn Projection,
    options: RebuildOptions,
    progress: OnProgress,
) -> Result<RebuildReport, RebuildError> {
    let begin = Instant::now();
    let table = view.table();
    let from = ports.store.ensure(table).await?;
    let to = ports.store.start_generation(table).await?;
    let rebuild = Rebuild::new(ports, view, from, to, options, progress).await?;
    rebuild.catch_up(rebuild.target().await?).await?;
    ports.store.build_indexes(table, to).await?;
    let mut obstacle = String::new();
    for _ in 0..ROUNDS {
        rebuild.catch_up(rebuild.target().await?).await?;
        rebuild.meet().await?;
        match ports.store.swap(table, from, to, options.accept_difference).await {
            Ok(comparison) if comparison.swapped => {
                let (events, elapsed) = (rebuild.meter.events(), begin.elapsed());
                let view = table.name;
                return Ok(RebuildReport { view, from, to, events, elapsed, comparison });
            }
            Ok(comparison) => return Err(RebuildError::Differs(comparison)),
            // Somebody moved a checkpoint in between.
            Err(ReadError::Refused(reason)) => {
                tracing::debug!(view = table.name, reason, "rebuild.not_level: once more");
                obstacle = reason;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(RebuildError::Busy(obstacle))
}

struct Rebuild {
    ports: Ports,
    view: &'static dyn Projection,
    from: i32,
    to: i32,
    workers: Arc<Semaphore>,
    lanes: Vec<Lane>,
    meter: Arc<Meter>,
}

impl Rebuild {
    async fn new(
        ports: &Ports,
        view: &'static dyn Projection,
        from: i32,
        to: i32,
        options: RebuildOptions,
        progress: OnProgress,
    ) -> Result<Self, ReadError> {
        let lanes = ports.reader.lanes().await?;
        let start = positions(ports, view, to, &lanes).await?;
        Ok(Self {
            ports: Ports { search: None, ..ports.clone() },
            view,
            from,
            to,
            workers: Arc::new(Semaphore::new(options.workers.clamp(1, 64))),
            lanes,
            meter: Arc::new(Meter::new(start, progress)),
        })
    }

    /// How far the new generation may go: to where the live one stands. A live one from before a
    /// restore of the log stands nowhere in this log; then to the lanes' ends.
    async fn target(&self) -> Result<BTreeMap<Lane, Position>, ReadError> {
        if !self.live_is_foreign().await? {
            return positions(&self.ports, self.view, self.from, &self.lanes).await;
        }
        let mut heads = BTreeMap::new();
        for lane in &self.lanes {
            heads.insert(*lane, self.ports.reader.head(*lane).await?.position);
        }
        Ok(heads)
    }

    async fn live_is_foreign(&self) -> Result<bool, ReadError> {
        let table = self.view.table();
        let all = self.ports.store.checkpoints().await?;
        Ok(all.iter().any(|info| is_of(info, table, self.from) && info.foreign))
    }

    /// Brings the new generation to `upto`, several lanes at a time.
    async fn catch_up(&self, upto: BTreeMap<Lane, Position>) -> Result<(), RebuildError> {
        self.meter.aim(&upto);
        let options = Options { views: vec![self.view], ..Options::default() };
        let mut tasks = JoinSet::new();
        for (lane, upto) in upto {
            let target = Target::Fixed(self.to);
            let mut worker = Worker::new(self.view, lane, target, &self.ports, &options);
            let (permits, meter) = (Arc::clone(&self.workers), Arc::clone(&self.meter));
            tasks.spawn(async move {
                // The semaphore is never closed; without a permit there is only less order.
                let _permit = permits.acquire_owned().await.ok();
                worker.catch_up(upto, &|lane, position| meter.at(lane, position)).await
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|_| RebuildError::Panicked)??;
        }
        Ok(())
    }

    /// Holds the live workers for the moment that the new generation needs to draw level. When
    /// they are let go, the swap takes the checkpoints before they look again (or asks for
    /// another round).
    async fn meet(&self) -> Result<(), RebuildError> {
        let (store, table) = (&self.ports.store, self.view.table());
        let held = match store.hold(table, self.from, &self.lanes, PATIENCE).await {
            // Nobody writes it any more, so there is nobody to hold.
            Err(ReadError::ForeignEpoch) => return Ok(()),
            held => held?,
        };
        let held = held.ok_or_else(|| RebuildError::Busy("a lane is not given up".to_owned()))?;
        let outcome = self.catch_up(held.positions.iter().copied().collect()).await;
        drop(held);
        outcome
    }
}

/// Where a generation of the view stands.
async fn positions(
    ports: &Ports,
    view: &'static dyn Projection,
    generation: i32,
    lanes: &[Lane],
) -> Result<BTreeMap<Lane, Position>, ReadError> {
    let table = view.table();
    let mut positions: BTreeMap<_, _> = lanes.iter().map(|lane| (*lane, Position::START)).collect();
    for info in ports.store.checkpoints().await? {
        if is_of(&info, table, generation) {
            positions.insert(info.lane, info.position);
        }
    }
    Ok(positions)
}

fn is_of(info: &CheckpointInfo, table: &Table, generation: i32) -> bool {
    let same_shape = info.projection == table.name && info.schema == table.schema;
    same_shape && info.generation == generation
}

/// Adds the lanes up.
struct Meter {
    begin: Instant,
    start: i64,
    state: Mutex<(BTreeMap<Lane, Position>, i64)>,
    progress: OnProgress,
}

impl Meter {
    fn new(at: BTreeMap<Lane, Position>, progress: OnProgress) -> Self {
        let start = sum(&at);
        Self { begin: Instant::now(), start, state: Mutex::new((at, 0)), progress }
    }

    fn aim(&self, upto: &BTreeMap<Lane, Position>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = sum(upto);
    }

    fn events(&self) -> i64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        sum(&state.0) - self.start
    }

    #[allow(clippy::cast_precision_loss)] // a rate for people
    fn at(&self, lane: Lane, position: Position) {
        let (done, total) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.0.insert(lane, position);
            (sum(&state.0), state.1)
        };
        let seconds = self.begin.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { (done - self.start) as f64 / seconds } else { 0.0 };
        let left = (total - done).max(0) as f64;
        let eta = (rate > 0.0).then(|| Duration::try_from_secs_f64(left / rate).ok()).flatten();
        (self.progress)(RebuildProgress { done, total, rate, eta });
    }
}

fn sum(positions: &BTreeMap<Lane, Position>) -> i64 {
    positions.values().map(|position| position.0).sum()
}
