//! Latencies as HDR histograms, in microseconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// The longest that is told apart; more counts as this.
const HIGHEST_US: u64 = 120_000_000;

/// Latencies from many tasks.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Arc<Mutex<Histogram<u64>>>);

impl Latencies {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let histogram = Histogram::new_with_bounds(1, HIGHEST_US, 3).context("no histogram")?;
        Ok(Self(Arc::new(Mutex::new(histogram))))
    }

    pub(crate) fn record(&self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.with(|histogram| histogram.saturating_record(us.clamp(1, HIGHEST_US)));
    }

    pub(crate) fn count(&self) -> u64 {
        self.with(|histogram| histogram.len())
    }

    /// Milliseconds that `quantile` (0–1) of all stay below.
    #[allow(clippy::cast_precision_loss, reason = "at most 1.2e8")]
    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        self.with(|histogram| histogram.value_at_quantile(quantile)) as f64 / 1_000.0
    }

    /// What goes into the results.
    pub(crate) fn details(&self) -> Value {
        json!({
            "count": self.count(),
            "p50_ms": self.ms(0.5), "p90_ms": self.ms(0.9), "p99_ms": self.ms(0.99),
            "p999_ms": self.ms(0.999), "max_ms": self.ms(1.0),
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Histogram<u64>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
