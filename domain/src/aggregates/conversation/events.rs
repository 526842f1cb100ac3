//! What happened in a conversation. Events carry the amounts and former states that views need,
//! so that no view reads an earlier row.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::content::{MessageContent, Referral};
use super::state::ConversationStatus;
use crate::{Actor, ChannelAccountId, ContactId, ConversationId, MessageId, Personal, UserId};

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

/// Events of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name; what is added is said here
pub enum ConversationEvent {
    /// It was opened. `conversation` is its own id, which claims name as owner.
    ConversationStarted {
        conversation: ConversationId,
        contact: ContactId,
        channel: ChannelAccountId,
        external_thread: Option<String>,
    },
    /// A message of the contact. `unread` counts the contact's messages since the team last
    /// read; `waiting_since` is the time of the first one that nobody answered yet.
    MessageReceived {
        message: MessageId,
        contact: ContactId,
        provider_message_id: String,
        content: MessageContent,
        reply_to: Option<String>,
        referral: Option<Referral>,
        forwarded: bool,
        sent_at: DateTime<Utc>,
        unread: i64,
        waiting_since: DateTime<Utc>,
    },
    /// Free-form messages may be sent until `until` (24 h after the contact's last message).
    ServiceWindowOpened {
        until: DateTime<Utc>,
    },
    /// A message that the business typed in its phone app; nobody is waited for any more.
    AgentEchoRecorded {
        message: MessageId,
        provider_message_id: String,
        content: MessageContent,
        sent_at: DateTime<Utc>,
    },
    /// `message` is ours when the target is a message of this conversation that we know.
    ReactionChanged {
        provider_message_id: String,
        target: String,
        message: Option<MessageId>,
        emoji: Option<Personal<String>>,
        at: DateTime<Utc>,
    },
    MessageEdited {
        provider_message_id: String,
        target: String,
        message: Option<MessageId>,
        content: MessageContent,
        at: DateTime<Utc>,
    },
    MessageRevoked {
        provider_message_id: String,
        target: String,
        message: Option<MessageId>,
        at: DateTime<Utc>,
    },
    /// Queued to leave. After it nobody is waiting for an answer.
    MessageQueued {
        message: MessageId,
        contact: ContactId,
        client_message_id: Option<String>,
        content: MessageContent,
        sender: Sender,
        author: Actor,
        reply_to: Option<MessageId>,
        queued_at: DateTime<Utc>,
    },
    /// The provider has it. `from` is the state before, in this and the following;
    /// `provider_message_id` is the id bound to the message, once any status told it.
    MessageSent {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessageDelivered {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessageRead {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessagePlayed {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessageFailed {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        fault: Option<ProviderFault>,
    },
    /// A status that contradicts what is known (a failure after delivery): kept, no state.
    MessageStatusAnomalyRecorded {
        message: MessageId,
        status: DeliveryStatus,
        current: DeliveryStatus,
        at: DateTime<Utc>,
        fault: Option<ProviderFault>,
    },
    NoteAdded {
        note: Uuid,
        body: Personal<String>,
        author: Actor,
        at: DateTime<Utc>,
    },
    /// `labels` is the whole set afterwards, sorted, in this and the following.
    LabelAdded {
        label: String,
        labels: Vec<String>,
    },
    LabelRemoved {
        label: String,
        labels: Vec<String>,
    },
    ConversationAssigned {
        agent: Option<UserId>,
        team: Option<String>,
        previous_agent: Option<UserId>,
        previous_team: Option<String>,
    },
    ConversationUnassigned {
        previous_agent: Option<UserId>,
        previous_team: Option<String>,
    },
    /// Nobody is waited for any more.
    ConversationResolved {
        from: ConversationStatus,
        resolution: Option<String>,
        at: DateTime<Utc>,
    },
    /// `inbound` when a message of the contact did it.
    ConversationReopened {
        from: ConversationStatus,
        inbound: bool,
        at: DateTime<Utc>,
    },
    /// Final; nobody is waited for any more.
    ConversationClosed {
        from: ConversationStatus,
        at: DateTime<Utc>,
    },
    /// `unread` is how many there were.
    ConversationReadByAgent {
        reader: Actor,
        unread: i64,
        at: DateTime<Utc>,
    },
}

impl DomainEvent for ConversationEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl ConversationEvent {
    /// Name of the event.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ConversationStarted { .. } => "ConversationStarted",
            Self::MessageReceived { .. } => "MessageReceived",
            Self::ServiceWindowOpened { .. } => "ServiceWindowOpened",
            Self::AgentEchoRecorded { .. } => "AgentEchoRecorded",
            Self::ReactionChanged { .. } => "ReactionChanged",
            Self::MessageEdited { .. } => "MessageEdited",
            Self::MessageRevoked { .. } => "MessageRevoked",
            Self::MessageQueued { .. } => "MessageQueued",
            Self::MessageSent { .. } => "MessageSent",
            Self::MessageDelivered { .. } => "MessageDelivered",
            Self::MessageRead { .. } => "MessageRead",
            Self::MessagePlayed { .. } => "MessagePlayed",
            Self::MessageFailed { .. } => "MessageFailed",
            Self::MessageStatusAnomalyRecorded { .. } => "MessageStatusAnomalyRecorded",
            Self::NoteAdded { .. } => "NoteAdded",
            Self::LabelAdded { .. } => "LabelAdded",
            Self::LabelRemoved { .. } => "LabelRemoved",
            Self::ConversationAssigned { .. } => "ConversationAssigned",
            Self::ConversationUnassigned { .. } => "ConversationUnassigned",
            Self::ConversationResolved { .. } => "ConversationResolved",
            Self::ConversationReopened { .. } => "ConversationReopened",
            Self::ConversationClosed { .. } => "ConversationClosed",
            Self::ConversationReadByAgent { .. } => "ConversationReadByAgent",
        }
    }
}
