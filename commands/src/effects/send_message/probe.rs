//! Who may try a channel that is stopped. One message every few minutes finds out whether the
//! trouble is over; all others wait without being tried, so that a stopped channel costs neither
//! attempts nor requests, and heals by itself once its cause is gone.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use bitacora_domain::ChannelAccountId;
use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

/// Time between two probes of a channel.
pub(super) const PROBE_EVERY: TimeDelta = TimeDelta::minutes(2);
/// Those who wait come back so much after the probe, when its answer is known.
const BEHIND: TimeDelta = TimeDelta::seconds(20);
/// Channels remembered; one that is forgotten is probed a bit earlier.
const CHANNELS: usize = 10_000;

/// When the stopped channels are probed next.
pub(super) struct Probes(Mutex<LruCache<ChannelAccountId, DateTime<Utc>>>);

impl Default for Probes {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(CHANNELS).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(capacity)))
    }
}

impl Probes {
    /// May this message be the probe? If not, when it should come back.
    pub(super) fn ask(
        &self,
        channel: ChannelAccountId,
        now: DateTime<Utc>,
    ) -> Result<(), DateTime<Utc>> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match next.get(&channel) {
            Some(at) if now < *at && *at <= now + PROBE_EVERY => Err(*at + BEHIND),
            Some(_) | None => {
                next.put(channel, now + PROBE_EVERY);
                Ok(())
            }
        }
    }

    /// The channel is stopped now. When the message that found out comes back as the probe.
    pub(super) fn stopped(&self, channel: ChannelAccountId, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        next.put(channel, now + PROBE_EVERY);
        now + PROBE_EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_message_probes_and_the_others_come_back_behind_it() {
        let (probes, channel) = (Probes::default(), ChannelAccountId::new(Uuid::from_u128(1)));
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(probes.ask(channel, now), Ok(()), "nobody has looked yet");
        assert_eq!(probes.ask(channel, now), Err(now + PROBE_EVERY + BEHIND));
        let again = probes.stopped(channel, now);
        assert_eq!(probes.ask(channel, again), Ok(()));
        assert!(probes.ask(channel, again).is_err());
        let other = ChannelAccountId::new(Uuid::from_u128(2));
        assert_eq!(probes.ask(other, again), Ok(()), "channels do not wait for each other");
        let back = now - TimeDelta::days(1);
        assert_eq!(probes.ask(channel, back), Ok(()), "the clock was put back");
    }
}
