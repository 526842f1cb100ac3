//! Which commands say something to the contact, or let the AI act. Every command is named: a
//! new one does not compile before somebody has decided.

use super::commands::ConversationCommand;
use super::vocabulary::MacroStep;

impl ConversationCommand {
    /// Does whoever gives it say something in their own words? The AI cannot, whatever sender it
    /// names: it answers by triage, where the rules are, or proposes. A macro's texts are
    /// commands of their own.
    pub(super) const fn speaks(&self) -> bool {
        matches!(
            self,
            Self::SendMessage { .. } | Self::ScheduleMessage { .. } | Self::RequestSurvey { .. }
        )
    }

    /// Does it queue something that leaves, now or later, or is it the AI's? A tenant that is
    /// suspended cannot give it.
    pub fn is_outbound(&self) -> bool {
        match self {
            Self::RecordAutoReplyMatch { .. }
            | Self::RecordTriage { .. }
            | Self::SuggestReply { .. }
            | Self::ApproveSuggestion { .. }
            | Self::ApproveAction { .. }
            | Self::SendMessage { .. }
            | Self::ScheduleMessage { .. }
            | Self::ReleaseScheduledMessage { .. }
            | Self::RequestSurvey { .. } => true,
            Self::RequestHandoff { notice, .. } => notice.is_some(),
            Self::ApplyMacro { steps, .. } => {
                steps.iter().any(|step| matches!(step, MacroStep::SendText { .. }))
            }
            // What was queued before, and the provider's word on it, is none of this.
            Self::BeginSend { .. }
            | Self::RecordSendOutcome { .. }
            | Self::Start { .. }
            | Self::ReceiveMessage { .. }
            | Self::RecordAgentEcho { .. }
            | Self::RecordReaction { .. }
            | Self::RecordMessageEdit { .. }
            | Self::RecordMessageRevoke { .. }
            | Self::AttachAudioTranscript { .. }
            | Self::RecordAudioTranscriptionFailure { .. }
            | Self::RejectSuggestion { .. }
            | Self::ExpireSuggestion { .. }
            | Self::RejectAction { .. }
            | Self::CancelScheduledMessage { .. }
            | Self::RecordDeliveryStatus { .. }
            | Self::AcceptHandoff { .. }
            | Self::ReturnToBot
            | Self::TimeOutHandoff { .. }
            | Self::CheckHandoffLease { .. }
            | Self::PauseAi { .. }
            | Self::ResumeAi
            | Self::RecordOptOut { .. }
            | Self::RecordOptIn { .. }
            | Self::AddNote { .. }
            | Self::AddLabel { .. }
            | Self::RemoveLabel { .. }
            | Self::Assign { .. }
            | Self::Unassign
            | Self::ChangePriority { .. }
            | Self::Snooze { .. }
            | Self::Unsnooze
            | Self::WakeUp { .. }
            | Self::RecordSurvey { .. }
            | Self::LinkEntity { .. }
            | Self::MergeInto { .. }
            | Self::RecordMerge { .. }
            | Self::RedactMessage { .. }
            | Self::Resolve { .. }
            | Self::Reopen
            | Self::Close
            | Self::Archive
            | Self::MarkRead => false,
        }
    }
}
