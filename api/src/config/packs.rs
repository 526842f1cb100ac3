//! What credits cost: packs that a tenant can buy. The list is the installation's; nobody names a
//! price of their own.

use std::sync::Arc;

/// What is sold where nothing else is configured (X-CONV-4).
pub(super) const DEFAULT: &str = "50:40000:usd,100:70000:usd,250:150000:usd";
/// Most packs.
const PACKS_MAX: usize = 20;
/// Most credits of a pack.
const CREDITS_MAX: u64 = 1_000_000_000;
/// Highest price, in the currency's smallest unit.
const PRICE_MAX: u64 = 1_000_000_000_000;
/// Longest validity, in days.
const DAYS_MAX: u32 = 3_650;

/// Credits that are sold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// How many; also the pack's name.
    pub credits: u64,
    /// Price in the currency's smallest unit.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
    /// The credits end so many days after the payment; never when absent.
    pub valid_days: Option<u32>,
}

/// All packs, in the order of the configuration. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packs(Arc<[Pack]>);

impl Packs {
    /// Reads `credits:price:currency[:days]`, separated by commas.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let packs = text.split(',').map(|part| pack(part.trim()));
        let packs = packs.collect::<Result<Vec<_>, _>>()?;
        if packs.len() > PACKS_MAX {
            return Err(format!("there are more than {PACKS_MAX} packs"));
        }
        let twice = |pack: &Pack| packs.iter().filter(|it| it.credits == pack.credits).count() > 1;
        if let Some(pack) = packs.iter().find(|pack| twice(pack)) {
            return Err(format!("two packs have {} credits", pack.credits));
        }
        Ok(Self(packs.into()))
    }

    /// All of them.
    pub fn all(&self) -> &[Pack] {
        &self.0
    }

    /// The pack of so many credits.
    pub fn find(&self, credits: u64) -> Option<&Pack> {
        self.0.iter().find(|pack| pack.credits == credits)
    }
}

impl Default for Packs {
    /// What is sold where nothing else is configured.
    fn default() -> Self {
        Self::parse(DEFAULT).unwrap_or_else(|_| Self(Arc::from([])))
    }
}

fn pack(text: &str) -> Result<Pack, String> {
    let wrong = || format!("{text:?} is not credits:price:currency or credits:price:currency:days");
    let parts: Vec<_> = text.split(':').collect();
    let (credits, price, currency, days) = match parts[..] {
        [credits, price, currency] => (credits, price, currency, None),
        [credits, price, currency, days] => (credits, price, currency, Some(days)),
        _ => return Err(wrong()),
    };
    let number = |text: &str, max: u64| {
        text.parse().ok().filter(|number| (1..=max).contains(number)).ok_or_else(wrong)
    };
    let code = currency.to_ascii_lowercase();
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(wrong());
    }
    let days = days.map(|days| number(days, DAYS_MAX.into())).transpose()?;
    Ok(Pack {
        credits: number(credits, CREDITS_MAX)?,
        price_minor: number(price, PRICE_MAX)?,
        currency: code,
        valid_days: days.and_then(|days| u32::try_from(days).ok()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_packs_of_the_house_are_those_of_the_reference() {
        let sold: Vec<_> =
            Packs::default().all().iter().map(|pack| (pack.credits, pack.price_minor)).collect();
        assert_eq!(sold, [(50, 40_000), (100, 70_000), (250, 150_000)]);
    }

    #[test]
    fn a_pack_can_end_and_is_named_by_its_credits() {
        let packs = Packs::parse("10:900:EUR:365, 20:1700:eur").unwrap();
        let ten = packs.find(10).unwrap();
        assert_eq!((ten.currency.as_str(), ten.valid_days), ("eur", Some(365)));
        assert!(packs.find(11).is_none());
    }

    #[test]
    fn what_is_no_list_of_packs_is_told() {
        for wrong in
            ["", "10", "10:9", "10:9:euro", "0:9:eur", "10:0:eur", "10:9:eur:0", "-1:9:eur"]
        {
            assert!(Packs::parse(wrong).unwrap_err().contains("is not"), "{wrong}");
        }
        assert!(Packs::parse("10:9:eur,10:8:eur").unwrap_err().contains("two packs"));
    }
}
