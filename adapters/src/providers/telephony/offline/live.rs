//! What the twin remembers of the calls that it plays.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bitacora_commands::ports::Seen;
use bitacora_domain::aggregates::call_session::{ProviderIds, ReportedStatus};
use chrono::{DateTime, Utc};

/// Calls remembered; those of long ago are forgotten first.
const CALLS: usize = 4_096;

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) ids: ProviderIds,
    pub(super) number: String,
    pub(super) began: DateTime<Utc>,
    pub(super) status: ReportedStatus,
    at: DateTime<Utc>,
    hung_up: bool,
}

impl Live {
    pub(super) const fn new(ids: ProviderIds, number: String, began: DateTime<Utc>) -> Self {
        Self { ids, number, began, status: ReportedStatus::Queued, at: began, hung_up: false }
    }

    fn is_named(&self, ids: &ProviderIds) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        same(&self.ids.call_sid, &ids.call_sid)
            || same(&self.ids.el_conversation_id, &ids.el_conversation_id)
    }

    const fn is_over(&self) -> bool {
        match self.status {
            ReportedStatus::Queued
            | ReportedStatus::Initiated
            | ReportedStatus::Ringing
            | ReportedStatus::InProgress => false,
            ReportedStatus::Completed
            | ReportedStatus::Busy
            | ReportedStatus::NoAnswer
            | ReportedStatus::Failed
            | ReportedStatus::Canceled => true,
        }
    }

    /// As the real ones would describe it.
    pub(super) fn seen(&self) -> Seen {
        let talked = self.status == ReportedStatus::Completed;
        Seen {
            status: self.status,
            ids: self.ids.clone(),
            at: self.at,
            duration_s: talked.then(|| (self.at - self.began).num_seconds().max(1)),
            answered_by: None,
            cost: None,
            after_call: None,
        }
    }
}

/// The calls, the latest last.
#[derive(Default)]
pub(super) struct Lives(Mutex<VecDeque<Live>>);

impl Lives {
    pub(super) fn begin(&self, live: Live) {
        self.with(|calls| {
            if calls.len() >= CALLS {
                calls.pop_front();
            }
            calls.push_back(live);
        });
    }

    pub(super) fn reached(&self, ids: &ProviderIds, status: ReportedStatus, at: DateTime<Utc>) {
        self.change(ids, |live| (live.status, live.at) = (status, at));
    }

    pub(super) fn of(&self, ids: &ProviderIds) -> Option<Live> {
        self.with(|calls| calls.iter().find(|live| live.is_named(ids)).cloned())
    }

    pub(super) fn to(
        &self,
        number: &str,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<ProviderIds> {
        self.with(|calls| {
            let found = calls
                .iter()
                .filter(|live| live.number == number && (from..=until).contains(&live.began));
            found.map(|live| live.ids.clone()).collect()
        })
    }

    /// Was it still under way?
    pub(super) fn hang_up(&self, ids: &ProviderIds) -> bool {
        self.change(ids, |live| live.hung_up = true)
    }

    pub(super) fn is_hung_up(&self, ids: &ProviderIds) -> bool {
        self.of(ids).is_some_and(|live| live.hung_up)
    }

    /// Changes a call that is under way; was there one?
    fn change(&self, ids: &ProviderIds, by: impl FnOnce(&mut Live)) -> bool {
        self.with(|calls| {
            let live = calls.iter_mut().find(|live| live.is_named(ids) && !live.is_over());
            live.map(by).is_some()
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut VecDeque<Live>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
