//! What operators see of a worker. Alarm on `bitacora_projection_progress_age_seconds` together
//! with a lag: a lag gauge alone reads 0 when its own source is dead.

use std::time::Instant;

use bitacora_domain::{Lane, Position};
use metrics::{Counter, Gauge, counter, gauge};

/// The metrics of one (view, lane).
pub(crate) struct Meter {
    lag: Gauge,
    age: Gauge,
    batch: Gauge,
    events: Counter,
    parked: Counter,
    errors: Counter,
    moved: Instant,
}

impl Meter {
    pub(crate) fn new(projection: &'static str, lane: Lane) -> Self {
        let labels = [("projection", projection.to_owned()), ("lane", lane.to_string())];
        Self {
            lag: gauge!("bitacora_projection_lag_positions", &labels),
            age: gauge!("bitacora_projection_progress_age_seconds", &labels),
            batch: gauge!("bitacora_projection_batch_events", &labels),
            events: counter!("bitacora_projection_events_total", &labels),
            parked: counter!("bitacora_projection_parked_total", &labels),
            errors: counter!("bitacora_projection_errors_total", &labels),
            moved: Instant::now(),
        }
    }

    /// A batch of `events` went in.
    pub(crate) fn moved(&mut self, events: usize, parked: usize) {
        self.moved = Instant::now();
        self.batch.set(count(events));
        self.events.increment(events as u64);
        self.parked.increment(parked as u64);
    }

    /// There was nothing to do: being at the end is progress too.
    pub(crate) fn idle(&mut self) {
        self.moved = Instant::now();
    }

    /// The worker stands at `position` of a lane that ends at `head`.
    pub(crate) fn stands(&self, position: Position, head: Position) {
        let lag = (head.0 - position.0).max(0);
        self.lag.set(count(usize::try_from(lag).unwrap_or(usize::MAX)));
        self.age.set(self.moved.elapsed().as_secs_f64());
    }

    /// Something failed.
    pub(crate) fn failed(&self) {
        self.errors.increment(1);
        self.age.set(self.moved.elapsed().as_secs_f64());
    }
}

/// A gauge is a float; up to 2^52 it is exact.
#[allow(clippy::cast_precision_loss)] // see above
fn count(n: usize) -> f64 {
    n as f64
}
