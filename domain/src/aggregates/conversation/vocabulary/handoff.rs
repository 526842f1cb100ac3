//! Hand-offs to people.

use serde::{Deserialize, Serialize};

/// The leased state of a hand-off to a person (aggregates §2.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HandoffStatus {
    /// The AI, or nobody, answers.
    #[default]
    None,
    /// A person was asked for and nobody has come yet.
    Requested,
    /// A person has it.
    Accepted,
    /// Nobody came in time.
    TimedOut,
}

impl HandoffStatus {
    /// All of them, in the order of the matrix.
    pub const ALL: [Self; 4] = [Self::None, Self::Requested, Self::Accepted, Self::TimedOut];
}

/// Why a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HandoffReason {
    /// The AI does not trust itself.
    LowConfidence,
    /// The contact asked.
    CustomerAsked,
    /// The category is one of high risk.
    HighRisk,
    /// A person of the team decided so.
    Agent,
    /// Something failed.
    Error,
}

/// What happens when nobody comes in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HandoffFallback {
    /// It waits on, marked as timed out.
    #[default]
    KeepWaiting,
    /// The AI takes it back.
    ReturnToBot,
}

/// How a hand-off ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HandoffEnd {
    /// A person gave it back.
    Returned,
    /// The person was silent for longer than the lease.
    Lapsed,
    /// Nobody came, and the fallback gave it back.
    FellBack,
    /// The conversation ended.
    ConversationOver,
}
