//! `timeline`: what happened, as a list that people read.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent as Event};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, text};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct Timeline;

/// Its table. The words of messages are not in it: they can be edited and deleted, and stand in
/// `messages`, which `message_id` leads to.
pub static TABLE: Table = Table {
    name: "timeline",
    schema: 1,
    doc: "One row per noteworthy event of a contact or a conversation, in the order in which they \
          were recorded: `position`.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the event."),
        Column::once(
            "contact_id",
            ColumnType::Uuid,
            "Contact; NULL for events of a conversation that do not name it (they have \
             `conversation_id`).",
        )
        .optional(),
        Column::once("conversation_id", ColumnType::Uuid, "Conversation, for its events.")
            .optional(),
        Column::once("message_id", ColumnType::Uuid, "Message, for events about one.").optional(),
        Column::once(
            "kind",
            ColumnType::Text,
            "`CONVERSATION_STARTED`, `MESSAGE_RECEIVED`, `MESSAGE_SENT`, `MESSAGE_FAILED`, \
             `MESSAGE_EDITED`, `MESSAGE_REVOKED`, `NOTE`, `LABEL_ADDED`, `LABEL_REMOVED`, \
             `ASSIGNED`, `UNASSIGNED`, `RESOLVED`, `REOPENED`, `CLOSED`, `CONTACT_CREATED`, \
             `IDENTITY_ADDED`, `RENAMED`, `OPTED_OUT` or `OPTED_IN`.",
        ),
        Column::once(
            "title",
            ColumnType::Text,
            "What it is about in a word: type of the message, label, team or category; NULL when \
             `kind` says all.",
        )
        .optional(),
        Column::once("text", ColumnType::Text, "Words: the note, the resolution, the name.")
            .optional()
            .personal(),
        Column::once(
            "actor",
            ColumnType::Text,
            "Kind and id of who did it, such as `user:<uuid>`.",
        ),
        Column::once("at", ColumnType::Time, "When it happened."),
        Column::once("position", ColumnType::Int, "Position in the tenant's lane."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_contact", columns: &["contact_id", "-position", "-id"] },
        Index { name: "by_conversation", columns: &["conversation_id", "-position", "-id"] },
        Index { name: "by_time", columns: &["-position", "-id"] },
    ],
};

/// What a row says beyond what every event says.
struct Entry {
    kind: &'static str,
    at: DateTime<Utc>,
    more: Set,
}

#[allow(clippy::unnecessary_wraps)] // every arm below says `entry(…)` or `None`
fn entry(kind: &'static str, at: DateTime<Utc>, more: Set) -> Option<Entry> {
    Some(Entry { kind, at, more })
}

impl Projection for Timeline {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE, Contact::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let (column, entry) = if event.is_of::<Contact>() {
            ("contact_id", of_contact(event)?)
        } else {
            ("conversation_id", of_conversation(event)?)
        };
        let Some(Entry { kind, at, more }) = entry else { return Ok(vec![]) };
        let actor = &event.metadata.actor;
        let mut set = more;
        set.extend([
            (column, aggregate_id(event)?.into()),
            ("kind", kind.into()),
            ("actor", Cell::Text(format!("{}:{}", actor.kind.as_str(), actor.id))),
            ("at", at.into()),
            ("position", event.position.0.into()),
        ]);
        Ok(vec![Change::Insert { key: event.metadata.event_id.as_uuid().into(), set }])
    }
}

