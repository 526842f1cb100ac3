//! `conversations`: the inbox.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, ConversationStatus as Status, MessageContent,
};
use bitacora_domain::{RecordedEvent, UserId};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, preview};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Key, Projection, ProjectionError, Table};

const OWNER: &str = Conversation::TYPE;

/// The view.
#[derive(Debug)]
pub struct Conversations;

/// Its table.
pub static TABLE: Table = Table {
    name: "conversations",
    schema: 1,
    doc: "One row per conversation with one contact over one channel account. The inbox order is \
          `last_activity_at` descending.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the conversation."),
        Column::of(OWNER, "contact_id", ColumnType::Uuid, "Contact that the conversation is with."),
        Column::of(OWNER, "channel_id", ColumnType::Uuid, "Channel account that it runs over."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`OPEN` (somebody may have to act), `RESOLVED` (settled; a message of the contact \
             opens it again) or `CLOSED` (ended for good).",
        ),
        Column::of(OWNER, "assignee_id", ColumnType::Uuid, "User that it is assigned to.")
            .optional(),
        Column::of(OWNER, "team", ColumnType::Text, "Team that it is assigned to.").optional(),
        Column::of(OWNER, "labels", ColumnType::Json, "Labels: array of texts, sorted."),
        Column::of(
            OWNER,
            "unread",
            ColumnType::Int,
            "Messages of the contact since the team last read it.",
        ),
        Column::of(
            OWNER,
            "waiting_since",
            ColumnType::Time,
            "Time of the contact's first message that nobody has answered yet; NULL when nobody \
             waits.",
        )
        .optional(),
        Column::of(
            OWNER,
            "last_activity_at",
            ColumnType::Time,
            "When something last happened that moves it up in the inbox: its start, a message in \
             or out, a reopening. Time of recording.",
        ),
        Column::of(OWNER, "last_message_id", ColumnType::Uuid, "Last message, in or out.")
            .optional(),
        Column::of(
            OWNER,
            "last_message_at",
            ColumnType::Time,
            "Time of the last message as its sender's side says.",
        )
        .optional(),
        Column::of(
            OWNER,
            "last_message_preview",
            ColumnType::Text,
            "Beginning of the last message's words on one line, at most 160 characters; NULL when \
             it has none, was deleted or may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(OWNER, "last_message_direction", ColumnType::Text, "`INBOUND` or `OUTBOUND`.")
            .optional(),
        Column::of(
            OWNER,
            "last_message_kind",
            ColumnType::Text,
            "Type of the last message: `TEXT`, `IMAGE`, `DOCUMENT`, `AUDIO`, `VIDEO`, `LOCATION`, \
             `CONTACT`, `INTERACTIVE`, `TEMPLATE`, `ORDER`, `SYSTEM` or `UNSUPPORTED`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "window_until",
            ColumnType::Time,
            "Free-form messages may be sent until then (24 h after the contact's last message).",
        )
        .optional(),
        Column::of(OWNER, "started_at", ColumnType::Time, "When it was opened."),
        Column::of(
            OWNER,
            "resolved_at",
            ColumnType::Time,
            "When it was last resolved; NULL while it is open again.",
        )
        .optional(),
        Column::of(OWNER, "closed_at", ColumnType::Time, "When it was closed.").optional(),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When its last event was recorded."),
        Column::of(
            OWNER,
            "version",
            ColumnType::Int,
            "Number of its events so far; `expectedVersion` of a mutation is compared with it.",
        ),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "inbox", columns: &["-last_activity_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-last_activity_at", "-id"] },
        Index { name: "by_assignee", columns: &["assignee_id", "-last_activity_at", "-id"] },
        Index { name: "by_contact", columns: &["contact_id", "-last_activity_at", "-id"] },
        Index { name: "by_channel", columns: &["channel_id", "-last_activity_at", "-id"] },
        Index { name: "by_waiting", columns: &["waiting_since", "id"] },
    ],
};

