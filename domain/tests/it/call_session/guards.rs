//! The guards as tables: what the command carries, and what they say to it.

use bitacora_domain::DomainError;
use bitacora_domain::aggregates::call_session::BlockReason;
use bitacora_domain::aggregates::call_session::guards::{
    Balance, CallWindow, Cap, CapKind, Circumstances, Lines, Permission, Terms, may_dial,
    next_opening,
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::samples::fine;
use crate::support::ids::minute;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn zones(names: &[&str]) -> Vec<Tz> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// What the guards say at `now` to the usual window.
fn said(circumstances: &Circumstances, now: DateTime<Utc>) -> Permission {
    let (window, not_after) = (CallWindow::default(), now + TimeDelta::days(30));
    let terms = Terms { window: &window, not_after, stopped: false };
    may_dial(terms, circumstances, now).unwrap()
}

fn with(change: impl FnOnce(&mut Circumstances)) -> Circumstances {
    let mut circumstances = fine();
    change(&mut circumstances);
    circumstances
}

fn cap(used: i64, limit: i64, free_at: Option<DateTime<Utc>>) -> Cap {
    Cap { kind: CapKind::TenantDay, used, limit, free_at }
}

/// Noon UTC on a Monday; 9 o'clock in Buenos Aires.
#[test]
fn each_guard_speaks_for_itself() {
    let now = minute(0);
    let never = |reason| Permission::Never { reason };
    let later = |reason, minutes| Permission::Later { reason, until: minute(minutes) };
    let balance = |available| Some(Balance { available, needed: 20 });
    let table = [
        ("nothing against it", fine(), Permission::Dial { line: 1 }),
        ("on the list", with(|c| c.do_not_call = true), never(BlockReason::Dnc)),
        ("no consent", with(|c| c.consent = false), never(BlockReason::NoConsent)),
        ("last line", with(|c| c.lines.free = Some(10)), Permission::Dial { line: 10 }),
        ("no such line", with(|c| c.lines.free = Some(11)), later(BlockReason::Cap, 5)),
        ("all lines taken", with(|c| c.lines.free = None), later(BlockReason::Cap, 5)),
        (
            "no lines",
            with(|c| c.lines = Lines { count: 0, free: None }),
            later(BlockReason::Cap, 5),
        ),
        ("below the cap", with(|c| c.caps = vec![cap(2, 3, None)]), Permission::Dial { line: 1 }),
        ("at the cap", with(|c| c.caps = vec![cap(3, 3, None)]), later(BlockReason::Cap, 15)),
        ("a cap of none", with(|c| c.caps = vec![cap(0, 0, None)]), later(BlockReason::Cap, 15)),
        (
            "the cap that ends last",
            with(|c| c.caps = vec![cap(9, 3, Some(minute(60))), cap(9, 3, Some(minute(30)))]),
            later(BlockReason::Cap, 60),
        ),
        (
            "a cap that ends at night waits for the morning",
            with(|c| c.caps = vec![cap(3, 3, Some(minute(14 * 60)))]),
            later(BlockReason::Cap, 23 * 60), // 11:00 UTC is 8 o'clock there
        ),
        (
            "a cap that has ended is asked again soon",
            with(|c| c.caps = vec![cap(3, 3, Some(minute(-5)))]),
            later(BlockReason::Cap, 15),
        ),
        ("just enough", with(|c| c.balance = balance(20)), Permission::Dial { line: 1 }),
        ("too little", with(|c| c.balance = balance(19)), later(BlockReason::Balance, 60)),
        ("debt", with(|c| c.balance = balance(-5)), later(BlockReason::Balance, 60)),
        ("nothing is paid", with(|c| c.balance = None), Permission::Dial { line: 1 }),
        (
            "what is for good is said first",
            with(|c| {
                c.do_not_call = true;
                c.consent = false;
                c.lines.free = None;
                c.balance = balance(0);
            }),
            never(BlockReason::Dnc),
        ),
    ];
    for (name, circumstances, expected) in table {
        assert_eq!(said(&circumstances, now), expected, "{name}");
    }
}

#[test]
fn a_plan_that_is_over_and_a_callee_who_said_stop() {
    let window = CallWindow::default();
    let ask = |not_after, stopped| {
        may_dial(Terms { window: &window, not_after, stopped }, &fine(), minute(0)).unwrap()
    };
    let never = |reason| Permission::Never { reason };
    assert_eq!(ask(minute(0), false), never(BlockReason::Expired));
    assert_eq!(ask(minute(1), false), Permission::Dial { line: 1 });
    assert_eq!(ask(minute(1), true), never(BlockReason::Stopped));
    // There is no better time before the plan ends.
    let terms = Terms { window: &window, not_after: minute(5), stopped: false };
    let busy = with(|c| c.lines.free = None);
    assert_eq!(may_dial(terms, &busy, minute(0)).unwrap(), never(BlockReason::Cap));
}

/// (zones, now, when the window of 8 to 21 h is open next)
#[test]
fn the_hour_is_the_callees() {
    let buenos_aires = ["America/Argentina/Buenos_Aires"].as_slice();
    let table = [
        (buenos_aires, "2026-03-02T10:59:59Z", Some("2026-03-02T11:00:00Z")),
        (buenos_aires, "2026-03-02T11:00:00Z", Some("2026-03-02T11:00:00Z")),
        (buenos_aires, "2026-03-02T23:59:59Z", Some("2026-03-02T23:59:59Z")),
        (buenos_aires, "2026-03-03T00:00:00Z", Some("2026-03-03T11:00:00Z")),
        // The same moment is Tuesday morning in Madrid and Monday night in Mexico.
        (&["Europe/Madrid"], "2026-03-03T07:30:00Z", Some("2026-03-03T07:30:00Z")),
        (&["America/Mexico_City"], "2026-03-03T07:30:00Z", Some("2026-03-03T14:00:00Z")),
        // A number of Brazil may be in four zones: 8 h in the last, 21 h in the first.
        (
            &["America/Noronha", "America/Sao_Paulo", "America/Manaus", "America/Rio_Branco"],
            "2026-03-03T11:00:00Z",
            Some("2026-03-03T13:00:00Z"),
        ),
        (
            &["America/Noronha", "America/Rio_Branco"],
            "2026-03-03T23:00:00Z",
            Some("2026-03-04T13:00:00Z"),
        ),
        // A zone that is not a whole hour from UTC.
        (&["Asia/Kathmandu"], "2026-03-03T00:00:00Z", Some("2026-03-03T02:15:00Z")),
        // Far apart.
        (&["Asia/Tokyo", "America/New_York"], "2026-03-03T00:00:00Z", Some("2026-03-03T00:00:00Z")),
        (&["Asia/Tokyo", "Atlantic/Azores"], "2026-03-03T12:00:00Z", Some("2026-03-04T09:00:00Z")),
        (
            &["Pacific/Auckland", "Europe/Lisbon"],
            "2026-03-03T12:00:00Z",
            Some("2026-03-03T19:00:00Z"),
        ),
    ];
    let window = CallWindow::default();
    for (names, now, expected) in table {
        let opening = next_opening(&window, &zones(names), at(now), at("2026-12-31T00:00:00Z"));
        assert_eq!(opening, expected.map(at), "{names:?} at {now}");
    }
}

/// A short window on both sides of the world.
#[test]
fn hours_that_never_meet_forbid_the_call() {
    let window = CallWindow { from_minute: 600, until_minute: 1_080, weekdays: (1..=7).collect() };
    let far = ["Pacific/Auckland".to_owned(), "Europe/Lisbon".to_owned()];
    let circumstances = with(|c| c.zones = far.to_vec());
    let terms = Terms { window: &window, not_after: minute(30 * 1_440), stopped: false };
    let expected = Permission::Never { reason: BlockReason::QuietHours };
    assert_eq!(may_dial(terms, &circumstances, minute(0)).unwrap(), expected);
}

#[test]
fn weekdays_are_the_callees_too() {
    let monday = CallWindow { weekdays: [1].into(), ..CallWindow::default() };
    let opening = |names: &[&str], now| {
        next_opening(&monday, &zones(names), at(now), at("2026-12-31T00:00:00Z"))
    };
    // Sunday evening UTC is Monday morning in Tokyo.
    assert_eq!(opening(&["Asia/Tokyo"], "2026-03-01T23:30:00Z"), Some(at("2026-03-01T23:30:00Z")));
    assert_eq!(
        opening(&["Europe/Madrid"], "2026-03-03T12:00:00Z"),
        Some(at("2026-03-09T07:00:00Z"))
    );
}

#[test]
fn clocks_that_change_are_followed() {
    let window = CallWindow::default();
    let opening =
        |zone, now| next_opening(&window, &zones(&[zone]), at(now), at("2027-01-01T00:00:00Z"));
    // Madrid: summer time begins on 29 March 2026, ends on 25 October.
    let madrid = "Europe/Madrid";
    assert_eq!(opening(madrid, "2026-03-28T00:00:00Z"), Some(at("2026-03-28T07:00:00Z")));
    assert_eq!(opening(madrid, "2026-03-29T00:00:00Z"), Some(at("2026-03-29T06:00:00Z")));
    assert_eq!(opening(madrid, "2026-10-25T00:00:00Z"), Some(at("2026-10-25T07:00:00Z")));
    // An hour that does not exist: the window opens when the clock has jumped over it.
    let night = CallWindow { from_minute: 150, until_minute: 240, weekdays: (1..=7).collect() };
    let jump = next_opening(
        &night,
        &zones(&[madrid]),
        at("2026-03-29T00:30:00Z"),
        at("2027-01-01T00:00:00Z"),
    );
    assert_eq!(jump, Some(at("2026-03-29T01:00:00Z")));
}

#[test]
fn where_nobody_knows_the_zone_nobody_is_called() {
    let window = CallWindow::default();
    assert!(!window.is_open(minute(0), &[]));
    let terms = Terms { window: &window, not_after: minute(99), stopped: false };
    let many = vec!["America/Bogota".to_owned(); 17];
    for bad in [vec![], vec!["Nowhere".to_owned()], many] {
        let refusal = may_dial(terms, &with(|c| c.zones = bad), minute(0)).unwrap_err();
        assert_eq!(refusal.code(), "CALLEE_ZONE_UNKNOWN");
    }
    assert_eq!(next_opening(&window, &zones(&["UTC"]), minute(9), minute(9)), None);
}
