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

/// Does the contact take automatic messages?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consent {
    /// Nothing against them.
    OptedIn,
    /// Nothing automatic is wanted.
    OptedOut,
}

/// May the AI speak, as far as the team is concerned? How far it may go then, the tenant's mode
/// says, which comes with each triage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AiStanding {
    /// It may.
    Active,
    /// A person silenced it.
    Paused,
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
    pub consent: Consent,
    pub ai: AiStanding,
    pub window: Window,
}

impl PendingSuggestion {
    /// All values, in the order of the table.
    pub const ALL: [Self; 2] = [Self::None, Self::Pending];
}

impl Consent {
    /// All values, in the order of the table.
    pub const ALL: [Self; 2] = [Self::OptedIn, Self::OptedOut];
}

impl AiStanding {
    /// All values, in the order of the table.
    pub const ALL: [Self; 2] = [Self::Active, Self::Paused];
}

impl Window {
    /// All values, in the order of the table.
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub lifecycle: [Verdict; 6],
    pub suggestion: [Verdict; 2],
    pub handoff: [Verdict; 4],
    pub consent: [Verdict; 2],
    pub ai: [Verdict; 2],
    pub window: [Verdict; 2],
}

/// What the table says to `ask` where the conversation stands so. The dimensions are asked in
/// the order of [`Standing`]; the first that does not say [`Verdict::Go`] decides.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    let said = ask.row().said(standing);
    said.into_iter().find(|verdict| *verdict != Verdict::Go).unwrap_or(Verdict::Go)
}

impl Row {
    /// What each dimension says, in their order. A value without a column does not compile.
    const fn said(self, at: Standing) -> [Verdict; 6] {
        let [open, snoozed, resolved, closed, archived, merged] = self.lifecycle;
        let lifecycle = match at.lifecycle {
            ConversationStatus::Open => open,
            ConversationStatus::Snoozed => snoozed,
            ConversationStatus::Resolved => resolved,
            ConversationStatus::Closed => closed,
            ConversationStatus::Archived => archived,
            ConversationStatus::Merged => merged,
        };
        let [none, requested, accepted, timed_out] = self.handoff;
        let handoff = match at.handoff {
            HandoffStatus::None => none,
            HandoffStatus::Requested => requested,
            HandoffStatus::Accepted => accepted,
            HandoffStatus::TimedOut => timed_out,
        };
        let suggestion = match at.suggestion {
            PendingSuggestion::None => self.suggestion[0],
            PendingSuggestion::Pending => self.suggestion[1],
        };
        let consent = match at.consent {
            Consent::OptedIn => self.consent[0],
            Consent::OptedOut => self.consent[1],
        };
        let ai = match at.ai {
            AiStanding::Active => self.ai[0],
            AiStanding::Paused => self.ai[1],
        };
        let window = match at.window {
            Window::Open => self.window[0],
            Window::Closed => self.window[1],
        };
        [lifecycle, suggestion, handoff, consent, ai, window]
    }
}
