//! Plans and what they allow.

use serde::{Deserialize, Serialize};

use crate::Meter;

/// Plan (CHATI-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum Plan {
    Free,
    Starter,
    Pro,
    Enterprise,
}

impl Plan {
    /// The most that the plan allows of a meter (CHATI-10 … CHATI-13); `None` is no limit.
    pub const fn limit(self, meter: Meter) -> Option<i64> {
        let by_plan = match meter {
            Meter::Messages => [250, 1_000, 5_000],
            Meter::Documents => [50, 200, 1_000],
            Meter::Contacts => [1_000, 5_000, 25_000],
            Meter::Users => [1, 3, 10],
            Meter::Owners => return None,
        };
        match self {
            Self::Free => Some(by_plan[0]),
            Self::Starter => Some(by_plan[1]),
            Self::Pro => Some(by_plan[2]),
            Self::Enterprise => None,
        }
    }
}

/// What bounds a meter of one tenant (CHATI-9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LimitRule {
    /// Its plan.
    #[default]
    Plan,
    /// Nothing.
    Unlimited,
    /// This number, whatever the plan says.
    AtMost(i64),
}

impl LimitRule {
    /// Largest number that can be agreed on.
    pub const MAX: i64 = 1_000_000_000;

    /// The most that `meter` may come to on `plan`; `None` is no limit.
    pub const fn limit(self, plan: Plan, meter: Meter) -> Option<i64> {
        match self {
            Self::Plan => plan.limit(meter),
            Self::Unlimited => None,
            Self::AtMost(most) => Some(most),
        }
    }

    /// Is the number one that can be agreed on?
    pub(super) const fn is_valid(self) -> bool {
        match self {
            Self::Plan | Self::Unlimited => true,
            Self::AtMost(most) => 0 <= most && most <= Self::MAX,
        }
    }
}
