//! The law of a conversation in one table: what each command may do where the conversation
//! stands. A decision consults it before anything else, the documentation is rendered from it,
//! and a test holds every cell against what really happens.
//!
//! Only two things come before the table: whether the thing that the command names exists, and
//! whether it was done already (a second delivery is no event, whatever the state).

mod ask;
mod render;
mod rows;

pub use ask::{Ask, Form, Voice};
pub use render::markdown;

use super::refusal::ConversationRefusal;
use super::vocabulary::{ConversationStatus, HandoffStatus};
use crate::DomainError;

/// What a value of a dimension says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Go,
    /// It has no meaning here (a late timer, what is so already): accepted, no event.
    Nothing,
    /// Refused.
    Refuse(ConversationRefusal),
    /// Accepted, but what was to leave is withdrawn, and the refusal's code is kept as the
    /// reason. It is said to workers and timers, which nobody is there to hear a refusal from.
    Withdraw(ConversationRefusal),
}

impl Verdict {
    /// The refusal's code, if there is one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Go | Self::Nothing => None,
            Self::Refuse(refusal) | Self::Withdraw(refusal) => Some(refusal.code()),
        }
    }
}

/// Does a suggestion wait for a person?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum PendingSuggestion {
    None,
    Pending,
}

/// May the AI speak, as far as people and the contact are concerned?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AiStanding {
    /// It may.
    Active,
    /// A person silenced it.
    Paused,
    /// The contact wants nothing automatic; paused or not.
    OptedOut,
}

/// The service window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// Free-form messages may leave.
    Open,
    /// Only templates may.
    Closed,
}

/// Where a conversation stands: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the types say it
pub struct Standing {
    pub lifecycle: ConversationStatus,
    pub suggestion: PendingSuggestion,
    pub handoff: HandoffStatus,
    pub ai: AiStanding,
    pub window: Window,
}

impl PendingSuggestion {
    /// All values, in the order of the table.
    pub const ALL: [Self; 2] = [Self::None, Self::Pending];
}

impl AiStanding {
    /// All values, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Active, Self::Paused, Self::OptedOut];
}

impl Window {
    /// All values, in the order of the table.
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];
}

impl Standing {
    /// Every state of the product.
    pub fn all() -> impl Iterator<Item = Self> {
        ConversationStatus::ALL.into_iter().flat_map(|lifecycle| {
            PendingSuggestion::ALL.into_iter().flat_map(move |suggestion| {
                HandoffStatus::ALL.into_iter().flat_map(move |handoff| {
                    AiStanding::ALL.into_iter().flat_map(move |ai| {
                        Window::ALL.into_iter().map(move |window| Self {
                            lifecycle,
                            suggestion,
                            handoff,
                            ai,
                            window,
                        })
                    })
                })
            })
        })
    }
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub lifecycle: [Verdict; 6],
    pub suggestion: [Verdict; 2],
    pub handoff: [Verdict; 4],
    pub ai: [Verdict; 3],
    pub window: [Verdict; 2],
}

/// What the table says to `ask` where the conversation stands so. The dimensions are asked in
/// the order of [`Standing`]; the first that does not say [`Verdict::Go`] decides.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    let row = ask.row();
    let said = [
        row.lifecycle[place(&ConversationStatus::ALL, standing.lifecycle)],
        row.suggestion[place(&PendingSuggestion::ALL, standing.suggestion)],
        row.handoff[place(&HandoffStatus::ALL, standing.handoff)],
        row.ai[place(&AiStanding::ALL, standing.ai)],
        row.window[place(&Window::ALL, standing.window)],
    ];
    said.into_iter().find(|verdict| *verdict != Verdict::Go).unwrap_or(Verdict::Go)
}

/// The place of a value among all of its kind. Every value is in its list, which the test over
/// the whole product sees.
fn place<T: PartialEq + Copy, const N: usize>(all: &[T; N], value: T) -> usize {
    all.iter().position(|known| *known == value).unwrap_or(0)
}
