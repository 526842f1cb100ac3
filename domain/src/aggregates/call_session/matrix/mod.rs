//! The law of a call in one table: what each command may do where the call stands. A decision
//! consults it before anything else, the documentation is rendered from it, and a test holds
//! every cell against what really happens.
//!
//! Three things come before the table: whether it was done already, whether a timer is still
//! meant, and facts about an attempt that the session has left behind. And what a fact teaches
//! beside its status (an id, who answered) is kept wherever the table does not refuse it.

mod ask;
mod render;
mod rows;
mod standing;

pub use ask::Ask;
pub use render::markdown;
pub use standing::{FollowUpStanding, Stage, Standing, StopStanding, TransferStanding};

use super::refusal::CallRefusal;
use super::vocabulary::CallOrigin;
use crate::DomainError;

/// What a value of a dimension says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Go,
    /// It has no meaning here (late, or so already): accepted, no event.
    Nothing,
    /// Refused.
    Refuse(CallRefusal),
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

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub origin: [Verdict; 3],
    pub stage: [Verdict; 17],
    pub stop: [Verdict; 2],
    pub transfer: [Verdict; 2],
    pub follow_up: [Verdict; 2],
}

/// What the table says to `ask` where the call stands so. The dimensions are asked in the order
/// of [`Standing`]; the first that does not say [`Verdict::Go`] decides.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    let row = ask.row();
    let said = [
        row.origin[place(&CallOrigin::ALL, standing.origin)],
        row.stage[place(&Stage::ALL, standing.stage)],
        row.stop[place(&StopStanding::ALL, standing.stop)],
        row.transfer[place(&TransferStanding::ALL, standing.transfer)],
        row.follow_up[place(&FollowUpStanding::ALL, standing.follow_up)],
    ];
    said.into_iter().find(|verdict| *verdict != Verdict::Go).unwrap_or(Verdict::Go)
}

/// The place of a value among all of its kind. Every value is in its list, which the test over
/// the whole product sees.
fn place<T: PartialEq + Copy, const N: usize>(all: &[T; N], value: T) -> usize {
    all.iter().position(|known| *known == value).unwrap_or(0)
}
