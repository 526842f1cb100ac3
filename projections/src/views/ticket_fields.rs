//! `ticket_fields`: data that a ticket needs, asked for and supplied (CS-37).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::ticket::{Ticket, TicketEvent as Event};
use cqrs_es::Aggregate as _;
use uuid::Uuid as Id;

use crate::reveal::{aggregate_id, person, text};
use crate::value::Cell;
use crate::value::ColumnType::{self, Text, Time, Uuid};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct TicketFields;

const fn own(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(Ticket::TYPE, name, ty, doc)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "ticket_fields",
    schema: 1,
    doc: "One row per ticket and datum that was asked for.",
    columns: &[
        Column::key("id", Uuid, "Id, made from the next two."),
        own("ticket_id", Uuid, "Ticket."),
        own("field", Text, "Name of the datum, such as `número de pedido`."),
        own("requested_at", Time, "When it was last asked for."),
        own("value", Text, "The last value; NULL while there is none, or when it may not be seen.")
            .optional()
            .personal(),
        own("supplied_at", Time, "When it was supplied; NULL while it is missing.").optional(),
        own("supplied_by", Text, "Kind and id of who supplied it, such as `user:<uuid>`.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[Index { name: "by_ticket", columns: &["ticket_id", "field", "id"] }],
};

fn id(ticket: Id, field: &str) -> Id {
    Id::new_v5(&ticket, format!("field:{field}").as_bytes())
}

impl Projection for TicketFields {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Ticket::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let ticket = aggregate_id(event)?;
        let said = event.decode::<Ticket>()?;
        if let Event::TicketDataRequested { fields, at, .. } = said {
            let asked = |field: &String| Change::Upsert {
                key: id(ticket, field).into(),
                set: vec![
                    ("ticket_id", ticket.into()),
                    ("field", field.as_str().into()),
                    ("requested_at", (*at).into()),
                    ("supplied_at", Cell::Null),
                ],
            };
            return Ok(fields.iter().map(asked).collect());
        }
        if let Event::TicketDataSupplied { field, value, at, .. } = said {
            let set = vec![
                ("value", text(Some(value))),
                ("supplied_at", (*at).into()),
                ("supplied_by", person(&event.metadata.actor)),
            ];
            return Ok(vec![Change::Patch { key: id(ticket, field).into(), set }]);
        }
        Ok(Vec::new())
    }
}
