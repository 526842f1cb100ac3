//! The criteria of an offer, as they are shown and as they are given: the same types both ways.

use async_graphql::{InputObject, SimpleObject};
use bitacora_domain::aggregates::offer as domain;
use serde::Deserialize as _;
use serde_json::Value;

use crate::graphql::modules::leads::LeadField;

/// From how much to how much, both inclusive. At least one end is there.
#[derive(Clone, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "MoneyRangeInput")]
pub struct MoneyRange {
    /// Least, in minor units of the currency (cents); open when absent.
    pub min_minor: Option<i64>,
    /// Most, in minor units of the currency; open when absent.
    pub max_minor: Option<i64>,
    /// ISO 4217 code (`ARS`, `USD`).
    pub currency: String,
}

impl MoneyRange {
    /// Of a JSON object.
    pub fn of(value: Option<Value>) -> Option<Self> {
        domain::MoneyRange::deserialize(value?).ok().map(Into::into)
    }
}

impl From<domain::MoneyRange> for MoneyRange {
    fn from(range: domain::MoneyRange) -> Self {
        let domain::MoneyRange { min_minor, max_minor, currency } = range;
        Self { min_minor, max_minor, currency }
    }
}

impl From<MoneyRange> for domain::MoneyRange {
    fn from(range: MoneyRange) -> Self {
        let MoneyRange { min_minor, max_minor, currency } = range;
        Self { min_minor, max_minor, currency }
    }
}

/// Where an offer is. The words are the tenant's own, such as `palermo`.
#[derive(Clone, Debug, Default, SimpleObject, InputObject)]
#[graphql(input_name = "OfferZonesInput")]
pub struct OfferZones {
    /// Its own zones.
    pub exact: Vec<String>,
    /// Zones beside them.
    pub adjacent: Vec<String>,
    /// Its cities.
    pub cities: Vec<String>,
}

