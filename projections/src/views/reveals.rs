//! `reveals`: contacts that came by a lead and may be shown now (ADR 0012).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use cqrs_es::Aggregate;

use crate::reveal::aggregate_id;
use crate::value::ColumnType;
use crate::{Change, Column, Projection, ProjectionError, Table};

const OWNER: &str = Contact::TYPE;

/// The view.
#[derive(Debug)]
pub struct Reveals;

/// Its table.
pub static TABLE: Table = Table {
    name: "reveals",
    schema: 1,
    doc: "One row per contact that the business knew by a lead alone and that may be shown now: \
          the lead was delivered, or the contact began a conversation. Personal columns of \
          contacts that came by a lead and are not here read as NULL.",
    columns: &[
        Column::key("contact_id", ColumnType::Uuid, "Contact."),
        Column::of(OWNER, "because", ColumnType::Text, "`delivered` or `wrote`."),
        Column::of(OWNER, "revealed_at", ColumnType::Time, "Since when."),
    ],
    key: &["contact_id"],
    indexes: &[],
};

impl Projection for Reveals {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let ContactEvent::ContactRevealed { because, .. } = event.decode::<Contact>()? else {
            return Ok(vec![]);
        };
        let set = vec![
            ("because", because.as_str().into()),
            ("revealed_at", event.metadata.occurred_at.into()),
        ];
        // The first one stands.
        Ok(vec![Change::Insert { key: aggregate_id(event)?.into(), set }])
    }
}
