//! What the team does with a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Personal, UserId};

/// How urgent it is (X-CS-1).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
    Urgent,
}

/// Who chose the assignee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AssignedBy {
    /// A person.
    #[default]
    User,
    /// The assignment policy (least loaded).
    Policy,
}

impl AssignedBy {
    /// Is it the default, which released events do not spell out?
    pub const fn is_user(&self) -> bool {
        matches!(self, Self::User)
    }
}

/// Why a snooze ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SnoozeEnd {
    /// Its time came.
    Due,
    /// The contact wrote.
    Reply,
    /// A person ended it, or did something that needs it open.
    Manual,
}

/// A step of a macro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum MacroStep {
    /// Sends a text.
    SendText {
        /// Text.
        body: Personal<String>,
    },
    /// Leaves a note.
    AddNote {
        /// Text.
        body: Personal<String>,
    },
    /// Puts a label on.
    AddLabel {
        /// Label.
        label: String,
    },
    /// Takes a label off.
    RemoveLabel {
        /// Label.
        label: String,
    },
    /// Gives it to a person or a team.
    Assign {
        /// Person.
        agent: Option<UserId>,
        /// Team.
        team: Option<String>,
    },
    /// Another priority.
    ChangePriority {
        /// Priority.
        priority: Priority,
    },
    /// Puts it aside.
    Snooze {
        /// Until then; until the contact writes when absent.
        until: Option<DateTime<Utc>>,
    },
    /// Settles it.
    Resolve {
        /// How.
        resolution: Option<String>,
    },
}

/// What a survey asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SurveyKind {
    /// Satisfaction, 1–5.
    Csat,
    /// Recommendation, 0–10.
    Nps,
}

impl SurveyKind {
    /// The scores that it takes.
    pub const fn range(self) -> std::ops::RangeInclusive<i64> {
        match self {
            Self::Csat => 1..=5,
            Self::Nps => 0..=10,
        }
    }
}

/// What a conversation can be linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum LinkedKind {
    Ticket,
    Lead,
    Call,
    Shipment,
    Appointment,
    Conversation,
}
