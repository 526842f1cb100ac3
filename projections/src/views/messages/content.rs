//! What messages say: how rows are made, and how their words change.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, DeliveryStatus as Status, MessageContent,
};
use bitacora_domain::{Personal, RecordedEvent};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::patch;
use crate::change::Set;
use crate::reveal::{aggregate_id, code, person, plain, text, unreadable};
use crate::value::Cell;
use crate::{Change, Forget, ProjectionError, SearchDocument, When};

/// Events that change what a message says, or what is said about that.
pub(super) fn changed(event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
    let said = event.decode::<Conversation>()?;
    if let Event::ReactionChanged { message: Some(message), emoji, at, .. } = said {
        let set = vec![("reaction", text(emoji.as_ref())), ("reacted_at", (*at).into())];
        let (key, when) = (message.as_uuid().into(), vec![When::NotAfter("reacted_at", *at)]);
        return Ok(vec![Change::PatchWhen { key, when, set }]);
    }
    if let Event::MessageEdited { message: Some(message), content, at, .. } = said {
        return edited(event, message.as_uuid(), content, *at);
    }
    if let Event::MessageRevoked { message: Some(message), at, .. } = said {
        return Ok(cleared(message.as_uuid(), vec![("revoked_at", (*at).into())]));
    }
    if let Event::MessageRedacted { message, reason, at, .. } = said {
        let set = vec![("redacted_at", (*at).into()), ("redaction_reason", reason.as_str().into())];
        return Ok(cleared(message.as_uuid(), set));
    }
    if let Event::AudioTranscribed { message, text, language, .. } = said {
        return Ok(transcribed(event, message.as_uuid(), text, language));
    }
    if let Event::AudioTranscriptionFailed { message, reason, .. } = said {
        let set = vec![("transcript_error", reason.as_str().into())];
        return Ok(vec![patch(message.as_uuid(), set)]);
    }
    Ok(vec![])
}

/// What triage said of a message, and what followed.
pub(super) fn triaged(said: &Event) -> Vec<Change> {
    if let Event::MessageTriaged { message, triage, .. } = said {
        let set = vec![
            ("category", code(&triage.category)),
            ("intent", triage.intent.clone().into()),
            ("confidence_bp", triage.confidence_bp.into()),
            ("sentiment", triage.sentiment.clone().into()),
        ];
        return vec![patch(message.as_uuid(), set)];
    }
    let outcome = |outcome: &str| ("triage_outcome", Cell::from(outcome));
    if let Event::AutopilotApproved { message } = said {
        return vec![patch(message.as_uuid(), vec![outcome("AUTOPILOT")])];
    }
    if let Event::ApprovalRequired { message, reason } = said {
        let set = vec![outcome("APPROVAL"), ("approval_reason", code(reason))];
        return vec![patch(message.as_uuid(), set)];
    }
    if let Event::DataRequested { message, .. } = said {
        return vec![patch(message.as_uuid(), vec![outcome("DATA")])];
    }
    vec![]
}

/// The columns that say what a message says.
fn words(event: &RecordedEvent, content: &MessageContent) -> Result<Set, ProjectionError> {
    let json = plain(content).map_err(|error| unreadable(event, error.to_string()))?;
    Ok(vec![
        ("kind", code(&content.kind())),
        ("text", text(content.text())),
        ("content", Cell::Json(json)),
    ])
}

/// The three events that make a row.
pub(super) fn new_message(event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
    let decoded = event.decode::<Conversation>()?;
    let Some((id, content, own)) = received(decoded).or_else(|| sent(decoded)) else {
        return Ok(vec![]);
    };
    let mut set = words(event, content)?;
    set.extend(own);
    set.push(("conversation_id", aggregate_id(event)?.into()));
    set.push(("position", event.position.0.into()));
    let mut changes = vec![Change::Insert { key: id.into(), set }];
    changes.extend(document(event, id, content));
    Ok(changes)
}

