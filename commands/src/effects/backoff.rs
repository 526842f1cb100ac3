//! How long to wait before the next attempt: later and later, and not all at the same moment.

use chrono::TimeDelta;
use uuid::Uuid;

/// Waiting times that grow by a factor from attempt to attempt, spread by up to a half.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// After the first failure.
    pub first: TimeDelta,
    /// Times so much from one to the next.
    pub factor: i32,
    /// Never longer.
    pub most: TimeDelta,
}

impl Backoff {
    /// Attempts at an effect: 2 s, 6 s, 18 s … 15 min. Eight of them span about half an hour.
    pub const ATTEMPTS: Self =
        Self { first: TimeDelta::seconds(2), factor: 3, most: TimeDelta::minutes(15) };
    /// Asking whether an unknown effect is known meanwhile, and telling what could not be told:
    /// 30 s … 1 h.
    pub const ASKING: Self =
        Self { first: TimeDelta::seconds(30), factor: 2, most: TimeDelta::hours(1) };

    /// The wait after the `n`-th failure (from 1) of `effect`: between half of the grown time
    /// and all of it. Where exactly follows from both, so that it is the same at every retry and
    /// effects that failed together come back apart.
    pub fn after(self, effect: Uuid, n: i32) -> TimeDelta {
        let mut grown = self.first;
        for _ in 1..n.clamp(1, 32) {
            grown = grown.checked_mul(self.factor).unwrap_or(self.most).min(self.most);
        }
        let grown = grown.min(self.most);
        grown / 2 + spread(effect, n, grown / 2)
    }
}

/// A time between zero and `most` that follows from `effect` and `n`.
pub(super) fn spread(effect: Uuid, n: i32, most: TimeDelta) -> TimeDelta {
    let derived = Uuid::new_v5(&effect, &n.to_be_bytes());
    let fraction = i64::from(u16::from_be_bytes([derived.as_bytes()[0], derived.as_bytes()[1]]));
    let most = most.num_milliseconds().clamp(0, 1 << 40);
    TimeDelta::milliseconds(most * fraction / i64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_up_to_the_most_within_half_of_it() {
        for n in 1..=40_i32 {
            let grown = (2.0 * 3_f64.powi(n - 1)).min(900.0);
            let waited = Backoff::ATTEMPTS.after(Uuid::from_u128(7), n);
            let seconds = f64::from(u32::try_from(waited.num_milliseconds()).unwrap()) / 1000.0;
            assert!((grown / 2.0 - 0.01..=grown + 0.01).contains(&seconds), "{n}: {seconds}");
        }
        assert_eq!(
            Backoff::ATTEMPTS.after(Uuid::nil(), i32::MIN),
            Backoff::ATTEMPTS.after(Uuid::nil(), i32::MIN)
        );
    }

    #[test]
    fn effects_that_failed_together_come_back_apart_and_each_always_alike() {
        let wait = |id: u128| Backoff::ATTEMPTS.after(Uuid::from_u128(id), 4);
        assert_eq!(wait(1), wait(1));
        let waits: std::collections::BTreeSet<_> = (0..100).map(wait).collect();
        assert!(waits.len() > 90, "{}", waits.len());
    }
}
