//! The one place that reads the clock and draws randomness.

use bitacora_commands::ports::Clock;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::Uuid;

/// The machine's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[allow(clippy::disallowed_methods)] // this is where they belong
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }
    fn fresh_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
