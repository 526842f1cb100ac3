//! Decisions on what the provider tells about the contact's side. Facts are kept whatever they
//! carry; only a second delivery and an ended conversation are turned away.

use chrono::{DateTime, TimeDelta, Utc};

use super::content::{MessageContent, Referral};
use super::events::ConversationEvent;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::{Conversation, ConversationStatus};
use crate::{ContactId, Directed, MessageId};

/// Free-form messages may be sent so long after the contact's last message.
const SERVICE_WINDOW: TimeDelta = TimeDelta::hours(24);
/// How far the provider's clock may be ahead of ours before we believe ours.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Longest provider id; Meta's have about 60 characters.
const PROVIDER_ID_MAX: usize = 512;

/// A message of the contact.
pub(super) struct Inbound {
    pub(super) contact: ContactId,
    pub(super) provider_message_id: String,
    pub(super) content: MessageContent,
    pub(super) reply_to: Option<String>,
    pub(super) referral: Option<Referral>,
    pub(super) forwarded: bool,
    pub(super) sent_at: DateTime<Utc>,
}

impl Conversation {
    pub(super) fn receive(&self, of: &Directed<()>, inbound: Inbound) -> Decision {
        if !self.is_news(&inbound.provider_message_id)? {
            return Ok(vec![]);
        }
        self.not_closed()?;
        let sent_at = inbound.sent_at;
        let believed = if sent_at > of.now + CLOCK_TOLERANCE { of.now } else { sent_at };
        let mut events = vec![ConversationEvent::MessageReceived {
            message: MessageId::new(of.new_id(0)),
            contact: inbound.contact,
            provider_message_id: inbound.provider_message_id,
            content: inbound.content,
            reply_to: inbound.reply_to,
            referral: inbound.referral,
            forwarded: inbound.forwarded,
            sent_at,
            unread: self.unread.saturating_add(1),
            waiting_since: self.waiting_since.map_or(believed, |since| since.min(believed)),
        }];
        if self.status == ConversationStatus::Resolved {
            events.push(ConversationEvent::ConversationReopened {
                from: self.status,
                inbound: true,
                at: of.now,
            });
        }
        let until = believed + SERVICE_WINDOW;
        if self.window_until.is_none_or(|now_until| until > now_until) {
            events.push(ConversationEvent::ServiceWindowOpened { until });
        }
        Ok(events)
    }

    /// A message that the business typed in its phone app. It answers the contact, but only the
    /// contact's own messages open the window.
    pub(super) fn echo(
        &self,
        of: &Directed<()>,
        provider_message_id: String,
        content: MessageContent,
        sent_at: DateTime<Utc>,
    ) -> Decision {
        if !self.is_news(&provider_message_id)? {
            return Ok(vec![]);
        }
        self.not_closed()?;
        let message = MessageId::new(of.new_id(0));
        Ok(vec![ConversationEvent::AgentEchoRecorded {
            message,
            provider_message_id,
            content,
            sent_at,
        }])
    }

    /// Something about an earlier message (reaction, edit, revocation): recorded once, also on
    /// a conversation that has ended, since that is where the message is.
    pub(super) fn about(
        &self,
        provider_message_id: String,
        event: impl FnOnce(String) -> ConversationEvent,
    ) -> Decision {
        if self.is_news(&provider_message_id)? {
            Ok(vec![event(provider_message_id)])
        } else {
            Ok(vec![])
        }
    }

    fn is_news(&self, provider_message_id: &str) -> Result<bool, ConversationRefusal> {
        let fits = (1..=PROVIDER_ID_MAX).contains(&provider_message_id.chars().count());
        if !fits || provider_message_id.contains(char::is_control) {
            return Err(ConversationRefusal::InvalidProviderMessageId);
        }
        Ok(!self.knows(provider_message_id))
    }
}
