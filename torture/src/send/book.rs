//! What the provider saw and took, as only the provider knows it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a request was, for the sender: may it be made again?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The provider said no in its own words: nothing happened, and the sender knows.
    Nothing,
    /// The sender can know that it was taken, or cannot know anything.
    NotNothing,
}

/// One request that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) fault: &'static str,
    pub(super) taken: bool,
    pub(super) proof: Proof,
}

/// Everything about one message, by its callback text.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) requests: Vec<Seen>,
    /// Place among all that were taken.
    pub(super) taken_as: Vec<u64>,
    /// The furthest status that is told about it.
    pub(super) ending: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    pub(super) taken: u64,
    pub(super) wrong: Vec<String>,
}

#[derive(Debug, Default)]
struct Inner {
    pages: Mutex<Pages>,
    requests: AtomicU64,
    in_flight: AtomicI64,
    statuses_open: AtomicI64,
    webhooks: OnceLock<String>,
}

/// The book. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Book(Arc<Inner>);

impl Book {
    /// Where statuses are posted.
    pub(super) fn webhooks_at(&self, url: String) {
        self.0.webhooks.get_or_init(|| url);
    }

    pub(super) fn webhooks(&self) -> String {
        self.0.webhooks.get().cloned().unwrap_or_default()
    }

    /// The pages; a panic elsewhere cannot leave them half written.
    pub(super) fn open(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request; returns how many there were before for the same message.
    pub(super) fn note(&self, callback: &str, seen: Seen) {
        let mut pages = self.open();
        *pages.faults.entry(seen.fault).or_default() += 1;
        let place = pages.taken;
        pages.taken += u64::from(seen.taken);
        let entry = pages.entries.entry(callback.to_owned()).or_default();
        if seen.taken {
            entry.taken_as.push(place);
        }
        entry.requests.push(seen);
        self.0.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn fault(&self, name: &'static str) {
        *self.open().faults.entry(name).or_default() += 1;
    }

    /// How many requests came for a message so far.
    pub(super) fn requests_for(&self, callback: &str) -> u64 {
        self.open().entries.get(callback).map_or(0, |entry| entry.requests.len() as u64)
    }

    /// Requests that were read.
    pub(super) fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Requests that were read and not answered yet.
    pub(super) fn in_flight(&self) -> i64 {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn flies(&self, by: i64) {
        self.0.in_flight.fetch_add(by, Ordering::Relaxed);
    }

    /// Statuses that our webhook has not taken yet.
    pub(super) fn statuses_open(&self) -> i64 {
        self.0.statuses_open.load(Ordering::Relaxed)
    }

    pub(super) fn statuses(&self, by: i64) {
        self.0.statuses_open.fetch_add(by, Ordering::Relaxed);
    }
}
