//! Open time against a model that looks at every minute by itself.

use std::collections::BTreeSet;

use bitacora_domain::calendar::{BusinessCalendar, BusinessHours, OpenSpan};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

/// Zones, each with a time at which its clocks change, or with any time when they never do.
const ZONES: &[(&str, &str)] = &[
    ("America/Santiago", "2026-09-06T04:00:00Z"), // there is no 00:00
    ("America/Santiago", "2026-04-05T03:00:00Z"), // 23:00 comes twice
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Europe/Madrid", "2026-03-29T01:00:00Z"),
    ("Europe/Madrid", "2026-10-25T01:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"), // by half an hour
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
    ("Asia/Kathmandu", "2026-05-01T00:00:00Z"),
    ("America/Argentina/Buenos_Aires", "2026-05-25T12:00:00Z"),
    ("Pacific/Kiritimati", "2026-01-01T00:00:00Z"),
    ("UTC", "2026-06-01T00:00:00Z"),
];

pub(crate) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Up to three spans a day.
fn week() -> impl Strategy<Value = Vec<OpenSpan>> {
    let day = prop::collection::btree_set(0..=1_440u16, 0..=6);
    prop::collection::vec(day, 7).prop_map(|days| {
        let span = |weekday: u8, cut: &[u16]| match cut {
            [from, until] => Some(OpenSpan { weekday, from: *from, until: *until }),
            _ => None,
        };
        let mut week = Vec::new();
        for (weekday, cuts) in (1..).zip(days) {
            let cuts: Vec<u16> = cuts.into_iter().collect();
            week.extend(cuts.chunks(2).filter_map(|cut| span(weekday, cut)));
        }
        week
    })
}

/// A calendar, and a whole minute near a change of its clocks.
pub(crate) fn calendars() -> impl Strategy<Value = (BusinessCalendar, DateTime<Utc>)> {
    let zone = prop::sample::select(ZONES);
    (zone, week(), prop::collection::btree_set(-3..6i64, 0..3), -4_000..1_000i64).prop_map(
        |((zone, change), week, holidays, minutes)| {
            let change = time(change);
            let day = |days| (change + TimeDelta::days(days)).date_naive();
            let holidays: BTreeSet<NaiveDate> = holidays.into_iter().map(day).collect();
            let hours = BusinessHours { week, holidays };
            let calendar = BusinessCalendar {
                calendar: Uuid::nil(),
                version: 1,
                time_zone: zone.into(),
                hours,
            };
            (calendar.checked().unwrap(), change + TimeDelta::minutes(minutes))
        },
    )
}

/// Is the minute that begins at `at` open? The business's own word for it.
pub(crate) fn is_open(calendar: &BusinessCalendar, at: DateTime<Utc>) -> bool {
    calendar.hours.are_open(at, calendar.time_zone.parse::<Tz>().unwrap())
}

fn minutes(calendar: &BusinessCalendar, from: DateTime<Utc>, until: DateTime<Utc>) -> i64 {
    let all = (0..(until - from).num_minutes()).map(|minute| from + TimeDelta::minutes(minute));
    i64::try_from(all.filter(|at| is_open(calendar, *at)).count()).unwrap()
}

