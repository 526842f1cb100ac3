//! What is remembered between commands, so that a message does not cost a round trip per
//! question. Everything here is bounded and may be wrong for as long as its entries are
//! believed: whoever remembers something says how long that may be.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

/// A bounded map whose entries are believed for `ttl`.
pub(crate) struct Memory<K: Hash + Eq, V> {
    entries: Mutex<LruCache<K, (V, DateTime<Utc>)>>,
    ttl: TimeDelta,
}

impl<K: Hash + Eq, V: Clone> Memory<K, V> {
    /// A memory of at most `capacity` entries.
    pub(crate) fn new(capacity: usize, ttl: TimeDelta) -> Self {
        let capacity = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
        Self { entries: Mutex::new(LruCache::new(capacity)), ttl }
    }

    /// What is remembered of `key`, if it is fresh at `now`.
    pub(crate) fn get(&self, key: &K, now: DateTime<Utc>) -> Option<V> {
        let mut entries = self.lock();
        let (value, since) = entries.get(key)?;
        // An entry of the future (a clock that was put back) is none.
        (TimeDelta::zero()..self.ttl).contains(&(now - *since)).then(|| value.clone())
    }

    /// Remembers.
    pub(crate) fn put(&self, key: K, value: V, now: DateTime<Utc>) {
        self.lock().put(key, (value, now));
    }

    /// Forgets.
    pub(crate) fn forget(&self, key: &K) {
        self.lock().pop(key);
    }

    /// A panic elsewhere leaves the map whole: entries are put in one call.
    fn lock(&self) -> MutexGuard<'_, LruCache<K, (V, DateTime<Utc>)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_bounded_and_grow_old() {
        let start = DateTime::UNIX_EPOCH;
        let memory = Memory::new(2, TimeDelta::seconds(5));
        for n in 0..3 {
            memory.put(n, n * 10, start);
        }
        assert_eq!(memory.get(&0, start), None, "the oldest gave way");
        assert_eq!(memory.get(&2, start + TimeDelta::seconds(4)), Some(20));
        assert_eq!(memory.get(&2, start + TimeDelta::seconds(5)), None);
        assert_eq!(memory.get(&2, start - TimeDelta::seconds(1)), None, "the clock was put back");
        memory.forget(&1);
        assert_eq!(memory.get(&1, start), None);
    }
}
