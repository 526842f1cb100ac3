//! The words that commands, events and state of a conversation share.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregates::tenant::{AiMode, TriageCategory};
use crate::{Personal, UserId};

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConversationStatus {
    /// Somebody has to do something, or may have to.
    #[default]
    Open,
    /// Put aside until a time, or until the contact writes.
    Snoozed,
    /// Settled; a further message of the contact opens it again.
    Resolved,
    /// Ended for good; a further message of the contact starts a new conversation.
    Closed,
    /// Closed and out of the way.
    Archived,
    /// Continued in another conversation.
    Merged,
}

impl ConversationStatus {
    /// All of them, in the order of the matrix.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Snoozed, Self::Resolved, Self::Closed, Self::Archived, Self::Merged];

    /// Has it ended, so that nothing more can be said in it?
    pub const fn is_over(self) -> bool {
        match self {
            Self::Open | Self::Snoozed | Self::Resolved => false,
            Self::Closed | Self::Archived | Self::Merged => true,
        }
    }
}

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

/// Where a suggestion stands (aggregates §2.8); each but the first is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum SuggestionStatus {
    Proposed,
    Approved,
    Rejected,
    Superseded,
    Expired,
}

/// A source that a suggestion cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The document.
    pub document: Uuid,
    /// Title as shown.
    pub title: String,
    /// Which part of it.
    pub chunk: Option<i64>,
}

/// An action that the AI proposes (X-CS-2: `request_tracking_number`, `create_ticket` …).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedAction {
    /// Its id within the conversation, made from the command's id.
    pub action: Uuid,
    /// What to do.
    pub kind: String,
    /// Its arguments as JSON text; they may name the contact.
    pub arguments: Option<Personal<String>>,
}

/// What triage said of a message (CS-5, X-CS-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// Category.
    pub category: TriageCategory,
    /// Intent, such as `query_price` (CHATI-19).
    pub intent: Option<String>,
    /// Confidence, basis points.
    pub confidence_bp: i64,
    /// Data that is needed and was not given.
    pub missing_fields: Vec<String>,
    /// `positive`, `neutral` or `negative`.
    pub sentiment: Option<String>,
    /// The model, such as `llama-3.3-70b`.
    pub model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// Tokens used.
    pub tokens: i64,
}

/// The tenant's rules for the AI, as they were when the triage was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiPolicy {
    /// How far the AI may go by itself.
    pub mode: AiMode,
    /// Categories in which it may.
    pub autopilot: std::collections::BTreeSet<TriageCategory>,
    /// Confidence from which it is believed, basis points.
    pub threshold_bp: i64,
}

/// Why a person must look at what the AI would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalReason {
    /// The tenant's AI only suggests.
    Assisted,
    /// The category is not one of autopilot's.
    Category,
    /// The category is one of high risk (CS-38).
    HighRisk,
    /// A hand-off is under way.
    Handoff,
    /// The AI is paused here.
    Paused,
    /// The contact opted out.
    OptedOut,
    /// The service window is closed.
    WindowClosed,
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

/// How a request to the provider ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SendOutcome {
    /// The provider took it.
    Accepted {
        /// The provider's id of the message.
        provider_message_id: String,
    },
    /// Nobody knows whether the provider took it: no answer came. It is never sent again by
    /// the machine; a status tells.
    Unknown {
        /// What happened, such as `timeout`.
        reason: String,
    },
    /// The provider did certainly not take it.
    Rejected {
        /// The provider's code, or 0 when it gave none.
        code: i64,
        /// The provider's title.
        title: String,
        /// It is tried again, or waits for an operator; else it has failed.
        retryable: bool,
    },
}

/// How long somebody waited for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Since the first message that nobody had answered, milliseconds.
    pub waited_ms: i64,
    /// It was the first answer of the conversation.
    pub first: bool,
}
