//! `lead_contacts`: every time that a lead was written to before it answered.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::lead::{Lead, LeadEvent as Event};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code};
use crate::value::ColumnType;
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Lead::TYPE;

/// The view.
#[derive(Debug)]
pub struct LeadContacts;

/// Its table.
pub static TABLE: Table = Table {
    name: "lead_contacts",
    schema: 1,
    doc: "One row per attempt to reach a lead that had not answered: the first ones, and the \
          touches of reactivation.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the contact, made from the next two."),
        Column::of(OWNER, "lead_id", ColumnType::Uuid, "Lead."),
        Column::of(OWNER, "number", ColumnType::Int, "Number within the lead, from 1."),
        Column::of(OWNER, "status", ColumnType::Text, "`REQUESTED`, `WRITTEN` or `FAILED`."),
        Column::of(OWNER, "kind", ColumnType::Text, "`ATTEMPT` or `TOUCH`."),
        Column::of(OWNER, "n", ColumnType::Int, "Number among those of its kind.").optional(),
        Column::of(OWNER, "template", ColumnType::Text, "Template that was used.").optional(),
        Column::of(OWNER, "message_id", ColumnType::Uuid, "Message in the conversation.")
            .optional(),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it did not leave.").optional(),
        Column::of(OWNER, "at", ColumnType::Time, "When it was requested, written or given up."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_lead", columns: &["lead_id", "-at", "-id"] },
        Index { name: "by_message", columns: &["message_id"] },
    ],
};

/// The id of a contact: of its lead and its number there.
pub fn id(lead: Uuid, number: i64) -> Uuid {
    Uuid::new_v5(&lead, format!("contact:{number}").as_bytes())
}

impl Projection for LeadContacts {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let lead = aggregate_id(event)?;
        let Some((number, mut set)) = said(event.decode::<Lead>()?) else { return Ok(vec![]) };
        set.extend([("lead_id", lead.into()), ("number", number.into())]);
        Ok(vec![Change::Upsert { key: id(lead, number).into(), set }])
    }
}

fn said(event: &Event) -> Option<(i64, Set)> {
    if let Event::LeadContactRequested { contact, kind, template, at } = event {
        let set = vec![
            ("status", "REQUESTED".into()),
            ("kind", code(kind)),
            ("template", template.name.as_str().into()),
            ("at", (*at).into()),
        ];
        return Some((*contact, set));
    }
    if let Event::LeadContactAttempted { contact, kind, n, template, message, at, .. } = event {
        let set = vec![
            ("status", "WRITTEN".into()),
            ("kind", code(kind)),
            ("n", (*n).into()),
            ("template", template.as_str().into()),
            ("message_id", message.map(bitacora_domain::MessageId::as_uuid).into()),
            ("at", (*at).into()),
        ];
        return Some((*contact, set));
    }
    if let Event::LeadContactFailed { contact, kind, n, reason, at, .. } = event {
        let set = vec![
            ("status", "FAILED".into()),
            ("kind", code(kind)),
            ("n", (*n).into()),
            ("reason", reason.as_str().into()),
            ("at", (*at).into()),
        ];
        return Some((*contact, set));
    }
    None
}