impl Projection for Conversations {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let id = aggregate_id(event)?;
        let now = event.recorded_at;
        let mut changes = Vec::with_capacity(2);
        let mut set: Set = match event.decode::<Conversation>()? {
            Event::ConversationStarted { contact, channel, .. } => {
                changes.push(Change::Insert {
                    key: id.into(),
                    set: vec![
                        ("contact_id", contact.as_uuid().into()),
                        ("channel_id", channel.as_uuid().into()),
                        ("status", code(&Status::Open)),
                        ("labels", Cell::Json(serde_json::json!([]))),
                        ("started_at", event.metadata.occurred_at.into()),
                    ],
                });
                vec![("last_activity_at", now.into())]
            }
            Event::MessageReceived { message, content, sent_at, unread, waiting_since, .. } => {
                let mut set = last_message(message.as_uuid(), content, "INBOUND", *sent_at, now);
                set.push(("unread", (*unread).into()));
                set.push(("waiting_since", (*waiting_since).into()));
                set
            }
            Event::AgentEchoRecorded { message, content, sent_at: at, .. }
            | Event::MessageQueued { message, content, queued_at: at, .. } => {
                let mut set = last_message(message.as_uuid(), content, "OUTBOUND", *at, now);
                set.push(("waiting_since", Cell::Null));
                set
            }
            Event::ServiceWindowOpened { until } => vec![("window_until", (*until).into())],
            Event::MessageEdited { message: Some(message), content, .. } => {
                changes.push(preview_of(id, message.as_uuid(), preview(content.text())));
                vec![]
            }
            Event::MessageRevoked { message: Some(message), .. } => {
                changes.push(preview_of(id, message.as_uuid(), Cell::Null));
                vec![]
            }
            Event::LabelAdded { labels, .. } | Event::LabelRemoved { labels, .. } => {
                vec![("labels", Cell::Json(labels.clone().into()))]
            }
            Event::ConversationAssigned { agent, team, .. } => vec![
                ("assignee_id", agent.map(UserId::as_uuid).into()),
                ("team", team.clone().into()),
            ],
            Event::ConversationUnassigned { .. } => {
                vec![("assignee_id", Cell::Null), ("team", Cell::Null)]
            }
            Event::ConversationResolved { at, .. } => {
                vec![
                    ("status", code(&Status::Resolved)),
                    ("resolved_at", (*at).into()),
                    ("waiting_since", Cell::Null),
                ]
            }
            Event::ConversationReopened { .. } => vec![
                ("status", code(&Status::Open)),
                ("resolved_at", Cell::Null),
                ("last_activity_at", now.into()),
            ],
            Event::ConversationClosed { at, .. } => {
                vec![
                    ("status", code(&Status::Closed)),
                    ("closed_at", (*at).into()),
                    ("waiting_since", Cell::Null),
                ]
            }
            Event::ConversationReadByAgent { .. } => vec![("unread", 0.into())],
            Event::MessageEdited { message: None, .. }
            | Event::MessageRevoked { message: None, .. }
            | Event::ReactionChanged { .. }
            | Event::MessageSent { .. }
            | Event::MessageDelivered { .. }
            | Event::MessageRead { .. }
            | Event::MessagePlayed { .. }
            | Event::MessageFailed { .. }
            | Event::MessageStatusAnomalyRecorded { .. }
            | Event::NoteAdded { .. } => vec![],
        };
        set.push(("updated_at", now.into()));
        set.push(("version", event.version.0.into()));
        changes.push(Change::Patch { key: id.into(), set });
        Ok(changes)
    }
}

fn last_message(
    id: uuid::Uuid,
    content: &MessageContent,
    direction: &str,
    at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
) -> Set {
    vec![
        ("last_activity_at", recorded_at.into()),
        ("last_message_id", id.into()),
        ("last_message_at", at.into()),
        ("last_message_preview", preview(content.text())),
        ("last_message_direction", direction.into()),
        ("last_message_kind", code(&content.kind())),
    ]
}

/// The preview follows its message, but only as long as that is the last one.
fn preview_of(conversation: uuid::Uuid, message: uuid::Uuid, preview: Cell) -> Change {
    Change::PatchIf {
        key: Key::from(conversation),
        column: "last_message_id",
        value: message.into(),
        set: vec![("last_message_preview", preview)],
    }
}
