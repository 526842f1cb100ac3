//! How ready a lead is, and why: a pure function of what it answered and of its offer's criteria
//! (X-CONV-3). Nothing else goes in, so that anybody can compute it again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::answers::{LeadAnswer, LeadField, LeadIntent, LeadTiming};
use crate::aggregates::offer::{Criteria, MoneyRange};

/// Version of this function. Another way of counting is another version.
pub const MODEL_VERSION: i64 = 1;
/// The most that there is.
const WHOLE: i64 = 100;

/// Why a component has its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it; those below say more
pub enum ScoreReason {
    /// Not answered, or not surely.
    NotAnswered,
    /// The offer has no price in this currency.
    OtherCurrency,
    /// The budget meets the prices.
    Perfect,
    #[serde(rename = "WITHIN_20_PERCENT")]
    Within20Percent,
    #[serde(rename = "WITHIN_50_PERCENT")]
    Within50Percent,
    Out,
    Exact,
    Adjacent,
    SameCity,
    /// Another zone or typology.
    Other,
    Now,
    SixMonths,
    Flexible,
    OneYear,
    Long,
    Ready,
    Active,
    Exploring,
    Curious,
    /// Points by the number of questions answered.
    Answers,
    /// Points by the number of wishes fulfilled.
    Wishes,
    /// The same, cut so that the whole is 100.
    Capped,
}

/// A part of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Points.
    pub points: i64,
    /// The most that it can be worth.
    pub of: i64,
    /// Why.
    pub reason: ScoreReason,
}

/// The parts of a score. Their points sum to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // named as the questions
pub struct ScoreComponents {
    pub budget: Component,
    pub zone: Component,
    pub typology: Component,
    pub timing: Component,
    pub intent: Component,
    /// How much was told.
    pub quality: Component,
    /// Wishes that the offer fulfils.
    pub bonus: Component,
}

impl ScoreComponents {
    /// All seven, in their order.
    pub const fn all(&self) -> [Component; 7] {
        let Self { budget, zone, typology, timing, intent, quality, bonus } = *self;
        [budget, zone, typology, timing, intent, quality, bonus]
    }
}

/// A score with its explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// 0–100.
    pub total: i64,
    /// What it is made of.
    pub components: ScoreComponents,
}

/// Answers that count, a question each.
pub(super) type Answers<'a> = BTreeMap<LeadField, &'a LeadAnswer>;

/// The score of these answers by these criteria. Of several answers to one question the last one
/// counts.
pub fn score<'a>(answers: impl IntoIterator<Item = &'a LeadAnswer>, criteria: &Criteria) -> Score {
    let answers: Answers<'a> = answers.into_iter().map(|answer| (answer.field(), answer)).collect();
    let weights = &criteria.weights;
    let part = |points, of, reason| Component { points, of, reason };
    let missing = |of| part(0, of, ScoreReason::NotAnswered);
    let mut components = ScoreComponents {
        budget: missing(weights.budget.perfect),
        zone: missing(weights.zone.exact),
        typology: missing(weights.typology),
        timing: missing(weights.timing.now),
        intent: missing(weights.intent.ready),
        quality: quality(answers.len(), criteria),
        bonus: missing(weights.bonus.most),
    };
    let mut wishes = None;
    for answer in answers.values() {
        match answer {
            LeadAnswer::Name(_) => {}
            LeadAnswer::Budget(range) => components.budget = budget(range, criteria),
            LeadAnswer::Zone { zone: at, city } => {
                components.zone = zone(at, city.as_deref(), criteria);
            }
            LeadAnswer::Typology(kind) => {
                let fits = criteria.typologies.contains(kind);
                components.typology = if fits {
                    part(weights.typology, weights.typology, ScoreReason::Exact)
                } else {
                    part(0, weights.typology, ScoreReason::Other)
                };
            }
            LeadAnswer::Timing(when) => components.timing = timing(*when, criteria),
            LeadAnswer::Intent(how) => components.intent = intent(*how, criteria),
            LeadAnswer::Preferences(wanted) => wishes = Some(wanted),
        }
    }
    let base: i64 = components.all().iter().map(|part| part.points).sum();
    if let Some(wanted) = wishes {
        components.bonus = bonus(wanted, criteria, WHOLE - base);
    }
    Score { total: base + components.bonus.points, components }
}

