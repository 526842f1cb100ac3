//! Decisions on hand-offs to people: asked for, accepted on a lease, given back, timed out.

use chrono::TimeDelta;

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::limits;
use super::matrix::{Ask, Form, Verdict, judge};
use super::outbound::Outbound;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::{
    AssignedBy, ConversationStatus, HandoffEnd, HandoffFallback, HandoffReason, HandoffStatus,
    Sender, SnoozeEnd,
};
use crate::{Directed, Personal, UserId};

/// How long somebody has to come, seconds.
const TIMEOUT_S: std::ops::RangeInclusive<i64> = 30..=7 * 86_400;
/// How long a silent person keeps it, seconds.
const LEASE_S: std::ops::RangeInclusive<i64> = 60..=7 * 86_400;
/// Longest note for the person, in characters.
const NOTE_MAX: usize = 1_000;

/// What a request says.
pub(super) struct Request {
    pub(super) reason: HandoffReason,
    pub(super) note: Option<Personal<String>>,
    pub(super) timeout_s: i64,
    pub(super) fallback: HandoffFallback,
    pub(super) notice: Option<Personal<String>>,
}

impl Conversation {
    /// The contact is told, if free-form messages may leave: a notice answers the contact, so it
    /// goes out to one who opted out as well.
    pub(super) fn request_handoff(&self, of: &Directed<()>, request: Request) -> Decision {
        if !TIMEOUT_S.contains(&request.timeout_s) {
            return Err(ConversationRefusal::InvalidHandoffTimeout);
        }
        if request.note.as_ref().is_some_and(|note| !limits::has(note, 1, NOTE_MAX)) {
            return Err(ConversationRefusal::InvalidNote);
        }
        if request.notice.as_ref().is_some_and(|notice| !limits::is_text(notice)) {
            return Err(ConversationRefusal::InvalidText);
        }
        let mut events = self.needs_open(of);
        events.push(E::HandoffRequested {
            handoff: self.handoff.number + 1,
            from: self.handoff.status,
            reason: request.reason,
            note: request.note,
            by: of.actor.clone(),
            expires_at: of.now + TimeDelta::seconds(request.timeout_s),
            fallback: request.fallback,
            at: of.now,
        });
        let told = Ask::send(Sender::System, Form::Free);
        if let Some(body) = request.notice
            && judge(told, self.standing(of.now)) == Verdict::Go
        {
            let content = MessageContent::Text { body };
            events.extend(self.queued(of, Outbound::new(content, Sender::System)));
        }
        Ok(events)
    }

    pub(super) fn accept_handoff(
        &self,
        of: &Directed<()>,
        agent: UserId,
        lease_s: i64,
    ) -> Decision {
        if !LEASE_S.contains(&lease_s) {
            return Err(ConversationRefusal::InvalidHandoffLease);
        }
        let mut events = self.needs_open(of);
        events.push(E::HandoffAccepted {
            handoff: self.handoff.number,
            from: self.handoff.status,
            agent,
            lease_until: of.now + TimeDelta::seconds(lease_s),
            lease_s,
            waited_ms: (of.now - self.handoff.requested_at).num_milliseconds().max(0),
            at: of.now,
        });
        events.extend(self.assigned(Some(agent), self.team.clone(), AssignedBy::User));
        Ok(events)
    }

    /// Whoever gives it back wants the AI to speak: a pause, such as the one that a message from
    /// the phone app made meanwhile, would leave the contact with nobody.
    pub(super) fn return_to_bot(&self, of: &Directed<()>) -> Decision {
        let mut events = vec![self.handoff_ended(of, self.handoff.status, HandoffEnd::Returned)];
        if self.ai_paused {
            events.push(E::AiResumed { by: of.actor.clone(), at: of.now });
        }
        Ok(events)
    }

    /// Its timer, and the request still waits.
    pub(super) fn time_out_handoff(&self, of: &Directed<()>) -> Decision {
        let (handoff, fallback) = (self.handoff.number, self.handoff.fallback);
        let timed_out = E::HandoffTimedOut { handoff, fallback, at: of.now };
        Ok(match fallback {
            HandoffFallback::KeepWaiting => vec![timed_out],
            HandoffFallback::ReturnToBot => vec![
                timed_out,
                self.handoff_ended(of, HandoffStatus::TimedOut, HandoffEnd::FellBack),
            ],
        })
    }

    /// Its timer, and a person has it: goes on if the person was heard of, else it ends.
    pub(super) fn check_lease(&self, of: &Directed<()>) -> Decision {
        let (handoff, lease_until) = (self.handoff.number, self.handoff.lease_until);
        Ok(vec![if lease_until > of.now {
            E::HandoffExtended { handoff, lease_until }
        } else {
            self.handoff_ended(of, HandoffStatus::Accepted, HandoffEnd::Lapsed)
        }])
    }

    fn handoff_ended(&self, of: &Directed<()>, from: HandoffStatus, end: HandoffEnd) -> E {
        E::HandoffEnded { handoff: self.handoff.number, from, end, at: of.now }
    }

    /// What ends when the conversation does: the hand-off and the pending suggestion.
    pub(super) fn endings(&self, of: &Directed<()>) -> Vec<E> {
        let mut events = Vec::new();
        if self.handoff.status != HandoffStatus::None {
            let end = HandoffEnd::ConversationOver;
            events.push(self.handoff_ended(of, self.handoff.status, end));
        }
        events.extend(self.superseded(of));
        events
    }

    /// What makes it open, for what a person can only do with an open one.
    pub(super) fn needs_open(&self, of: &Directed<()>) -> Vec<E> {
        match self.status {
            ConversationStatus::Snoozed => vec![self.unsnoozed(of, SnoozeEnd::Manual)],
            ConversationStatus::Resolved => {
                vec![E::ConversationReopened { from: self.status, inbound: false, at: of.now }]
            }
            ConversationStatus::Open
            | ConversationStatus::Closed
            | ConversationStatus::Archived
            | ConversationStatus::Merged => vec![],
        }
    }
}
