//! `suggestions`: answers that the AI would give, and what people decided.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, SuggestionStatus as Status,
};
use bitacora_domain::{Actor, MessageId, RecordedEvent};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, person, text};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Conversation::TYPE;

/// The view.
#[derive(Debug)]
pub struct Suggestions;

/// Its table.
pub static TABLE: Table = Table {
    name: "suggestions",
    schema: 1,
    doc: "One row per answer that was suggested for a conversation, with what was decided.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the suggestion."),
        Column::of(OWNER, "conversation_id", ColumnType::Uuid, "Conversation."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`PROPOSED`, `APPROVED`, `REJECTED`, `SUPERSEDED` (something newer was said) or \
             `EXPIRED`.",
        ),
        Column::of(
            OWNER,
            "text",
            ColumnType::Text,
            "The suggested words; NULL when the message that they became was redacted, or when \
             they may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "citations",
            ColumnType::Json,
            "What it cites: array of `{document, title, chunk}`.",
        ),
        Column::of(OWNER, "answers_id", ColumnType::Uuid, "Message that it was made for.")
            .optional(),
        Column::of(
            OWNER,
            "suggested_by",
            ColumnType::Text,
            "Kind and id of who suggested it, such as `ai:triage`.",
        ),
        Column::of(OWNER, "suggested_at", ColumnType::Time, "When it was suggested."),
        Column::of(OWNER, "expires_at", ColumnType::Time, "Until then it can be decided."),
        Column::of(OWNER, "edited", ColumnType::Bool, "Approved with other words."),
        Column::of(
            OWNER,
            "decided_by",
            ColumnType::Text,
            "Kind and id of who decided, such as `user:<uuid>`; NULL when nobody did.",
        )
        .optional(),
        Column::of(OWNER, "decided_at", ColumnType::Time, "When it was over.").optional(),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it was rejected.").optional(),
        Column::of(OWNER, "message_id", ColumnType::Uuid, "Message that it became.").optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_conversation", columns: &["conversation_id", "-suggested_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-suggested_at", "-id"] },
        Index { name: "by_message", columns: &["message_id"] },
        Index { name: "by_answers", columns: &["answers_id"] },
        Index { name: "by_time", columns: &["-suggested_at", "-id"] },
    ],
};

impl Projection for Suggestions {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let said = event.decode::<Conversation>()?;
        Ok(match suggested(said, event)?.or_else(|| decided(said)) {
            Some(change) => vec![change],
            None => redacted(said),
        })
    }
}

fn suggested(said: &Event, event: &RecordedEvent) -> Result<Option<Change>, ProjectionError> {
    let Event::ReplySuggested { suggestion, text: words, citations, answers, expires_at, at } =
        said
    else {
        return Ok(None);
    };
    let citations = citations.iter().map(|cited| {
        serde_json::json!({
            "document": cited.document, "title": cited.title, "chunk": cited.chunk,
        })
    });
    let set = vec![
        ("conversation_id", aggregate_id(event)?.into()),
        ("status", code(&Status::Proposed)),
        ("text", text(Some(words))),
        ("citations", Cell::Json(citations.collect())),
        ("answers_id", answers.map(MessageId::as_uuid).into()),
        ("suggested_by", person(&event.metadata.actor)),
        ("suggested_at", (*at).into()),
        ("expires_at", (*expires_at).into()),
    ];
    Ok(Some(Change::Insert { key: (*suggestion).into(), set }))
}

fn decided(said: &Event) -> Option<Change> {
    if let Event::SuggestionApproved { suggestion, message, edited, by, at } = said {
        let mut set = over(Status::Approved, Some(by), *at);
        set.push(("edited", (*edited).into()));
        set.push(("message_id", message.as_uuid().into()));
        return Some(patch(*suggestion, set));
    }
    if let Event::SuggestionRejected { suggestion, reason, by, at } = said {
        let mut set = over(Status::Rejected, Some(by), *at);
        set.push(("reason", reason.clone().into()));
        return Some(patch(*suggestion, set));
    }
    if let Event::SuggestionSuperseded { suggestion, at } = said {
        return Some(patch(*suggestion, over(Status::Superseded, None, *at)));
    }
    if let Event::SuggestionExpired { suggestion, at } = said {
        return Some(patch(*suggestion, over(Status::Expired, None, *at)));
    }
    None
}

/// What is taken off all screens is not left here: neither as the suggestion that became the
/// message, nor repeated in the one that answers it.
fn redacted(said: &Event) -> Vec<Change> {
    let Event::MessageRedacted { message, .. } = said else { return Vec::new() };
    let clear = |column| {
        let (value, set) = (message.as_uuid().into(), vec![("text", Cell::Null)]);
        Change::PatchWhere { column, value, set }
    };
    ["message_id", "answers_id"].map(clear).into()
}

fn over(status: Status, by: Option<&Actor>, at: DateTime<Utc>) -> Set {
    let by = by.map_or(Cell::Null, person);
    vec![("status", code(&status)), ("decided_by", by), ("decided_at", at.into())]
}

fn patch(suggestion: Uuid, set: Set) -> Change {
    Change::Patch { key: suggestion.into(), set }
}
