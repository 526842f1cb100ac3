//! How often somebody may try, by address and by what they try. Counted per process: with several
//! behind one balancer the bound is that much weaker, and a password still takes its time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A window.
const MINUTE: Duration = Duration::from_secs(60);
/// Whoever is counted at once; beyond it, those whose minute is over are forgotten first.
const COUNTED: usize = 100_000;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Try {
    /// Logging in or registering from an address.
    Password(Network),
    /// Logging in as somebody: a digest of the e-mail address.
    Account([u8; 16]),
    /// Staying logged in, from an address.
    Refresh(Network),
}

/// An IPv4 address, or the /64 of an IPv6 address: that much one customer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(u64);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u64::from(u32::from(v4))),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments().map(u64::from);
                Self(a << 48 | b << 32 | c << 16 | d)
            }
        }
    }
}

/// Counts tries by the minute.
#[derive(Debug, Default)]
pub struct RateLimiter {
    /// Begin of the window and tries in it.
    counts: Mutex<HashMap<Try, (Instant, u32)>>,
}

impl RateLimiter {
    /// Counts one.
    ///
    /// # Errors
    /// How long to wait, when there were `most` in the window already.
    pub fn count(&self, what: Try, most: u32) -> Result<(), Duration> {
        self.count_at(Instant::now(), what, most)
    }

    fn count_at(&self, now: Instant, what: Try, most: u32) -> Result<(), Duration> {
        // A panic elsewhere leaves the map whole: an entry is changed in one go.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= COUNTED && !counts.contains_key(&what) {
            counts.retain(|_, (begun, _)| now.duration_since(*begun) < MINUTE);
            if counts.len() >= COUNTED {
                // Everybody gets a new minute: turning all away would be the attacker's aim.
                tracing::warn!("too many addresses try to log in; counting begins again");
                counts.clear();
            }
        }
        let (begun, tries) = counts.entry(what).or_insert((now, 0));
        if now.duration_since(*begun) >= MINUTE {
            (*begun, *tries) = (now, 0);
        }
        if *tries >= most {
            return Err(MINUTE.saturating_sub(now.duration_since(*begun)));
        }
        *tries += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_in_a_minute_and_then_again() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        let here = Try::Password(IpAddr::from([10, 0, 0, 1]).into());
        let there = Try::Password(IpAddr::from([10, 0, 0, 2]).into());
        assert!((0..5).all(|_| limiter.count_at(now, here, 5).is_ok()));
        assert_eq!(limiter.count_at(now, here, 5), Err(MINUTE));
        assert_eq!(limiter.count_at(now, there, 5), Ok(()));
        assert!(limiter.count_at(now + MINUTE / 2, here, 5).is_err());
        assert_eq!(limiter.count_at(now + MINUTE, here, 5), Ok(()));
    }

    #[test]
    fn an_ipv6_customer_has_one_count() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap_or([0; 4].into()));
        assert_eq!(network("2001:db8::1"), network("2001:db8:0:0:ffff::9"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
    }
}
