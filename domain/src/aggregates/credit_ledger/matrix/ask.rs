//! The rows of the table: the commands, and the kinds of one command that differ.

use super::super::commands::CreditLedgerCommand as C;

/// Declares the rows: variants, all of them in order, and their names.
macro_rules! asks {
    ($($variant:ident = $name:literal,)+) => {
        /// What is asked of the table: a command, or one kind of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // the name of each is said by `name`
        pub enum Ask { $($variant,)+ }

        impl Ask {
            /// All rows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in the table.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

asks! {
    OpenLedger = "OpenLedger",
    GrantCredits = "GrantCredits",
    ReserveCredits = "ReserveCredits",
    CaptureHold = "CaptureHold",
    ReleaseHold = "ReleaseHold",
    ExpireHold = "ExpireHold (timer)",
    RefundConsumption = "RefundConsumption",
    AdjustUp = "AdjustCredits, added",
    AdjustDown = "AdjustCredits, taken",
    ActivateGrant = "ActivateGrant (timer)",
    ExpireGrant = "ExpireGrant (timer)",
    RevokeGrant = "RevokeGrant",
    ReinstateGrant = "ReinstateGrant",
    SettleDebt = "SettleDebt",
    SetLowBalanceThreshold = "SetLowBalanceThreshold",
    FreezeLedger = "FreezeLedger",
    UnfreezeLedger = "UnfreezeLedger",
    ConfigureAutoTopUp = "ConfigureAutoTopUp",
    RecordTopUpFailure = "RecordTopUpFailure",
}

impl From<&C> for Ask {
    fn from(body: &C) -> Self {
        match body {
            C::OpenLedger => Self::OpenLedger,
            C::GrantCredits { .. } => Self::GrantCredits,
            C::ReserveCredits { .. } => Self::ReserveCredits,
            C::CaptureHold { .. } => Self::CaptureHold,
            C::ReleaseHold { .. } => Self::ReleaseHold,
            C::ExpireHold { .. } => Self::ExpireHold,
            C::RefundConsumption { .. } => Self::RefundConsumption,
            C::AdjustCredits { credits, .. } if *credits < 0 => Self::AdjustDown,
            C::AdjustCredits { .. } => Self::AdjustUp,
            C::ActivateGrant { .. } => Self::ActivateGrant,
            C::ExpireGrant { .. } => Self::ExpireGrant,
            C::RevokeGrant { .. } => Self::RevokeGrant,
            C::ReinstateGrant { .. } => Self::ReinstateGrant,
            C::SettleDebt { .. } => Self::SettleDebt,
            C::SetLowBalanceThreshold { .. } => Self::SetLowBalanceThreshold,
            C::FreezeLedger { .. } => Self::FreezeLedger,
            C::UnfreezeLedger { .. } => Self::UnfreezeLedger,
            C::ConfigureAutoTopUp { .. } => Self::ConfigureAutoTopUp,
            C::RecordTopUpFailure { .. } => Self::RecordTopUpFailure,
        }
    }
}
