//! `messages`: every message in and out, and what became of it.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, DeliveryStatus as Status, MessageContent, Pricing,
};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, plain, text, unreadable};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Forget, Index, Projection, ProjectionError, SearchDocument, Table};

const OWNER: &str = Conversation::TYPE;

/// The view.
#[derive(Debug)]
pub struct Messages;

/// Its table.
pub static TABLE: Table = Table {
    name: "messages",
    schema: 1,
    doc: "One row per message of a conversation, in and out, with what became of it. In the order \
          in which we learnt of them: `position`.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Our id of the message."),
        Column::of(OWNER, "conversation_id", ColumnType::Uuid, "Conversation that it belongs to."),
        Column::of(
            OWNER,
            "contact_id",
            ColumnType::Uuid,
            "Contact; NULL for a message typed in the business's phone app.",
        )
        .optional(),
        Column::of(OWNER, "direction", ColumnType::Text, "`INBOUND` or `OUTBOUND`."),
        Column::of(
            OWNER,
            "kind",
            ColumnType::Text,
            "`TEXT`, `IMAGE`, `DOCUMENT`, `AUDIO`, `VIDEO`, `LOCATION`, `CONTACT`, `INTERACTIVE`, \
             `TEMPLATE`, `ORDER`, `SYSTEM` or `UNSUPPORTED`.",
        ),
        Column::of(
            OWNER,
            "text",
            ColumnType::Text,
            "The words in it: body, caption or title; NULL when there are none, when it was \
             deleted or may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "content",
            ColumnType::Json,
            "The whole content as JSON with `kind` (lower case) and the fields of that kind; NULL \
             when it was deleted.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "sender",
            ColumnType::Text,
            "Who sent it: `contact`, `agent`, `ai`, `auto_reply`, `system`, `campaign` or `phone` \
             (typed in the business's phone app).",
        ),
        Column::of(
            OWNER,
            "author",
            ColumnType::Text,
            "For outbound: kind and id of the actor, such as `user:<uuid>`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "For outbound: `PENDING`, `SENT`, `DELIVERED`, `READ`, `PLAYED` or `FAILED`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "provider_message_id",
            ColumnType::Text,
            "The provider's id (wamid), once known.",
        )
        .optional(),
        Column::of(
            OWNER,
            "client_message_id",
            ColumnType::Text,
            "The sending client's own id, echoed.",
        )
        .optional(),
        Column::of(
            OWNER,
            "reply_to",
            ColumnType::Text,
            "What it answers: for inbound the provider's id, for outbound our id of a message.",
        )
        .optional(),
        Column::of(
            OWNER,
            "reaction",
            ColumnType::Text,
            "Emoji of the contact's reaction; NULL when there is none.",
        )
        .optional()
        .personal(),
        Column::of(OWNER, "forwarded", ColumnType::Bool, "The contact forwarded it."),
        Column::of(OWNER, "edited_at", ColumnType::Time, "When the contact last edited it.")
            .optional(),
        Column::of(OWNER, "revoked_at", ColumnType::Time, "When the contact deleted it.")
            .optional(),
        Column::of(OWNER, "failure_code", ColumnType::Int, "The provider's code of the failure.")
            .optional(),
        Column::of(
            OWNER,
            "failure_title",
            ColumnType::Text,
            "The provider's title of the failure.",
        )
        .optional(),
        Column::of(
            OWNER,
            "pricing_category",
            ColumnType::Text,
            "The provider's category: `utility`, `marketing` …",
        )
        .optional(),
        Column::of(OWNER, "billable", ColumnType::Bool, "The provider charges it.").optional(),
        Column::of(OWNER, "sent_at", ColumnType::Time, "When the provider had it.").optional(),
        Column::of(OWNER, "delivered_at", ColumnType::Time, "When the contact's device had it.")
            .optional(),
        Column::of(OWNER, "read_at", ColumnType::Time, "When the contact had read it.").optional(),
        Column::of(OWNER, "played_at", ColumnType::Time, "When the contact had played it.")
            .optional(),
        Column::of(OWNER, "failed_at", ColumnType::Time, "When it was known to have failed.")
            .optional(),
        Column::of(
            OWNER,
            "at",
            ColumnType::Time,
            "Time of the message: the provider's for inbound, of queueing for outbound.",
        ),
        Column::of(
            OWNER,
            "position",
            ColumnType::Int,
            "Position of its first event in the tenant's lane: the order of the thread.",
        ),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "thread", columns: &["conversation_id", "-position", "-id"] },
        Index { name: "by_contact", columns: &["contact_id", "-position", "-id"] },
        Index { name: "by_provider_id", columns: &["provider_message_id"] },
        Index { name: "by_time", columns: &["-at", "-id"] },
    ],
};

