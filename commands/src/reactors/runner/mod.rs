//! The runner: one worker per (reactor, lane), each event exactly once.
//!
//! Effects, notes and checkpoint are one transaction. An event that a reactor cannot take does not
//! stop the lane: its aggregate is parked, later events of the aggregate wait behind it, everything
//! else moves on ([`parking`] is how an operator goes on).

mod parking;
mod plan;
mod worker;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bitacora_domain::Lane;
use futures::FutureExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::parking::{ParkingError, Retried, discard_parked, retry_parked};
pub use self::plan::QUEUED;
use self::worker::{Step, Worker};
use super::Reactor;
use crate::ports::{ReactorError, ReactorStore};

/// How a runner works.
#[derive(Clone, Copy, Debug)]
pub struct ReactorOptions {
    /// Events that are read at a time.
    pub batch: i64,
    /// Safety net when no wake-up comes.
    pub poll: Duration,
    /// How long to wait for a checkpoint that another worker has.
    pub busy: Duration,
    /// How often a checkpoint is stored that passed events over.
    pub store_every: Duration,
    /// How often figures are taken.
    pub figures_every: Duration,
}

impl Default for ReactorOptions {
    fn default() -> Self {
        Self {
            batch: 512,
            poll: Duration::from_secs(1),
            busy: Duration::from_millis(20),
            store_every: Duration::from_secs(5),
            figures_every: Duration::from_secs(15),
        }
    }
}

/// Runs reactors. Cheap to clone; any number of them, in any number of processes, may follow one
/// log.
#[derive(Clone)]
pub struct ReactorRunner {
    store: Arc<dyn ReactorStore>,
    reactors: Vec<Arc<dyn Reactor>>,
    options: ReactorOptions,
}

impl ReactorRunner {
    /// A runner of `reactors`; it does nothing by itself.
    pub fn new(
        store: Arc<dyn ReactorStore>,
        reactors: Vec<Arc<dyn Reactor>>,
        options: ReactorOptions,
    ) -> Self {
        Self { store, reactors, options }
    }

    /// Makes what checkpoints are missing, then works until `stop`. A worker that panics is
    /// started again; every error is retried.
    pub async fn run(&self, stop: CancellationToken) {
        let lanes = loop {
            match self.start().await {
                Ok(lanes) => break lanes,
                Err(error) => tracing::warn!(%error, "reactors.not_started: will be tried again"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        };
        let mut workers = JoinSet::new();
        for worker in self.places(&lanes) {
            workers.spawn(supervise(self.clone(), worker, stop.clone()));
        }
        let figures = self.clone();
        workers.spawn(async move { figures.take_figures(stop).await });
        while workers.join_next().await.is_some() {}
    }

    /// Reacts until nothing more is in the log; returns how often something was written. For tests
    /// and for whoever moves the clock.
    ///
    /// # Errors
    /// [`ReactorError`] of the first step that fails.
    pub async fn drain(&self) -> Result<usize, ReactorError> {
        let lanes = self.start().await?;
        let checkpoints = self.store.checkpoints().await?;
        let mut behind = self.places(&lanes);
        behind.retain(|(reactor, lane)| {
            let own = checkpoints.iter().filter(|known| known.lane == *lane);
            own.into_iter().any(|c| c.reactor == reactor.name() && c.head > c.position)
        });
        let mut written = 0;
        for (reactor, lane) in behind {
            let mut worker = self.worker(reactor, lane);
            loop {
                match worker.step().await? {
                    Step::Wrote => written += 1,
                    Step::Moved => {}
                    Step::Idle => break,
                    Step::Busy => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        }
        Ok(written)
    }

    async fn start(&self) -> Result<Vec<Lane>, ReactorError> {
        for reactor in &self.reactors {
            self.store.ensure(reactor.key(), reactor.start()).await?;
        }
        self.store.lanes().await
    }

    fn places(&self, lanes: &[Lane]) -> Vec<(Arc<dyn Reactor>, Lane)> {
        let of = |reactor: &Arc<dyn Reactor>| {
            let reactor = Arc::clone(reactor);
            lanes.iter().map(move |lane| (Arc::clone(&reactor), *lane))
        };
        self.reactors.iter().flat_map(of).collect()
    }

    fn worker(&self, reactor: Arc<dyn Reactor>, lane: Lane) -> Worker {
        Worker::new(reactor, lane, Arc::clone(&self.store), self.options)
    }

    /// Alarm on the lag and on what is parked.
    async fn take_figures(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Ok(checkpoints) = self.store.checkpoints().await {
                for reactor in &self.reactors {
                    let own = checkpoints.iter().filter(|known| known.reactor == reactor.name());
                    let (lag, parked) = own.fold((0, 0), |(lag, parked), known| {
                        (lag.max(known.head.0 - known.position.0), parked + known.parked)
                    });
                    let gauge = |n: i64| f64::from(i32::try_from(n.max(0)).unwrap_or(i32::MAX));
                    let name = reactor.name();
                    metrics::gauge!("bitacora_reactor_lag_positions", "reactor" => name)
                        .set(gauge(lag));
                    metrics::gauge!("bitacora_reactor_parked", "reactor" => name)
                        .set(gauge(parked));
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(self.options.figures_every) => {}
            }
        }
    }
}

/// Runs a worker, again after a panic: one reactor's bug stops no other one.
async fn supervise(
    runner: ReactorRunner,
    (reactor, lane): (Arc<dyn Reactor>, Lane),
    stop: CancellationToken,
) {
    loop {
        let mut worker = runner.worker(Arc::clone(&reactor), lane);
        if AssertUnwindSafe(worker.run(&stop)).catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!(reactor = reactor.name(), lane = lane.0, "reactor.panicked: again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(runner.options.poll) => {}
        }
    }
}
