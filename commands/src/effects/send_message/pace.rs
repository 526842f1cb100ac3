//! How fast messages may leave (wire-formats §1.7): 80 a second per number, and to one person
//! one in six seconds after a burst of 45. Kept per process and in bounded memory: several
//! processes, or a forgotten entry, are a reason for the provider to say no, which is certain
//! and tried again.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use bitacora_domain::{ChannelAccountId, ContactId};
use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

/// One message takes so long of a number's time.
const CHANNEL_EVERY: TimeDelta = TimeDelta::microseconds(12_500);
/// Messages that may leave a number in one moment.
const CHANNEL_BURST: i32 = 80;
/// One message takes so long of a pair's time.
const PAIR_EVERY: TimeDelta = TimeDelta::seconds(6);
/// Messages that may go to one person in one moment.
const PAIR_BURST: i32 = 45;
/// Numbers and pairs remembered.
const REMEMBERED: usize = 50_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Channel(ChannelAccountId),
    Pair(ChannelAccountId, ContactId),
}

impl Key {
    const fn limits(self) -> (TimeDelta, i32) {
        match self {
            Self::Channel(_) => (CHANNEL_EVERY, CHANNEL_BURST),
            Self::Pair(..) => (PAIR_EVERY, PAIR_BURST),
        }
    }
}

/// Until when the time of each number and pair is used up: a bucket of tokens as one number
/// (the generic cell rate algorithm).
pub(super) struct Pace(Mutex<LruCache<Key, DateTime<Utc>>>);

impl Default for Pace {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(capacity)))
    }
}

impl Pace {
    /// May one more leave now? Takes its time, or says when to come back and takes nothing.
    pub(super) fn take(
        &self,
        channel: ChannelAccountId,
        contact: ContactId,
        now: DateTime<Utc>,
    ) -> Result<(), DateTime<Utc>> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = [Key::Channel(channel), Key::Pair(channel, contact)];
        for key in keys {
            let (every, burst) = key.limits();
            let full = used_until(&mut used, key, now) - every * (burst - 1);
            if full > now {
                return Err(full);
            }
        }
        for key in keys {
            let (every, _) = key.limits();
            let until = used_until(&mut used, key, now) + every;
            used.put(key, until);
        }
        Ok(())
    }
}

/// Until when it is used up; never longer than a burst takes, should the clock be put back.
fn used_until(
    used: &mut LruCache<Key, DateTime<Utc>>,
    key: Key,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let (every, burst) = key.limits();
    used.get(&key).map_or(now, |until| (*until).clamp(now, now + every * burst))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn contact(n: u128) -> ContactId {
        ContactId::new(Uuid::from_u128(n))
    }

    #[test]
    fn one_person_gets_a_burst_and_then_one_in_six_seconds() {
        let (pace, channel) = (Pace::default(), ChannelAccountId::new(Uuid::from_u128(1)));
        let mut now = DateTime::UNIX_EPOCH;
        for _ in 0..45 {
            assert_eq!(pace.take(channel, contact(1), now), Ok(()));
        }
        assert_eq!(pace.take(channel, contact(1), now), Err(now + PAIR_EVERY));
        assert_eq!(pace.take(channel, contact(2), now), Ok(()), "others are not concerned");
        let mut left = 0;
        for _ in 0..600 {
            now += TimeDelta::seconds(1);
            left += i32::from(pace.take(channel, contact(1), now).is_ok());
        }
        assert_eq!(left, 100, "ten a minute");
    }

    #[test]
    fn a_number_sends_eighty_a_second() {
        let (pace, channel) = (Pace::default(), ChannelAccountId::new(Uuid::from_u128(1)));
        let mut now = DateTime::UNIX_EPOCH;
        let mut left = 0;
        for n in 0..10_000 {
            left += i32::from(pace.take(channel, contact(n), now).is_ok());
            now += TimeDelta::milliseconds(1);
        }
        assert!((875..=880).contains(&left), "{left} in ten seconds with a burst of 80");
    }

    #[test]
    fn who_must_wait_is_let_through_when_told_to_come_back() {
        let (pace, channel) = (Pace::default(), ChannelAccountId::new(Uuid::from_u128(1)));
        let now = DateTime::UNIX_EPOCH;
        let mut until = now;
        for n in 0..200 {
            match pace.take(channel, contact(n), now) {
                Ok(()) => {}
                Err(at) => until = at,
            }
        }
        assert!(until > now);
        assert_eq!(pace.take(channel, contact(9_999), until), Ok(()));
    }
}
