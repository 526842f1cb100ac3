//! `conversations`: the inbox.

mod row;
mod table;
mod work;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent as Event};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::aggregate_id;
use crate::{Change, Key, Projection, ProjectionError, Table};
use row::Row;

pub use table::TABLE;

/// The view.
#[derive(Debug)]
pub struct Conversations;

impl Projection for Conversations {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key = Key::from(aggregate_id(event)?);
        let now = event.recorded_at;
        let mut row = Row { key, now, first: None, set: Set::new(), then: Vec::new() };
        match event.decode::<Conversation>()? {
            said @ Event::ConversationStarted { .. } => row.started(said, event),
            said @ (Event::MessageReceived { .. }
            | Event::AgentEchoRecorded { .. }
            | Event::MessageQueued { .. }
            | Event::ServiceWindowOpened { .. }
            | Event::ConversationReadByAgent { .. }) => row.message(said),
            said @ (Event::MessageEdited { .. }
            | Event::MessageRevoked { .. }
            | Event::MessageRedacted { .. }
            | Event::AudioTranscribed { .. }) => row.words(said),
            said @ (Event::HandoffRequested { .. }
            | Event::HandoffAccepted { .. }
            | Event::HandoffExtended { .. }
            | Event::HandoffTimedOut { .. }
            | Event::HandoffEnded { .. }) => row.handoff(said),
            said @ (Event::AiPaused { .. }
            | Event::AiResumed { .. }
            | Event::OptOutRecorded { .. }
            | Event::OptInRecorded { .. }
            | Event::MessageTriaged { .. }
            | Event::ReplySuggested { .. }
            | Event::SuggestionApproved { .. }
            | Event::SuggestionRejected { .. }
            | Event::SuggestionSuperseded { .. }
            | Event::SuggestionExpired { .. }) => row.ai(said),
            said @ (Event::LabelAdded { .. }
            | Event::LabelRemoved { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationUnassigned { .. }
            | Event::PriorityChanged { .. }
            | Event::EntityLinked { .. }
            | Event::MergeRecorded { .. }
            | Event::MessageScheduled { .. }
            | Event::ScheduledMessageCancelled { .. }
            | Event::ScheduledMessageReleased { .. }
            | Event::ScheduledMessageSkipped { .. }
            | Event::SurveyRequested { .. }
            | Event::SurveyAnswered { .. }) => row.work(said),
            said @ (Event::ConversationSnoozed { .. }
            | Event::ConversationUnsnoozed { .. }
            | Event::ConversationResolved { .. }
            | Event::ConversationReopened { .. }
            | Event::ConversationClosed { .. }
            | Event::ConversationArchived { .. }
            | Event::ConversationMerged { .. }) => row.lifecycle(said),
            // They move the version only.
            Event::ReactionChanged { .. }
            | Event::AudioTranscriptionFailed { .. }
            | Event::AutoReplyMatched { .. }
            | Event::AutopilotApproved { .. }
            | Event::ApprovalRequired { .. }
            | Event::DataRequested { .. }
            | Event::TicketRequested { .. }
            | Event::ActionsProposed { .. }
            | Event::ActionApproved { .. }
            | Event::ActionRejected { .. }
            | Event::MessageSendAttempted { .. }
            | Event::MessageAccepted { .. }
            | Event::MessageSendUnknown { .. }
            | Event::MessageRejected { .. }
            | Event::MessageSent { .. }
            | Event::MessageDelivered { .. }
            | Event::MessageRead { .. }
            | Event::MessagePlayed { .. }
            | Event::MessageFailed { .. }
            | Event::MessageStepDated { .. }
            | Event::MessageStatusAnomalyRecorded { .. }
            | Event::NoteAdded { .. }
            | Event::MacroApplied { .. } => {}
        }
        Ok(row.into_changes(event))
    }
}
