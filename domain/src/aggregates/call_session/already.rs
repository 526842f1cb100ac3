//! What comes before the table: was it done already, is the timer still meant, is the fact about
//! an attempt that the session has left behind?

use super::commands::CallCommand as C;
use super::placing::numbered;
use super::providers::AttemptRef;
use super::refusal::CallRefusal;
use super::state::{CallSession, Start};
use super::vocabulary::{CallOrigin, CallStatus};
use crate::Directed;

impl CallSession {
    /// Is there nothing to decide? Another start, and an attempt that is not the next one, are
    /// refused here.
    pub(super) fn is_settled(
        &self,
        of: &Directed<()>,
        start: &Start,
        body: &C,
    ) -> Result<bool, CallRefusal> {
        Ok(match body {
            C::RecordInboundCall { .. } if start.origin == CallOrigin::Imported => false,
            C::RequestCall { .. } | C::RecordInboundCall { .. } | C::ImportCall { .. } => {
                start.check_again(body)?;
                true
            }
            C::ReleaseCall { schedule } => !self.is_due(of, *schedule),
            C::PlaceCall { attempt, .. } => {
                self.check_attempt(*attempt)?;
                false
            }
            C::HangUp { .. } => self.hang_up && self.open().is_some(),
            C::IdentifyCaller { contact } => self.contact() == Some(*contact),
            C::LinkCall { kind, id } => self.links.contains(&(*kind, *id)),
            C::ApproveCall
            | C::ScheduleCall { .. }
            | C::BlockCall { .. }
            | C::CancelCall { .. }
            | C::RecordPlaced { .. }
            | C::RecordProviderStatus { .. }
            | C::RecordInitiationFailure { .. }
            | C::RecordAnsweredBy { .. }
            | C::RecordDigits { .. }
            | C::TransferToHuman { .. }
            | C::RecordTransfer { .. }
            | C::AttachRecording { .. }
            | C::RecordRecordingStored { .. }
            | C::DeleteRecording { .. }
            | C::AttachTranscript { .. }
            | C::AttachAnalysis { .. }
            | C::RecordCost { .. }
            | C::SuggestFollowUp { .. }
            | C::ApproveFollowUp { .. }
            | C::DismissFollowUp { .. }
            | C::RetryCall { .. }
            | C::RequestCallback { .. } => false,
        })
    }

    /// Is the fact about an attempt after which the session has moved on (another one is to
    /// come, or the call was blocked or called off)? Then the table, which knows only where the
    /// session stands, has nothing to say: what is new is kept, the status stays.
    pub(super) fn is_behind(&self, body: &C) -> bool {
        let Some(about) = fact(body) else { return false };
        let outcome = self.attempt_of(&about).and_then(|known| known.outcome);
        outcome.is_some_and(|outcome| outcome.status() != self.status)
    }

    /// Timers carry the number of what they are for, and are never taken back.
    fn is_due(&self, of: &Directed<()>, schedule: i64) -> bool {
        self.status == CallStatus::Scheduled
            && self.schedules == schedule
            && self.due_at.is_some_and(|at| of.now >= at)
    }

    /// A worker that comes late has the number of an attempt that was made.
    fn check_attempt(&self, attempt: i64) -> Result<(), CallRefusal> {
        let current = if self.waits() {
            self.upcoming()
        } else {
            self.attempts.last().map_or(1, |last| last.number)
        };
        if attempt == current { Ok(()) } else { Err(CallRefusal::AttemptStale) }
    }
}

/// Which attempt a provider's fact is about; `None` when it is no such fact.
fn fact(body: &C) -> Option<AttemptRef> {
    match body {
        C::RecordPlaced { attempt, .. } => Some(numbered(*attempt)),
        C::RecordProviderStatus { about, .. }
        | C::RecordInitiationFailure { about, .. }
        | C::RecordAnsweredBy { about, .. }
        | C::RecordDigits { about, .. }
        | C::AttachRecording { about, .. }
        | C::AttachTranscript { about, .. }
        | C::AttachAnalysis { about, .. }
        | C::RecordCost { about, .. } => Some(about.clone()),
        C::RequestCall { .. }
        | C::RecordInboundCall { .. }
        | C::ImportCall { .. }
        | C::ApproveCall
        | C::ScheduleCall { .. }
        | C::BlockCall { .. }
        | C::CancelCall { .. }
        | C::ReleaseCall { .. }
        | C::PlaceCall { .. }
        | C::TransferToHuman { .. }
        | C::RecordTransfer { .. }
        | C::HangUp { .. }
        | C::RecordRecordingStored { .. }
        | C::DeleteRecording { .. }
        | C::IdentifyCaller { .. }
        | C::LinkCall { .. }
        | C::SuggestFollowUp { .. }
        | C::ApproveFollowUp { .. }
        | C::DismissFollowUp { .. }
        | C::RetryCall { .. }
        | C::RequestCallback { .. } => None,
    }
}
