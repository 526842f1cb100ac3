//! What the carrier saw and did, as only the carrier knows it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::course::Course;

/// A call that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The attempt that it is, `<call>/<attempt>`.
    pub(super) of: String,
    pub(super) to: String,
    pub(super) from: String,
    pub(super) at: DateTime<Utc>,
    pub(super) course: Course,
    /// How many steps of its course were taken.
    pub(super) steps: usize,
    /// Somebody hung up.
    pub(super) cut_off: bool,
}

impl Made {
    /// Its status now.
    pub(super) fn status(&self) -> &'static str {
        if self.cut_off {
            return "completed";
        }
        let last = self.steps.checked_sub(1).and_then(|n| self.course.steps.get(n));
        last.map_or("queued", |step| step.status)
    }

    pub(super) fn is_over(&self) -> bool {
        self.cut_off || self.steps == self.course.steps.len()
    }

    /// Who answered, once somebody has.
    pub(super) fn answered_by(&self) -> Option<&'static str> {
        let steps = self.course.steps.iter().take(self.steps);
        let answered = steps.map(|step| step.status).any(|status| status == "in-progress");
        self.course.answered_by.filter(|_| answered)
    }

    /// What an attempt that became this call has ended as.
    pub(super) fn outcome(&self) -> &'static str {
        match self.status() {
            "completed" if self.answered_by().is_some_and(|who| who.starts_with("machine")) => {
                "VOICEMAIL"
            }
            "completed" => "COMPLETED",
            "busy" => "BUSY",
            "no-answer" => "NO_ANSWER",
            "failed" => "FAILED",
            "canceled" => "CANCELED",
            _ => "NOT OVER",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    /// What was done with the requests to dial, by attempt.
    pub(super) asked: BTreeMap<String, Vec<&'static str>>,
    /// Calls by what the carrier calls them.
    pub(super) calls: BTreeMap<String, Made>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    pub(super) wrong: Vec<String>,
}

impl Pages {
    /// What the calls are called that were made of an attempt.
    pub(super) fn made_of<'a>(&'a self, attempt: &'a str) -> impl Iterator<Item = &'a String> {
        self.calls.iter().filter(move |(_, made)| made.of == attempt).map(|(sid, _)| sid)
    }
}

#[derive(Debug, Default)]
struct Inner {
    pages: Mutex<Pages>,
    requests: AtomicU64,
    in_flight: AtomicI64,
    under_way: AtomicI64,
}

/// The book. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Book(Arc<Inner>);

impl Book {
    /// The pages; a panic elsewhere cannot leave them half written.
    pub(super) fn open(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request to dial, and what is done with it.
    pub(super) fn note(&self, attempt: &str, fate: &'static str) {
        let mut pages = self.open();
        *pages.faults.entry(fate).or_default() += 1;
        pages.asked.entry(attempt.to_owned()).or_default().push(fate);
        self.0.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn fault(&self, name: &'static str) {
        *self.open().faults.entry(name).or_default() += 1;
    }

    pub(super) fn wrong(&self, what: String) {
        self.open().wrong.push(what);
    }

    /// Requests to dial that were read.
    pub(super) fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Those that were not answered yet.
    pub(super) fn in_flight(&self) -> i64 {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn flies(&self, by: i64) {
        self.0.in_flight.fetch_add(by, Ordering::Relaxed);
    }

    /// Calls that have not ended, and callbacks that are still to be posted.
    pub(super) fn under_way(&self) -> i64 {
        self.0.under_way.load(Ordering::Relaxed)
    }

    pub(super) fn goes_on(&self, by: i64) {
        self.0.under_way.fetch_add(by, Ordering::Relaxed);
    }
}
