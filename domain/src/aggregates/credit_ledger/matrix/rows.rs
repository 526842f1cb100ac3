//! The table itself.

use super::super::refusal::CreditLedgerRefusal as No;
use super::Verdict::{Go, Nothing, Refuse};
use super::{Ask, Row, Verdict};

/// On every ledger that exists.
const ANYWHERE: Row =
    Row { ledger: [Refuse(No::NotFound), Go, Go], hold: [Go; 6], grant: [Go; 8], funds: [Go; 3] };

/// Wants credits that must be there.
const FUNDED: [Verdict; 3] = [Go, Refuse(No::Insufficient), Refuse(No::InDebt)];
/// A new hold.
const NEW_HOLD: [Verdict; 6] = [
    Go,
    Refuse(No::HoldIdTaken),
    Refuse(No::HoldIdTaken),
    Refuse(No::HoldIdTaken),
    Refuse(No::HoldIdTaken),
    Refuse(No::HoldIdTaken),
];
const TAKEN: Verdict = Refuse(No::GrantIdTaken);
const UNCAPTURED: Verdict = Refuse(No::HoldNotCaptured);

impl Ask {
    /// Its row.
    pub const fn row(self) -> Row {
        match self {
            Self::OpenLedger => Row { ledger: [Go, Nothing, Nothing], ..ANYWHERE },
            Self::GrantCredits => {
                Row { grant: [Go, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN], ..ANYWHERE }
            }
            Self::ReserveCredits => Row {
                ledger: [Refuse(No::NotFound), Go, Refuse(No::Frozen)],
                hold: NEW_HOLD,
                funds: FUNDED,
                ..ANYWHERE
            },
            Self::CaptureHold => Row {
                hold: [
                    Refuse(No::HoldNotFound),
                    Go,
                    Refuse(No::HoldExpired),
                    Refuse(No::HoldCaptured),
                    Refuse(No::HoldReleased),
                    Refuse(No::HoldExpired),
                ],
                ..ANYWHERE
            },
            Self::ReleaseHold => Row {
                hold: [
                    Refuse(No::HoldNotFound),
                    Go,
                    Nothing,
                    Refuse(No::HoldCaptured),
                    Nothing,
                    Nothing,
                ],
                ..ANYWHERE
            },
            Self::ExpireHold => {
                Row { hold: [Nothing, Nothing, Go, Nothing, Nothing, Nothing], ..ANYWHERE }
            }
            Self::RefundConsumption => Row {
                hold: [
                    Refuse(No::ConsumptionNotFound),
                    UNCAPTURED,
                    UNCAPTURED,
                    Go,
                    UNCAPTURED,
                    UNCAPTURED,
                ],
                ..ANYWHERE
            },
            Self::AdjustDown => Row { funds: FUNDED, ..ANYWHERE },
            Self::ActivateGrant => Row {
                grant: [Nothing, Nothing, Go, Nothing, Nothing, Nothing, Nothing, Nothing],
                ..ANYWHERE
            },
            Self::ExpireGrant => Row {
                grant: [Nothing, Nothing, Nothing, Nothing, Nothing, Go, Nothing, Nothing],
                ..ANYWHERE
            },
            Self::RevokeGrant => Row {
                grant: [
                    Refuse(No::GrantNotFound),
                    Go,
                    Go,
                    Go,
                    Go,
                    Go,
                    Go,
                    Refuse(No::GrantRevoked),
                ],
                ..ANYWHERE
            },
            Self::ReinstateGrant => {
                Row { grant: [Refuse(No::GrantNotFound), Go, Go, Go, Go, Go, Go, Go], ..ANYWHERE }
            }
            Self::SettleDebt => {
                Row { funds: [Refuse(No::NoDebt), Refuse(No::NoDebt), Go], ..ANYWHERE }
            }
            Self::FreezeLedger => Row { ledger: [Refuse(No::NotFound), Go, Nothing], ..ANYWHERE },
            Self::UnfreezeLedger => Row { ledger: [Refuse(No::NotFound), Nothing, Go], ..ANYWHERE },
            Self::AdjustUp
            | Self::SetLowBalanceThreshold
            | Self::ConfigureAutoTopUp
            | Self::RecordTopUpFailure => ANYWHERE,
        }
    }
}
