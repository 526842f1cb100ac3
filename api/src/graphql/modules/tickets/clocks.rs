//! Clocks of SLAs: what is due when.

use async_graphql::{Context, Object, Result};
use bitacora_projections::query::{Direction, Filter, Op, TableRow};
use bitacora_projections::views::sla_clocks;
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};

use super::board::{SlaStateFilter, TicketCategoryFilter};
use super::{SlaState, SlaTarget, Ticket};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    AssigneeFilter, DateTimeFilter, IdFilter, TextFilter, enum_filter, filter_input,
};
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::modules::conversations::PriorityFilter;
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &sla_clocks::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[("ticket", super::TABLE)];

enum_filter!(
    /// Conditions on what an SLA promises.
    SlaTargetFilter of SlaTarget
);

filter_input! {
    /// Conditions on what is due. All that are given must hold.
    SlaClockFilter {
        /// Which target.
        target: SlaTargetFilter = "target",
        /// Where it stands: `RUNNING` or `OVERDUE`.
        state: SlaStateFilter = "state",
        /// When it is due.
        due_at: DateTimeFilter = "due_at",
        /// Ticket.
        ticket: IdFilter = "ticket_id",
        /// Who has the ticket; `me: true` for the caller's, `isNull: true` for those that nobody
        /// has.
        assignee: AssigneeFilter = "assignee_id",
        /// Which team has the ticket.
        team: TextFilter = "team",
        /// How urgent the ticket is.
        priority: PriorityFilter = "priority",
        /// Category of the ticket.
        category: TicketCategoryFilter = "category",
    }
}

connection! {
    /// A list of what is due.
    SlaClockConnection / SlaClockEdge of SlaClock
}

/// The clock of one target.
#[derive(Clone, Debug)]
pub struct SlaClock(pub TableRow);

/// The clock of one target of the SLA of a ticket.
#[Object]
impl SlaClock {
    /// The ticket; null while the read side has not seen it yet.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Ticket::find(Caller::of(ctx)?, self.0.uuid("ticket_id")).await
    }
    /// Which target.
    async fn target(&self) -> Option<SlaTarget> {
        enums::of_cell(self.0.cell("target"))
    }
    /// Where it stands.
    async fn state(&self) -> Option<SlaState> {
        enums::of_cell(self.0.cell("state"))
    }
    /// When it is, or was, to be done; null while the clock stands still or has no limit.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("due_at")
    }
    /// Open time that it has, seconds; null without a limit.
    async fn limit_seconds(&self) -> Option<i64> {
        self.0.cell("limit_s").as_int()
    }
    /// Open time used until the clock last stood still, began or went on, milliseconds.
    async fn elapsed_ms(&self) -> i64 {
        self.0.int("elapsed_ms")
    }
    /// Of a response: the turn of the contact that it answers, from 0, the opening.
    async fn turn(&self) -> Option<i64> {
        self.0.cell("turn").as_int()
    }
    /// When it was last missed.
    async fn breached_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("breached_at")
    }
    /// When it was last done in time.
    async fn met_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("met_at")
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct SlaQueries;

list_fields! {
    /// Fields of the query root.
    SlaQueries {
        /// What SLAs promise and is still to be done, of all tickets: what is overdue or due
        /// soonest first. What stands still is not in it.
        sla_due: SlaClockConnection [SlaClockFilter] = |_| due();
    }
}

fn due() -> List {
    List::of(TABLE, "due_at", Direction::Asc)
        .kept(Filter::Compare("pending", Op::Eq, Cell::Bool(true)))
        .beside(READS)
}
