//! The rows of the table: the commands, and the kinds of one command that differ.

use super::super::commands::LeadCommand as C;
use crate::declare::asks;

asks! {
    Capture = "Capture, from the same source and id",
    RecordFormData = "RecordFormData",
    RecordFormFetchFailure = "RecordFormFetchFailure",
    RetryFormFetch = "RetryFormFetch",
    IdentifyContact = "IdentifyContact",
    MapOffer = "MapOffer",
    DetectDuplicate = "DetectDuplicate",
    RecordRepeat = "RecordRepeat",
    RequestContact = "RequestContact",
    ContactDue = "ContactDue (timer)",
    RecordRequestedContact = "RecordContactAttempt, as requested",
    RecordOwnContact = "RecordContactAttempt, of one's own accord",
    RecordContactFailure = "RecordContactFailure",
    RecordReply = "RecordReply",
    RecordOptOutWord = "RecordReply, a word that opts out",
    AnswerQuestion = "AnswerQuestion",
    Score = "Score",
    Prioritise = "Prioritise",
    CoolDown = "CoolDown",
    CoolDue = "CoolDue (timer)",
    SilenceDue = "SilenceDue (timer)",
    Reactivate = "Reactivate",
    ReactivateDue = "ReactivateDue (timer)",
    Disqualify = "Disqualify",
    OptOut = "OptOut",
    HandOff = "HandOff",
    Return = "Return",
    RequestDelivery = "RequestDelivery",
    ConfirmDelivery = "ConfirmDelivery, of one that was requested",
    FailDelivery = "FailDelivery, of one that was requested",
    Dispute = "Dispute",
    ResolveDispute = "ResolveDispute",
    MarkWon = "MarkWon",
    MarkLost = "MarkLost",
    Transfer = "Transfer",
    EndDuplicateWindow = "EndDuplicateWindow (timer)",
}

impl Ask {
    /// The row of a command. `requested`: a contact was requested and has no outcome.
    pub fn of(command: &C, requested: bool) -> Self {
        match command {
            C::Capture { .. } => Self::Capture,
            C::RecordFormData { .. } => Self::RecordFormData,
            C::RecordFormFetchFailure { .. } => Self::RecordFormFetchFailure,
            C::RetryFormFetch => Self::RetryFormFetch,
            C::IdentifyContact { .. } => Self::IdentifyContact,
            C::MapOffer { .. } => Self::MapOffer,
            C::DetectDuplicate { .. } => Self::DetectDuplicate,
            C::RecordRepeat { .. } => Self::RecordRepeat,
            C::RequestContact => Self::RequestContact,
            C::ContactDue { .. } => Self::ContactDue,
            C::RecordContactAttempt { .. } if requested => Self::RecordRequestedContact,
            C::RecordContactAttempt { .. } => Self::RecordOwnContact,
            C::RecordContactFailure { .. } => Self::RecordContactFailure,
            C::RecordReply { text, .. } => {
                let said = text.as_ref().and_then(|text| text.beneath());
                let out = said.is_some_and(|text| crate::opt_out::is_keyword(text));
                if out { Self::RecordOptOutWord } else { Self::RecordReply }
            }
            C::AnswerQuestion { .. } => Self::AnswerQuestion,
            C::Score { .. } => Self::Score,
            C::Prioritise { .. } => Self::Prioritise,
            C::CoolDown => Self::CoolDown,
            C::CoolDue { .. } => Self::CoolDue,
            C::SilenceDue { .. } => Self::SilenceDue,
            C::Reactivate { .. } => Self::Reactivate,
            C::ReactivateDue { .. } => Self::ReactivateDue,
            C::Disqualify { .. } => Self::Disqualify,
            C::OptOut { .. } => Self::OptOut,
            C::HandOff { .. } => Self::HandOff,
            C::Return => Self::Return,
            C::RequestDelivery { .. } => Self::RequestDelivery,
            C::ConfirmDelivery { .. } => Self::ConfirmDelivery,
            C::FailDelivery { .. } => Self::FailDelivery,
            C::Dispute { .. } => Self::Dispute,
            C::ResolveDispute { .. } => Self::ResolveDispute,
            C::MarkWon { .. } => Self::MarkWon,
            C::MarkLost { .. } => Self::MarkLost,
            C::Transfer { .. } => Self::Transfer,
            C::EndDuplicateWindow => Self::EndDuplicateWindow,
        }
    }
}
