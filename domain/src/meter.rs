//! Meters: what is counted per tenant in the append transaction, against the limits of its plan
//! (CHATI-10 … CHATI-13).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Something that is counted per tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Meter {
    /// Messages sent per day of the tenant (CHATI-10).
    Messages,
    /// Documents of the knowledge base (CHATI-11).
    Documents,
    /// Contacts (CHATI-12).
    Contacts,
    /// Members who can log in (CHATI-13).
    Users,
    /// Owners among them: no plan limits them, and there is always one.
    Owners,
}

impl Meter {
    /// All meters.
    pub const ALL: [Self; 5] =
        [Self::Messages, Self::Documents, Self::Contacts, Self::Users, Self::Owners];
    /// Those that plans limit.
    pub const LIMITED: [Self; 4] = [Self::Messages, Self::Documents, Self::Contacts, Self::Users];

    /// Stable text, as in JSON and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Documents => "DOCUMENTS",
            Self::Contacts => "CONTACTS",
            Self::Users => "USERS",
            Self::Owners => "OWNERS",
        }
    }

    /// What can be done when the limit is in the way.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Messages => {
                "wait for midnight of the tenant's time zone, or have a larger plan or limit agreed"
            }
            Self::Documents => {
                "retire documents that are not needed, or have a larger plan or limit agreed"
            }
            Self::Contacts => {
                "have a larger plan or limit agreed; people who write first are let in all the same"
            }
            Self::Users => "suspend or remove a member, or have a larger plan or limit agreed",
            Self::Owners => "make another member an owner first",
        }
    }

    /// Does it start again with each day of the tenant?
    pub const fn is_daily(self) -> bool {
        matches!(self, Self::Messages)
    }

    /// Below this it cannot fall.
    pub const fn floor(self) -> i64 {
        match self {
            Self::Owners => 1,
            Self::Messages | Self::Documents | Self::Contacts | Self::Users => 0,
        }
    }

    /// Name of the counter that holds it at `now` in the tenant's zone.
    pub fn counter(self, now: DateTime<Utc>, zone: Tz) -> String {
        if self.is_daily() {
            format!("meter.{}.{}", self.as_str(), now.with_timezone(&zone).date_naive())
        } else {
            format!("meter.{}", self.as_str())
        }
    }
}

/// What an event adds to a meter; negative gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Which meter.
    pub meter: Meter,
    /// How much.
    pub by: i64,
}

impl Tally {
    /// One more.
    pub const fn one(meter: Meter) -> Self {
        Self { meter, by: 1 }
    }
    /// One less.
    pub const fn give_back(meter: Meter) -> Self {
        Self { meter, by: -1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_meter_starts_again_with_the_tenants_day() {
        let zone: Tz = "America/Mexico_City".parse().unwrap();
        let late = "2026-03-02T05:59:00Z".parse().unwrap();
        let next = "2026-03-02T06:00:00Z".parse().unwrap();
        assert_eq!(Meter::Messages.counter(late, zone), "meter.MESSAGES.2026-03-01");
        assert_eq!(Meter::Messages.counter(next, zone), "meter.MESSAGES.2026-03-02");
        assert_eq!(Meter::Users.counter(late, zone), "meter.USERS");
    }
}
