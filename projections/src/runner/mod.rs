//! The runner: one worker per (view, lane) takes the log in, exactly once by construction.
//!
//! A worker claims the checkpoint row (which elects one among all processes), reads the next
//! events, folds them in memory, writes whole rows, moves the checkpoint and commits: rows and
//! checkpoint are one transaction, and views never see a connection. An event that a view cannot
//! take does not stop the lane: its aggregate is parked, later events of the aggregate queue
//! behind it as positions, everything else moves on ([`parking`] is how an operator goes on).

pub mod batch;
mod live;
mod meter;
mod pace;
pub mod parking;
mod worker;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bitacora_domain::{Lane, Position};
use futures::FutureExt as _;
use futures::future::join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use live::{Live, Target};
pub use pace::BatchBounds;
pub use worker::{Step, Worker};

use crate::Projection;
use crate::ports::{LogReader, ReadError, ReadStore, SearchIndex};

/// What a runner works with.
#[derive(Clone)]
pub struct Ports {
    /// The log.
    pub reader: Arc<dyn LogReader>,
    /// Read tables and checkpoints.
    pub store: Arc<dyn ReadStore>,
    /// The search index, if there is one.
    pub search: Option<Arc<dyn SearchIndex>>,
}

/// How a runner works.
#[derive(Clone)]
pub struct Options {
    /// Views to keep up to date.
    pub views: Vec<&'static dyn Projection>,
    /// Bounds of a batch.
    pub batch: BatchBounds,
    /// A live worker rests so long between a commit and the next: what comes meanwhile goes in with
    /// one transaction. What comes to an idle worker is not held up.
    pub gather: Duration,
    /// Safety net when no wake-up comes; also the longest wait for a lane that another has.
    pub poll: Duration,
    /// How often a single event is tried that the database refuses.
    pub attempts: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            views: crate::views::all(),
            batch: BatchBounds::default(),
            gather: Duration::from_millis(10),
            poll: Duration::from_secs(1),
            attempts: 3,
        }
    }
}

/// Keeps the live generations of all views up to date.
pub struct Runner {
    ports: Ports,
    options: Options,
}

impl Runner {
    /// A runner; it does nothing by itself.
    pub fn new(
        reader: Arc<dyn LogReader>,
        store: Arc<dyn ReadStore>,
        search: Option<Arc<dyn SearchIndex>>,
        options: Options,
    ) -> Self {
        Self { ports: Ports { reader, store, search }, options }
    }

    /// Makes what tables are missing, then works until `token` is cancelled. A worker that
    /// panics is started again; every error is retried.
    pub async fn run(&self, token: CancellationToken) {
        let mut backoff = pace::Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
        let lanes = loop {
            let started = tokio::select! {
                () = token.cancelled() => return,
                started = self.start() => started,
            };
            match started {
                Ok(lanes) => break lanes,
                Err(error) => {
                    tracing::warn!(%error, "projections.not_started: will be tried again");
                }
            }
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(backoff.next()) => {}
            }
        };
        let mut workers = JoinSet::new();
        for view in self.options.views.iter().copied() {
            let live = Arc::new(Live::default());
            for lane in lanes.iter().copied() {
                let target = Target::Live(Arc::clone(&live));
                let (ports, options) = (self.ports.clone(), self.options.clone());
                workers.spawn(supervise(view, lane, target, ports, options, token.clone()));
            }
        }
        while workers.join_next().await.is_some() {}
    }

    /// Makes what tables are missing.
    async fn start(&self) -> Result<Vec<Lane>, ReadError> {
        for view in &self.options.views {
            self.ports.store.ensure(view.table()).await?;
        }
        self.ports.reader.lanes().await
    }

    /// One step of every worker; the number of events taken in.
    ///
    /// # Errors
    /// [`ReadError`] of the first step that fails.
    pub async fn run_once(&self) -> Result<usize, ReadError> {
        let mut taken = 0;
        for lane in self.start().await? {
            for mut worker in self.workers(lane) {
                if let Step::Moved { events, .. } = worker.step(None).await? {
                    taken += events;
                }
            }
        }
        Ok(taken)
    }

    /// Works until every view has passed where the lanes end at the time of the call.
    ///
    /// # Errors
    /// [`ReadError`] at the first one.
    pub async fn catch_up(&self) -> Result<(), ReadError> {
        let mut upto = Vec::new();
        for lane in self.start().await? {
            upto.push((lane, self.ports.reader.head(lane).await?.position));
        }
        self.catch_up_to(&upto).await
    }

    /// Works until every view has passed the given positions; other lanes stay where they are.
    ///
    /// # Errors
    /// [`ReadError`] at the first one.
    pub async fn catch_up_to(&self, upto: &[(Lane, Position)]) -> Result<(), ReadError> {
        let mut workers: Vec<_> = upto
            .iter()
            .flat_map(|&(lane, upto)| self.workers(lane).map(move |worker| (worker, upto)))
            .collect();
        let quiet = |_, _| {};
        let runs = workers.iter_mut().map(|(worker, upto)| worker.catch_up(*upto, &quiet));
        join_all(runs).await.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
    }

    fn workers(&self, lane: Lane) -> impl Iterator<Item = Worker> + '_ {
        self.options.views.iter().map(move |view| {
            let target = Target::Live(Arc::default());
            Worker::new(*view, lane, target, &self.ports, &self.options)
        })
    }
}

/// Runs a worker, again after a panic: one view's bug stops no other view.
async fn supervise(
    view: &'static dyn Projection,
    lane: Lane,
    target: Target,
    ports: Ports,
    options: Options,
    token: CancellationToken,
) {
    loop {
        let mut worker = Worker::new(view, lane, target.clone(), &ports, &options);
        let run = AssertUnwindSafe(worker.run(&token)).catch_unwind().await;
        if run.is_ok() {
            return;
        }
        let projection = view.table().name;
        let labels = [("projection", projection.to_owned()), ("lane", lane.to_string())];
        metrics::counter!("bitacora_projection_panics_total", &labels).increment(1);
        tracing::error!(projection, lane = lane.0, "projection.panicked: starting again");
        tokio::select! {
            () = token.cancelled() => return,
            () = tokio::time::sleep(options.poll) => {}
        }
    }
}
