//! Decisions on what follows from a call: who it was, links, a message afterwards, a callback.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::dispatch::only_people;
use super::events::CallEvent as E;
use super::handle::Decision;
use super::names::reason;
use super::refusal::CallRefusal;
use super::state::{CallSession, FollowUp};
use super::vocabulary::{CallLink, FollowUpChannel};
use crate::{ContactId, Directed, Personal};

/// Longest follow-up, in characters.
const TEXT_MAX: usize = 4_096;
/// How far ahead a callback may be.
const CALLBACK_AHEAD: TimeDelta = TimeDelta::days(180);
/// Most callbacks that a call leads to.
const CALLBACKS_MAX: i64 = 10;

impl CallSession {
    pub(super) fn identify(&self, of: &Directed<()>, contact: ContactId) -> Decision {
        let (from, by) = (self.contact(), of.actor.clone());
        Ok(vec![E::CallerIdentified { from, contact, by, at: of.now }])
    }

    pub(super) fn link(of: &Directed<()>, kind: CallLink, id: Uuid) -> Decision {
        Ok(vec![E::CallLinked { kind, id, by: of.actor.clone(), at: of.now }])
    }

    /// On autopilot nobody is asked: the tenant allowed it.
    pub(super) fn suggest_follow_up(
        &self,
        of: &Directed<()>,
        channel: FollowUpChannel,
        text: Personal<String>,
        autopilot: bool,
    ) -> Decision {
        let contact = self.contact().ok_or(CallRefusal::CalleeUnknown)?;
        check_text(&text)?;
        let (follow_up, at) = (of.new_id(0), of.now);
        let suggested =
            E::FollowUpSuggested { follow_up, contact, channel, text: text.clone(), at };
        let by = of.actor.clone();
        let approved = autopilot.then_some(E::FollowUpApproved {
            follow_up,
            contact,
            channel,
            text,
            edited: false,
            by,
            at,
        });
        Ok(std::iter::once(suggested).chain(approved).collect())
    }

    pub(super) fn approve_follow_up(
        &self,
        of: &Directed<()>,
        follow_up: Uuid,
        edited_text: Option<Personal<String>>,
    ) -> Decision {
        only_people(of)?;
        let FollowUp { channel, text: proposed, .. } = self.waiting(follow_up)?.clone();
        let contact = self.contact().ok_or(CallRefusal::CalleeUnknown)?;
        let text = edited_text.unwrap_or_else(|| proposed.clone());
        check_text(&text)?;
        let (edited, by, at) = (text.reveal() != proposed.reveal(), of.actor.clone(), of.now);
        Ok(vec![E::FollowUpApproved { follow_up, contact, channel, text, edited, by, at }])
    }

    pub(super) fn dismiss_follow_up(
        &self,
        of: &Directed<()>,
        follow_up: Uuid,
        why: Option<&str>,
    ) -> Decision {
        self.waiting(follow_up)?;
        let (reason, by) = (reason(why)?, of.actor.clone());
        Ok(vec![E::FollowUpDismissed { follow_up, reason, by, at: of.now }])
    }

    /// They said when. The call back is one of its own (an effect requests it).
    pub(super) fn request_callback(&self, of: &Directed<()>, due_at: DateTime<Utc>) -> Decision {
        if due_at <= of.now || due_at > of.now + CALLBACK_AHEAD {
            return Err(CallRefusal::InvalidTime);
        }
        let number = self.start.as_ref().and_then(|start| start.number.as_ref());
        let dialable = number.is_some_and(|known| super::names::number(known).is_ok());
        if self.contact().is_none() || !dialable {
            return Err(CallRefusal::CalleeUnknown);
        }
        if self.callbacks >= CALLBACKS_MAX {
            return Err(CallRefusal::TooManyCallbacks);
        }
        Ok(vec![self.callback(of, Some(due_at))])
    }

    /// They pressed "call me later": somebody has to agree on a time with them. A callee who
    /// presses it again and again is heard as often as callbacks are counted.
    pub(super) fn wished_callback(&self, of: &Directed<()>) -> Option<E> {
        (self.callbacks < CALLBACKS_MAX && !self.stopped).then(|| self.callback(of, None))
    }

    fn callback(&self, of: &Directed<()>, due_at: Option<DateTime<Utc>>) -> E {
        let (callback, contact, by) = (self.callbacks + 1, self.contact(), of.actor.clone());
        E::CallbackRequested { callback, contact, due_at, by, at: of.now }
    }

    fn waiting(&self, follow_up: Uuid) -> Result<&FollowUp, CallRefusal> {
        let waiting = self.follow_up.as_ref().filter(|known| known.id == follow_up);
        waiting.ok_or(CallRefusal::FollowUpNotPending)
    }
}

fn check_text(text: &Personal<String>) -> Result<(), CallRefusal> {
    let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= TEXT_MAX;
    text.reveal().is_some_and(fits).then_some(()).ok_or(CallRefusal::InvalidText)
}
