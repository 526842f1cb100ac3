//! The rows of the table: the commands, and the kinds of one command that differ.

use super::super::commands::CallCommand as C;
use super::super::providers::{AnsweredBy, PlacementOutcome, ReportedStatus};
use crate::declare::asks;

asks! {
    RequestCall = "RequestCall, with the same data",
    RecordInboundCall = "RecordInboundCall, with the same data",
    ImportCall = "ImportCall, with the same data",
    ApproveCall = "ApproveCall",
    ScheduleCall = "ScheduleCall",
    BlockForGood = "BlockCall, for good",
    BlockUntil = "BlockCall, until a time",
    CancelCall = "CancelCall",
    ReleaseCall = "ReleaseCall (timer)",
    PlaceCall = "PlaceCall",
    PlacedOk = "RecordPlaced: placed, with an id that is new",
    PlacedUnknown = "RecordPlaced: unknown",
    PlacedFailed = "RecordPlaced: failed",
    StatusQueued = "RecordProviderStatus: queued",
    StatusInitiated = "RecordProviderStatus: initiated",
    StatusRinging = "RecordProviderStatus: ringing",
    StatusInProgress = "RecordProviderStatus: in progress",
    StatusCompleted = "RecordProviderStatus: completed",
    StatusCompletedMachine = "RecordProviderStatus: completed, a machine answered",
    StatusBusy = "RecordProviderStatus: busy",
    StatusNoAnswer = "RecordProviderStatus: no answer",
    StatusFailed = "RecordProviderStatus: failed",
    StatusCanceled = "RecordProviderStatus: canceled",
    InitiationFailure = "RecordInitiationFailure",
    RecordAnsweredBy = "RecordAnsweredBy",
    RecordDigits = "RecordDigits",
    TransferToHuman = "TransferToHuman",
    RecordTransfer = "RecordTransfer",
    HangUp = "HangUp",
    AttachRecording = "AttachRecording",
    RecordRecordingStored = "RecordRecordingStored",
    DeleteRecording = "DeleteRecording (by a person or its timer)",
    AttachTranscript = "AttachTranscript",
    AttachAnalysis = "AttachAnalysis",
    RecordCost = "RecordCost",
    IdentifyCaller = "IdentifyCaller",
    LinkCall = "LinkCall",
    SuggestFollowUp = "SuggestFollowUp",
    ApproveFollowUp = "ApproveFollowUp",
    DismissFollowUp = "DismissFollowUp",
    RetryCall = "RetryCall",
    RequestCallback = "RequestCallback",
}

impl Ask {
    /// The row of a command.
    pub const fn of(command: &C) -> Self {
        match command {
            C::RequestCall { .. } => Self::RequestCall,
            C::RecordInboundCall { .. } => Self::RecordInboundCall,
            C::ImportCall { .. } => Self::ImportCall,
            C::ApproveCall => Self::ApproveCall,
            C::ScheduleCall { .. } => Self::ScheduleCall,
            C::BlockCall { reason, until } => {
                if reason.is_temporary() && until.is_some() {
                    Self::BlockUntil
                } else {
                    Self::BlockForGood
                }
            }
            C::CancelCall { .. } => Self::CancelCall,
            C::ReleaseCall { .. } => Self::ReleaseCall,
            C::PlaceCall { .. } => Self::PlaceCall,
            C::RecordPlaced { outcome, .. } => match outcome {
                PlacementOutcome::Placed { .. } => Self::PlacedOk,
                PlacementOutcome::Unknown { .. } => Self::PlacedUnknown,
                PlacementOutcome::Failed { .. } => Self::PlacedFailed,
            },
            C::RecordProviderStatus { status, answered_by, .. } => {
                Self::of_status(*status, *answered_by)
            }
            C::RecordInitiationFailure { .. } => Self::InitiationFailure,
            C::RecordAnsweredBy { .. } => Self::RecordAnsweredBy,
            C::RecordDigits { .. } => Self::RecordDigits,
            C::TransferToHuman { .. } => Self::TransferToHuman,
            C::RecordTransfer { .. } => Self::RecordTransfer,
            C::HangUp { .. } => Self::HangUp,
            C::AttachRecording { .. } => Self::AttachRecording,
            C::RecordRecordingStored { .. } => Self::RecordRecordingStored,
            C::DeleteRecording { .. } => Self::DeleteRecording,
            C::AttachTranscript { .. } => Self::AttachTranscript,
            C::AttachAnalysis { .. } => Self::AttachAnalysis,
            C::RecordCost { .. } => Self::RecordCost,
            C::IdentifyCaller { .. } => Self::IdentifyCaller,
            C::LinkCall { .. } => Self::LinkCall,
            C::SuggestFollowUp { .. } => Self::SuggestFollowUp,
            C::ApproveFollowUp { .. } => Self::ApproveFollowUp,
            C::DismissFollowUp { .. } => Self::DismissFollowUp,
            C::RetryCall { .. } => Self::RetryCall,
            C::RequestCallback { .. } => Self::RequestCallback,
        }
    }

    const fn of_status(status: ReportedStatus, answered_by: Option<AnsweredBy>) -> Self {
        match status {
            ReportedStatus::Queued => Self::StatusQueued,
            ReportedStatus::Initiated => Self::StatusInitiated,
            ReportedStatus::Ringing => Self::StatusRinging,
            ReportedStatus::InProgress => Self::StatusInProgress,
            ReportedStatus::Completed => match answered_by {
                Some(answered_by) if answered_by.is_machine() => Self::StatusCompletedMachine,
                Some(_) | None => Self::StatusCompleted,
            },
            ReportedStatus::Busy => Self::StatusBusy,
            ReportedStatus::NoAnswer => Self::StatusNoAnswer,
            ReportedStatus::Failed => Self::StatusFailed,
            ReportedStatus::Canceled => Self::StatusCanceled,
        }
    }
}