fn of_contact(event: &RecordedEvent) -> Result<Option<Entry>, ProjectionError> {
    let now = event.metadata.occurred_at;
    Ok(match event.decode::<Contact>()? {
        ContactEvent::ContactCreated { name, .. } => {
            entry("CONTACT_CREATED", now, vec![("text", text(name.as_ref()))])
        }
        ContactEvent::ContactIdentityAdded { identity } => entry(
            "IDENTITY_ADDED",
            now,
            vec![("title", identity.kind.as_str().into()), ("text", text(Some(&identity.value)))],
        ),
        ContactEvent::ContactRenamed { name } => {
            entry("RENAMED", now, vec![("text", text(Some(name)))])
        }
        ContactEvent::ContactOptedOut { category, at, .. } => {
            entry("OPTED_OUT", *at, vec![("title", code(category))])
        }
        ContactEvent::ContactOptedIn { category, at, .. } => {
            entry("OPTED_IN", *at, vec![("title", code(category))])
        }
    })
}

fn of_conversation(event: &RecordedEvent) -> Result<Option<Entry>, ProjectionError> {
    let now = event.metadata.occurred_at;
    let about = |message: Uuid, title: Cell| -> Set {
        vec![("message_id", message.into()), ("title", title)]
    };
    Ok(match event.decode::<Conversation>()? {
        Event::ConversationStarted { contact, .. } => {
            entry("CONVERSATION_STARTED", now, vec![("contact_id", contact.as_uuid().into())])
        }
        Event::MessageReceived { message, contact, content, sent_at, .. } => {
            let mut more = about(message.as_uuid(), code(&content.kind()));
            more.push(("contact_id", contact.as_uuid().into()));
            entry("MESSAGE_RECEIVED", *sent_at, more)
        }
        Event::MessageQueued { message, contact, content, queued_at, .. } => {
            let mut more = about(message.as_uuid(), code(&content.kind()));
            more.push(("contact_id", contact.as_uuid().into()));
            entry("MESSAGE_SENT", *queued_at, more)
        }
        Event::AgentEchoRecorded { message, content, sent_at, .. } => {
            entry("MESSAGE_SENT", *sent_at, about(message.as_uuid(), code(&content.kind())))
        }
        Event::MessageFailed { message, at, fault, .. } => {
            let title = fault.as_ref().map(|fault| fault.title.clone()).into();
            entry("MESSAGE_FAILED", *at, about(message.as_uuid(), title))
        }
        Event::MessageEdited { message: Some(message), at, .. } => {
            entry("MESSAGE_EDITED", *at, about(message.as_uuid(), Cell::Null))
        }
        Event::MessageRevoked { message: Some(message), at, .. } => {
            entry("MESSAGE_REVOKED", *at, about(message.as_uuid(), Cell::Null))
        }
        Event::NoteAdded { body, at, .. } => entry("NOTE", *at, vec![("text", text(Some(body)))]),
        Event::LabelAdded { label, .. } => {
            entry("LABEL_ADDED", now, vec![("title", label.as_str().into())])
        }
        Event::LabelRemoved { label, .. } => {
            entry("LABEL_REMOVED", now, vec![("title", label.as_str().into())])
        }
        Event::ConversationAssigned { agent, team, .. } => entry(
            "ASSIGNED",
            now,
            vec![
                ("title", team.clone().into()),
                ("text", agent.map(|agent| agent.to_string()).into()),
            ],
        ),
        Event::ConversationUnassigned { .. } => entry("UNASSIGNED", now, vec![]),
        Event::ConversationResolved { resolution, at, .. } => {
            entry("RESOLVED", *at, vec![("text", resolution.clone().into())])
        }
        Event::ConversationReopened { at, .. } => entry("REOPENED", *at, vec![]),
        Event::ConversationClosed { at, .. } => entry("CLOSED", *at, vec![]),
        Event::MessageEdited { message: None, .. }
        | Event::MessageRevoked { message: None, .. }
        | Event::ServiceWindowOpened { .. }
        | Event::ReactionChanged { .. }
        | Event::MessageSent { .. }
        | Event::MessageDelivered { .. }
        | Event::MessageRead { .. }
        | Event::MessagePlayed { .. }
        | Event::MessageStatusAnomalyRecorded { .. }
        | Event::ConversationReadByAgent { .. } => None,
    })
}
