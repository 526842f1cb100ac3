//! How messages leave, and how long somebody waited for them.

use serde::{Deserialize, Serialize};

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

/// Who sends a message of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A person of the team.
    Agent,
    /// The AI agent.
    Ai,
    /// An automatic reply.
    AutoReply,
    /// Bitácora itself (a notice, a survey).
    System,
    /// A campaign.
    Campaign,
}

/// State of a message of ours at the provider, in order of progress (CHATI-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryStatus {
    /// Queued, not yet known to have left.
    Pending,
    /// It was handed over and no answer came: only a status can tell.
    Unknown,
    /// The provider has it.
    Sent,
    /// The contact's device has it.
    Delivered,
    /// The contact has read it.
    Read,
    /// The contact has played it (voice).
    Played,
    /// It will not arrive.
    Failed,
}

/// What a message costs, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// It is charged.
    pub billable: bool,
    /// `PMP` (per message) or `CBP` (per conversation).
    pub model: Option<String>,
    /// `utility`, `marketing` …
    pub category: Option<String>,
}

/// Why a provider refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderFault {
    /// The provider's code.
    pub code: i64,
    /// The provider's title.
    pub title: String,
}