impl Projection for Messages {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        Ok(match event.decode::<Conversation>()? {
            Event::MessageReceived { .. }
            | Event::AgentEchoRecorded { .. }
            | Event::MessageQueued { .. } => new_message(event)?,
            Event::ReactionChanged { message: Some(message), emoji, .. } => {
                vec![patch(message.as_uuid(), vec![("reaction", text(emoji.as_ref()))])]
            }
            Event::MessageEdited { message: Some(message), content, at, .. } => {
                edited(event, message.as_uuid(), content, *at)?
            }
            Event::MessageRevoked { message: Some(message), at, .. } => {
                let id = message.as_uuid();
                let set = vec![
                    ("revoked_at", (*at).into()),
                    ("text", Cell::Null),
                    ("content", Cell::Null),
                ];
                vec![patch(id, set), Change::Forget(Forget::Document(id))]
            }
            Event::MessageSent { message, provider_message_id, at, pricing, .. } => {
                let provider = provider_message_id.as_deref();
                status(message.as_uuid(), Status::Sent, "sent_at", *at, provider, pricing.as_ref())
            }
            Event::MessageDelivered { message, provider_message_id, at, pricing, .. } => {
                let (id, provider) = (message.as_uuid(), provider_message_id.as_deref());
                status(id, Status::Delivered, "delivered_at", *at, provider, pricing.as_ref())
            }
            Event::MessageRead { message, provider_message_id, at, pricing, .. } => {
                let provider = provider_message_id.as_deref();
                status(message.as_uuid(), Status::Read, "read_at", *at, provider, pricing.as_ref())
            }
            Event::MessagePlayed { message, provider_message_id, at, pricing, .. } => {
                let (id, provider) = (message.as_uuid(), provider_message_id.as_deref());
                status(id, Status::Played, "played_at", *at, provider, pricing.as_ref())
            }
            Event::MessageFailed { message, provider_message_id, at, fault, .. } => {
                let provider = provider_message_id.as_deref();
                let id = message.as_uuid();
                let mut changes = status(id, Status::Failed, "failed_at", *at, provider, None);
                if let Some(fault) = fault {
                    let title = fault.title.as_str().into();
                    let set = vec![("failure_code", fault.code.into()), ("failure_title", title)];
                    changes.push(patch(id, set));
                }
                changes
            }
            Event::ReactionChanged { message: None, .. }
            | Event::MessageEdited { message: None, .. }
            | Event::MessageRevoked { message: None, .. }
            | Event::ConversationStarted { .. }
            | Event::ServiceWindowOpened { .. }
            | Event::MessageStatusAnomalyRecorded { .. }
            | Event::NoteAdded { .. }
            | Event::LabelAdded { .. }
            | Event::LabelRemoved { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationUnassigned { .. }
            | Event::ConversationResolved { .. }
            | Event::ConversationReopened { .. }
            | Event::ConversationClosed { .. }
            | Event::ConversationReadByAgent { .. } => vec![],
        })
    }
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
fn new_message(event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
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
    if let Event::AgentEchoRecorded { message, provider_message_id, content, sent_at } = event {
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
    } = event
    else {
        return None;
    };
    let set = vec![
        ("contact_id", contact.as_uuid().into()),
        ("direction", "OUTBOUND".into()),
        ("sender", code(sender)),
        ("author", format!("{}:{}", author.kind.as_str(), author.id).into()),
        ("status", code(&Status::Pending)),
        ("client_message_id", client_message_id.clone().into()),
        ("reply_to", reply_to.map(|id| id.to_string()).into()),
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
    Ok(vec![patch(id, set), search])
}

/// The words of a message for the search index, when it has any that may be seen.
fn document(event: &RecordedEvent, id: Uuid, content: &MessageContent) -> Option<Change> {
    let words = content.text()?;
    let text = words.reveal().filter(|text| !text.trim().is_empty())?.clone();
    let (entity, subject) = (event.stream.clone(), Some(words.subject().clone()));
    Some(Change::Index(SearchDocument { id, kind: "message", entity, subject, text }))
}

fn status(
    id: Uuid,
    status: Status,
    column: &'static str,
    at: DateTime<Utc>,
    provider_message_id: Option<&str>,
    pricing: Option<&Pricing>,
) -> Vec<Change> {
    let mut set: Set = vec![("status", code(&status)), (column, at.into())];
    if let Some(provider_message_id) = provider_message_id {
        set.push(("provider_message_id", provider_message_id.into()));
    }
    if let Some(pricing) = pricing {
        set.push(("billable", pricing.billable.into()));
        set.push(("pricing_category", pricing.category.clone().into()));
    }
    vec![patch(id, set)]
}

fn patch(id: Uuid, set: Set) -> Change {
    Change::Patch { key: id.into(), set }
}