/// When so many open minutes have passed; `None` when not within twenty days.
fn naive_after(
    calendar: &BusinessCalendar,
    from: DateTime<Utc>,
    mut left: i64,
) -> Option<DateTime<Utc>> {
    let mut at = from;
    while left > 0 && at < from + TimeDelta::days(20) {
        left -= i64::from(is_open(calendar, at));
        at += TimeDelta::minutes(1);
    }
    (left == 0).then_some(at)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn open_time_is_what_counting_minutes_gives(
        (calendar, from) in calendars(),
        length in 0..12_000i64,
    ) {
        let until = from + TimeDelta::minutes(length);
        let open = calendar.open_between(from, until);
        prop_assert_eq!(open, TimeDelta::minutes(minutes(&calendar, from, until)));
    }

    #[test]
    fn the_due_time_is_what_counting_minutes_gives(
        (calendar, from) in calendars(),
        open in 0..4_000i64,
    ) {
        if let Some(expected) = naive_after(&calendar, from, open) {
            prop_assert_eq!(calendar.after(from, TimeDelta::minutes(open)), Some(expected));
        } else {
            let later = calendar.after(from, TimeDelta::minutes(open));
            prop_assert!(later.is_none_or(|due| due > from + TimeDelta::days(20)));
        }
    }

    #[test]
    fn open_time_adds_up_and_due_times_lie_on_it(
        (calendar, from) in calendars(),
        offset_ms in 0..60_000i64,
        (first_ms, second_ms) in (0..400_000_000i64, 0..400_000_000i64),
    ) {
        let from = from + TimeDelta::milliseconds(offset_ms);
        let middle = from + TimeDelta::milliseconds(first_ms);
        let until = middle + TimeDelta::milliseconds(second_ms);
        let whole = calendar.open_between(from, until);
        let parts = calendar.open_between(from, middle) + calendar.open_between(middle, until);
        prop_assert_eq!(whole, parts);
        let due = calendar.after(from, whole).unwrap();
        prop_assert!(due <= until);
        prop_assert_eq!(calendar.open_between(from, due), whole);
        prop_assert_eq!(calendar.open_between(until, from), TimeDelta::zero());
    }
}

fn calendar(zone: &str, spans: &[(u8, u16, u16)]) -> BusinessCalendar {
    let span = |(weekday, from, until): &(u8, u16, u16)| OpenSpan {
        weekday: *weekday,
        from: *from,
        until: *until,
    };
    let hours =
        BusinessHours { week: spans.iter().map(span).collect(), holidays: BTreeSet::default() };
    BusinessCalendar { calendar: Uuid::nil(), version: 1, time_zone: zone.to_owned(), hours }
}

#[test]
fn an_hour_that_clocks_leave_out_is_none_and_one_that_they_repeat_counts_twice() {
    let madrid = calendar("Europe/Madrid", &[(7, 0, 360)]);
    let open = |from, until| madrid.open_between(time(from), time(until)).num_minutes();
    assert_eq!(open("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), 300);
    assert_eq!(open("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), 420);
    assert_eq!(open("2026-06-06T12:00:00Z", "2026-06-07T12:00:00Z"), 360);
    let due = madrid.after(time("2026-10-24T12:00:00Z"), TimeDelta::hours(4));
    assert_eq!(due, Some(time("2026-10-25T02:00:00Z")));
}

#[test]
fn whoever_has_no_hours_is_always_open_and_whoever_never_opens_is_never_due() {
    let always = calendar("America/Santiago", &[]);
    let (from, day) = (time("2026-09-05T12:00:30.25Z"), TimeDelta::days(1));
    assert_eq!(always.after(from, day), Some(from + day));
    assert_eq!(always.open_between(from, from + day), day);
    let seldom = calendar("UTC", &[(1, 0, 1)]);
    assert_eq!(seldom.after(from, TimeDelta::minutes(2)), Some(time("2026-09-14T00:01:00Z")));
    assert_eq!(seldom.after(from, TimeDelta::hours(24)), None);
    assert_eq!(seldom.after(from, TimeDelta::minutes(-1)), Some(from));
}

#[test]
fn what_is_used_up_at_closing_time_is_due_at_closing_time() {
    let nine_to_six = calendar("UTC", &[(1, 540, 1_080), (2, 540, 1_080)]);
    let monday = time("2026-03-02T09:00:00Z");
    let due = |hours| nine_to_six.after(monday, TimeDelta::hours(hours)).unwrap();
    assert_eq!(due(9), time("2026-03-02T18:00:00Z"));
    assert_eq!(due(10), time("2026-03-03T10:00:00Z"));
}

#[test]
fn a_calendar_has_a_version_a_known_zone_and_sound_hours() {
    let good = calendar("Asia/Kathmandu", &[(1, 0, 1_440)]);
    assert!(good.clone().checked().is_some());
    assert!(BusinessCalendar { version: 0, ..good.clone() }.checked().is_none());
    assert!(BusinessCalendar { time_zone: "Mars/Phobos".into(), ..good }.checked().is_none());
    assert!(calendar("UTC", &[(1, 0, 60), (1, 30, 90)]).checked().is_none());
    assert!(calendar("UTC", &[(8, 0, 60)]).checked().is_none());
}
