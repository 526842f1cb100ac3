//! Circuit breakers: a provider that fails for a tenant is left alone for a while.
//!
//! They live in the memory of one worker: another process finds out by itself, which costs a few
//! requests and needs no agreement.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use bitacora_domain::TenantId;
use chrono::{DateTime, TimeDelta, Utc};

/// Breakers from which on those without news are forgotten.
const REMEMBERED: usize = 4_096;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerOptions {
    /// So many failures …
    pub failures: usize,
    /// … within this time open it …
    pub within: TimeDelta,
    /// … for this long; then one attempt may try whether the provider is well again.
    pub open_for: TimeDelta,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self { failures: 5, within: TimeDelta::minutes(1), open_for: TimeDelta::minutes(1) }
    }
}

/// What an attempt says about its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It answered.
    Well,
    /// It failed.
    Ill,
    /// It was not asked.
    Silent,
}

/// Leave to make an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// All is well.
    Usual,
    /// The one that tries whether the provider is well again.
    Probe,
    /// Not before then.
    Refused(DateTime<Utc>),
}

#[derive(Debug)]
enum Circuit {
    Closed {
        failures: VecDeque<DateTime<Utc>>,
    },
    Open {
        until: DateTime<Utc>,
    },
    /// A probe is under way; when it is lost, another may go after `until`.
    HalfOpen {
        until: DateTime<Utc>,
    },
}

