//! How many events to read at a time, and how long to wait after a failure.

use std::time::Duration;

use bitacora_domain::Position;

/// Bounds of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchBounds {
    /// Smallest size aimed at; refusals go below it.
    pub min: i64,
    /// Largest size.
    pub max: i64,
    /// Time that a batch should take: long enough to spread the cost of a commit, short enough
    /// not to make readers of their own writes wait.
    pub budget: Duration,
}

impl Default for BatchBounds {
    fn default() -> Self {
        Self { min: 64, max: 4_096, budget: Duration::from_millis(100) }
    }
}

/// The size of the next batch. A refused batch is halved until the event that spoils it stands
/// alone; until that place is passed the size does not grow again.
#[derive(Debug)]
pub(crate) struct Pace {
    bounds: BatchBounds,
    size: i64,
    spoilt_until: Position,
}

impl Pace {
    pub(crate) fn new(bounds: BatchBounds) -> Self {
        Self { bounds, size: bounds.min.max(1), spoilt_until: Position::START }
    }

    pub(crate) fn size(&self) -> i64 {
        self.size
    }

    /// A batch of `events` up to `position` went in, in `took`.
    pub(crate) fn went_in(&mut self, events: usize, position: Position, took: Duration) {
        if position < self.spoilt_until {
            return;
        }
        let full = i64::try_from(events).is_ok_and(|events| events >= self.size);
        if took > self.bounds.budget {
            self.size = (self.size / 2).max(self.bounds.min);
        } else if full && took * 2 < self.bounds.budget {
            self.size = (self.size * 2).max(self.bounds.min);
        }
        self.size = self.size.clamp(1, self.bounds.max);
    }

    /// The database refused a batch of `events` up to `position`.
    pub(crate) fn refused(&mut self, events: usize, position: Position) {
        self.spoilt_until = self.spoilt_until.max(position);
        self.size = (i64::try_from(events).unwrap_or(self.size) / 2).max(1);
    }

    /// A batch took so long that the database gave up.
    pub(crate) fn timed_out(&mut self) {
        self.size = (self.size / 2).max(1);
    }
}

/// Waiting times that double from `first` to `last`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    last: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, next: first }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (self.next * 2).min(self.last);
        wait
    }

    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Duration = Duration::from_millis(1);
    const SLOW: Duration = Duration::from_secs(1);

    #[test]
    fn batches_grow_while_full_and_fast_and_shrink_when_slow() {
        let mut pace = Pace::new(BatchBounds::default());
        for _ in 0..10 {
            let full = usize::try_from(pace.size()).unwrap_or(0);
            pace.went_in(full, Position(1), FAST);
        }
        assert_eq!(pace.size(), 4_096);
        pace.went_in(1, Position(1), FAST);
        assert_eq!(pace.size(), 4_096, "a small batch says nothing");
        for _ in 0..10 {
            pace.went_in(1, Position(1), SLOW);
        }
        assert_eq!(pace.size(), 64);
    }

    #[test]
    fn a_refused_batch_is_halved_until_its_place_is_passed() {
        let mut pace = Pace::new(BatchBounds::default());
        let mut sizes = vec![];
        for size in [64, 32, 16, 8, 4, 2] {
            pace.refused(size, Position(64));
            sizes.push(pace.size());
        }
        assert_eq!(sizes, [32, 16, 8, 4, 2, 1]);
        pace.went_in(1, Position(63), FAST);
        assert_eq!(pace.size(), 1);
        pace.went_in(1, Position(64), FAST);
        assert_eq!(pace.size(), 64);
    }
}
