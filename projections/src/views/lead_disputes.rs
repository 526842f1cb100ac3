//! `lead_disputes`: leads that a tenant says it should not pay for, and what was answered.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::lead::{Lead, LeadEvent as Event};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::reveal::{aggregate_id, code, person, text};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Lead::TYPE;

/// The view.
#[derive(Debug)]
pub struct LeadDisputes;

/// Its table.
pub static TABLE: Table = Table {
    name: "lead_disputes",
    schema: 1,
    doc: "One row per dispute of a lead; each reason once.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the dispute, made from the next two."),
        Column::of(OWNER, "lead_id", ColumnType::Uuid, "Lead."),
        Column::of(
            OWNER,
            "reason",
            ColumnType::Text,
            "`DUPLICATE`, `SPAM`, `INCOMPLETE` or `OUT_OF_ZONE`.",
        ),
        Column::of(OWNER, "status", ColumnType::Text, "`OPEN`, `REFUNDED` or `REJECTED`."),
        Column::of(OWNER, "note", ColumnType::Text, "In words.").optional().personal(),
        Column::of(OWNER, "disputed_by", ColumnType::Text, "Kind and id of who disputes."),
        Column::of(OWNER, "disputed_at", ColumnType::Time, "When."),
        Column::of(OWNER, "answer", ColumnType::Text, "The answer in words.").optional().personal(),
        Column::of(OWNER, "resolved_by", ColumnType::Text, "Kind and id of who answered.")
            .optional(),
        Column::of(OWNER, "resolved_at", ColumnType::Time, "When it was answered.").optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_lead", columns: &["lead_id", "-disputed_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-disputed_at", "-id"] },
    ],
};

/// The id of a dispute: of its lead and its reason.
pub fn id(lead: Uuid, reason: &str) -> Uuid {
    Uuid::new_v5(&lead, format!("dispute:{reason}").as_bytes())
}

impl Projection for LeadDisputes {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let lead = aggregate_id(event)?;
        let key = |reason: &Cell| id(lead, reason.as_text().unwrap_or_default()).into();
        let said = event.decode::<Lead>()?;
        if let Event::LeadDisputed { reason, note, by, at } = said {
            let reason = code(reason);
            let set = vec![
                ("lead_id", lead.into()),
                ("status", "OPEN".into()),
                ("note", text(note.as_ref())),
                ("disputed_by", person(by)),
                ("disputed_at", (*at).into()),
                ("reason", reason.clone()),
            ];
            return Ok(vec![Change::Insert { key: key(&reason), set }]);
        }
        if let Event::LeadDisputeResolved { reason, refund, note, by, at, .. } = said {
            let status = if *refund { "REFUNDED" } else { "REJECTED" };
            let set = vec![
                ("status", status.into()),
                ("answer", text(note.as_ref())),
                ("resolved_by", person(by)),
                ("resolved_at", (*at).into()),
            ];
            return Ok(vec![Change::Patch { key: key(&code(reason)), set }]);
        }
        Ok(vec![])
    }
}