type Key = (&'static str, TenantId);

/// The breakers of one worker, one per provider and tenant. A provider that is well has none.
#[derive(Debug, Default)]
pub struct Breakers {
    options: BreakerOptions,
    circuits: Mutex<HashMap<Key, Circuit>>,
}

impl Breakers {
    /// Breakers that are all closed.
    pub fn new(options: BreakerOptions) -> Self {
        Self { options, circuits: Mutex::default() }
    }

    /// How many are open or half open.
    pub fn open(&self) -> usize {
        let circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.values().filter(|circuit| !matches!(circuit, Circuit::Closed { .. })).count()
    }

    /// May `provider` be asked for `tenant` now?
    pub(super) fn ask(
        &self,
        provider: &'static str,
        tenant: TenantId,
        now: DateTime<Utc>,
    ) -> Leave {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(circuit) = circuits.get_mut(&(provider, tenant)) else { return Leave::Usual };
        match circuit {
            Circuit::Closed { .. } => Leave::Usual,
            Circuit::Open { until } | Circuit::HalfOpen { until } if now < *until => {
                Leave::Refused(*until)
            }
            Circuit::Open { .. } | Circuit::HalfOpen { .. } => {
                *circuit = Circuit::HalfOpen { until: now + self.options.open_for };
                Leave::Probe
            }
        }
    }

    /// An attempt that had `leave` ended. What began before the breaker opened says nothing new.
    pub(super) fn tell(
        &self,
        (provider, tenant): Key,
        leave: Leave,
        health: Health,
        now: DateTime<Utc>,
    ) {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (provider, tenant);
        let closed = matches!(circuits.get(&key), None | Some(Circuit::Closed { .. }));
        match (leave, health) {
            (Leave::Usual, Health::Ill) if closed => {
                prune(&mut circuits, now, self.options);
                let entry = circuits
                    .entry(key)
                    .or_insert_with(|| Circuit::Closed { failures: VecDeque::new() });
                if self.fails(entry, now) {
                    opened(provider, tenant);
                }
            }
            (Leave::Usual, Health::Well) if closed => {
                forget_old(&mut circuits, key, now, self.options);
            }
            (Leave::Probe, Health::Well) => {
                circuits.remove(&key);
                tracing::info!(provider, %tenant, "the provider answers again");
            }
            (Leave::Probe, Health::Ill) => {
                circuits.insert(key, Circuit::Open { until: now + self.options.open_for });
            }
            (Leave::Probe, Health::Silent) => {
                circuits.insert(key, Circuit::Open { until: now });
            }
            (Leave::Usual | Leave::Refused(_), Health::Well | Health::Ill | Health::Silent) => {}
        }
    }

    /// Notes a failure; did it open the breaker?
    fn fails(&self, circuit: &mut Circuit, now: DateTime<Utc>) -> bool {
        let Circuit::Closed { failures } = circuit else { return false };
        failures.push_back(now);
        failures.retain(|at| now - *at < self.options.within);
        let open = failures.len() >= self.options.failures;
        if open {
            *circuit = Circuit::Open { until: now + self.options.open_for };
        }
        open
    }
}

/// Tenants that failed once and never asked again must not pile up.
fn prune(circuits: &mut HashMap<Key, Circuit>, now: DateTime<Utc>, options: BreakerOptions) {
    if circuits.len() < REMEMBERED {
        return;
    }
    circuits.retain(|_, circuit| match circuit {
        Circuit::Closed { failures } => {
            failures.back().is_some_and(|at| now - *at < options.within)
        }
        Circuit::Open { until } | Circuit::HalfOpen { until } => now < *until + options.open_for,
    });
}

/// A success does not wipe out failures of the last minute (every second attempt may fail), but
/// a breaker without any needs no memory.
fn forget_old(
    circuits: &mut HashMap<Key, Circuit>,
    key: Key,
    now: DateTime<Utc>,
    options: BreakerOptions,
) {
    if let Some(Circuit::Closed { failures }) = circuits.get_mut(&key) {
        failures.retain(|at| now - *at < options.within);
        if failures.is_empty() {
            circuits.remove(&key);
        }
    }
}

fn opened(provider: &'static str, tenant: TenantId) {
    metrics::counter!("bitacora_effects_breaker_opened_total", "provider" => provider).increment(1);
    tracing::warn!(provider, %tenant, "the provider fails again and again; it is left alone for a while");
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHATSAPP: &str = "whatsapp";

    fn tenant(n: u128) -> TenantId {
        TenantId::new(uuid::Uuid::from_u128(n))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_770_000_000 + seconds, 0).unwrap()
    }

    fn attempt(breakers: &Breakers, health: Health, seconds: i64) -> Leave {
        let leave = breakers.ask(WHATSAPP, tenant(1), at(seconds));
        breakers.tell((WHATSAPP, tenant(1)), leave, health, at(seconds));
        leave
    }

    fn opened_at_4() -> Breakers {
        let breakers = Breakers::default();
        for second in 0..5 {
            assert_eq!(attempt(&breakers, Health::Ill, second), Leave::Usual);
        }
        breakers
    }

    #[test]
    fn five_failures_in_a_minute_open_it_for_a_minute_and_for_that_tenant_only() {
        let breakers = opened_at_4();
        assert_eq!(attempt(&breakers, Health::Silent, 63), Leave::Refused(at(64)));
        assert_eq!(breakers.ask(WHATSAPP, tenant(2), at(10)), Leave::Usual);
        assert_eq!(breakers.ask("twilio", tenant(1), at(10)), Leave::Usual);
        assert_eq!(breakers.open(), 1);
    }

    #[test]
    fn failures_that_are_far_apart_do_not_open_it() {
        let breakers = Breakers::default();
        for n in 0..20 {
            assert_eq!(attempt(&breakers, Health::Ill, n * 16), Leave::Usual);
        }
    }

    #[test]
    fn successes_in_between_do_not_hide_failures() {
        let breakers = Breakers::default();
        for n in 0..5 {
            attempt(&breakers, Health::Well, n * 2);
            attempt(&breakers, Health::Ill, n * 2 + 1);
        }
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(10)), Leave::Refused(at(69)));
    }

    #[test]
    fn half_open_lets_one_probe_through_and_a_success_closes_it() {
        let breakers = opened_at_4();
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(64)), Leave::Probe);
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(65)), Leave::Refused(at(124)));
        // one that began before it opened comes back meanwhile
        breakers.tell((WHATSAPP, tenant(1)), Leave::Usual, Health::Well, at(66));
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(67)), Leave::Refused(at(124)));
        breakers.tell((WHATSAPP, tenant(1)), Leave::Probe, Health::Well, at(68));
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(68)), Leave::Usual);
        assert_eq!(breakers.open(), 0);
    }

    #[test]
    fn a_probe_that_fails_opens_it_again_and_one_that_asked_nobody_makes_room() {
        let breakers = opened_at_4();
        assert_eq!(attempt(&breakers, Health::Ill, 64), Leave::Probe);
        assert_eq!(attempt(&breakers, Health::Silent, 123), Leave::Refused(at(124)));
        assert_eq!(attempt(&breakers, Health::Silent, 124), Leave::Probe);
        assert_eq!(attempt(&breakers, Health::Well, 125), Leave::Probe);
        assert_eq!(attempt(&breakers, Health::Well, 126), Leave::Usual);
    }

    #[test]
    fn a_lost_probe_does_not_keep_it_open_for_ever() {
        let breakers = opened_at_4();
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(64)), Leave::Probe);
        assert_eq!(breakers.ask(WHATSAPP, tenant(1), at(124)), Leave::Probe);
    }
}
