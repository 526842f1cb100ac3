//! The law of a ledger in one table: what each command may do where ledger, hold, grant and funds
//! stand. A decision consults it before anything else, the documentation is rendered from it, and
//! a test holds every cell against what really happens.
//!
//! Only one thing comes before the table: whether this very thing was done already under the same
//! id (the same again is no event, whatever the state).

mod ask;
mod render;
mod rows;

pub use ask::Ask;
pub use render::markdown;

use super::refusal::CreditLedgerRefusal;
use crate::DomainError;

/// What a value of a dimension says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Go,
    /// It has no meaning here (a timer that comes early or late, what is so already): accepted,
    /// no event.
    Nothing,
    /// Refused.
    Refuse(CreditLedgerRefusal),
}

impl Verdict {
    /// The refusal's code, if there is one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Go | Self::Nothing => None,
            Self::Refuse(refusal) => Some(refusal.code()),
        }
    }
}

/// Declares a dimension: its values, in the order of the table.
macro_rules! dimension {
    ($(#[$doc:meta])* $name:ident[$count:literal] { $($(#[$of:meta])* $value:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of])* $value,)+ }

        impl $name {
            /// All values, in the order of the table.
            pub const ALL: [Self; $count] = [$(Self::$value,)+];
        }
    };
}

dimension! {
    /// The ledger as a whole.
    LedgerStanding[3] {
        /// It does not exist.
        Unopened,
        /// In use.
        Open,
        /// Nothing may be set aside.
        Frozen,
    }
}

dimension! {
    /// The hold that a command is about.
    HoldStanding[6] {
        /// Never there, or forgotten.
        Unknown,
        /// Credits are set aside.
        Pending,
        /// Its time is up, which is not recorded yet. Counts as expired.
        Due,
        /// Used up.
        Captured,
        /// Given back.
        Released,
        /// Its time was up.
        Expired,
    }
}

dimension! {
    /// The grant that a command is about.
    GrantStanding[8] {
        /// Never there, or forgotten.
        Unknown,
        /// Begins later.
        Scheduled,
        /// Its beginning has come, which is not recorded yet. Counts as active.
        Ripe,
        /// In use.
        Active,
        /// Used up.
        Depleted,
        /// Its end has come, which is not recorded yet. Counts as expired.
        Due,
        /// Ended with something left.
        Expired,
        /// Taken back altogether.
        Revoked,
    }
}

dimension! {
    /// What is available, against what a command wants.
    FundsStanding[3] {
        /// Enough.
        Enough,
        /// Not enough.
        Short,
        /// Something is owed.
        InDebt,
    }
}

/// Where everything stands that a command is about: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the types say it
pub struct Standing {
    pub ledger: LedgerStanding,
    pub hold: HoldStanding,
    pub grant: GrantStanding,
    pub funds: FundsStanding,
}

impl Standing {
    /// Every state of the product. A ledger that does not exist has nothing in it.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self {
            ledger: LedgerStanding::Unopened,
            hold: HoldStanding::Unknown,
            grant: GrantStanding::Unknown,
            funds: FundsStanding::Short,
        }];
        for ledger in [LedgerStanding::Open, LedgerStanding::Frozen] {
            for hold in HoldStanding::ALL {
                for grant in GrantStanding::ALL {
                    all.extend(FundsStanding::ALL.map(|funds| Self { ledger, hold, grant, funds }));
                }
            }
        }
        all
    }
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub ledger: [Verdict; 3],
    pub hold: [Verdict; 6],
    pub grant: [Verdict; 8],
    pub funds: [Verdict; 3],
}

/// What the table says to `ask`. The dimensions are asked in the order of [`Standing`]; the first
/// that does not say [`Verdict::Go`] decides.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    let row = ask.row();
    let said = [
        row.ledger[place(&LedgerStanding::ALL, standing.ledger)],
        row.hold[place(&HoldStanding::ALL, standing.hold)],
        row.grant[place(&GrantStanding::ALL, standing.grant)],
        row.funds[place(&FundsStanding::ALL, standing.funds)],
    ];
    said.into_iter().find(|verdict| *verdict != Verdict::Go).unwrap_or(Verdict::Go)
}

/// The place of a value among all of its kind. Every value is in its list, which the test over
/// the whole product sees.
fn place<T: PartialEq + Copy, const N: usize>(all: &[T; N], value: T) -> usize {
    all.iter().position(|known| *known == value).unwrap_or(0)
}
