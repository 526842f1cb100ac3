//! Which events of a conversation are worth a line, and what it says.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, MessageContent,
};
use bitacora_domain::{ContactId, MessageId};
use chrono::{DateTime, Utc};

use super::{Entry, entry};
use crate::ProjectionError;
use crate::change::Set;
use crate::reveal::{code, text};
use crate::value::Cell;

/// The line of an event, if it is worth one.
pub(super) fn entry_of(event: &RecordedEvent) -> Result<Option<Entry>, ProjectionError> {
    let now = event.metadata.occurred_at;
    Ok(match event.decode::<Conversation>()? {
        said @ (Event::MessageReceived { .. }
        | Event::MessageQueued { .. }
        | Event::AgentEchoRecorded { .. }
        | Event::MessageFailed { .. }
        | Event::MessageRejected { .. }
        | Event::MessageSendUnknown { .. }
        | Event::MessageEdited { .. }
        | Event::MessageRevoked { .. }
        | Event::MessageRedacted { .. }) => message(said),
        said @ (Event::MessageScheduled { .. }
        | Event::ScheduledMessageCancelled { .. }
        | Event::ScheduledMessageSkipped { .. }) => scheduled(said),
        said @ (Event::ApprovalRequired { .. }
        | Event::DataRequested { .. }
        | Event::TicketRequested { .. }
        | Event::AiPaused { .. }
        | Event::AiResumed { .. }
        | Event::OptOutRecorded { .. }
        | Event::OptInRecorded { .. }) => ai(said, now),
        said @ (Event::ReplySuggested { .. }
        | Event::SuggestionApproved { .. }
        | Event::SuggestionRejected { .. }
        | Event::SuggestionExpired { .. }
        | Event::ActionApproved { .. }
        | Event::ActionRejected { .. }) => suggestion(said),
        said @ (Event::HandoffRequested { .. }
        | Event::HandoffAccepted { .. }
        | Event::HandoffTimedOut { .. }
        | Event::HandoffEnded { .. }) => handoff(said),
        said @ (Event::NoteAdded { .. }
        | Event::LabelAdded { .. }
        | Event::LabelRemoved { .. }
        | Event::ConversationAssigned { .. }
        | Event::ConversationUnassigned { .. }
        | Event::PriorityChanged { .. }
        | Event::MacroApplied { .. }
        | Event::EntityLinked { .. }
        | Event::SurveyRequested { .. }
        | Event::SurveyAnswered { .. }) => work(said, now),
        said @ (Event::ConversationStarted { .. }
        | Event::ConversationSnoozed { .. }
        | Event::ConversationUnsnoozed { .. }
        | Event::ConversationResolved { .. }
        | Event::ConversationReopened { .. }
        | Event::ConversationClosed { .. }
        | Event::ConversationArchived { .. }
        | Event::ConversationMerged { .. }
        | Event::MergeRecorded { .. }) => lifecycle(said, now),
        Event::ServiceWindowOpened { .. }
        | Event::ReactionChanged { .. }
        | Event::AudioTranscribed { .. }
        | Event::AudioTranscriptionFailed { .. }
        | Event::AutoReplyMatched { .. }
        | Event::MessageTriaged { .. }
        | Event::AutopilotApproved { .. }
        | Event::ActionsProposed { .. }
        | Event::SuggestionSuperseded { .. }
        | Event::MessageSendAttempted { .. }
        | Event::MessageAccepted { .. }
        | Event::ScheduledMessageReleased { .. }
        | Event::MessageSent { .. }
        | Event::MessageDelivered { .. }
        | Event::MessageRead { .. }
        | Event::MessagePlayed { .. }
        | Event::MessageStepDated { .. }
        | Event::MessageStatusAnomalyRecorded { .. }
        | Event::HandoffExtended { .. }
        | Event::ConversationReadByAgent { .. } => None,
    })
}

fn about(message: MessageId, title: impl Into<Cell>) -> Set {
    vec![("message_id", message.as_uuid().into()), ("title", title.into())]
}

/// A message with the contact whose it is.
fn of(message: MessageId, content: &MessageContent, contact: ContactId) -> Set {
    let mut more = about(message, code(&content.kind()));
    more.push(("contact_id", contact.as_uuid().into()));
    more
}

