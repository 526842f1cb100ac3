//! What a conversation remembers: what later decisions need and nothing else. Messages whose
//! delivery is final leave it; so do provider ids that are far enough behind.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::content::{MessageContent, MessageKind};
use super::delivery;
use super::events::{ConversationEvent, DeliveryStatus};
use crate::{ChannelAccountId, ContactId, ConversationId, MessageId, UserId};

/// Provider ids remembered to recognise a second delivery. Older ones are still refused by
/// their claim.
const RECENT_MAX: usize = 64;
/// Messages of ours whose delivery is followed at the same time; the oldest give way.
const OUTBOUND_MAX: usize = 1_000;

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConversationStatus {
    /// Somebody has to do something, or may have to.
    #[default]
    Open,
    /// Settled; a further message of the contact opens it again.
    Resolved,
    /// Ended for good; a further message of the contact starts a new conversation.
    Closed,
}

/// A message of ours whose delivery is not final yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundMessage {
    /// Our id.
    pub id: MessageId,
    /// Type; a voice message can still be played after it was read.
    pub kind: MessageKind,
    /// The provider's id, once a status told it.
    pub provider_message_id: Option<String>,
    /// How far it got.
    pub status: DeliveryStatus,
    /// A contradiction was recorded; it is recorded once.
    pub anomaly: bool,
}

/// With whom and over what: fixed by the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) conversation: ConversationId,
    pub(super) contact: ContactId,
    pub(super) channel: ChannelAccountId,
    pub(super) external_thread: Option<String>,
}

/// A fact of the provider that we have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recent {
    pub(super) provider_message_id: String,
    /// The message that it became, unless it was about another message (a reaction …).
    pub(super) message: Option<MessageId>,
}

/// A conversation with one contact over one channel account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// `None` before the start.
    pub(super) start: Option<Start>,
    pub(super) status: ConversationStatus,
    /// End of the service window, exclusive.
    pub(super) window_until: Option<DateTime<Utc>>,
    /// Messages of the contact since the team last read.
    pub(super) unread: i64,
    /// Time of the first message that nobody answered yet.
    pub(super) waiting_since: Option<DateTime<Utc>>,
    /// Sorted without regard to case.
    pub(super) labels: Vec<String>,
    pub(super) agent: Option<UserId>,
    pub(super) team: Option<String>,
    /// Messages ever queued.
    pub(super) queued: i64,
    /// Oldest first.
    pub(super) outbound: VecDeque<OutboundMessage>,
    /// Oldest first.
    pub(super) recent: VecDeque<Recent>,
}

impl Conversation {
    /// With whom; `None` before the start.
    pub fn contact(&self) -> Option<ContactId> {
        self.start.as_ref().map(|start| start.contact)
    }

    /// Where it stands.
    pub const fn status(&self) -> ConversationStatus {
        self.status
    }

    /// Messages of the contact since the team last read.
    pub const fn unread(&self) -> i64 {
        self.unread
    }

    /// Time of the first message that nobody answered yet.
    pub const fn waiting_since(&self) -> Option<DateTime<Utc>> {
        self.waiting_since
    }

    /// Free-form messages may be sent before this time.
    pub const fn window_until(&self) -> Option<DateTime<Utc>> {
        self.window_until
    }

    /// A message of ours, while its delivery is followed.
    pub fn outbound(&self, id: MessageId) -> Option<&OutboundMessage> {
        self.outbound.iter().rev().find(|message| message.id == id)
    }

    /// Was this fact of the provider recorded lately?
    pub(super) fn knows(&self, provider_message_id: &str) -> bool {
        self.recent.iter().any(|fact| fact.provider_message_id == provider_message_id)
    }

    /// Our message that the provider calls so, if it is remembered.
    pub(super) fn message_called(&self, provider_message_id: &str) -> Option<MessageId> {
        let recent = || {
            let mut facts = self.recent.iter().rev();
            facts.find(|fact| fact.provider_message_id == provider_message_id)?.message
        };
        let outbound = || {
            let mut messages = self.outbound.iter().rev();
            let called = Some(provider_message_id);
            messages.find(|m| m.provider_message_id.as_deref() == called).map(|m| m.id)
        };
        recent().or_else(outbound)
    }

    /// Follows what happened.
    #[allow(clippy::too_many_lines)] // one arm per event; each is a line or two
    pub(super) fn follow(&mut self, event: ConversationEvent) {
        use ConversationEvent as E;
        match event {
            E::ConversationStarted { conversation, contact, channel, external_thread } => {
                self.start = Some(Start { conversation, contact, channel, external_thread });
            }
            E::MessageReceived { message, provider_message_id, unread, waiting_since, .. } => {
                self.remember(provider_message_id, Some(message));
                self.unread = unread;
                self.waiting_since = Some(waiting_since);
            }
            E::ServiceWindowOpened { until } => self.window_until = Some(until),
            E::AgentEchoRecorded { message, provider_message_id, .. } => {
                self.remember(provider_message_id, Some(message));
                self.waiting_since = None;
            }
            E::ReactionChanged { provider_message_id, .. }
            | E::MessageEdited { provider_message_id, .. }
            | E::MessageRevoked { provider_message_id, .. } => {
                self.remember(provider_message_id, None);
            }
            E::MessageQueued { message, content, .. } => self.queue(message, &content),
            E::MessageSent { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Sent);
            }
            E::MessageDelivered { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Delivered);
            }
            E::MessageRead { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Read);
            }
            E::MessagePlayed { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Played);
            }
            E::MessageFailed { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Failed);
            }
            E::MessageStatusAnomalyRecorded { message, .. } => {
                if let Some(found) = self.outbound_mut(message) {
                    found.anomaly = true;
                }
            }
            E::NoteAdded { .. } => {}
            E::LabelAdded { labels, .. } | E::LabelRemoved { labels, .. } => self.labels = labels,
            E::ConversationAssigned { agent, team, .. } => {
                self.agent = agent;
                self.team = team;
            }
            E::ConversationUnassigned { .. } => {
                self.agent = None;
                self.team = None;
            }
            E::ConversationResolved { .. } => {
                self.status = ConversationStatus::Resolved;
                self.waiting_since = None;
            }
            E::ConversationReopened { .. } => self.status = ConversationStatus::Open,
            E::ConversationClosed { .. } => {
                self.status = ConversationStatus::Closed;
                self.waiting_since = None;
            }
            E::ConversationReadByAgent { .. } => self.unread = 0,
        }
    }

    fn outbound_mut(&mut self, id: MessageId) -> Option<&mut OutboundMessage> {
        self.outbound.iter_mut().rev().find(|message| message.id == id)
    }

    fn remember(&mut self, provider_message_id: String, message: Option<MessageId>) {
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent { provider_message_id, message });
    }

    fn queue(&mut self, id: MessageId, content: &MessageContent) {
        if self.outbound.len() >= OUTBOUND_MAX {
            self.outbound.pop_front();
        }
        self.outbound.push_back(OutboundMessage {
            id,
            kind: content.kind(),
            provider_message_id: None,
            status: DeliveryStatus::Pending,
            anomaly: false,
        });
        self.queued += 1;
        self.waiting_since = None;
    }

    fn advance(&mut self, id: MessageId, provider_id: Option<String>, status: DeliveryStatus) {
        if let Some(message) = self.outbound_mut(id) {
            message.status = status;
            message.provider_message_id = provider_id;
            if delivery::is_final(message.kind, status) {
                self.outbound.retain(|message| message.id != id);
            }
        }
    }
}
