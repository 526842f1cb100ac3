//! The hours in which a phone may ring, where the callee is.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, DurationRound as _, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Zones differ from UTC, and change their clocks, by multiples of this; so do windows.
const QUARTER_MIN: u16 = 15;
const QUARTER: TimeDelta = TimeDelta::minutes(15);
/// How far ahead an opening is looked for: a week, and a day for zones that are far apart.
const LOOK_AHEAD: TimeDelta = TimeDelta::days(8);

/// When a phone may ring, in the callee's own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallWindow {
    /// First minute of the day; a multiple of 15.
    pub from_minute: u16,
    /// Minute after the last; a multiple of 15, at most 1,440.
    pub until_minute: u16,
    /// ISO weekdays: 1 is Monday, 7 is Sunday. At least one.
    pub weekdays: BTreeSet<u8>,
}

impl Default for CallWindow {
    /// 8 to 21 h on any day.
    fn default() -> Self {
        Self { from_minute: 8 * 60, until_minute: 21 * 60, weekdays: (1..=7).collect() }
    }
}

impl CallWindow {
    /// Is it what its fields promise?
    pub fn is_sound(&self) -> bool {
        let quarters = self.from_minute.is_multiple_of(QUARTER_MIN)
            && self.until_minute.is_multiple_of(QUARTER_MIN);
        quarters
            && self.from_minute < self.until_minute
            && self.until_minute <= DAY
            && !self.weekdays.is_empty()
            && self.weekdays.iter().all(|day| (1..=7).contains(day))
    }

    /// May it ring at `at` in every one of `zones`? Where no zone is known it may not.
    pub fn is_open(&self, at: DateTime<Utc>, zones: &[Tz]) -> bool {
        !zones.is_empty() && zones.iter().all(|zone| self.is_open_in(at, *zone))
    }

    fn is_open_in(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        let local = at.with_timezone(&zone);
        let minute = local.hour() * 60 + local.minute();
        let hours = u32::from(self.from_minute)..u32::from(self.until_minute);
        let weekday = local.weekday().number_from_monday();
        hours.contains(&minute) && self.weekdays.iter().any(|day| u32::from(*day) == weekday)
    }
}

/// The first time from `from` on, and before `end`, at which it may ring in every one of
/// `zones`: `from` itself or the start of a quarter of an hour. `None` when there is none within
/// eight days: zones may be so far apart that their hours never meet.
///
/// Walks instead of computing with local times, some of which do not exist and others of which
/// come twice.
pub fn next_opening(
    window: &CallWindow,
    zones: &[Tz],
    from: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if from >= end {
        return None;
    }
    let quarter = from.duration_trunc(QUARTER).ok()?;
    let later = std::iter::successors(quarter.checked_add_signed(QUARTER), |at| {
        at.checked_add_signed(QUARTER)
    });
    std::iter::once(from)
        .chain(later)
        .take_while(|at| *at < end && *at - from <= LOOK_AHEAD)
        .find(|at| window.is_open(*at, zones))
}
