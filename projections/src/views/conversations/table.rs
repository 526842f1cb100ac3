//! The declaration of `conversations`.

use bitacora_domain::aggregates::conversation::Conversation;
use cqrs_es::Aggregate as _;

use crate::value::ColumnType;
use crate::{Column, Index, Table};

const OWNER: &str = Conversation::TYPE;

/// Its table.
pub static TABLE: Table = Table {
    name: "conversations",
    schema: 2,
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
            "`OPEN` (somebody may have to act), `SNOOZED` (put aside), `RESOLVED` (settled; a \
             message of the contact opens it again), `CLOSED` (ended for good), `ARCHIVED` \
             (closed and out of the way) or `MERGED` (continued in another one).",
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
        Column::of(
            OWNER,
            "phase",
            ColumnType::Text,
            "Status and hand-off in one word: `PENDING_BOT` (open, nobody asked for a person), \
             `AWAITING_AGENT` (a person was asked for and has not come), `HUMAN_ACTIVE` (a \
             person has it), or the status when it is not open.",
        ),
        Column::of(
            OWNER,
            "handoff",
            ColumnType::Text,
            "Hand-off to a person: `NONE`, `REQUESTED`, `ACCEPTED` or `TIMED_OUT`.",
        ),
        Column::of(
            OWNER,
            "handoff_count",
            ColumnType::Int,
            "Hand-offs so far; the number of the last one.",
        ),
        Column::of(
            OWNER,
            "handoff_reason",
            ColumnType::Text,
            "Of the running hand-off: `LOW_CONFIDENCE`, `CUSTOMER_ASKED`, `HIGH_RISK`, `AGENT` \
             or `ERROR`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "handoff_note",
            ColumnType::Text,
            "Of the running hand-off: what the person should know.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "handoff_requested_at",
            ColumnType::Time,
            "When the running hand-off was requested.",
        )
        .optional(),
        Column::of(
            OWNER,
            "handoff_accepted_at",
            ColumnType::Time,
            "When a person took the running hand-off.",
        )
        .optional(),
        Column::of(
            OWNER,
            "handoff_agent_id",
            ColumnType::Uuid,
            "User who took the running hand-off.",
        )
        .optional(),
        Column::of(
            OWNER,
            "handoff_expires_at",
            ColumnType::Time,
            "Until then somebody has to come (`REQUESTED`) or be heard of (`ACCEPTED`).",
        )
        .optional(),
        Column::of(OWNER, "ai_paused", ColumnType::Bool, "The AI keeps silent here."),
        Column::of(
            OWNER,
            "opted_out",
            ColumnType::Bool,
            "The contact wants no automatic messages.",
        ),
        Column::of(OWNER, "priority", ColumnType::Text, "`LOW`, `MEDIUM`, `HIGH` or `URGENT`."),
        Column::of(
            OWNER,
            "priority_rank",
            ColumnType::Int,
            "The priority as a number to order by: 0 (`LOW`) to 3 (`URGENT`).",
        ),
        Column::of(
            OWNER,
            "snoozed_at",
            ColumnType::Time,
            "When it was put aside; NULL while it is not.",
        )
        .optional(),
        Column::of(
            OWNER,
            "snoozed_until",
            ColumnType::Time,
            "When it comes back by itself; NULL when only a message of the contact brings it \
             back.",
        )
        .optional(),
        Column::of(
            OWNER,
            "pending_suggestion_id",
            ColumnType::Uuid,
            "Suggested answer that waits for a decision.",
        )
        .optional(),
        Column::of(
            OWNER,
            "pending_suggestion_expires_at",
            ColumnType::Time,
            "Until then it can be decided.",
        )
        .optional(),
        Column::of(
            OWNER,
            "first_inbound_at",
            ColumnType::Time,
            "Time of the contact's first message.",
        )
        .optional(),
        Column::of(
            OWNER,
            "first_response_at",
            ColumnType::Time,
            "Time of the first answer, by whomever, sent from here.",
        )
        .optional(),
        Column::of(
            OWNER,
            "first_response_ms",
            ColumnType::Int,
            "How long the contact waited for it, milliseconds.",
        )
        .optional(),
        Column::of(OWNER, "responses", ColumnType::Int, "Answers to a waiting contact."),
        Column::of(
            OWNER,
            "response_ms_total",
            ColumnType::Int,
            "How long the contact waited for them all together, milliseconds.",
        ),
        Column::of(
            OWNER,
            "survey_kind",
            ColumnType::Text,
            "Last survey: `CSAT` (1–5) or `NPS` (0–10).",
        )
        .optional(),
        Column::of(OWNER, "survey_requested_at", ColumnType::Time, "When it was asked.").optional(),
        Column::of(OWNER, "survey_score", ColumnType::Int, "What the contact answered.").optional(),
        Column::of(OWNER, "survey_comment", ColumnType::Text, "What the contact said about it.")
            .optional()
            .personal(),
        Column::of(OWNER, "survey_answered_at", ColumnType::Time, "When the contact answered.")
            .optional(),
        Column::of(OWNER, "merged_into_id", ColumnType::Uuid, "Conversation that it goes on in.")
            .optional(),
        Column::of(
            OWNER,
            "merged_from",
            ColumnType::Json,
            "Conversations that go on here: array of ids.",
        ),
        Column::of(
            OWNER,
            "links",
            ColumnType::Json,
            "What it is linked to: array of `{kind, id}`, oldest first; `kind` is `TICKET`, \
             `LEAD`, `CALL`, `SHIPMENT`, `APPOINTMENT` or `CONVERSATION`.",
        ),
        Column::of(OWNER, "scheduled", ColumnType::Int, "Messages that are to be sent later."),
        Column::of(
            OWNER,
            "last_message_sender",
            ColumnType::Text,
            "Who sent the last message: `contact`, `agent`, `ai`, `auto_reply`, `system`, \
             `campaign` or `phone`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "category",
            ColumnType::Text,
            "Category that triage last gave a message of it.",
        )
        .optional(),
        Column::of(OWNER, "archived_at", ColumnType::Time, "When it was put out of the way.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "inbox", columns: &["-last_activity_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-last_activity_at", "-id"] },
        Index { name: "by_phase", columns: &["phase", "-last_activity_at", "-id"] },
        Index { name: "by_assignee", columns: &["assignee_id", "-last_activity_at", "-id"] },
        Index { name: "by_work", columns: &["assignee_id", "status", "-last_activity_at", "-id"] },
        Index { name: "by_contact", columns: &["contact_id", "-last_activity_at", "-id"] },
        Index { name: "by_channel", columns: &["channel_id", "-last_activity_at", "-id"] },
        Index { name: "by_waiting", columns: &["waiting_since", "id"] },
        Index { name: "by_team", columns: &["team", "-last_activity_at", "-id"] },
        Index { name: "by_priority", columns: &["-priority_rank", "-last_activity_at", "-id"] },
        Index { name: "by_unread", columns: &["-unread", "-last_activity_at", "-id"] },
        Index { name: "by_snooze", columns: &["snoozed_until", "id"] },
        Index { name: "by_suggestion", columns: &["pending_suggestion_id"] },
    ],
};
