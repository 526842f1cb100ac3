//! Closed loops: so many tasks, each doing one thing after the other, for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::latency::Latencies;

/// A running measurement.
#[derive(Clone, Debug)]
pub(crate) struct Gauge {
    from: Instant,
    until: Instant,
    done: Arc<AtomicU64>,
    latencies: Latencies,
}

impl Gauge {
    /// Counts from after `warm_up`, for `measured`.
    pub(crate) fn start(warm_up: Duration, measured: Duration) -> anyhow::Result<Self> {
        let from = Instant::now() + warm_up;
        let done = Arc::default();
        Ok(Self { from, until: from + measured, done, latencies: Latencies::new()? })
    }

    pub(crate) fn running(&self) -> bool {
        Instant::now() < self.until
    }

    /// Something that began at `since` is done.
    pub(crate) fn done(&self, since: Instant) {
        let now = Instant::now();
        if now >= self.from && now < self.until {
            self.done.fetch_add(1, Ordering::Relaxed);
            self.latencies.record(now - since);
        }
    }

    /// How many were done per second.
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn per_second(&self) -> f64 {
        self.done.load(Ordering::Relaxed) as f64 / (self.until - self.from).as_secs_f64()
    }

    /// What goes into the results.
    pub(crate) fn details(&self) -> Value {
        json!({ "per_second": self.per_second(), "latency": self.latencies.details() })
    }
}

/// Waits for the tasks of a loop; the first failure ends the measurement.
pub(crate) async fn all(mut tasks: JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}
