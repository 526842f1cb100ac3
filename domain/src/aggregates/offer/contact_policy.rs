//! When and how often a lead is written to before it answers.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike as _, Days, NaiveDate, TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Longest name of a template and longest language code, in characters.
const TEMPLATE_NAME_MAX: usize = 512;
const LANGUAGE_MAX: usize = 20;
/// Days looked ahead for an open hour: a clock change hides one at most.
const DAYS_AHEAD: u64 = 15;

/// The hours in which a lead may be written to without having written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactHours {
    /// IANA zone of the hours (`America/Argentina/Buenos_Aires`).
    pub time_zone: String,
    /// ISO weekdays: 1 is Monday, 7 is Sunday. At least one.
    pub weekdays: BTreeSet<u8>,
    /// First minute of the day, from midnight.
    pub from_minute: u16,
    /// Minute after the last; 1,440 is midnight.
    pub until_minute: u16,
}

impl ContactHours {
    fn are_sound(&self) -> bool {
        self.time_zone.parse::<Tz>().is_ok()
            && !self.weekdays.is_empty()
            && self.weekdays.iter().all(|day| (1..=7).contains(day))
            && self.from_minute < self.until_minute
            && self.until_minute <= DAY
    }

    fn zone(&self) -> Tz {
        // Checked before it was recorded; a zone that is renamed later falls back.
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// May a lead be written to at `at`?
    pub fn are_open(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.zone());
        let minute = local.hour() * 60 + local.minute();
        let day = local.weekday().number_from_monday();
        self.weekdays.iter().any(|known| u32::from(*known) == day)
            && (u32::from(self.from_minute)..u32::from(self.until_minute)).contains(&minute)
    }

    /// The first moment from `at` on at which a lead may be written to: `at` itself, or an
    /// opening.
    pub fn next_open(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        if self.are_open(at) {
            return at;
        }
        let today = at.with_timezone(&self.zone()).date_naive();
        let days = (0..=DAYS_AHEAD).filter_map(|n| today.checked_add_days(Days::new(n)));
        let mut openings = days.flat_map(|day| self.openings(day));
        let found = openings.find(|opening| *opening >= at && self.are_open(*opening));
        found.unwrap_or(at + TimeDelta::days(1))
    }

    /// When the hours of `day` may begin: at the first minute, and where the clock leaps over it,
    /// on the hours and half hours after it.
    fn openings(&self, day: NaiveDate) -> impl Iterator<Item = DateTime<Utc>> {
        let zone = self.zone();
        (0..=4u32).filter_map(move |half| {
            let minute = u32::from(self.from_minute) + half * 30;
            let local = day.and_hms_opt(minute / 60, minute % 60, 0)?;
            Some(zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc))
        })
    }
}

/// An approved template of the channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TemplateRef {
    /// Name, as the provider knows it.
    pub name: String,
    /// Language code (`es_AR`).
    pub language: String,
}

impl TemplateRef {
    pub(crate) fn is_sound(&self) -> bool {
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let in_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (1..=TEMPLATE_NAME_MAX).contains(&self.name.len())
            && self.name.bytes().all(in_name)
            && (2..=LANGUAGE_MAX).contains(&self.language.len())
            && self.language.bytes().all(in_code)
    }
}

/// How a lead is contacted: some attempts, then it cools, then some touches (X-CONV-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPolicy {
    /// First contacts at most, 1–10.
    pub attempts_max: i64,
    /// From an attempt to the next one, and from the last one to the cooling; 60–20,160 minutes.
    pub attempt_gap_minutes: i64,
    /// Touches of reactivation at most, 0–10.
    pub touches_max: i64,
    /// From the cooling to the first touch, and from one touch to the next; 60–129,600 minutes.
    pub touch_gap_minutes: i64,
    /// A contact who wrote and says nothing for so long has cooled; 60–129,600 minutes.
    pub silence_minutes: i64,
    /// When a lead may be written to.
    pub hours: ContactHours,
    /// What an attempt says.
    pub attempt_template: TemplateRef,
    /// What a touch says.
    pub touch_template: TemplateRef,
}

impl Default for ContactPolicy {
    /// Two attempts within 48 hours, then cooling; three touches within seven days (X-CONV-4).
    fn default() -> Self {
        let template = |name: &str| TemplateRef { name: name.to_owned(), language: "es_AR".into() };
        Self {
            attempts_max: 2,
            attempt_gap_minutes: 24 * 60,
            touches_max: 3,
            touch_gap_minutes: 7 * 24 * 60 / 3,
            silence_minutes: 48 * 60,
            hours: ContactHours {
                time_zone: "America/Argentina/Buenos_Aires".to_owned(),
                weekdays: (1..=6).collect(),
                from_minute: 9 * 60,
                until_minute: 20 * 60,
            },
            attempt_template: template("lead_bienvenida_spa"),
            touch_template: template("lead_reactivacion_spa"),
        }
    }
}

impl ContactPolicy {
    pub(crate) fn is_sound(&self) -> bool {
        let later = 60..=90 * 24 * 60;
        (1..=10).contains(&self.attempts_max)
            && (60..=14 * 24 * 60).contains(&self.attempt_gap_minutes)
            && (0..=10).contains(&self.touches_max)
            && later.contains(&self.touch_gap_minutes)
            && later.contains(&self.silence_minutes)
            && self.hours.are_sound()
            && self.attempt_template.is_sound()
            && self.touch_template.is_sound()
    }
}
