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
/// Places in the queue are told so far ahead; those behind come back then and ask again.
const PROMISED_AHEAD: TimeDelta = TimeDelta::minutes(10);
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

/// The time of one number or pair.
#[derive(Clone, Copy)]
struct Used {
    /// Until when it is used up: a bucket of tokens as one number (the generic cell rate
    /// algorithm).
    until: DateTime<Utc>,
    /// The last time that somebody was told to come back.
    promised: DateTime<Utc>,
}

/// Who may send now, and when the others come back: one after the other, or all of a campaign
/// would be claimed ten times a second to be told that they must wait.
pub(super) struct Pace(Mutex<LruCache<Key, Used>>);

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
            let known = of(&mut used, key, now);
            let full = known.until - every * (burst - 1);
            if full > now {
                let promised = full.max(known.promised + every).min(now + PROMISED_AHEAD);
                used.put(key, Used { promised, ..known });
                return Err(promised);
            }
        }
        for key in keys {
            let (every, _) = key.limits();
            let known = of(&mut used, key, now);
            used.put(key, Used { until: known.until + every, ..known });
        }
        Ok(())
    }
}

/// What is known of it. Nothing is used up for longer than a burst takes, and nothing promised
/// further ahead than is ever promised: the clock was put back.
fn of(used: &mut LruCache<Key, Used>, key: Key, now: DateTime<Utc>) -> Used {
    let (every, burst) = key.limits();
    let known = used.get(&key).copied().unwrap_or(Used { until: now, promised: now });
    let promised = Some(known.promised).filter(|at| *at <= now + PROMISED_AHEAD);
    Used { until: known.until.clamp(now, now + every * burst), promised: promised.unwrap_or(now) }
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
    fn those_who_must_wait_are_told_times_of_their_own_and_let_through_then() {
        let (pace, channel) = (Pace::default(), ChannelAccountId::new(Uuid::from_u128(1)));
        let now = DateTime::UNIX_EPOCH;
        let ask = |n, at| pace.take(channel, contact(n), at);
        let told: Vec<_> = (0..1_000).filter_map(|n| ask(n, now).err().map(|at| (at, n))).collect();
        assert_eq!(told.len(), 1_000 - 80);
        assert!(told.is_sorted() && told.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(told[919].0, now + CHANNEL_EVERY * 920);
        for (at, n) in told {
            assert_eq!(ask(n, at), Ok(()), "asked twice, and not ten times a second");
        }
    }

    #[test]
    fn nobody_is_sent_away_for_long() {
        let (pace, channel) = (Pace::default(), ChannelAccountId::new(Uuid::from_u128(1)));
        let now = DateTime::UNIX_EPOCH;
        let latest = (0..60_000).filter_map(|n| pace.take(channel, contact(n), now).err()).max();
        assert_eq!(latest, Some(now + PROMISED_AHEAD));
        let back = now - TimeDelta::days(1);
        let at = (0..100).find_map(|n| pace.take(channel, contact(n), back).err());
        assert_eq!(at, Some(back + CHANNEL_EVERY), "nor when the clock was put back");
    }
}
