//! How many points an answer is worth (X-CONV-3). All in points of 100.

use serde::{Deserialize, Serialize};

/// Points for the budget, by its distance from the offer's prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub struct BudgetPoints {
    pub perfect: i64,
    pub within_20_percent: i64,
    pub within_50_percent: i64,
    pub out: i64,
}

/// Points for the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub struct ZonePoints {
    pub exact: i64,
    pub adjacent: i64,
    pub same_city: i64,
    pub other: i64,
}

/// Points for when the contact wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub struct TimingPoints {
    pub now: i64,
    pub six_months: i64,
    pub flexible: i64,
    pub one_year: i64,
    pub long: i64,
}

/// Points for how serious the contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub struct IntentPoints {
    pub ready: i64,
    pub active: i64,
    pub exploring: i64,
    pub curious: i64,
}

/// Points for how much the contact told: by the number of questions answered, of seven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityPoints {
    /// Six or seven.
    pub full: i64,
    /// Five.
    pub good: i64,
    /// Three or four.
    pub some: i64,
    /// One or two.
    pub little: i64,
}

/// Points beyond the others, for wishes that the offer fulfils. The whole stays at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BonusPoints {
    /// For each wish.
    pub each: i64,
    /// For all together at most.
    pub most: i64,
}

/// The weights of all components. The best of each make 100 without the bonus, and within a
/// component a better answer is never worth less, so that the score rises with the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// By the distance from the prices.
    pub budget: BudgetPoints,
    /// By the distance from the place.
    pub zone: ZonePoints,
    /// For a typology that the offer has.
    pub typology: i64,
    /// By the time.
    pub timing: TimingPoints,
    /// By the intent.
    pub intent: IntentPoints,
    /// By how much was told.
    pub quality: QualityPoints,
    /// For wishes.
    pub bonus: BonusPoints,
}

impl Default for Weights {
    /// Those of X-CONV-3.
    fn default() -> Self {
        Self {
            budget: BudgetPoints {
                perfect: 25,
                within_20_percent: 20,
                within_50_percent: 12,
                out: 5,
            },
            zone: ZonePoints { exact: 20, adjacent: 12, same_city: 8, other: 3 },
            typology: 15,
            timing: TimingPoints { now: 15, six_months: 12, flexible: 10, one_year: 8, long: 5 },
            intent: IntentPoints { ready: 15, active: 12, exploring: 8, curious: 4 },
            quality: QualityPoints { full: 10, good: 7, some: 5, little: 2 },
            bonus: BonusPoints { each: 5, most: 10 },
        }
    }
}

impl Weights {
    /// Do the best make 100, and does no better answer cost points?
    pub(crate) fn are_sound(&self) -> bool {
        let Self { budget, zone, typology, timing, intent, quality, bonus } = self;
        let falls = |points: &[i64]| {
            points.iter().all(|points| (0..=100).contains(points))
                && points.windows(2).all(|pair| pair.first() >= pair.last())
        };
        let sound = falls(&[
            budget.perfect,
            budget.within_20_percent,
            budget.within_50_percent,
            budget.out,
        ]) && falls(&[zone.exact, zone.adjacent, zone.same_city, zone.other])
            && falls(&[*typology])
            && falls(&[
                timing.now,
                timing.six_months,
                timing.flexible,
                timing.one_year,
                timing.long,
            ])
            && falls(&[intent.ready, intent.active, intent.exploring, intent.curious])
            && falls(&[quality.full, quality.good, quality.some, quality.little])
            && falls(&[bonus.most, bonus.each]);
        // Only numbers known to be small are added.
        let best =
            || budget.perfect + zone.exact + typology + timing.now + intent.ready + quality.full;
        sound && best() == 100
    }
}
