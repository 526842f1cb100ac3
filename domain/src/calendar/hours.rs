//! When a business is open.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Most spans of a week: four a day.
const SPANS_MAX: usize = 28;
/// Most holidays.
const HOLIDAYS_MAX: usize = 366;

/// A span of a weekday on which people work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenSpan {
    /// ISO weekday: 1 is Monday, 7 is Sunday.
    pub weekday: u8,
    /// First minute, counted from midnight of the tenant's zone.
    pub from: u16,
    /// Minute after the last; 1,440 is midnight.
    pub until: u16,
}

/// The week of a business and the days on which it does not apply. Nothing set means that
/// nobody said: the business counts as open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// Spans, at most 28, that do not overlap.
    pub week: Vec<OpenSpan>,
    /// Days on which nobody works, at most 366.
    pub holidays: BTreeSet<NaiveDate>,
}

impl BusinessHours {
    /// In order of the week; `None` when they are not what they should be.
    pub(crate) fn checked(mut self) -> Option<Self> {
        self.week.sort_unstable();
        let sound = |span: &OpenSpan| {
            (1..=7).contains(&span.weekday) && span.from < span.until && span.until <= DAY
        };
        let apart = |pair: &[OpenSpan]| match pair {
            [a, b] => a.weekday != b.weekday || a.until <= b.from,
            _ => true,
        };
        let bounded = self.week.len() <= SPANS_MAX && self.holidays.len() <= HOLIDAYS_MAX;
        let good = bounded && self.week.iter().all(sound) && self.week.windows(2).all(apart);
        good.then_some(self)
    }

    /// Are people there at `at`, in `zone`?
    pub fn are_open(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        let local = at.with_timezone(&zone);
        if self.week.is_empty() {
            return true;
        }
        let weekday = local.weekday().number_from_monday();
        let minute = local.hour() * 60 + local.minute();
        let covers = |span: &OpenSpan| {
            u32::from(span.weekday) == weekday
                && (u32::from(span.from)..u32::from(span.until)).contains(&minute)
        };
        !self.holidays.contains(&local.date_naive()) && self.week.iter().any(covers)
    }
}
