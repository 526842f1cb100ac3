//! What can be asked of a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::content::{MessageContent, Referral};
use super::events::{DeliveryStatus, Pricing, ProviderFault, Sender};
use crate::{ChannelAccountId, ContactId, MessageId, Personal, UserId};

/// Commands of a conversation (first half; hand-off, AI and timers follow in the same enum).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConversationCommand {
    /// Opens it. One open conversation per (tenant, contact, channel account).
    Start {
        /// With whom.
        contact: ContactId,
        /// Over which account.
        channel: ChannelAccountId,
        /// The provider's thread, if it has such a thing.
        external_thread: Option<String>,
    },
    /// A message of the contact arrived.
    ReceiveMessage {
        /// The provider's id (wamid); a second one is no event.
        provider_message_id: String,
        /// Content.
        content: MessageContent,
        /// Provider id of the message that it answers.
        reply_to: Option<String>,
        /// Ad or post that led here.
        referral: Option<Referral>,
        /// It was forwarded.
        forwarded: bool,
        /// The provider's time.
        sent_at: DateTime<Utc>,
    },
    /// A message that the business typed in its phone app (coexistence).
    RecordAgentEcho {
        /// The provider's id.
        provider_message_id: String,
        /// Content.
        content: MessageContent,
        /// The provider's time.
        sent_at: DateTime<Utc>,
    },
    /// The contact reacted to a message, or took the reaction back.
    RecordReaction {
        /// Provider id of the reaction itself.
        provider_message_id: String,
        /// Provider id of the message reacted to.
        target: String,
        /// The emoji; `None` when taken back.
        emoji: Option<Personal<String>>,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// The contact edited a message.
    RecordMessageEdit {
        /// Provider id of the edit itself.
        provider_message_id: String,
        /// Provider id of the message edited.
        target: String,
        /// What it says now.
        content: MessageContent,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// The contact deleted a message.
    RecordMessageRevoke {
        /// Provider id of the revocation itself.
        provider_message_id: String,
        /// Provider id of the message deleted.
        target: String,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// Queues a message to the contact (text or template in this half). The message's id is
    /// made from the command's id.
    QueueMessage {
        /// The client's own id for it, echoed.
        client_message_id: Option<String>,
        /// Content.
        content: MessageContent,
        /// Who sends.
        sender: Sender,
        /// Our id of the message that it answers.
        reply_to: Option<MessageId>,
    },
    /// The provider reports on a message that we sent.
    RecordDeliveryStatus {
        /// Our id of the message.
        message: MessageId,
        /// The provider's id, bound to ours by the first status that carries it.
        provider_message_id: Option<String>,
        /// Status.
        status: DeliveryStatus,
        /// The provider's time.
        at: DateTime<Utc>,
        /// What it costs, if said.
        pricing: Option<Pricing>,
        /// Why it failed, if it did.
        fault: Option<ProviderFault>,
    },
    /// A note that only the team sees.
    AddNote {
        /// Text.
        body: Personal<String>,
    },
    /// Puts a label on.
    AddLabel {
        /// Label, 1–40 characters after trimming; compared without regard to case.
        label: String,
    },
    /// Takes a label off.
    RemoveLabel {
        /// Label.
        label: String,
    },
    /// Gives the conversation to a person or a team.
    Assign {
        /// Person.
        agent: Option<UserId>,
        /// Team, 1–60 characters.
        team: Option<String>,
    },
    /// Takes it from whoever has it.
    Unassign,
    /// The matter is settled.
    Resolve {
        /// How, for the record.
        resolution: Option<String>,
    },
    /// Back to open, by a person.
    Reopen,
    /// Ends it; a later message of the contact starts a new conversation.
    Close,
    /// The team has read everything.
    MarkRead,
}
