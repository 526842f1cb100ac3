//! The tenant's day: what a daily meter counts within.

use std::ops::Range;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use chrono_tz::Tz;

/// Zones differ from UTC, and change their clocks, by multiples of this.
pub const QUARTER: TimeDelta = TimeDelta::minutes(15);

/// The quarter of an hour (UTC) that `at` lies in, by its start.
pub fn quarter_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(QUARTER).unwrap_or(at)
}

/// The day of `zone` that `now` lies in, from its midnight to the next. Walks instead of asking
/// for the time 00:00, which some days do not have and others have twice.
pub fn day_of(now: DateTime<Utc>, zone: Tz) -> Range<DateTime<Utc>> {
    let date = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let (mut start, today) = (quarter_of(now), date(now));
    let mut end = start + QUARTER;
    while date(start - QUARTER) == today {
        start -= QUARTER;
    }
    while date(end) == today {
        end += QUARTER;
    }
    start..end
}

/// The quarters of an hour of a day, by their starts: 96, or as many as the day has.
pub fn quarters(day: Range<DateTime<Utc>>) -> impl Iterator<Item = DateTime<Utc>> {
    std::iter::successors(Some(day.start), |at| Some(*at + QUARTER))
        .take_while(move |at| *at < day.end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    fn day(now: &str, zone: Tz) -> (String, String, usize) {
        let day = day_of(now.parse().unwrap(), zone);
        let text = |at: DateTime<Utc>| at.format("%dT%H:%M").to_string();
        (text(day.start), text(day.end), quarters(day).count())
    }

    #[test]
    fn a_day_goes_from_midnight_to_midnight_of_the_zone() {
        let expected = |from: &str, until: &str, n| (from.to_owned(), until.to_owned(), n);
        let buenos_aires = Tz::America__Argentina__Buenos_Aires;
        let at = |now| day(now, buenos_aires);
        assert_eq!(at("2026-03-02T02:59:59.999999Z"), expected("01T03:00", "02T03:00", 96));
        assert_eq!(at("2026-03-02T03:00:00Z"), expected("02T03:00", "03T03:00", 96));
        let kathmandu = day("2026-03-02T00:00:00Z", Tz::Asia__Kathmandu);
        assert_eq!(kathmandu, expected("01T18:15", "02T18:15", 96));
    }

    #[test]
    fn days_on_which_clocks_change_are_shorter_or_longer() {
        // Santiago: there is no 00:00 on 6 September 2026, and 23:00 comes twice on 4 April.
        let zone = Tz::America__Santiago;
        assert_eq!(day("2026-09-06T12:00:00Z", zone).2, 92);
        assert_eq!(day("2026-04-04T12:00:00Z", zone).2, 100);
        assert_eq!(day("2026-04-05T12:00:00Z", zone).2, 96);
    }
}
