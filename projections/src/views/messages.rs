//! `messages`: every message in and out, and what became of it.

mod content;
mod delivery;
mod table;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent as Event};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::{Change, Projection, ProjectionError, Table};

pub use table::TABLE;

/// The view.
#[derive(Debug)]
pub struct Messages;

impl Projection for Messages {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        Ok(match event.decode::<Conversation>()? {
            Event::MessageReceived { .. }
            | Event::AgentEchoRecorded { .. }
            | Event::MessageQueued { .. } => content::new_message(event)?,
            Event::ReactionChanged { .. }
            | Event::MessageEdited { .. }
            | Event::MessageRevoked { .. }
            | Event::MessageRedacted { .. }
            | Event::AudioTranscribed { .. }
            | Event::AudioTranscriptionFailed { .. } => content::changed(event)?,
            said @ (Event::MessageTriaged { .. }
            | Event::AutopilotApproved { .. }
            | Event::ApprovalRequired { .. }
            | Event::DataRequested { .. }) => content::triaged(said),
            said @ (Event::MessageSendAttempted { .. }
            | Event::MessageAccepted { .. }
            | Event::MessageSendUnknown { .. }
            | Event::MessageRejected { .. }) => delivery::sending(said),
            said @ (Event::MessageSent { .. }
            | Event::MessageDelivered { .. }
            | Event::MessageRead { .. }
            | Event::MessagePlayed { .. }
            | Event::MessageFailed { .. }
            | Event::MessageStepDated { .. }) => delivery::reported(said),
            Event::ConversationStarted { .. }
            | Event::ServiceWindowOpened { .. }
            | Event::AutoReplyMatched { .. }
            | Event::TicketRequested { .. }
            | Event::ActionsProposed { .. }
            | Event::ActionApproved { .. }
            | Event::ActionRejected { .. }
            | Event::ReplySuggested { .. }
            | Event::SuggestionApproved { .. }
            | Event::SuggestionRejected { .. }
            | Event::SuggestionSuperseded { .. }
            | Event::SuggestionExpired { .. }
            | Event::MessageScheduled { .. }
            | Event::ScheduledMessageCancelled { .. }
            | Event::ScheduledMessageReleased { .. }
            | Event::ScheduledMessageSkipped { .. }
            | Event::MessageStatusAnomalyRecorded { .. }
            | Event::HandoffRequested { .. }
            | Event::HandoffAccepted { .. }
            | Event::HandoffExtended { .. }
            | Event::HandoffTimedOut { .. }
            | Event::HandoffEnded { .. }
            | Event::AiPaused { .. }
            | Event::AiResumed { .. }
            | Event::OptOutRecorded { .. }
            | Event::OptInRecorded { .. }
            | Event::NoteAdded { .. }
            | Event::LabelAdded { .. }
            | Event::LabelRemoved { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationUnassigned { .. }
            | Event::PriorityChanged { .. }
            | Event::MacroApplied { .. }
            | Event::ConversationSnoozed { .. }
            | Event::ConversationUnsnoozed { .. }
            | Event::SurveyRequested { .. }
            | Event::SurveyAnswered { .. }
            | Event::EntityLinked { .. }
            | Event::ConversationMerged { .. }
            | Event::MergeRecorded { .. }
            | Event::ConversationResolved { .. }
            | Event::ConversationReopened { .. }
            | Event::ConversationClosed { .. }
            | Event::ConversationArchived { .. }
            | Event::ConversationReadByAgent { .. } => vec![],
        })
    }
}

fn patch(id: Uuid, set: Set) -> Change {
    Change::Patch { key: id.into(), set }
}
