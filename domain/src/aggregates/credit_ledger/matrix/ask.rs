//! The rows of the table: the commands, and the kinds of one command that differ.

use super::super::commands::CreditLedgerCommand as C;
use crate::declare::asks;

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
