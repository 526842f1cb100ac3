//! How an offer judges who is interested.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::contact_policy::ContactPolicy;
use super::money::MoneyRange;
use super::weights::Weights;
use crate::aggregates::lead::LeadField;

/// Most currencies in which an offer has prices.
const PRICES_MAX: usize = 5;
/// Most entries of each list.
const LIST_MAX: usize = 200;
/// Longest id of a zone, typology or feature, in characters.
const WORD_MAX: usize = 64;

/// Where an offer is. Ids are the tenant's own words, such as `palermo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneCriteria {
    /// Its own zones.
    pub exact: BTreeSet<String>,
    /// Zones beside them.
    pub adjacent: BTreeSet<String>,
    /// Its cities.
    pub cities: BTreeSet<String>,
}

/// How an offer judges who is interested, and how they are contacted. One version of it, never
/// changed: another one is another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criteria {
    /// Prices, one range per currency, at most 5.
    pub prices: Vec<MoneyRange>,
    /// Places.
    pub zones: ZoneCriteria,
    /// What kinds there are (`2_ambientes`), at most 200.
    pub typologies: BTreeSet<String>,
    /// What it has (`balcon`), at most 200: wishes that it fulfils.
    pub features: BTreeSet<String>,
    /// What answers are worth.
    pub weights: Weights,
    /// A lead is ready from so many points on, 1–100.
    pub ready_points: i64,
    /// Below so many points a lead is marked as of low priority; at most `ready_points`.
    pub low_priority_points: i64,
    /// What must be known of a lead that is ready.
    pub minimum_fields: BTreeSet<LeadField>,
    /// Can a lead be ready by its form alone, before it has ever written?
    pub ready_from_form: bool,
    /// When and how often it is written to.
    pub contact: ContactPolicy,
}

impl Default for Criteria {
    /// X-CONV-3 and X-CONV-4, and nothing about the offer itself.
    fn default() -> Self {
        use LeadField::{Budget, Intent, Name, Timing, Zone};
        Self {
            prices: Vec::new(),
            zones: ZoneCriteria::default(),
            typologies: BTreeSet::new(),
            features: BTreeSet::new(),
            weights: Weights::default(),
            ready_points: 80,
            low_priority_points: 40,
            minimum_fields: [Name, Budget, Zone, Timing, Intent].into(),
            ready_from_form: false,
            contact: ContactPolicy::default(),
        }
    }
}

impl Criteria {
    /// In canonical form; `None` when something is out of bounds.
    pub(crate) fn checked(mut self) -> Option<Self> {
        self.prices =
            self.prices.into_iter().map(MoneyRange::checked).collect::<Option<Vec<_>>>()?;
        let currencies: BTreeSet<&str> = self.prices.iter().map(|p| p.currency.as_str()).collect();
        let prices = currencies.len() == self.prices.len() && self.prices.len() <= PRICES_MAX;
        self.zones = ZoneCriteria {
            exact: words(&self.zones.exact, LIST_MAX)?,
            adjacent: words(&self.zones.adjacent, LIST_MAX)?,
            cities: words(&self.zones.cities, LIST_MAX)?,
        };
        self.typologies = words(&self.typologies, LIST_MAX)?;
        self.features = words(&self.features, LIST_MAX)?;
        let points = (1..=100).contains(&self.ready_points)
            && (0..=self.ready_points).contains(&self.low_priority_points);
        let sound = prices && points && self.weights.are_sound() && self.contact.is_sound();
        sound.then_some(self)
    }
}

/// A word of the tenant in the form in which words are compared: lower case, without space
/// around it, 1–64 characters.
pub(crate) fn word(text: &str) -> Option<String> {
    crate::text::trimmed(&text.to_lowercase(), WORD_MAX)
}

/// The words, each in its form; `None` when one is none, or when there are more than `max`.
pub(crate) fn words(texts: &BTreeSet<String>, max: usize) -> Option<BTreeSet<String>> {
    if texts.len() > max {
        return None;
    }
    texts.iter().map(|text| word(text)).collect()
}
