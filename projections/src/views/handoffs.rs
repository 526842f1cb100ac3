//! `handoffs`: every time that a person was asked for, and what became of it.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, HandoffStatus as Status,
};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, person, text};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Conversation::TYPE;

/// The view.
#[derive(Debug)]
pub struct Handoffs;

/// Its table.
pub static TABLE: Table = Table {
    name: "handoffs",
    schema: 1,
    doc: "One row per hand-off of a conversation to a person: asked for, taken, given back.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the hand-off, made from the next two."),
        Column::of(OWNER, "conversation_id", ColumnType::Uuid, "Conversation."),
        Column::of(OWNER, "number", ColumnType::Int, "Number within the conversation, from 1."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`REQUESTED`, `ACCEPTED`, `TIMED_OUT` (nobody came in time; it may still be taken) or \
             `ENDED`.",
        ),
        Column::of(
            OWNER,
            "reason",
            ColumnType::Text,
            "`LOW_CONFIDENCE`, `CUSTOMER_ASKED`, `HIGH_RISK`, `AGENT` or `ERROR`.",
        ),
        Column::of(OWNER, "note", ColumnType::Text, "What the person should know.")
            .optional()
            .personal(),
        Column::of(
            OWNER,
            "requested_by",
            ColumnType::Text,
            "Kind and id of who asked, such as `ai:triage`.",
        ),
        Column::of(OWNER, "requested_at", ColumnType::Time, "When a person was asked for."),
        Column::of(
            OWNER,
            "expires_at",
            ColumnType::Time,
            "Until then somebody has to come, or be heard of once they came; NULL when over.",
        )
        .optional(),
        Column::of(OWNER, "accepted_at", ColumnType::Time, "When a person took it.").optional(),
        Column::of(OWNER, "agent_id", ColumnType::Uuid, "User who took it.").optional(),
        Column::of(
            OWNER,
            "waited_ms",
            ColumnType::Int,
            "How long it waited for a person, milliseconds; NULL while nobody took it.",
        )
        .optional(),
        Column::of(OWNER, "timed_out_at", ColumnType::Time, "When nobody had come in time.")
            .optional(),
        Column::of(OWNER, "ended_at", ColumnType::Time, "When it was over.").optional(),
        Column::of(
            OWNER,
            "ending",
            ColumnType::Text,
            "How it ended: `RETURNED` (given back), `LAPSED` (the person was silent), `FELL_BACK` \
             (nobody came) or `CONVERSATION_OVER`.",
        )
        .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_conversation", columns: &["conversation_id", "-requested_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-requested_at", "-id"] },
        Index { name: "by_agent", columns: &["agent_id", "-requested_at", "-id"] },
        Index { name: "by_time", columns: &["-requested_at", "-id"] },
    ],
};

/// The id of a hand-off: of its conversation and its number there.
pub fn id(conversation: Uuid, number: i64) -> Uuid {
    Uuid::new_v5(&conversation, format!("handoff:{number}").as_bytes())
}

impl Projection for Handoffs {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let conversation = aggregate_id(event)?;
        let said = event.decode::<Conversation>()?;
        if let Event::HandoffRequested { handoff, .. } = said {
            let key = id(conversation, *handoff).into();
            return Ok(vec![Change::Insert { key, set: requested(said, conversation) }]);
        }
        Ok(moved(said)
            .map(|(number, set)| Change::Patch { key: id(conversation, number).into(), set })
            .into_iter()
            .collect())
    }
}

fn requested(said: &Event, conversation: Uuid) -> Set {
    let Event::HandoffRequested { handoff, reason, note, by, expires_at, at, .. } = said else {
        return Set::new();
    };
    vec![
        ("conversation_id", conversation.into()),
        ("number", (*handoff).into()),
        ("status", code(&Status::Requested)),
        ("reason", code(reason)),
        ("note", text(note.as_ref())),
        ("requested_by", person(by)),
        ("requested_at", (*at).into()),
        ("expires_at", (*expires_at).into()),
    ]
}

/// What an event does to a hand-off that there is.
fn moved(said: &Event) -> Option<(i64, Set)> {
    if let Event::HandoffAccepted { handoff, agent, lease_until, waited_ms, at, .. } = said {
        let set = vec![
            ("status", code(&Status::Accepted)),
            ("accepted_at", (*at).into()),
            ("agent_id", agent.as_uuid().into()),
            ("expires_at", (*lease_until).into()),
            ("waited_ms", (*waited_ms).into()),
        ];
        return Some((*handoff, set));
    }
    if let Event::HandoffExtended { handoff, lease_until } = said {
        return Some((*handoff, vec![("expires_at", (*lease_until).into())]));
    }
    if let Event::HandoffTimedOut { handoff, at, .. } = said {
        let set = vec![
            ("status", code(&Status::TimedOut)),
            ("timed_out_at", (*at).into()),
            ("expires_at", Cell::Null),
        ];
        return Some((*handoff, set));
    }
    if let Event::HandoffEnded { handoff, end, at, .. } = said {
        let set = vec![
            ("status", "ENDED".into()),
            ("ended_at", (*at).into()),
            ("ending", code(end)),
            ("expires_at", Cell::Null),
        ];
        return Some((*handoff, set));
    }
    None
}
