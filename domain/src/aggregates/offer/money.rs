//! Ranges of money.

use serde::{Deserialize, Serialize};

/// Largest amount, in minor units: beyond it somebody's zero stuck.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// From how much to how much, both inclusive. At least one end is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MoneyRange {
    /// Least, in minor units of the currency (cents); open when absent.
    pub min_minor: Option<i64>,
    /// Most, in minor units of the currency; open when absent.
    pub max_minor: Option<i64>,
    /// ISO 4217 code, upper case (`ARS`, `USD`).
    pub currency: String,
}

impl MoneyRange {
    /// The range itself if it is one: known ends in order, between 0 and 10¹⁵, and a currency.
    pub(crate) fn checked(mut self) -> Option<Self> {
        self.currency = self.currency.trim().to_ascii_uppercase();
        let code =
            self.currency.len() == 3 && self.currency.bytes().all(|byte| byte.is_ascii_uppercase());
        let fits = |end: Option<i64>| end.is_none_or(|amount| (0..=AMOUNT_MAX).contains(&amount));
        let some = self.min_minor.is_some() || self.max_minor.is_some();
        let ordered = self.min_minor.zip(self.max_minor).is_none_or(|(min, max)| min <= max);
        (code && some && ordered && fits(self.min_minor) && fits(self.max_minor)).then_some(self)
    }

    /// How far `self` is from `other`, as `(distance, of)`: the gap between the nearest ends, and
    /// the end of `other` that it is measured by. No distance when they touch. Same currency.
    pub(crate) fn distance(&self, other: &Self) -> (i64, i64) {
        let below = self.max_minor.zip(other.min_minor).filter(|(max, min)| max < min);
        let above = self.min_minor.zip(other.max_minor).filter(|(min, max)| min > max);
        match (below, above) {
            (Some((most, least)), _) => (least - most, least),
            (None, Some((least, most))) => (least - most, most),
            (None, None) => (0, 1),
        }
    }
}
