//! How long to wait before the next attempt.

use chrono::TimeDelta;

/// Waiting times of facts that wait for something: 1 s … 10 min.
pub(super) const FACT: Backoff = Backoff { first_seconds: 1, most_seconds: 600 };
/// Waiting times of facts of an account that nobody connected: 1 s … 1 h. Connecting it makes them
/// due; this is the safety net, and a forgotten number must not keep the worker busy.
pub(super) const ACCOUNT: Backoff = Backoff { first_seconds: 1, most_seconds: 3_600 };
/// Waiting times of deliveries given back after a passing failure: 1 s … 30 s, since a message
/// of a person is in them.
pub(super) const DELIVERY: Backoff = Backoff { first_seconds: 1, most_seconds: 30 };

/// Doubles from attempt to attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first_seconds: i64,
    most_seconds: i64,
}

impl Backoff {
    /// The time to wait after `attempts` attempts.
    pub(super) fn after(self, attempts: i32) -> TimeDelta {
        let doublings = attempts.clamp(0, 20).unsigned_abs();
        let seconds = self.first_seconds.saturating_mul(1_i64 << doublings);
        TimeDelta::seconds(seconds.min(self.most_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_the_most() {
        let seconds: Vec<i64> =
            [-1, 0, 1, 2, 9, 10, 31, i32::MAX].map(|n| FACT.after(n).num_seconds()).into();
        assert_eq!(seconds, [1, 1, 2, 4, 512, 600, 600, 600]);
        assert_eq!(ACCOUNT.after(31).num_seconds(), 3_600);
        assert_eq!(DELIVERY.after(6).num_seconds(), 30);
    }
}
