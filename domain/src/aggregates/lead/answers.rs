//! What a lead answered, in typed and normal form.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aggregates::offer::MoneyRange;
use crate::{MessageId, Personal};

/// Answers count from this confidence on, in basis points: below it somebody has to ask again.
const CONFIDENCE_MIN_BP: i64 = 6_000;
/// Longest name, in characters.
const NAME_MAX: usize = 200;
/// Most wishes.
const WISHES_MAX: usize = 20;

/// A question that a lead is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the answers say it
pub enum LeadField {
    Name,
    Budget,
    Zone,
    Typology,
    Timing,
    Intent,
    Preferences,
}

impl LeadField {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::Budget,
        Self::Zone,
        Self::Typology,
        Self::Timing,
        Self::Intent,
        Self::Preferences,
    ];
}

/// When the contact wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadTiming {
    /// Now.
    Now,
    /// Within six months.
    SixMonths,
    /// Any time.
    Flexible,
    /// Within a year.
    OneYear,
    /// Later.
    Long,
}

/// How serious the contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadIntent {
    /// Would sign.
    Ready,
    /// Looks for it.
    Active,
    /// Compares.
    Exploring,
    /// Just asks.
    Curious,
}

/// An answer in normal form. Ids of zones, typologies and wishes are the tenant's own words, in
/// lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadAnswer {
    /// Full name, 1–200 characters.
    Name(String),
    /// From how much to how much.
    Budget(MoneyRange),
    /// Where.
    Zone {
        /// The zone.
        zone: String,
        /// Its city, where it is known.
        city: Option<String>,
    },
    /// What kind.
    Typology(String),
    /// When.
    Timing(LeadTiming),
    /// How serious.
    Intent(LeadIntent),
    /// Wishes, 1–20.
    Preferences(BTreeSet<String>),
}

impl LeadAnswer {
    /// The question that it answers.
    pub const fn field(&self) -> LeadField {
        match self {
            Self::Name(_) => LeadField::Name,
            Self::Budget(_) => LeadField::Budget,
            Self::Zone { .. } => LeadField::Zone,
            Self::Typology(_) => LeadField::Typology,
            Self::Timing(_) => LeadField::Timing,
            Self::Intent(_) => LeadField::Intent,
            Self::Preferences(_) => LeadField::Preferences,
        }
    }

    /// In canonical form; `None` when it is no answer.
    pub(super) fn checked(self) -> Option<Self> {
        use crate::aggregates::offer::{word, words};
        Some(match self {
            Self::Name(name) => Self::Name(crate::text::trimmed(&name, NAME_MAX)?),
            Self::Budget(range) => Self::Budget(range.checked()?),
            Self::Zone { zone, city } => {
                let city = match city {
                    Some(city) => Some(word(&city)?),
                    None => None,
                };
                Self::Zone { zone: word(&zone)?, city }
            }
            Self::Typology(typology) => Self::Typology(word(&typology)?),
            Self::Preferences(wishes) => {
                let wishes = words(&wishes, WISHES_MAX)?;
                if wishes.is_empty() {
                    return None;
                }
                Self::Preferences(wishes)
            }
            Self::Timing(_) | Self::Intent(_) => self,
        })
    }
}

/// An answer as it comes in: from the AI, a form or a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenAnswer {
    /// What the contact said, at most 500 characters are kept.
    pub raw: Option<Personal<String>>,
    /// What it means.
    pub normalised: Personal<LeadAnswer>,
    /// How sure that is, in basis points, 0–10,000.
    pub confidence_bp: i64,
    /// The message that said it; the same message answers a question once.
    pub message: Option<MessageId>,
}

impl GivenAnswer {
    /// Is it sure enough to count?
    pub(super) const fn counts(&self) -> bool {
        self.confidence_bp >= CONFIDENCE_MIN_BP
    }
}
