//! Decisions on what the provider tells about the contact's side. Facts are kept whatever they
//! carry; only a second delivery and an ended conversation are turned away.

use chrono::{DateTime, TimeDelta, Utc};

use super::content::{MessageContent, Referral};
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::limits;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::{ConversationStatus, SnoozeEnd};
use super::{opt_out, survey};
use crate::{ContactId, Directed, MessageId, Personal};

/// Free-form messages may be sent so long after the contact's last message.
const SERVICE_WINDOW: TimeDelta = TimeDelta::hours(24);
/// How far the provider's clock may be ahead of ours before we believe ours.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Longest provider id; Meta's have about 60 characters.
const PROVIDER_ID_MAX: usize = 512;
/// Longest transcript, in characters.
const TRANSCRIPT_MAX: usize = 20_000;

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
        let sent_at = inbound.sent_at;
        let believed = if sent_at > of.now + CLOCK_TOLERANCE { of.now } else { sent_at };
        let contact = inbound.contact;
        let opts_out = !self.opted_out && opt_out::is_said_by(&inbound.content);
        let answer = self.survey.and_then(|kind| survey::score_in(&inbound.content, kind));
        let mut events = vec![E::MessageReceived {
            message: MessageId::new(of.new_id(0)),
            contact,
            provider_message_id: inbound.provider_message_id,
            content: inbound.content,
            reply_to: inbound.reply_to,
            referral: inbound.referral,
            forwarded: inbound.forwarded,
            sent_at,
            unread: self.unread.saturating_add(1),
            waiting_since: self.waiting_with(believed),
        }];
        events.extend(self.brought_back(of));
        let until = believed + SERVICE_WINDOW;
        if self.window_until.is_none_or(|now_until| until > now_until) {
            events.push(E::ServiceWindowOpened { until });
        }
        events.extend(self.superseded(of));
        if opts_out {
            events.push(E::OptOutRecorded { contact, by: "keyword".to_owned(), at: of.now });
        }
        if let Some((kind, score)) = answer {
            events.push(E::SurveyAnswered { kind, score, comment: None, at: of.now });
        }
        Ok(events)
    }

    /// What a message of the contact does to one that was settled or put aside.
    fn brought_back(&self, of: &Directed<()>) -> Option<E> {
        match self.status {
            ConversationStatus::Resolved => {
                Some(E::ConversationReopened { from: self.status, inbound: true, at: of.now })
            }
            ConversationStatus::Snoozed => Some(self.unsnoozed(of, SnoozeEnd::Reply)),
            ConversationStatus::Open
            | ConversationStatus::Closed
            | ConversationStatus::Archived
            | ConversationStatus::Merged => None,
        }
    }

    /// A message that the business typed in its phone app. It answers the contact, but only the
    /// contact's own messages open the window; and where a person writes the AI keeps silent.
    pub(super) fn echo(
        &self,
        of: &Directed<()>,
        provider_message_id: String,
        content: MessageContent,
        sent_at: DateTime<Utc>,
    ) -> Decision {
        let message = MessageId::new(of.new_id(0));
        let waiting_since = self.unanswered_after(sent_at).min();
        let mut events = vec![E::AgentEchoRecorded {
            message,
            provider_message_id,
            content,
            sent_at,
            waiting_since,
        }];
        if !self.ai_paused {
            let reason = Some("echo".to_owned());
            events.push(E::AiPaused { reason, by: of.actor.clone(), at: of.now });
        }
        events.extend(self.superseded(of));
        Ok(events)
    }

    /// Since when somebody waits, with a message of this time: one that was answered from the
    /// phone before we heard of it does not wait.
    fn waiting_with(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.echoed_at.is_some_and(|echoed| at <= echoed) {
            return self.waiting_since;
        }
        Some(self.waiting_since.map_or(at, |since| since.min(at)))
    }

    pub(super) fn transcribed(
        of: &Directed<()>,
        message: MessageId,
        text: Personal<String>,
        (language, model): (String, String),
    ) -> Decision {
        let fits = limits::has(&text, 1, TRANSCRIPT_MAX)
            && limits::fits(&language, 1, 20)
            && limits::fits(&model, 1, 100);
        if !fits {
            return Err(ConversationRefusal::InvalidTranscript);
        }
        Ok(vec![E::AudioTranscribed { message, text, language, model, at: of.now }])
    }

    /// Is this fact of the provider new here?
    pub(super) fn is_news(&self, provider_message_id: &str) -> Result<bool, ConversationRefusal> {
        check_provider_id(provider_message_id)?;
        Ok(!self.knows(provider_message_id))
    }
}

pub(super) fn check_provider_id(id: &str) -> Result<(), ConversationRefusal> {
    let fits = (1..=PROVIDER_ID_MAX).contains(&id.chars().count());
    if fits && !id.contains(char::is_control) {
        Ok(())
    } else {
        Err(ConversationRefusal::InvalidProviderMessageId)
    }
}
