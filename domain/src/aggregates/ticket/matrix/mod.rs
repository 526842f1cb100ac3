//! The law of a ticket in one table: what each command may do where the ticket stands. A decision
//! consults it before anything else, the documentation is rendered from it, and a test holds every
//! cell against what really happens.
//!
//! Only two things come before the table: whether it was done already, and whether a timer is
//! still meant.

mod ask;
mod render;
mod rows;

pub use super::state::Survey;
pub use ask::Ask;
pub use render::markdown;

use super::refusal::TicketRefusal;
use crate::DomainError;

/// What a value of a dimension says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Go,
    /// It has no meaning here (a late timer, what is so already): accepted, no event.
    Nothing,
    /// Refused.
    Refuse(TicketRefusal),
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

/// How far a ticket is: its status, with what it may wait for and whether it can be reopened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// NEW.
    New,
    /// NEW, on hold.
    NewHeld,
    /// IN_PROGRESS.
    InProgress,
    /// IN_PROGRESS, on hold.
    InProgressHeld,
    /// WAITING_CUSTOMER.
    WaitingCustomer,
    /// WAITING_THIRD_PARTY.
    WaitingThirdParty,
    /// RESOLVED, within the window in which it can be reopened.
    Resolved,
    /// RESOLVED, after the window: about to be closed.
    ResolvedForGood,
    /// CLOSED.
    Closed,
    /// MERGED.
    Merged,
}

impl Stage {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::NewHeld,
        Self::InProgress,
        Self::InProgressHeld,
        Self::WaitingCustomer,
        Self::WaitingThirdParty,
        Self::Resolved,
        Self::ResolvedForGood,
        Self::Closed,
        Self::Merged,
    ];
}

impl Survey {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [Self::None, Self::Asked, Self::Answered];
}

/// Where a ticket stands: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the types say it
pub struct Standing {
    pub stage: Stage,
    pub survey: Survey,
}

impl Standing {
    /// Every state of the product.
    pub fn all() -> impl Iterator<Item = Self> {
        Stage::ALL
            .into_iter()
            .flat_map(|stage| Survey::ALL.into_iter().map(move |survey| Self { stage, survey }))
    }
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub stage: [Verdict; 10],
    pub survey: [Verdict; 3],
}

/// What the table says to `ask` where the ticket stands so. The stage is asked before the
/// survey; the first that does not say [`Verdict::Go`] decides.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    let row = ask.row();
    let said = [
        row.stage[place(&Stage::ALL, standing.stage)],
        row.survey[place(&Survey::ALL, standing.survey)],
    ];
    said.into_iter().find(|verdict| *verdict != Verdict::Go).unwrap_or(Verdict::Go)
}

/// The place of a value among all of its kind. Every value is in its list, which the test over
/// the whole product sees.
fn place<T: PartialEq + Copy, const N: usize>(all: &[T; N], value: T) -> usize {
    all.iter().position(|known| *known == value).unwrap_or(0)
}
