//! SLA policies as values, and the clocks that run under them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregates::conversation::Priority;
use crate::calendar::BusinessCalendar;

/// Bounds of a target, seconds.
const TARGET_S: std::ops::RangeInclusive<i64> = 60..=366 * 24 * 3_600;

/// What an SLA promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SlaTarget {
    /// An answer of a person to what opened the ticket.
    FirstResponse,
    /// An answer of a person to each later turn of the contact; every turn has its own.
    NextResponse,
    /// That the matter is settled.
    Resolution,
}

impl SlaTarget {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::FirstResponse, Self::NextResponse, Self::Resolution];
}

/// A value per target, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub struct PerTarget<T> {
    pub first_response: Option<T>,
    pub next_response: Option<T>,
    pub resolution: Option<T>,
}

impl<T> Default for PerTarget<T> {
    fn default() -> Self {
        Self::of(|_| None)
    }
}

impl<T> PerTarget<T> {
    /// What `value` says of each target.
    pub fn of(value: impl Fn(SlaTarget) -> Option<T>) -> Self {
        Self {
            first_response: value(SlaTarget::FirstResponse),
            next_response: value(SlaTarget::NextResponse),
            resolution: value(SlaTarget::Resolution),
        }
    }

    /// The value of a target.
    pub const fn get(&self, target: SlaTarget) -> Option<&T> {
        match target {
            SlaTarget::FirstResponse => self.first_response.as_ref(),
            SlaTarget::NextResponse => self.next_response.as_ref(),
            SlaTarget::Resolution => self.resolution.as_ref(),
        }
    }

    /// The place of a target.
    pub const fn slot(&mut self, target: SlaTarget) -> &mut Option<T> {
        match target {
            SlaTarget::FirstResponse => &mut self.first_response,
            SlaTarget::NextResponse => &mut self.next_response,
            SlaTarget::Resolution => &mut self.resolution,
        }
    }
}

/// How much open time each target has, in seconds; no limit where absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub struct SlaTargets {
    pub first_response_s: Option<i64>,
    pub next_response_s: Option<i64>,
    pub resolution_s: Option<i64>,
}

impl SlaTargets {
    /// The open time of a target.
    pub fn time(&self, target: SlaTarget) -> Option<TimeDelta> {
        let seconds = match target {
            SlaTarget::FirstResponse => self.first_response_s,
            SlaTarget::NextResponse => self.next_response_s,
            SlaTarget::Resolution => self.resolution_s,
        };
        seconds.map(TimeDelta::seconds)
    }
}

/// An SLA in one version, with the calendar that it counts by: whoever has the event can compute
/// all due times again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPolicy {
    /// Which policy.
    pub policy: Uuid,
    /// Its version, from 1.
    pub version: i64,
    /// Whose open time counts.
    pub calendar: BusinessCalendar,
    /// Targets by the ticket's priority; a priority that is absent has none.
    pub targets: BTreeMap<Priority, SlaTargets>,
}

impl SlaPolicy {
    /// In canonical form; `None` when it is not what it should be.
    #[must_use]
    pub fn checked(self) -> Option<Self> {
        let calendar = self.calendar.checked()?;
        let rows = self.targets.values();
        let times: Vec<i64> = rows
            .flat_map(|row| [row.first_response_s, row.next_response_s, row.resolution_s])
            .flatten()
            .collect();
        let bounded = !times.is_empty() && times.iter().all(|time| TARGET_S.contains(time));
        (self.version >= 1 && bounded).then_some(Self { calendar, ..self })
    }

    /// The open time that a target has at `priority`.
    pub fn time(&self, priority: Priority, target: SlaTarget) -> Option<TimeDelta> {
        self.targets.get(&priority)?.time(target)
    }

    /// When the target will be missed, if its clock goes on at `at` after `elapsed_ms`.
    pub fn due_at(
        &self,
        (priority, target): (Priority, SlaTarget),
        elapsed_ms: i64,
        at: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let left = self.time(priority, target)? - TimeDelta::milliseconds(elapsed_ms);
        self.calendar.after(at, left)
    }
}

/// The clock of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Open time used until it last stood still or started, milliseconds.
    pub elapsed_ms: i64,
    /// Since when it runs; `None` while it stands still.
    pub since: Option<DateTime<Utc>>,
    /// When the target is missed; `None` while it stands still, without limit, or once missed.
    pub due_at: Option<DateTime<Utc>>,
    /// The target was missed.
    pub breached: bool,
}

/// The SLA that a ticket is under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sla {
    pub(super) policy: SlaPolicy,
    pub(super) clocks: PerTarget<Clock>,
}

impl Sla {
    /// Open time that a target has used at `at`, milliseconds; `None` without a clock.
    pub(super) fn elapsed_ms(&self, target: SlaTarget, at: DateTime<Utc>) -> Option<i64> {
        let clock = self.clocks.get(target)?;
        let running = clock
            .since
            .map_or(0, |since| self.policy.calendar.open_between(since, at).num_milliseconds());
        Some(clock.elapsed_ms + running)
    }

    /// Was the target missed?
    pub(super) fn is_breached(&self, target: SlaTarget) -> bool {
        self.clocks.get(target).is_some_and(|clock| clock.breached)
    }
}