/// Declares the weights: shown, given, and those of the domain, field by field.
macro_rules! weights {
    ($($(#[$doc:meta])* $field:ident = $($path:ident).+;)+) => {
        /// How many points an answer is worth. The best of each make 100 without the bonus, and a
        /// better answer is never worth less.
        #[derive(Clone, Copy, Debug, SimpleObject, InputObject)]
        #[graphql(input_name = "OfferWeightsInput")]
        pub struct OfferWeights { $($(#[$doc])* pub $field: i64,)+ }

        impl From<domain::Weights> for OfferWeights {
            fn from(weights: domain::Weights) -> Self {
                Self { $($field: weights.$($path).+,)+ }
            }
        }

        impl From<OfferWeights> for domain::Weights {
            fn from(given: OfferWeights) -> Self {
                let mut weights = Self::default();
                $(weights.$($path).+ = given.$field;)+
                weights
            }
        }
    };
}

weights! {
    /// The budget meets the prices.
    budget_perfect = budget.perfect;
    /// The budget is within 20 % of them.
    budget_within20_percent = budget.within_20_percent;
    /// The budget is within 50 % of them.
    budget_within50_percent = budget.within_50_percent;
    /// The budget is farther.
    budget_out = budget.out;
    /// One of the offer's zones.
    zone_exact = zone.exact;
    /// A zone beside them.
    zone_adjacent = zone.adjacent;
    /// Another zone of its city.
    zone_same_city = zone.same_city;
    /// Another place.
    zone_other = zone.other;
    /// A typology that the offer has.
    typology = typology;
    /// Wanted now.
    timing_now = timing.now;
    /// Wanted within six months.
    timing_six_months = timing.six_months;
    /// Wanted at any time.
    timing_flexible = timing.flexible;
    /// Wanted within a year.
    timing_one_year = timing.one_year;
    /// Wanted later.
    timing_long = timing.long;
    /// Would sign.
    intent_ready = intent.ready;
    /// Looks for it.
    intent_active = intent.active;
    /// Compares.
    intent_exploring = intent.exploring;
    /// Just asks.
    intent_curious = intent.curious;
    /// Six or seven questions answered.
    quality_full = quality.full;
    /// Five.
    quality_good = quality.good;
    /// Three or four.
    quality_some = quality.some;
    /// One or two.
    quality_little = quality.little;
    /// For each wish that the offer fulfils.
    bonus_each = bonus.each;
    /// For all wishes together at most.
    bonus_most = bonus.most;
}

/// When leads may be written to.
#[derive(Clone, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "ContactHoursInput")]
pub struct ContactHours {
    /// IANA zone, such as `America/Argentina/Buenos_Aires`.
    pub time_zone: String,
    /// Days: 1 is Monday, 7 is Sunday. At least one.
    pub weekdays: Vec<i32>,
    /// First minute of the day, from midnight.
    pub from_minute: i32,
    /// Minute after the last; 1,440 is midnight.
    pub until_minute: i32,
}

/// How leads are contacted before they answer.
#[derive(Clone, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "ContactPolicyInput")]
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
    /// Name of the template of an attempt.
    pub attempt_template: String,
    /// Its language, such as `es_AR`.
    pub attempt_language: String,
    /// Name of the template of a touch.
    pub touch_template: String,
    /// Its language.
    pub touch_language: String,
}

/// How an offer judges who is interested. What is not given is as in the default.
#[derive(Clone, Debug, Default, SimpleObject, InputObject)]
#[graphql(input_name = "OfferCriteriaInput")]
pub struct OfferCriteria {
    /// Prices, one range per currency, at most 5.
    pub prices: Option<Vec<MoneyRange>>,
    /// Places.
    pub zones: Option<OfferZones>,
    /// What kinds there are, such as `2_ambientes`; at most 200.
    pub typologies: Option<Vec<String>>,
    /// What it has, such as `balcon`; at most 200.
    pub features: Option<Vec<String>>,
    /// What answers are worth.
    pub weights: Option<OfferWeights>,
    /// A lead is ready from so many points on, 1–100.
    pub ready_points: Option<i64>,
    /// Below so many points a lead is marked as of low priority; at most `readyPoints`.
    pub low_priority_points: Option<i64>,
    /// What must be known of a lead that is ready.
    pub minimum_fields: Option<Vec<LeadField>>,
    /// Can a lead be ready by its form alone, before it has ever written?
    pub ready_from_form: Option<bool>,
    /// When and how often it is written to.
    pub contact: Option<ContactPolicy>,
}

impl OfferCriteria {
    /// Of a JSON object.
    pub fn of(value: Option<Value>) -> Option<Self> {
        domain::Criteria::deserialize(value?).ok().map(Into::into)
    }

    /// What it says, over `base` where it says nothing. Numbers that a field of the domain cannot
    /// hold become ones that it refuses.
    pub fn over(self, base: domain::Criteria) -> domain::Criteria {
        let list =
            |given: Option<Vec<String>>, known| given.map_or(known, |g| g.into_iter().collect());
        let prices = self.prices.map(|prices| prices.into_iter().map(Into::into).collect());
        let minimum =
            self.minimum_fields.map(|fields| fields.into_iter().map(Into::into).collect());
        domain::Criteria {
            prices: prices.unwrap_or(base.prices),
            zones: self.zones.map_or(base.zones, |zones| domain::ZoneCriteria {
                exact: zones.exact.into_iter().collect(),
                adjacent: zones.adjacent.into_iter().collect(),
                cities: zones.cities.into_iter().collect(),
            }),
            typologies: list(self.typologies, base.typologies),
            features: list(self.features, base.features),
            weights: self.weights.map_or(base.weights, Into::into),
            ready_points: self.ready_points.unwrap_or(base.ready_points),
            low_priority_points: self.low_priority_points.unwrap_or(base.low_priority_points),
            minimum_fields: minimum.unwrap_or(base.minimum_fields),
            ready_from_form: self.ready_from_form.unwrap_or(base.ready_from_form),
            contact: self.contact.map_or(base.contact, Into::into),
        }
    }
}

impl From<domain::Criteria> for OfferCriteria {
    fn from(known: domain::Criteria) -> Self {
        let list = |words: std::collections::BTreeSet<String>| words.into_iter().collect();
        Self {
            prices: Some(known.prices.into_iter().map(Into::into).collect()),
            zones: Some(OfferZones {
                exact: list(known.zones.exact),
                adjacent: list(known.zones.adjacent),
                cities: list(known.zones.cities),
            }),
            typologies: Some(list(known.typologies)),
            features: Some(list(known.features)),
            weights: Some(known.weights.into()),
            ready_points: Some(known.ready_points),
            low_priority_points: Some(known.low_priority_points),
            minimum_fields: Some(known.minimum_fields.into_iter().map(Into::into).collect()),
            ready_from_form: Some(known.ready_from_form),
            contact: Some(known.contact.into()),
        }
    }
}

impl From<domain::ContactPolicy> for ContactPolicy {
    fn from(known: domain::ContactPolicy) -> Self {
        let hours = known.hours;
        Self {
            attempts_max: known.attempts_max,
            attempt_gap_minutes: known.attempt_gap_minutes,
            touches_max: known.touches_max,
            touch_gap_minutes: known.touch_gap_minutes,
            silence_minutes: known.silence_minutes,
            hours: ContactHours {
                time_zone: hours.time_zone,
                weekdays: hours.weekdays.into_iter().map(i32::from).collect(),
                from_minute: i32::from(hours.from_minute),
                until_minute: i32::from(hours.until_minute),
            },
            attempt_template: known.attempt_template.name,
            attempt_language: known.attempt_template.language,
            touch_template: known.touch_template.name,
            touch_language: known.touch_template.language,
        }
    }
}

impl From<ContactPolicy> for domain::ContactPolicy {
    fn from(given: ContactPolicy) -> Self {
        let ContactHours { time_zone, weekdays, from_minute, until_minute } = given.hours;
        let minute = |minute: i32| u16::try_from(minute).unwrap_or(u16::MAX);
        let day = |day: i32| u8::try_from(day).unwrap_or(u8::MAX);
        Self {
            attempts_max: given.attempts_max,
            attempt_gap_minutes: given.attempt_gap_minutes,
            touches_max: given.touches_max,
            touch_gap_minutes: given.touch_gap_minutes,
            silence_minutes: given.silence_minutes,
            hours: domain::ContactHours {
                time_zone,
                weekdays: weekdays.into_iter().map(day).collect(),
                from_minute: minute(from_minute),
                until_minute: minute(until_minute),
            },
            attempt_template: domain::TemplateRef {
                name: given.attempt_template,
                language: given.attempt_language,
            },
            touch_template: domain::TemplateRef {
                name: given.touch_template,
                language: given.touch_language,
            },
        }
    }
}
