//! How fast calls leave: one a second over each line, as carriers take them (wire-formats §5.5).
//! What comes faster waits here, where it costs nothing, and not as a refusal there.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

use crate::ports::CallLine;

/// Time between two calls over a line.
const EVERY: TimeDelta = TimeDelta::seconds(1);
/// Nobody is sent away for longer.
const LONGEST: TimeDelta = TimeDelta::minutes(5);
/// Lines remembered.
const LINES: usize = 10_000;

/// When the next call may leave over a line, and the last time that was promised.
type Turns = (DateTime<Utc>, DateTime<Utc>);

/// The turns of each line.
pub(super) struct Pace(Mutex<LruCache<String, Turns>>);

impl Default for Pace {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(LINES).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(capacity)))
    }
}

impl Pace {
    /// May a call leave over this line now? If not, when it should come back: everybody gets a
    /// time of their own.
    pub(super) fn take(
        &self,
        line: Option<&CallLine>,
        now: DateTime<Utc>,
    ) -> Result<(), DateTime<Utc>> {
        let key = match line {
            Some(CallLine::Twilio { account }) => account.clone(),
            Some(CallLine::ElevenLabs { agent_id }) => agent_id.clone(),
            None => String::new(),
        };
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, promised) = lines.get(&key).copied().unwrap_or((now, now));
        // The clock may have been put back.
        let next = next.min(now + EVERY);
        if next > now {
            let promised = (promised.max(next) + EVERY).min(now + LONGEST);
            lines.put(key, (next, promised));
            return Err(promised);
        }
        lines.put(key, (now + EVERY, promised.min(now + LONGEST)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twilio(account: &str) -> CallLine {
        CallLine::Twilio { account: account.into() }
    }

    #[test]
    fn a_line_dials_once_a_second_and_lines_do_not_wait_for_each_other() {
        let (pace, now) = (Pace::default(), DateTime::UNIX_EPOCH);
        let (a, b) = (twilio("AC1/+541"), twilio("AC1/+542"));
        assert_eq!(pace.take(Some(&a), now), Ok(()));
        assert_eq!(pace.take(Some(&b), now), Ok(()));
        assert_eq!(pace.take(None, now), Ok(()));
        assert!(pace.take(Some(&a), now).is_err());
        let mut left = 0;
        for tenth in 1..=100 {
            left +=
                i32::from(pace.take(Some(&a), now + TimeDelta::milliseconds(tenth * 100)).is_ok());
        }
        assert_eq!(left, 10, "in ten seconds");
    }

    #[test]
    fn those_who_wait_get_times_of_their_own_and_not_far_ahead() {
        let (pace, now) = (Pace::default(), DateTime::UNIX_EPOCH);
        assert_eq!(pace.take(None, now), Ok(()));
        let told: Vec<_> = (0..400).filter_map(|_| pace.take(None, now).err()).collect();
        assert!(told.windows(2).take(200).all(|pair| pair[0] < pair[1]));
        assert_eq!(told.iter().max(), Some(&(now + LONGEST)));
        let back = now - TimeDelta::days(1);
        assert!(pace.take(None, back).err().is_none_or(|at| at <= back + LONGEST));
    }
}
