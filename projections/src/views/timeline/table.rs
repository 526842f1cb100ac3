//! The declaration of `timeline`.

use crate::value::ColumnType;
use crate::{Column, Index, Table};

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
             `MESSAGE_UNKNOWN`, `MESSAGE_EDITED`, `MESSAGE_REVOKED`, `MESSAGE_REDACTED`, \
             `MESSAGE_SCHEDULED`, `SCHEDULE_CANCELLED`, `SCHEDULE_SKIPPED`, `NOTE`, \
             `LABEL_ADDED`, `LABEL_REMOVED`, `ASSIGNED`, `UNASSIGNED`, `PRIORITY_CHANGED`, \
             `MACRO_APPLIED`, `LINKED`, `SNOOZED`, `UNSNOOZED`, `RESOLVED`, `REOPENED`, \
             `CLOSED`, `ARCHIVED`, `MERGED`, `MERGED_FROM`, `HANDOFF_REQUESTED`, \
             `HANDOFF_ACCEPTED`, `HANDOFF_TIMED_OUT`, `HANDOFF_ENDED`, `AI_PAUSED`, \
             `AI_RESUMED`, `APPROVAL_REQUIRED`, `DATA_REQUESTED`, `TICKET_REQUESTED`, \
             `REPLY_SUGGESTED`, `SUGGESTION_APPROVED`, `SUGGESTION_REJECTED`, \
             `SUGGESTION_EXPIRED`, `ACTION_APPROVED`, `ACTION_REJECTED`, `SURVEY_REQUESTED`, \
             `SURVEY_ANSWERED`, `CONTACT_CREATED`, `IDENTITY_ADDED`, `RENAMED`, `OPTED_OUT` or \
             `OPTED_IN`.",
        ),
        Column::once(
            "title",
            ColumnType::Text,
            "What it is about in a word: type of the message, label, team, category, reason, code \
             or score; NULL when `kind` says all.",
        )
        .optional(),
        Column::once(
            "text",
            ColumnType::Text,
            "Words: the note, the resolution, the name, the comment; or the id of whom or what it \
             names.",
        )
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