fn titled(title: impl Into<Cell>) -> Set {
    vec![("title", title.into())]
}

fn both(title: impl Into<Cell>, text: impl Into<Cell>) -> Set {
    vec![("title", title.into()), ("text", text.into())]
}

fn message(said: &Event) -> Option<Entry> {
    if let Event::MessageReceived { message, contact, content, sent_at, .. } = said {
        return entry("MESSAGE_RECEIVED", *sent_at, of(*message, content, *contact));
    }
    if let Event::MessageQueued { message, contact, content, queued_at, .. } = said {
        return entry("MESSAGE_SENT", *queued_at, of(*message, content, *contact));
    }
    if let Event::AgentEchoRecorded { message, content, sent_at, .. } = said {
        return entry("MESSAGE_SENT", *sent_at, about(*message, code(&content.kind())));
    }
    if let Event::MessageFailed { message, at, fault, .. } = said {
        let title = fault.as_ref().map(|fault| fault.title.clone());
        return entry("MESSAGE_FAILED", *at, about(*message, title));
    }
    if let Event::MessageRejected { message, title, retryable: false, at, .. } = said {
        return entry("MESSAGE_FAILED", *at, about(*message, title.as_str()));
    }
    if let Event::MessageSendUnknown { message, reason, at, .. } = said {
        return entry("MESSAGE_UNKNOWN", *at, about(*message, reason.as_str()));
    }
    if let Event::MessageEdited { message: Some(message), at, .. } = said {
        return entry("MESSAGE_EDITED", *at, about(*message, Cell::Null));
    }
    if let Event::MessageRevoked { message: Some(message), at, .. } = said {
        return entry("MESSAGE_REVOKED", *at, about(*message, Cell::Null));
    }
    if let Event::MessageRedacted { message, reason, at, .. } = said {
        let mut more = about(*message, Cell::Null);
        more.push(("text", reason.as_str().into()));
        return entry("MESSAGE_REDACTED", *at, more);
    }
    None
}

fn scheduled(said: &Event) -> Option<Entry> {
    if let Event::MessageScheduled { content, at, .. } = said {
        return entry("MESSAGE_SCHEDULED", *at, titled(code(&content.kind())));
    }
    if let Event::ScheduledMessageCancelled { at, .. } = said {
        return entry("SCHEDULE_CANCELLED", *at, vec![]);
    }
    if let Event::ScheduledMessageSkipped { code, at, .. } = said {
        return entry("SCHEDULE_SKIPPED", *at, titled(code.as_str()));
    }
    None
}

fn ai(said: &Event, now: DateTime<Utc>) -> Option<Entry> {
    if let Event::ApprovalRequired { message, reason } = said {
        return entry("APPROVAL_REQUIRED", now, about(*message, code(reason)));
    }
    if let Event::DataRequested { message, fields } = said {
        return entry("DATA_REQUESTED", now, about(*message, fields.join(", ")));
    }
    if let Event::TicketRequested { message, category, .. } = said {
        return entry("TICKET_REQUESTED", now, about(*message, code(category)));
    }
    if let Event::AiPaused { reason, at, .. } = said {
        return entry("AI_PAUSED", *at, both(Cell::Null, reason.clone()));
    }
    if let Event::AiResumed { at, .. } = said {
        return entry("AI_RESUMED", *at, vec![]);
    }
    if let Event::OptOutRecorded { by, at, .. } = said {
        return entry("OPTED_OUT", *at, titled(by.as_str()));
    }
    if let Event::OptInRecorded { by, at, .. } = said {
        return entry("OPTED_IN", *at, titled(by.as_str()));
    }
    None
}

fn suggestion(said: &Event) -> Option<Entry> {
    // The words of a suggestion stand in `suggestions`.
    if let Event::ReplySuggested { at, .. } = said {
        return entry("REPLY_SUGGESTED", *at, vec![]);
    }
    if let Event::SuggestionApproved { message, edited, at, .. } = said {
        let title = edited.then_some("EDITED");
        return entry("SUGGESTION_APPROVED", *at, about(*message, title));
    }
    if let Event::SuggestionRejected { reason, at, .. } = said {
        return entry("SUGGESTION_REJECTED", *at, both(Cell::Null, reason.clone()));
    }
    if let Event::SuggestionExpired { at, .. } = said {
        return entry("SUGGESTION_EXPIRED", *at, vec![]);
    }
    if let Event::ActionApproved { action, at, .. } = said {
        return entry("ACTION_APPROVED", *at, titled(action.kind.as_str()));
    }
    if let Event::ActionRejected { reason, at, .. } = said {
        return entry("ACTION_REJECTED", *at, both(Cell::Null, reason.clone()));
    }
    None
}

