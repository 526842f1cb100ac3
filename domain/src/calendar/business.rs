//! Open time of a business: how much of it lies between two times, and when so much of it will
//! have passed. An instant counts as open exactly when [`BusinessHours::are_open`] says so: an
//! hour that the clocks leave out is none, one that they repeat counts twice.

use std::ops::Range;

use chrono::{DateTime, Datelike as _, NaiveTime, Offset as _, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hours::BusinessHours;

/// Time is walked in parts of this length, at the ends of which the clocks are compared. A zone
/// that moved its clocks forth and back within one part would not be noticed; none does.
const PART: TimeDelta = TimeDelta::days(1);
/// Nobody looks farther than ten years ahead.
const HORIZON: TimeDelta = TimeDelta::days(3_653);

/// Hours and holidays on the clocks of a zone, in one version: what was computed with it can be
/// computed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessCalendar {
    /// Which calendar.
    pub calendar: Uuid,
    /// Its version, from 1.
    pub version: i64,
    /// IANA time zone, such as `America/Argentina/Buenos_Aires`.
    pub time_zone: String,
    /// Hours and holidays; always open when no hours are set.
    pub hours: BusinessHours,
}

impl BusinessCalendar {
    /// In canonical form; `None` when the zone is unknown, the version is not positive, or the
    /// hours are not what they should be.
    #[must_use]
    pub fn checked(self) -> Option<Self> {
        let hours = self.hours.checked()?;
        let known = self.version >= 1 && self.time_zone.parse::<Tz>().is_ok();
        known.then_some(Self { hours, ..self })
    }

    /// The open time from `from` until `until`; none when `until` does not come later.
    pub fn open_between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
        if self.hours.week.is_empty() {
            return (until - from).max(TimeDelta::zero());
        }
        let length = |open: Range<DateTime<Utc>>| open.end - open.start;
        self.stretches(from..until).map(length).sum()
    }

    /// The first time at which `open` of open time has passed since `from`; at once when `open`
    /// is not positive, `None` when it does not pass within ten years.
    pub fn after(&self, from: DateTime<Utc>, open: TimeDelta) -> Option<DateTime<Utc>> {
        let mut left = open.max(TimeDelta::zero());
        let end = from.checked_add_signed(HORIZON)?;
        if left.is_zero() || self.hours.week.is_empty() {
            return from.checked_add_signed(left).filter(|due| *due <= end);
        }
        for stretch in self.stretches(from..end) {
            let length = stretch.end - stretch.start;
            if left <= length {
                return Some(stretch.start + left);
            }
            left -= length;
        }
        None
    }

    /// The stretches of open time, in order.
    fn stretches(&self, time: Range<DateTime<Utc>>) -> impl Iterator<Item = Range<DateTime<Utc>>> {
        let zone = self.time_zone.parse().unwrap_or(Tz::UTC);
        let next = move |start: &DateTime<Utc>| start.checked_add_signed(PART);
        std::iter::successors(Some(time.start), next)
            .take_while(move |start| *start < time.end)
            .flat_map(move |start| steady(start..(start + PART).min(time.end), zone))
            .flat_map(|(part, offset)| self.within(&part, offset))
    }

    /// The stretches of a part in which the clocks are `offset` ahead of UTC.
    fn within(&self, part: &Range<DateTime<Utc>>, offset: TimeDelta) -> Vec<Range<DateTime<Utc>>> {
        let (start, end) = (part.start.naive_utc() + offset, part.end.naive_utc() + offset);
        let mut stretches = Vec::new();
        for day in start.date().iter_days().take_while(|day| *day <= end.date()) {
            if self.hours.holidays.contains(&day) {
                continue;
            }
            let midnight = day.and_time(NaiveTime::MIN);
            let minute = |minute: u16| midnight + TimeDelta::minutes(i64::from(minute));
            let weekday = day.weekday().number_from_monday();
            for span in self.hours.week.iter().filter(|span| u32::from(span.weekday) == weekday) {
                let (from, until) = (minute(span.from).max(start), minute(span.until).min(end));
                if from < until {
                    stretches.push((from - offset).and_utc()..(until - offset).and_utc());
                }
            }
        }
        stretches
    }
}

/// The parts of `time` within which the clocks of `zone` do not change, and how far ahead of UTC
/// they are.
fn steady(time: Range<DateTime<Utc>>, zone: Tz) -> Vec<(Range<DateTime<Utc>>, TimeDelta)> {
    let mut parts = Vec::new();
    let mut start = time.start;
    while start < time.end {
        let here = offset(start, zone);
        let end = if offset(time.end, zone) == here {
            time.end
        } else {
            change(start, time.end, zone).min(time.end)
        };
        parts.push((start..end, TimeDelta::seconds(i64::from(here))));
        start = end;
    }
    parts
}

/// The second at which the clocks change between `start` and `end`, which lie on both sides of it.
fn change(start: DateTime<Utc>, end: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap_or(end);
    let here = offset(start, zone);
    let (mut before, mut after) = (start.timestamp(), end.timestamp() + 1);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset(at(middle), zone) == here { before = middle } else { after = middle }
    }
    at(after)
}

/// How far the clocks of `zone` are ahead of UTC, seconds.
fn offset(at: DateTime<Utc>, zone: Tz) -> i32 {
    at.with_timezone(&zone).offset().fix().local_minus_utc()
}
