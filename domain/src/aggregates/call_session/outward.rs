//! Which commands reach somebody outside. Every command is named: a new one does not compile
//! before somebody has decided.

use super::commands::CallCommand;

impl CallCommand {
    /// Does it reach somebody outside, or will it? A tenant that is suspended cannot give it.
    pub(super) const fn is_outbound(&self) -> bool {
        match self {
            Self::RequestCall { .. }
            | Self::ApproveCall
            | Self::ScheduleCall { .. }
            | Self::ReleaseCall { .. }
            | Self::PlaceCall { .. }
            | Self::SuggestFollowUp { autopilot: true, .. }
            | Self::ApproveFollowUp { .. }
            | Self::RetryCall { .. } => true,
            // What others did and what is about it, also a wish to be called back, is none.
            Self::RecordInboundCall { .. }
            | Self::RequestCallback { .. }
            | Self::TransferToHuman { .. }
            | Self::ImportCall { .. }
            | Self::BlockCall { .. }
            | Self::CancelCall { .. }
            | Self::RecordPlaced { .. }
            | Self::RecordProviderStatus { .. }
            | Self::RecordInitiationFailure { .. }
            | Self::RecordAnsweredBy { .. }
            | Self::RecordDigits { .. }
            | Self::RecordTransfer { .. }
            | Self::HangUp { .. }
            | Self::AttachRecording { .. }
            | Self::RecordRecordingStored { .. }
            | Self::DeleteRecording { .. }
            | Self::AttachTranscript { .. }
            | Self::AttachAnalysis { .. }
            | Self::RecordCost { .. }
            | Self::IdentifyCaller { .. }
            | Self::LinkCall { .. }
            | Self::SuggestFollowUp { autopilot: false, .. }
            | Self::DismissFollowUp { .. } => false,
        }
    }
}
