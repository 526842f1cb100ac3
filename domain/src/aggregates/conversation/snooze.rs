//! Decisions on putting a conversation aside.

use chrono::{DateTime, Utc};

use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::schedule::AHEAD_MAX;
use super::state::Conversation;
use super::vocabulary::{ConversationStatus, SnoozeEnd};
use crate::Directed;

impl Conversation {
    /// One that is aside already is taken back first, so that every snooze has its end.
    pub(super) fn snooze(&self, of: &Directed<()>, until: Option<DateTime<Utc>>) -> Decision {
        if until.is_some_and(|until| until <= of.now || until > of.now + AHEAD_MAX) {
            return Err(ConversationRefusal::InvalidSnooze);
        }
        let mut events = Vec::new();
        if self.status == ConversationStatus::Snoozed {
            if until == self.snoozed_until {
                return Ok(events);
            }
            events.push(self.unsnoozed(of, SnoozeEnd::Manual));
        }
        events.push(E::ConversationSnoozed { snooze: self.snoozes + 1, until, at: of.now });
        Ok(events)
    }

    pub(super) fn unsnooze(&self, of: &Directed<()>, end: SnoozeEnd) -> Decision {
        Ok(vec![self.unsnoozed(of, end)])
    }

    pub(super) const fn unsnoozed(&self, of: &Directed<()>, end: SnoozeEnd) -> E {
        E::ConversationUnsnoozed { snooze: self.snoozes, end, at: of.now }
    }
}
