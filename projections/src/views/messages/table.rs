//! The declaration of `messages`.

use bitacora_domain::aggregates::conversation::Conversation;
use cqrs_es::Aggregate as _;

use crate::value::ColumnType;
use crate::{Column, Index, Table};

const OWNER: &str = Conversation::TYPE;

/// Its table.
pub static TABLE: Table = Table {
    name: "messages",
    schema: 2,
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
             deleted or redacted, or may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "content",
            ColumnType::Json,
            "The whole content as JSON with `kind` (lower case) and the fields of that kind \
             (buttons and list rows included); NULL when it was deleted or redacted.",
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
            "For outbound: `PENDING`, `UNKNOWN` (handed over, no answer came), `SENT`, \
             `DELIVERED`, `READ`, `PLAYED` or `FAILED`.",
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
        Column::of(OWNER, "accepted_at", ColumnType::Time, "When the provider took it from us.")
            .optional(),
        Column::of(OWNER, "attempts", ColumnType::Int, "Requests to the provider so far."),
        Column::of(
            OWNER,
            "send_error_code",
            ColumnType::Int,
            "The provider's code of the last request that it did not take; NULL when it gave \
             none, or once it took one.",
        )
        .optional(),
        Column::of(
            OWNER,
            "send_error_title",
            ColumnType::Text,
            "Why the last request was not taken, or why nobody knows; NULL once one was.",
        )
        .optional(),
        Column::of(
            OWNER,
            "redacted_at",
            ColumnType::Time,
            "When its content was taken off all screens.",
        )
        .optional(),
        Column::of(OWNER, "redaction_reason", ColumnType::Text, "Why.").optional(),
        Column::of(OWNER, "transcript", ColumnType::Text, "Words of a voice message.")
            .optional()
            .personal(),
        Column::of(
            OWNER,
            "transcript_language",
            ColumnType::Text,
            "Language of the transcript, such as `es`.",
        )
        .optional(),
        Column::of(OWNER, "transcript_error", ColumnType::Text, "Why there is no transcript.")
            .optional(),
        Column::of(
            OWNER,
            "response_ms",
            ColumnType::Int,
            "For an answer to a waiting contact: how long they had waited, milliseconds.",
        )
        .optional(),
        Column::of(
            OWNER,
            "first_response",
            ColumnType::Bool,
            "It is the first answer of its conversation.",
        ),
        Column::of(
            OWNER,
            "category",
            ColumnType::Text,
            "Triage of a message of the contact: category.",
        )
        .optional(),
        Column::of(OWNER, "intent", ColumnType::Text, "Triage: intent, such as `query_price`.")
            .optional(),
        Column::of(
            OWNER,
            "confidence_bp",
            ColumnType::Int,
            "Triage: confidence, basis points (0–10000).",
        )
        .optional(),
        Column::of(
            OWNER,
            "sentiment",
            ColumnType::Text,
            "Triage: `positive`, `neutral` or `negative`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "triage_outcome",
            ColumnType::Text,
            "What followed: `AUTOPILOT` (the AI answered), `APPROVAL` (a person must look) or \
             `DATA` (more is asked for).",
        )
        .optional(),
        Column::of(
            OWNER,
            "approval_reason",
            ColumnType::Text,
            "Why a person must look: `ASSISTED`, `CATEGORY`, `HIGH_RISK`, `HANDOFF`, `PAUSED`, \
             `OPTED_OUT` or `WINDOW_CLOSED`.",
        )
        .optional(),
        Column::of(OWNER, "reacted_at", ColumnType::Time, "When the contact last reacted.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "thread", columns: &["conversation_id", "-position", "-id"] },
        Index { name: "by_contact", columns: &["contact_id", "-position", "-id"] },
        Index { name: "by_provider_id", columns: &["provider_message_id"] },
        Index { name: "by_time", columns: &["-at", "-id"] },
    ],
};