fn received(event: &Event) -> Option<(Uuid, &MessageContent, Set)> {
    let Event::MessageReceived {
        message,
        contact,
        provider_message_id,
        content,
        reply_to,
        forwarded,
        sent_at,
        ..
    } = event
    else {
        return None;
    };
    let set = vec![
        ("contact_id", contact.as_uuid().into()),
        ("direction", "INBOUND".into()),
        ("sender", "contact".into()),
        ("provider_message_id", provider_message_id.as_str().into()),
        ("reply_to", reply_to.clone().into()),
        ("forwarded", (*forwarded).into()),
        ("at", (*sent_at).into()),
    ];
    Some((message.as_uuid(), content, set))
}

fn sent(event: &Event) -> Option<(Uuid, &MessageContent, Set)> {
    if let Event::AgentEchoRecorded { message, provider_message_id, content, sent_at, .. } = event {
        let set = vec![
            ("direction", "OUTBOUND".into()),
            ("sender", "phone".into()),
            ("provider_message_id", provider_message_id.as_str().into()),
            ("status", code(&Status::Sent)),
            ("sent_at", (*sent_at).into()),
            ("at", (*sent_at).into()),
        ];
        return Some((message.as_uuid(), content, set));
    }
    let Event::MessageQueued {
        message,
        contact,
        client_message_id,
        content,
        sender,
        author,
        reply_to,
        queued_at,
        response,
    } = event
    else {
        return None;
    };
    let set = vec![
        ("contact_id", contact.as_uuid().into()),
        ("direction", "OUTBOUND".into()),
        ("sender", code(sender)),
        ("author", person(author)),
        ("status", code(&Status::Pending)),
        ("client_message_id", client_message_id.clone().into()),
        ("reply_to", reply_to.map(|id| id.to_string()).into()),
        ("response_ms", response.map(|response| response.waited_ms).into()),
        ("first_response", response.is_some_and(|response| response.first).into()),
        ("at", (*queued_at).into()),
    ];
    Some((message.as_uuid(), content, set))
}

fn edited(
    event: &RecordedEvent,
    id: Uuid,
    content: &MessageContent,
    at: DateTime<Utc>,
) -> Result<Vec<Change>, ProjectionError> {
    let mut set = words(event, content)?;
    set.push(("edited_at", at.into()));
    // An edit that took all words away must not leave the old ones to be found.
    let search = document(event, id, content).unwrap_or(Change::Forget(Forget::Document(id)));
    let when = vec![
        // What was taken off all screens stays off.
        When::Is("redacted_at", Cell::Null),
        When::Is("revoked_at", Cell::Null),
        // An edit that comes late does not undo a later one.
        When::NotAfter("edited_at", at),
    ];
    Ok(vec![Change::PatchWhen { key: id.into(), when, set }, search])
}

fn unless_redacted(id: Uuid, set: Set) -> Change {
    Change::PatchIf { key: id.into(), column: "redacted_at", value: Cell::Null, set }
}

fn cleared(id: Uuid, mut set: Set) -> Vec<Change> {
    set.extend(["text", "content", "transcript"].map(|column| (column, Cell::Null)));
    vec![patch(id, set), Change::Forget(Forget::Document(id))]
}

fn transcribed(
    event: &RecordedEvent,
    id: Uuid,
    words: &Personal<String>,
    language: &str,
) -> Vec<Change> {
    let set = vec![
        ("transcript", text(Some(words))),
        ("transcript_language", language.into()),
        ("transcript_error", Cell::Null),
    ];
    let mut changes = vec![unless_redacted(id, set)];
    changes.extend(searchable(event, id, "transcript", words));
    changes
}

/// The words of a message for the search index, when it has any that may be seen.
fn document(event: &RecordedEvent, id: Uuid, content: &MessageContent) -> Option<Change> {
    searchable(event, id, "message", content.text()?)
}

fn searchable(
    event: &RecordedEvent,
    id: Uuid,
    kind: &'static str,
    words: &Personal<String>,
) -> Option<Change> {
    let text = words.reveal().filter(|text| !text.trim().is_empty())?.clone();
    let (entity, subject) = (event.stream.clone(), Some(words.subject().clone()));
    Some(Change::Index(SearchDocument { id, kind, entity, subject, text }))
}
