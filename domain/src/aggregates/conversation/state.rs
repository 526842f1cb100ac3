//! What a conversation remembers: what later decisions need and nothing else. Messages whose
//! delivery is final leave it; so do provider ids that are far enough behind.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::content::{MessageContent, MessageKind};
use super::vocabulary::{
    ConversationStatus, DeliveryStatus, HandoffFallback, HandoffStatus, LinkedKind, Priority,
    ProposedAction, Sender, SurveyKind,
};
use crate::{Actor, ChannelAccountId, ContactId, ConversationId, MessageId, Personal, UserId};

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
    /// Who sends it.
    pub sender: Sender,
    /// It may leave only while the service window is open.
    pub needs_window: bool,
    /// The last attempt to send it that has begun; 0 before the first.
    pub attempt: i64,
    /// That attempt has no outcome yet.
    pub in_flight: bool,
}

/// A step that a message of ours has taken without anybody telling: a later one came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Untold {
    pub(super) message: MessageId,
    pub(super) step: DeliveryStatus,
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

/// The last hand-off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Handoff {
    /// Counts them, from 1; timers of earlier ones mean nothing.
    pub(super) number: i64,
    pub(super) status: HandoffStatus,
    /// Who has it.
    pub(super) agent: Option<UserId>,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) fallback: HandoffFallback,
    /// Seconds.
    pub(super) lease_s: i64,
    /// Moves with each message of the person.
    pub(super) lease_until: DateTime<Utc>,
    /// When the timer that counts looks at the lease; earlier ones mean nothing.
    pub(super) check_at: DateTime<Utc>,
}

/// An action that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proposal {
    /// The message that the AI judged.
    pub(super) because_of: MessageId,
    pub(super) action: ProposedAction,
}

/// The answer that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Suggestion {
    pub(super) id: Uuid,
    pub(super) text: Personal<String>,
    pub(super) answers: Option<MessageId>,
    pub(super) expires_at: DateTime<Utc>,
}

/// A message that waits for its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scheduled {
    pub(super) id: Uuid,
    pub(super) client_message_id: Option<String>,
    pub(super) content: MessageContent,
    pub(super) author: Actor,
    pub(super) send_at: DateTime<Utc>,
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
    /// Times of messages that nobody answered yet; at most 64.
    #[serde(default)]
    pub(super) unanswered: Vec<DateTime<Utc>>,
    /// The last message from the phone app.
    pub(super) echoed_at: Option<DateTime<Utc>>,
    /// Sorted without regard to case.
    pub(super) labels: Vec<String>,
    pub(super) agent: Option<UserId>,
    pub(super) team: Option<String>,
    /// Messages ever queued.
    pub(super) queued: i64,
    /// Oldest first.
    pub(super) outbound: VecDeque<OutboundMessage>,
    /// Also of messages that are final; oldest first.
    pub(super) untold: VecDeque<Untold>,
    /// Oldest first.
    pub(super) recent: VecDeque<Recent>,
    pub(super) handoff: Handoff,
    pub(super) ai_paused: bool,
    pub(super) opted_out: bool,
    /// The contact's last message.
    pub(super) last_inbound: Option<MessageId>,
    /// Somebody, or the AI, answered already.
    pub(super) answered: bool,
    pub(super) suggestion: Option<Suggestion>,
    /// Proposed and neither approved nor rejected; oldest first.
    pub(super) actions: VecDeque<Proposal>,
    /// Messages that triage, a rule or a transcript has dealt with lately; oldest first.
    pub(super) triaged: VecDeque<MessageId>,
    pub(super) auto_replied: VecDeque<MessageId>,
    pub(super) transcribed: VecDeque<MessageId>,
    /// Redacted lately; oldest first.
    pub(super) redacted: VecDeque<MessageId>,
    pub(super) scheduled: Vec<Scheduled>,
    pub(super) priority: Priority,
    /// Snoozes ever; timers of earlier ones mean nothing.
    pub(super) snoozes: i64,
    /// End of the snooze, if it has one.
    pub(super) snoozed_until: Option<DateTime<Utc>>,
    /// Asked and not answered yet.
    pub(super) survey: Option<SurveyKind>,
    /// Linked lately; oldest first.
    pub(super) links: VecDeque<(LinkedKind, Uuid)>,
    /// Where it goes on.
    pub(super) merged_into: Option<ConversationId>,
    /// What went on here lately; oldest first.
    pub(super) merged: VecDeque<ConversationId>,
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

    /// Our messages while their delivery is followed, oldest first.
    pub fn followed(&self) -> impl Iterator<Item = &OutboundMessage> {
        self.outbound.iter()
    }

    /// Of the messages that nobody answered, those after a time.
    pub(super) fn unanswered_after(
        &self,
        at: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> {
        self.unanswered.iter().copied().filter(move |sent| *sent > at)
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
}
