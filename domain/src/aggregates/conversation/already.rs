//! What comes before the table: was it done already, is the timer still meant, and does the
//! thing that the command names exist?

use super::commands::ConversationCommand as C;
use super::matrix::{AiStanding, Ask, Consent, Form, PendingSuggestion, Standing, Voice, Window};
use super::refusal::ConversationRefusal;
use super::state::{Conversation, Start};
use super::vocabulary::{ConversationStatus, HandoffStatus};
use crate::Directed;
use chrono::{DateTime, Utc};

impl Conversation {
    /// Where it stands at `now`.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        let pending = self.suggestion.is_some();
        let open = self.window_until.is_some_and(|until| now < until);
        Standing {
            lifecycle: self.status,
            suggestion: if pending { PendingSuggestion::Pending } else { PendingSuggestion::None },
            handoff: self.handoff.status,
            consent: if self.opted_out { Consent::OptedOut } else { Consent::OptedIn },
            ai: if self.ai_paused { AiStanding::Paused } else { AiStanding::Active },
            window: if open { Window::Open } else { Window::Closed },
        }
    }

    /// Where it stands for this command: a worker may know of an opt-out that has not come
    /// here yet.
    pub(super) fn standing_for(&self, of: &Directed<()>, command: &C) -> Standing {
        let standing = self.standing(of.now);
        if matches!(command, C::BeginSend { opted_out: true, .. }) {
            return Standing { consent: Consent::OptedOut, ..standing };
        }
        standing
    }

    /// Is there nothing to decide, because it was done already or the timer is not meant any
    /// more? Another start, a wrong id of the provider, or an attempt that may not
    /// begin, is refused here.
    pub(super) fn is_settled(
        &self,
        of: &Directed<()>,
        start: &Start,
        command: &C,
    ) -> Result<bool, ConversationRefusal> {
        Ok(match command {
            C::Start { contact, channel, external_thread, .. } => {
                start.check_again(*contact, *channel, external_thread.as_deref())?;
                true
            }
            C::ReceiveMessage { provider_message_id, .. }
            | C::RecordAgentEcho { provider_message_id, .. }
            | C::RecordReaction { provider_message_id, .. }
            | C::RecordMessageEdit { provider_message_id, .. }
            | C::RecordMessageRevoke { provider_message_id, .. } => {
                !self.is_news(provider_message_id)?
            }
            C::AttachAudioTranscript { message, .. }
            | C::RecordAudioTranscriptionFailure { message, .. } => {
                self.transcribed.contains(message) || self.redacted.contains(message)
            }
            C::RecordAutoReplyMatch { message, .. } => self.auto_replied.contains(message),
            C::RecordTriage { message, .. } => {
                self.triaged.contains(message) || self.redacted.contains(message)
            }
            C::RedactMessage { message, .. } => self.redacted.contains(message),
            C::LinkEntity { kind, id } => self.links.contains(&(*kind, *id)),
            C::MergeInto { target, .. } => {
                self.status == ConversationStatus::Merged && self.merged_into == Some(*target)
            }
            C::RecordMerge { source } => self.merged.contains(source),
            C::AcceptHandoff { agent, .. } => {
                self.handoff.status == HandoffStatus::Accepted && self.handoff.agent == Some(*agent)
            }
            C::BeginSend { message, attempt, .. } => {
                self.sendable(*message, *attempt)?;
                false
            }
            C::ExpireSuggestion { .. }
            | C::ReleaseScheduledMessage { .. }
            | C::TimeOutHandoff { .. }
            | C::CheckHandoffLease { .. }
            | C::WakeUp { .. } => !self.is_due(of.now, command),
            C::SuggestReply { .. }
            | C::ApproveSuggestion { .. }
            | C::RejectSuggestion { .. }
            | C::ApproveAction { .. }
            | C::RejectAction { .. }
            | C::SendMessage { .. }
            | C::RecordSendOutcome { .. }
            | C::ScheduleMessage { .. }
            | C::CancelScheduledMessage { .. }
            | C::RecordDeliveryStatus { .. }
            | C::RequestHandoff { .. }
            | C::ReturnToBot
            | C::PauseAi { .. }
            | C::ResumeAi
            | C::RecordOptOut { .. }
            | C::RecordOptIn { .. }
            | C::AddNote { .. }
            | C::AddLabel { .. }
            | C::RemoveLabel { .. }
            | C::Assign { .. }
            | C::Unassign
            | C::ChangePriority { .. }
            | C::ApplyMacro { .. }
            | C::Snooze { .. }
            | C::Unsnooze
            | C::RequestSurvey { .. }
            | C::RecordSurvey { .. }
            | C::Resolve { .. }
            | C::Reopen
            | C::Close
            | C::Archive
            | C::MarkRead => false,
        })
    }

    /// Is a timer meant, and has its time come? Timers carry the number or id of what they are
    /// for, and are never taken back.
    fn is_due(&self, now: DateTime<Utc>, timer: &C) -> bool {
        let pending = self.suggestion.as_ref();
        let handoff = &self.handoff;
        if let C::ExpireSuggestion { suggestion } = timer {
            pending.is_some_and(|known| known.id == *suggestion && now >= known.expires_at)
        } else if let C::ReleaseScheduledMessage { scheduled } = timer {
            self.waiting_message(*scheduled).is_some_and(|known| now >= known.send_at)
        } else if let C::TimeOutHandoff { handoff: number } = timer {
            handoff.number == *number && now >= handoff.expires_at
        } else if let C::CheckHandoffLease { handoff: number } = timer {
            handoff.number == *number && now >= handoff.check_at
        } else if let C::WakeUp { snooze } = timer {
            self.snoozes == *snooze && self.snoozed_until.is_some_and(|until| now >= until)
        } else {
            true
        }
    }

    /// The row of the table that a command belongs to.
    pub(super) fn ask(&self, command: &C) -> Ask {
        let person = (Voice::Person, Form::Free);
        let about = if let C::BeginSend { message, .. } = command {
            self.outbound(*message)
                .map(|known| (Voice::of(known.sender), Form::needs_window(known.needs_window)))
        } else if let C::ReleaseScheduledMessage { scheduled } = command {
            let known = self.waiting_message(*scheduled);
            known.map(|known| (Voice::Person, Form::of(&known.content)))
        } else {
            None
        };
        Ask::of(command, about.unwrap_or(person))
    }
}
