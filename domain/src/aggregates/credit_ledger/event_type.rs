//! What all events of a ledger have.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;

use super::events::CreditLedgerEvent as E;
use super::vocabulary::Balance;

/// Names every event once: for its type, its time and the list of all.
macro_rules! events {
    (with balance: $($name:ident,)+; without: $($plain:ident,)+) => {
        impl E {
            /// Names of all events.
            pub(super) const TYPES: &'static [&'static str] =
                &[$(stringify!($name),)+ $(stringify!($plain),)+];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => stringify!($name),)+
                    $(Self::$plain { .. } => stringify!($plain),)+
                }
            }

            /// When it took effect. Never decreases along a stream.
            pub fn at(&self) -> DateTime<Utc> {
                match self {
                    $(Self::$name { at, .. })|+ => *at,
                    $(Self::$plain { at, .. })|+ => *at,
                }
            }

            /// How the ledger stands after it; absent when it moves nothing.
            pub fn balance(&self) -> Option<Balance> {
                match self {
                    $(Self::$name { balance, .. })|+ => Some(*balance),
                    $(Self::$plain { .. })|+ => None,
                }
            }

            /// The same event with the balance that it led to.
            pub(super) fn with_balance(mut self, after: Balance) -> Self {
                match &mut self {
                    $(Self::$name { balance, .. })|+ => *balance = after,
                    $(Self::$plain { .. })|+ => {}
                }
                self
            }
        }
    };
}

events! {
    with balance:
        CreditsGranted,
        GrantActivated,
        CreditsReserved,
        HoldCaptured,
        HoldReleased,
        HoldExpired,
        ConsumptionRefunded,
        CreditsAdjusted,
        GrantExpired,
        GrantRevoked,
        DebtRecorded,
        DebtSettled,
        GrantReinstated,
    ;
    without:
        LedgerOpened,
        CreditsExhausted,
        ThresholdSet,
        LowBalanceReached,
        LowBalanceCleared,
        LedgerFrozen,
        LedgerUnfrozen,
        AutoTopUpConfigured,
        AutoTopUpRequested,
        AutoTopUpFailed,
}

impl DomainEvent for E {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
