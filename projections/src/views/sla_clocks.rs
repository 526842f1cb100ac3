//! `sla_clocks`: what is due when, one row per ticket and target.

use bitacora_domain::aggregates::ticket::{SlaTarget, Ticket, TicketEvent as Event};
use bitacora_domain::{RecordedEvent, UserId};
use cqrs_es::Aggregate as _;
use uuid::Uuid as Id;

use super::tickets::rank;
use super::tickets::sla::{self, Face, Tick};
use crate::change::Set;
use crate::reveal::{aggregate_id, code};
use crate::value::Cell;
use crate::value::ColumnType::{self, Bool, Int, Text, Time, Uuid};
use crate::{Change, Column, Index, Key, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct SlaClocks;

const fn own(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(Ticket::TYPE, name, ty, doc)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "sla_clocks",
    schema: 1,
    doc: "One row per ticket and target of an SLA: three per ticket, from its opening. What has to \
          be done next is `pending` in the order of `due_at`.",
    columns: &[
        Column::key("id", Uuid, "Id, made from the next two."),
        own("ticket_id", Uuid, "Ticket."),
        own("target", Text, "`FIRST_RESPONSE`, `NEXT_RESPONSE` or `RESOLUTION`."),
        own(
            "state",
            Text,
            "`NONE` (no limit, or nothing to count yet), `RUNNING`, `PAUSED`, `OVERDUE` (missed, \
             still to be done), `MET`, `MISSED` (missed, and done or over since) or `CANCELLED` \
             (the ticket ended first).",
        ),
        own("pending", Bool, "Something has to be done by `due_at`: `RUNNING` or `OVERDUE`."),
        own(
            "due_at",
            Time,
            "When it is, or was, to be done; NULL while the clock stands still or has no limit.",
        )
        .optional(),
        own("limit_s", Int, "Open time that it has, seconds; NULL without a limit.").optional(),
        own(
            "elapsed_ms",
            Int,
            "Open time used until the clock last stood still, began or went on, milliseconds.",
        ),
        own(
            "turn",
            Int,
            "Of a next response: the turn of the contact that it answers, counted from 0, the \
             opening.",
        )
        .optional(),
        own("breached_at", Time, "When it was last missed.").optional(),
        own("met_at", Time, "When it was last done in time.").optional(),
        own("priority", Text, "Priority of the ticket."),
        own("priority_rank", Int, "The priority as a number to order by: 0 to 3."),
        own("category", Text, "Category of the ticket."),
        own("assignee_id", Uuid, "User that the ticket is assigned to.").optional(),
        own("team", Text, "Team that the ticket is assigned to.").optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_due", columns: &["pending", "due_at", "id"] },
        Index { name: "by_assignee", columns: &["assignee_id", "pending", "due_at", "id"] },
        Index { name: "by_team", columns: &["team", "pending", "due_at", "id"] },
        Index { name: "by_target", columns: &["target", "pending", "due_at", "id"] },
        Index { name: "by_ticket", columns: &["ticket_id", "target", "id"] },
    ],
};

/// Where the clock stands in its row.
const FACE: Face =
    Face { state: "state", due: "due_at", limit: "limit_s", pending: Some("pending") };

/// The id of the clock of a target.
pub fn id(ticket: Id, target: SlaTarget) -> Id {
    let name: &[u8] = match target {
        SlaTarget::FirstResponse => b"sla:first_response",
        SlaTarget::NextResponse => b"sla:next_response",
        SlaTarget::Resolution => b"sla:resolution",
    };
    Id::new_v5(&ticket, name)
}

impl Projection for SlaClocks {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Ticket::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let ticket = aggregate_id(event)?;
        let said = event.decode::<Ticket>()?;
        if let Event::TicketOpened { .. } = said {
            return Ok(SlaTarget::ALL.map(|target| opened(said, ticket, target)).into());
        }
        let set = of_all(said);
        if !set.is_empty() {
            let patch = |target| Change::Patch { key: id(ticket, target).into(), set: set.clone() };
            return Ok(SlaTarget::ALL.map(patch).into());
        }
        let ticks = sla::ticks(said).into_iter();
        Ok(ticks.flat_map(|(target, tick)| ticked(id(ticket, target).into(), tick)).collect())
    }
}

fn opened(said: &Event, ticket: Id, target: SlaTarget) -> Change {
    let mut set = vec![
        ("ticket_id", ticket.into()),
        ("target", code(&target)),
        ("state", sla::NONE.into()),
        ("turn", (target == SlaTarget::FirstResponse).then_some(0_i64).into()),
    ];
    if let Event::TicketOpened { category, priority, .. } = said {
        set.push(("category", code(category)));
        set.extend([("priority", code(priority)), ("priority_rank", rank(*priority))]);
    }
    Change::Insert { key: id(ticket, target).into(), set }
}

/// What every clock of a ticket shows of it.
fn of_all(said: &Event) -> Set {
    if let Event::TicketAssigned { agent, team, .. } = said {
        let agent = agent.map(UserId::as_uuid);
        return vec![("assignee_id", agent.into()), ("team", team.clone().into())];
    }
    if let Event::TicketUnassigned { .. } = said {
        return vec![("assignee_id", Cell::Null), ("team", Cell::Null)];
    }
    if let Event::TicketReclassified { to, .. } = said {
        return vec![("category", code(to))];
    }
    if let Event::TicketPriorityChanged { to, .. } = said {
        return vec![("priority", code(to)), ("priority_rank", rank(*to))];
    }
    Set::new()
}

fn ticked(key: Key, tick: Tick) -> Vec<Change> {
    let (mut set, then) = FACE.show(&key, tick);
    match tick {
        Tick::Applied { elapsed_ms, .. }
        | Tick::Paused { elapsed_ms }
        | Tick::Resumed { elapsed_ms, .. } => set.push(("elapsed_ms", elapsed_ms.into())),
        Tick::Started { turn, .. } => {
            set.extend([("turn", turn.into()), ("elapsed_ms", 0_i64.into())]);
        }
        Tick::Breached { due } => set.push(("breached_at", due.into())),
        Tick::Met { elapsed_ms, at, .. } => {
            set.extend([("elapsed_ms", elapsed_ms.into()), ("met_at", at.into())]);
        }
        Tick::Limited { .. } | Tick::Done | Tick::Over => {}
    }
    let patch = (!set.is_empty()).then_some(Change::Patch { key, set });
    patch.into_iter().chain(then).collect()
}
