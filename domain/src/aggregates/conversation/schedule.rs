//! Decisions on messages that leave later.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::limits;
use super::outbound::{Outbound, check_client_id};
use super::refusal::ConversationRefusal;
use super::state::{Conversation, Scheduled};
use super::vocabulary::Sender;
use crate::{Directed, DomainError, MessageId};

/// Most messages of a conversation that wait for their time.
const SCHEDULED_MAX: usize = 20;
/// How far ahead a time may be.
pub(super) const AHEAD_MAX: TimeDelta = TimeDelta::days(365);

impl Conversation {
    /// Whether the service window will be open then, nobody knows now: it is looked at when the
    /// time has come.
    pub(super) fn schedule(
        &self,
        of: &Directed<()>,
        client_message_id: Option<String>,
        content: MessageContent,
        send_at: DateTime<Utc>,
    ) -> Decision {
        check_client_id(client_message_id.as_deref())?;
        limits::check(&content)?;
        if send_at <= of.now || send_at > of.now + AHEAD_MAX {
            return Err(ConversationRefusal::InvalidSendAt);
        }
        if self.scheduled.len() >= SCHEDULED_MAX {
            return Err(ConversationRefusal::TooManyScheduled);
        }
        let (scheduled, author, at) = (of.new_id(0), of.actor.clone(), of.now);
        Ok(vec![E::MessageScheduled { scheduled, client_message_id, content, send_at, author, at }])
    }

    pub(super) fn cancel_scheduled(&self, of: &Directed<()>, scheduled: Uuid) -> Decision {
        self.waiting_message(scheduled).ok_or(ConversationRefusal::ScheduledNotPending)?;
        Ok(vec![E::ScheduledMessageCancelled { scheduled, by: of.actor.clone(), at: of.now }])
    }

    /// Its time has come and it may leave: a message of whoever scheduled it.
    pub(super) fn release(&self, of: &Directed<()>, scheduled: Uuid) -> Decision {
        let Some(due) = self.waiting_message(scheduled).cloned() else { return Ok(vec![]) };
        let message = MessageId::new(of.new_id(0));
        let released = E::ScheduledMessageReleased { scheduled, message, at: of.now };
        let queued = self.queued(
            of,
            Outbound {
                client_message_id: due.client_message_id,
                author: Some(due.author),
                ..Outbound::new(due.content, Sender::Agent)
            },
        );
        Ok(std::iter::once(released).chain(queued).collect())
    }

    /// Its time has come and it may not leave.
    pub(super) fn skip(of: &Directed<()>, scheduled: Uuid, why: ConversationRefusal) -> Decision {
        let code = why.code().to_owned();
        Ok(vec![E::ScheduledMessageSkipped { scheduled, code, at: of.now }])
    }

    pub(super) fn waiting_message(&self, id: Uuid) -> Option<&Scheduled> {
        self.scheduled.iter().find(|known| known.id == id)
    }
}
