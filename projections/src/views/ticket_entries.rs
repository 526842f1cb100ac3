//! `ticket_entries`: what was said on a ticket and what happened to it, as a list that people
//! read.

mod entry;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::ticket::Ticket;
use cqrs_es::Aggregate as _;

use crate::reveal::{aggregate_id, person};
use crate::value::ColumnType::{Bool, Int, Text, Time, Uuid};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};
use entry::{Entry, entry_of};

/// The view.
#[derive(Debug)]
pub struct TicketEntries;

/// Its table.
pub static TABLE: Table = Table {
    name: "ticket_entries",
    schema: 1,
    doc: "One row per comment on a ticket and per noteworthy event of it, in the order in which \
          they were recorded: `position`.",
    columns: &[
        Column::key("id", Uuid, "Id of the event."),
        Column::once("ticket_id", Uuid, "Ticket."),
        Column::once(
            "kind",
            Text,
            "`COMMENT`, `OPENED`, `TRIAGED`, `ASSIGNED`, `UNASSIGNED`, `ESCALATED`, `STARTED`, \
             `WAITING_CUSTOMER`, `WAITING_THIRD_PARTY`, `RESUMED`, `CUSTOMER_REPLIED`, `HELD`, \
             `HOLD_ENDED`, `DATA_REQUESTED`, `DATA_SUPPLIED`, `RECLASSIFIED`, `PRIORITY_CHANGED`, \
             `TAGGED`, `SUMMARISED`, `MACRO_APPLIED`, `RESPONDED`, `SLA_APPLIED`, `SLA_BREACHED`, \
             `SLA_MET`, `RESOLVED`, `REOPENED`, `CLOSED`, `MERGED`, `MERGED_FROM`, `SPLIT`, \
             `FOLLOW_UP_CREATED`, `LINKED`, `SURVEY_REQUESTED` or `RATED`.",
        ),
        Column::once(
            "public",
            Bool,
            "Of a comment: the contact may read it. NULL for everything else.",
        )
        .optional(),
        Column::once(
            "title",
            Text,
            "What it is about in a word: category, priority, team, level, target, field, reason, \
             model or score; NULL when `kind` says all.",
        )
        .optional(),
        Column::once("text", Text, "Words: the comment, the question, the resolution, the value.")
            .optional()
            .personal(),
        Column::once(
            "about_id",
            Uuid,
            "What it names: the comment, the person, the message, the other ticket, the macro, \
             the SLA or what it was linked to.",
        )
        .optional(),
        Column::once("actor", Text, "Kind and id of who did it, such as `user:<uuid>`."),
        Column::once("at", Time, "When it happened."),
        Column::once("position", Int, "Position in the tenant's lane."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_ticket", columns: &["ticket_id", "-position", "-id"] },
        Index { name: "by_kind", columns: &["ticket_id", "kind", "-position", "-id"] },
    ],
};

impl Projection for TicketEntries {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Ticket::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let Some(Entry { kind, at, more }) = entry_of(event.decode::<Ticket>()?) else {
            return Ok(Vec::new());
        };
        let mut set = more;
        set.extend([
            ("ticket_id", aggregate_id(event)?.into()),
            ("kind", kind.into()),
            ("actor", person(&event.metadata.actor)),
            ("at", at.into()),
            ("position", event.position.0.into()),
        ]);
        Ok(vec![Change::Insert { key: event.metadata.event_id.as_uuid().into(), set }])
    }
}
