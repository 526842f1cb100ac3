//! `scheduled_messages`: what is to be sent later, and what became of it.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent as Event};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, person, plain, preview, unreadable};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Conversation::TYPE;

/// The view.
#[derive(Debug)]
pub struct ScheduledMessages;

/// Its table.
pub static TABLE: Table = Table {
    name: "scheduled_messages",
    schema: 1,
    doc: "One row per message that somebody wanted to be sent later.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the scheduled message."),
        Column::of(OWNER, "conversation_id", ColumnType::Uuid, "Conversation."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`PENDING`, `RELEASED` (it became `message_id`), `SKIPPED` (it could not be sent when \
             its time came) or `CANCELLED`.",
        ),
        Column::of(OWNER, "send_at", ColumnType::Time, "When it is to be sent."),
        Column::of(
            OWNER,
            "kind",
            ColumnType::Text,
            "Type of the message: `TEXT`, `IMAGE`, `TEMPLATE` …",
        ),
        Column::of(
            OWNER,
            "preview",
            ColumnType::Text,
            "Beginning of its words on one line, at most 160 characters; NULL when it has none, \
             was redacted or may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "content",
            ColumnType::Json,
            "The whole content as JSON with `kind` (lower case) and the fields of that kind; NULL \
             when the message that it became was redacted.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "author",
            ColumnType::Text,
            "Kind and id of who wants it sent, such as `user:<uuid>`.",
        ),
        Column::of(OWNER, "client_message_id", ColumnType::Text, "The client's own id, echoed.")
            .optional(),
        Column::of(OWNER, "scheduled_at", ColumnType::Time, "When it was scheduled."),
        Column::of(OWNER, "ended_at", ColumnType::Time, "When it was not pending any more.")
            .optional(),
        Column::of(OWNER, "message_id", ColumnType::Uuid, "Message that it became.").optional(),
        Column::of(
            OWNER,
            "skip_code",
            ColumnType::Text,
            "Why it could not be sent, such as `SERVICE_WINDOW_CLOSED`.",
        )
        .optional(),
        Column::of(OWNER, "cancelled_by", ColumnType::Text, "Kind and id of who took it back.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_conversation", columns: &["conversation_id", "send_at", "id"] },
        Index { name: "by_status", columns: &["status", "send_at", "id"] },
        Index { name: "by_message", columns: &["message_id"] },
        Index { name: "by_time", columns: &["send_at", "id"] },
    ],
};

impl Projection for ScheduledMessages {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let said = event.decode::<Conversation>()?;
        Ok(match scheduled(said, event)?.or_else(|| ended(said)) {
            Some(change) => vec![change],
            None => redacted(said).into_iter().collect(),
        })
    }
}

fn scheduled(said: &Event, event: &RecordedEvent) -> Result<Option<Change>, ProjectionError> {
    let Event::MessageScheduled { scheduled, client_message_id, content, send_at, author, at } =
        said
    else {
        return Ok(None);
    };
    let json = plain(content).map_err(|error| unreadable(event, error.to_string()))?;
    let set = vec![
        ("conversation_id", aggregate_id(event)?.into()),
        ("status", "PENDING".into()),
        ("send_at", (*send_at).into()),
        ("kind", code(&content.kind())),
        ("preview", preview(content.text())),
        ("content", Cell::Json(json)),
        ("author", person(author)),
        ("client_message_id", client_message_id.clone().into()),
        ("scheduled_at", (*at).into()),
    ];
    Ok(Some(Change::Insert { key: (*scheduled).into(), set }))
}

fn ended(said: &Event) -> Option<Change> {
    if let Event::ScheduledMessageCancelled { scheduled, by, at } = said {
        return Some(over(*scheduled, "CANCELLED", *at, ("cancelled_by", person(by))));
    }
    if let Event::ScheduledMessageReleased { scheduled, message, at } = said {
        return Some(over(*scheduled, "RELEASED", *at, ("message_id", message.as_uuid().into())));
    }
    if let Event::ScheduledMessageSkipped { scheduled, code, at } = said {
        return Some(over(*scheduled, "SKIPPED", *at, ("skip_code", code.as_str().into())));
    }
    None
}

fn over(scheduled: Uuid, status: &str, at: DateTime<Utc>, why: (&'static str, Cell)) -> Change {
    let set = vec![("status", status.into()), ("ended_at", at.into()), why];
    Change::Patch { key: scheduled.into(), set }
}

/// What is taken off all screens is not left here.
fn redacted(said: &Event) -> Option<Change> {
    let Event::MessageRedacted { message, .. } = said else { return None };
    let set: Set = vec![("preview", Cell::Null), ("content", Cell::Null)];
    Some(Change::PatchWhere { column: "message_id", value: message.as_uuid().into(), set })
}