fn budget(range: &MoneyRange, criteria: &Criteria) -> Component {
    let points = &criteria.weights.budget;
    let part = |points_, reason| Component { points: points_, of: points.perfect, reason };
    let price = criteria.prices.iter().find(|price| price.currency == range.currency);
    let Some(price) = price else { return part(points.out, ScoreReason::OtherCurrency) };
    let (gap, of) = range.distance(price);
    // Wide numbers, so that a hundredfold of any amount fits.
    let within = |percent: i64| i128::from(gap) * 100 <= i128::from(of) * i128::from(percent);
    if gap == 0 {
        part(points.perfect, ScoreReason::Perfect)
    } else if within(20) {
        part(points.within_20_percent, ScoreReason::Within20Percent)
    } else if within(50) {
        part(points.within_50_percent, ScoreReason::Within50Percent)
    } else {
        part(points.out, ScoreReason::Out)
    }
}

fn zone(zone: &str, city: Option<&str>, criteria: &Criteria) -> Component {
    let (points, places) = (&criteria.weights.zone, &criteria.zones);
    let (points_, reason) = if places.exact.contains(zone) {
        (points.exact, ScoreReason::Exact)
    } else if places.adjacent.contains(zone) {
        (points.adjacent, ScoreReason::Adjacent)
    } else if city.is_some_and(|city| places.cities.contains(city)) {
        (points.same_city, ScoreReason::SameCity)
    } else {
        (points.other, ScoreReason::Other)
    };
    Component { points: points_, of: points.exact, reason }
}

fn timing(when: LeadTiming, criteria: &Criteria) -> Component {
    let points = &criteria.weights.timing;
    let (points_, reason) = match when {
        LeadTiming::Now => (points.now, ScoreReason::Now),
        LeadTiming::SixMonths => (points.six_months, ScoreReason::SixMonths),
        LeadTiming::Flexible => (points.flexible, ScoreReason::Flexible),
        LeadTiming::OneYear => (points.one_year, ScoreReason::OneYear),
        LeadTiming::Long => (points.long, ScoreReason::Long),
    };
    Component { points: points_, of: points.now, reason }
}

fn intent(how: LeadIntent, criteria: &Criteria) -> Component {
    let points = &criteria.weights.intent;
    let (points_, reason) = match how {
        LeadIntent::Ready => (points.ready, ScoreReason::Ready),
        LeadIntent::Active => (points.active, ScoreReason::Active),
        LeadIntent::Exploring => (points.exploring, ScoreReason::Exploring),
        LeadIntent::Curious => (points.curious, ScoreReason::Curious),
    };
    Component { points: points_, of: points.ready, reason }
}

fn quality(answered: usize, criteria: &Criteria) -> Component {
    let points = &criteria.weights.quality;
    let (points_, reason) = match answered {
        0 => (0, ScoreReason::NotAnswered),
        1 | 2 => (points.little, ScoreReason::Answers),
        3 | 4 => (points.some, ScoreReason::Answers),
        5 => (points.good, ScoreReason::Answers),
        _ => (points.full, ScoreReason::Answers),
    };
    Component { points: points_, of: points.full, reason }
}

fn bonus(wanted: &BTreeSet<String>, criteria: &Criteria, room: i64) -> Component {
    let points = &criteria.weights.bonus;
    let fulfilled = wanted.intersection(&criteria.features).count();
    // A wish list has at most 20 entries.
    let earned = i64::try_from(fulfilled).unwrap_or(0) * points.each;
    let earned = earned.min(points.most);
    let reason = if earned > room { ScoreReason::Capped } else { ScoreReason::Wishes };
    Component { points: earned.min(room), of: points.most, reason }
}

/// What is missing of the minimum.
pub(super) fn missing(answered: &BTreeSet<LeadField>, criteria: &Criteria) -> BTreeSet<LeadField> {
    criteria.minimum_fields.difference(answered).copied().collect()
}

/// May a lead with these answers and this total be delivered?
pub fn is_ready(answered: &BTreeSet<LeadField>, total: i64, criteria: &Criteria) -> bool {
    missing(answered, criteria).is_empty() && total >= criteria.ready_points
}
