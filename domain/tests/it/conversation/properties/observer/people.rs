//! Suggestions, hand-offs and the course of the conversation.

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{
    ConversationCommand as C, ConversationEvent as E, ConversationStatus, HandoffEnd,
    HandoffStatus, MessageContent, SnoozeEnd,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Observer;

/// A suggestion that waits.
#[derive(Clone, Debug)]
pub(in super::super) struct Proposal {
    pub(in super::super) id: Uuid,
    pub(in super::super) answers: Option<MessageId>,
    pub(in super::super) expires_at: DateTime<Utc>,
    words: String,
}

/// The last hand-off.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Handoff {
    pub(in super::super) number: i64,
    pub(in super::super) status: HandoffStatus,
    pub(in super::super) expires_at: DateTime<Utc>,
    lease: TimeDelta,
    /// When the timer that counts comes.
    pub(in super::super) check_at: DateTime<Utc>,
    /// Until when the words of the person keep it.
    pub(in super::super) kept_until: DateTime<Utc>,
}

impl Handoff {
    /// The person was heard of.
    pub(super) fn word(&mut self, at: DateTime<Utc>) {
        if self.status == HandoffStatus::Accepted {
            self.kept_until = self.kept_until.max(at + self.lease);
        }
    }
}

impl Observer {
    pub(super) fn see_suggestion(&mut self, event: &E) {
        match event {
            E::ReplySuggested { suggestion: id, answers, expires_at, text, .. } => {
                let words = text.reveal().cloned().unwrap_or_default();
                let (id, answers, expires_at) = (*id, *answers, *expires_at);
                assert!(expires_at > self.now);
                let before = self.pending.replace(Proposal { id, answers, expires_at, words });
                assert!(before.is_none(), "two wait");
                assert!(!self.proposed.contains(&id));
                self.proposed.push(id);
            }
            E::SuggestionApproved { suggestion, message, edited, .. } => {
                let pending = self.end(*suggestion);
                assert!(self.now < pending.expires_at, "approved when its time was over");
                assert!(self.approved.insert(*suggestion), "approved twice");
                let body = crate::support::ids::personal(&pending.words);
                let words = (!edited).then_some(MessageContent::Text { body });
                self.announced = Some((*message, words));
            }
            E::SuggestionExpired { suggestion, .. } => {
                let pending = self.end(*suggestion);
                assert!(self.now >= pending.expires_at, "expired before its time");
            }
            E::SuggestionRejected { suggestion, .. }
            | E::SuggestionSuperseded { suggestion, .. } => {
                self.end(*suggestion);
            }
            E::ActionsProposed { message, actions, .. } => {
                for action in actions {
                    let arguments = action.arguments.as_ref().and_then(|text| text.reveal());
                    let arguments = arguments.cloned().unwrap_or_default();
                    self.open_actions.insert(action.action, (*message, arguments));
                    self.actions.push(action.action);
                }
            }
            E::ActionApproved { action, .. } => {
                assert!(self.open_actions.remove(&action.action).is_some(), "it had its end");
            }
            E::ActionRejected { action, reason, .. } => {
                let (_, words) = self.open_actions.remove(action).expect("it had its end");
                if reason.is_some() {
                    self.forbidden.insert(words);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, suggestion: Uuid) -> Proposal {
        let pending = self.pending.take().expect("none waits");
        assert_eq!(pending.id, suggestion, "it had its end before");
        pending
    }

    /// The transitions of aggregates §2.8, and the end of the conversation.
    pub(super) fn see_handoff(&mut self, event: &E) {
        use HandoffStatus::{Accepted, None, Requested, TimedOut};
        let known = self.handoff.status;
        match event {
            E::HandoffRequested { handoff, from, expires_at, .. } => {
                assert_eq!((known, *from), (None, None));
                assert_eq!(*handoff, self.handoff.number + 1);
                let (number, status, expires_at) = (*handoff, Requested, *expires_at);
                self.handoff = Handoff { number, status, expires_at, ..Handoff::default() };
            }
            E::HandoffAccepted { from, lease_until, lease_s, .. } => {
                assert_eq!(known, *from);
                assert!(matches!(from, Requested | TimedOut));
                self.handoff.status = Accepted;
                self.handoff.lease = TimeDelta::seconds(*lease_s);
                self.handoff.check_at = *lease_until;
                self.handoff.kept_until = self.now + self.handoff.lease;
                assert_eq!(self.handoff.kept_until, *lease_until);
            }
            E::HandoffExtended { lease_until, .. } => {
                assert_eq!(known, Accepted);
                assert!(self.now >= self.handoff.check_at, "looked at before its time");
                assert!(*lease_until > self.now, "extended into the past");
                assert_eq!(self.handoff.kept_until, *lease_until, "nobody was heard of");
                self.handoff.check_at = *lease_until;
            }
            E::HandoffTimedOut { .. } => {
                assert_eq!(known, Requested);
                assert!(self.now >= self.handoff.expires_at, "before its time");
                self.handoff.status = TimedOut;
            }
            E::HandoffEnded { from, end, .. } => {
                assert_eq!(known, *from);
                match end {
                    HandoffEnd::Returned => assert!(matches!(from, Accepted | TimedOut)),
                    HandoffEnd::Lapsed => {
                        assert_eq!(*from, Accepted);
                        assert!(self.now >= self.handoff.kept_until, "the person was heard of");
                    }
                    HandoffEnd::FellBack => assert_eq!(*from, TimedOut),
                    HandoffEnd::ConversationOver => assert_ne!(*from, None),
                }
                self.handoff.status = None;
            }
            _ => {}
        }
    }

    pub(super) fn see_lifecycle(&mut self, event: &E) {
        use ConversationStatus::{Archived, Closed, Merged, Open, Resolved, Snoozed};
        match event {
            E::ConversationResolved { from, .. } => self.turn(*from, Resolved),
            E::ConversationReopened { from, .. } => self.turn(*from, Open),
            E::ConversationClosed { from, .. } => self.turn(*from, Closed),
            E::ConversationMerged { from, .. } => self.turn(*from, Merged),
            E::ConversationSnoozed { snooze, until, .. } => {
                assert_eq!(*snooze, self.snoozes + 1);
                (self.snoozes, self.snoozed_until) = (*snooze, *until);
                self.turn(Open, Snoozed);
            }
            E::ConversationUnsnoozed { end, .. } => {
                let due = self.snoozed_until.take().is_some_and(|until| self.now >= until);
                assert!(*end != SnoozeEnd::Due || due, "woken before its time");
                self.turn(Snoozed, Open);
            }
            E::ConversationArchived { .. } => {
                assert_eq!(self.status, Closed);
                self.status = Archived;
            }
            _ => {}
        }
    }

    fn turn(&mut self, from: ConversationStatus, to: ConversationStatus) {
        assert_eq!(self.status, from);
        assert!(!from.is_over(), "over is final");
        if to.is_over() || to == ConversationStatus::Resolved {
            assert_eq!(self.handoff.status, HandoffStatus::None, "a hand-off outlived it");
            assert!(self.pending.is_none(), "a suggestion outlived it");
            self.snoozed_until = None;
        }
        self.status = to;
    }

    /// When the thing that a timer is for is due, if that still waits.
    pub(in super::super) fn due(&self, timer: &C) -> Option<DateTime<Utc>> {
        let over = self.status.is_over();
        let handoff = &self.handoff;
        match timer {
            C::ExpireSuggestion { suggestion } => {
                let pending = self.pending.as_ref().filter(|known| known.id == *suggestion)?;
                Some(pending.expires_at)
            }
            C::ReleaseScheduledMessage { scheduled } => {
                self.scheduled.get(scheduled).map(|(due, _)| *due)
            }
            C::TimeOutHandoff { handoff: number } => {
                let waits = handoff.status == HandoffStatus::Requested && handoff.number == *number;
                (waits && !over).then_some(handoff.expires_at)
            }
            C::CheckHandoffLease { handoff: number } => {
                let has = handoff.status == HandoffStatus::Accepted && handoff.number == *number;
                (has && !over).then_some(handoff.check_at)
            }
            C::WakeUp { snooze } => {
                let asleep = self.status == ConversationStatus::Snoozed && self.snoozes == *snooze;
                self.snoozed_until.filter(|_| asleep)
            }
            _ => None,
        }
    }
}