fn handoff(said: &Event) -> Option<Entry> {
    if let Event::HandoffRequested { reason, note, at, .. } = said {
        return entry("HANDOFF_REQUESTED", *at, both(code(reason), text(note.as_ref())));
    }
    if let Event::HandoffAccepted { agent, at, .. } = said {
        return entry("HANDOFF_ACCEPTED", *at, both(Cell::Null, agent.to_string()));
    }
    if let Event::HandoffTimedOut { fallback, at, .. } = said {
        return entry("HANDOFF_TIMED_OUT", *at, titled(code(fallback)));
    }
    if let Event::HandoffEnded { end, at, .. } = said {
        return entry("HANDOFF_ENDED", *at, titled(code(end)));
    }
    None
}

fn work(said: &Event, now: DateTime<Utc>) -> Option<Entry> {
    if let Event::NoteAdded { body, at, .. } = said {
        return entry("NOTE", *at, vec![("text", text(Some(body)))]);
    }
    if let Event::LabelAdded { label, .. } = said {
        return entry("LABEL_ADDED", now, titled(label.as_str()));
    }
    if let Event::LabelRemoved { label, .. } = said {
        return entry("LABEL_REMOVED", now, titled(label.as_str()));
    }
    if let Event::ConversationAssigned { agent, team, .. } = said {
        let agent = agent.map(|agent| agent.to_string());
        return entry("ASSIGNED", now, both(team.clone(), agent));
    }
    if let Event::ConversationUnassigned { .. } = said {
        return entry("UNASSIGNED", now, vec![]);
    }
    if let Event::PriorityChanged { to, .. } = said {
        return entry("PRIORITY_CHANGED", now, titled(code(to)));
    }
    if let Event::MacroApplied { macro_id, at, .. } = said {
        return entry("MACRO_APPLIED", *at, both(Cell::Null, macro_id.to_string()));
    }
    if let Event::EntityLinked { kind, id, at, .. } = said {
        return entry("LINKED", *at, both(code(kind), id.to_string()));
    }
    survey(said)
}

fn survey(said: &Event) -> Option<Entry> {
    if let Event::SurveyRequested { kind, message, at } = said {
        return entry("SURVEY_REQUESTED", *at, about(*message, code(kind)));
    }
    if let Event::SurveyAnswered { score, comment, at, .. } = said {
        return entry("SURVEY_ANSWERED", *at, both(score.to_string(), text(comment.as_ref())));
    }
    None
}

fn lifecycle(said: &Event, now: DateTime<Utc>) -> Option<Entry> {
    if let Event::ConversationStarted { contact, .. } = said {
        return entry("CONVERSATION_STARTED", now, vec![("contact_id", contact.as_uuid().into())]);
    }
    if let Event::ConversationSnoozed { at, .. } = said {
        return entry("SNOOZED", *at, vec![]);
    }
    if let Event::ConversationUnsnoozed { end, at, .. } = said {
        return entry("UNSNOOZED", *at, titled(code(end)));
    }
    if let Event::ConversationResolved { resolution, at, .. } = said {
        return entry("RESOLVED", *at, vec![("text", resolution.clone().into())]);
    }
    if let Event::ConversationReopened { at, .. } = said {
        return entry("REOPENED", *at, vec![]);
    }
    if let Event::ConversationClosed { at, .. } = said {
        return entry("CLOSED", *at, vec![]);
    }
    if let Event::ConversationArchived { at } = said {
        return entry("ARCHIVED", *at, vec![]);
    }
    if let Event::ConversationMerged { target, at, .. } = said {
        return entry("MERGED", *at, both(Cell::Null, target.to_string()));
    }
    if let Event::MergeRecorded { source, at } = said {
        return entry("MERGED_FROM", *at, both(Cell::Null, source.to_string()));
    }
    None
}
