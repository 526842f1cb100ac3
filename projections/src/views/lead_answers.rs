//! `lead_answers`: what leads answered, a question each.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::lead::{Lead, LeadEvent as Event};
use cqrs_es::Aggregate;
use serde_json::Value;
use uuid::Uuid;

use crate::reveal::{aggregate_id, code, plain, text};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Lead::TYPE;

/// The view.
#[derive(Debug)]
pub struct LeadAnswers;

/// Its table.
pub static TABLE: Table = Table {
    name: "lead_answers",
    schema: 1,
    doc: "One row per lead and question: the last answer to it. What identifies the person (the \
          name, and what was said word by word) stands nowhere before the lead is delivered.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the answer, made from the next two."),
        Column::of(OWNER, "lead_id", ColumnType::Uuid, "Lead."),
        Column::of(
            OWNER,
            "field",
            ColumnType::Text,
            "`NAME`, `BUDGET`, `ZONE`, `TYPOLOGY`, `TIMING`, `INTENT` or `PREFERENCES`.",
        ),
        Column::of(
            OWNER,
            "value",
            ColumnType::Json,
            "The answer in normal form; NULL for the name and for what may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(OWNER, "said", ColumnType::Text, "What the contact said; NULL while hidden.")
            .optional()
            .personal(),
        Column::of(OWNER, "confidence_bp", ColumnType::Int, "How sure it is, basis points."),
        Column::of(OWNER, "counts", ColumnType::Bool, "It is sure enough to count."),
        Column::of(OWNER, "from_form", ColumnType::Bool, "A form said it, not the contact."),
        Column::of(OWNER, "message_id", ColumnType::Uuid, "Message that said it.").optional(),
        Column::of(OWNER, "answered_at", ColumnType::Time, "When it was recorded."),
    ],
    key: &["id"],
    indexes: &[Index { name: "by_lead", columns: &["lead_id", "-answered_at", "-id"] }],
};

/// The id of an answer: of its lead and the question.
pub fn id(lead: Uuid, field: &str) -> Uuid {
    Uuid::new_v5(&lead, format!("answer:{field}").as_bytes())
}

impl Projection for LeadAnswers {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let lead = aggregate_id(event)?;
        let Event::LeadAnswerRecorded {
            field,
            raw,
            normalised,
            confidence_bp,
            counts,
            from_form,
            message,
            at,
            ..
        } = event.decode::<Lead>()?
        else {
            return Ok(vec![]);
        };
        let field = code(field);
        let name = field.as_text().unwrap_or_default();
        let tagged = normalised.reveal().map(plain).transpose();
        let tagged = tagged.map_err(|error| ProjectionError::Refused(error.to_string()))?;
        let key = id(lead, name).into();
        let set = vec![
            ("lead_id", lead.into()),
            ("value", tagged.and_then(answer).map_or(Cell::Null, Cell::Json)),
            ("said", text(raw.as_ref())),
            ("confidence_bp", (*confidence_bp).into()),
            ("counts", (*counts).into()),
            ("from_form", (*from_form).into()),
            ("message_id", message.map(bitacora_domain::MessageId::as_uuid).into()),
            ("answered_at", (*at).into()),
            ("field", field.clone()),
        ];
        Ok(vec![Change::Upsert { key, set }])
    }
}

/// The value below the name of the question, which has a column of its own.
fn answer(tagged: Value) -> Option<Value> {
    let Value::Object(map) = tagged else { return None };
    map.into_iter().next().map(|(_, value)| value)
}
