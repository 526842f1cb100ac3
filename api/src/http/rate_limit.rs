//! How often somebody may try, by address and by what they try. Counted per process: with several
//! behind one balancer the bound is that much weaker, and a password still takes its time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A window.
const MINUTE: Duration = Duration::from_mins(1);
/// Most who are counted at once, about 6 MB.
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

/// Counts tries by the minute, in bounded memory.
#[derive(Debug, Default)]
pub struct RateLimiter {
    counts: Mutex<HashMap<Try, Count>>,
}

/// The tries of a window.
#[derive(Clone, Copy, Debug)]
struct Count {
    begun: Instant,
    tries: u32,
    /// There were as many as there may be.
    full: bool,
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
            make_room(&mut counts, now);
        }
        let fresh = Count { begun: now, tries: 0, full: most == 0 };
        let count = counts.entry(what).or_insert(fresh);
        if now.duration_since(count.begun) >= MINUTE {
            *count = fresh;
        }
        if count.tries >= most {
            return Err(MINUTE.saturating_sub(now.duration_since(count.begun)));
        }
        count.tries += 1;
        count.full = count.tries >= most;
        Ok(())
    }
}

/// Forgets those whose minute is over; then those who may still try. Whoever is turned away at
/// present stays known: a flood of other names must not give them new tries.
fn make_room(counts: &mut HashMap<Try, Count>, now: Instant) {
    counts.retain(|_, count| now.duration_since(count.begun) < MINUTE);
    if counts.len() >= COUNTED {
        tracing::warn!("very many addresses try to log in; those with tries left are forgotten");
        counts.retain(|_, count| count.full);
    }
    // So many who are turned away: to look through them at each try would be the next attack,
    // and turning everybody away its aim. All get a new minute.
    if counts.len() > COUNTED / 2 {
        counts.clear();
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
    fn a_flood_of_names_is_bounded_and_gives_nobody_new_tries() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        let victim = Try::Account([0xFF; 16]);
        assert!((0..5).all(|_| limiter.count_at(now, victim, 5).is_ok()));
        for name in 0..2 * COUNTED as u128 {
            assert_eq!(limiter.count_at(now, Try::Account(name.to_be_bytes()), 5), Ok(()));
        }
        assert!(limiter.counts.lock().unwrap_or_else(PoisonError::into_inner).len() <= COUNTED);
        assert_eq!(limiter.count_at(now, victim, 5), Err(MINUTE), "still turned away");
        assert_eq!(limiter.count_at(now + MINUTE, victim, 5), Ok(()), "and let in afterwards");
    }

    #[test]
    fn an_ipv6_customer_has_one_count() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap_or([0; 4].into()));
        assert_eq!(network("2001:db8::1"), network("2001:db8:0:0:ffff::9"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
    }
}
