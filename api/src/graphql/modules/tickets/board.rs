//! What the ticket board can be narrowed to and ordered by.

use async_graphql::InputObject;
use bitacora_projections::query::{Direction, Filter, Op, Order, Page, TableRow};
use bitacora_projections::{Cell, ColumnType};

use super::{SlaState, TABLE, TicketOrigin, TicketStatus, TicketWaitingFor};
use crate::graphql::caller::Caller;
use crate::graphql::enums;
use crate::graphql::fault::Fault;
use crate::graphql::filters::{
    AssigneeFilter, BooleanFilter, Comparator, DateTimeFilter, IdFilter, IntFilter, TextFilter,
    TextSetFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::modules::conversations::PriorityFilter;
use crate::graphql::modules::tenants::TriageCategory;

enum_filter!(
    /// Conditions on the status of a ticket.
    TicketStatusFilter of TicketStatus
);
enum_filter!(
    /// Conditions on what a ticket waits for.
    TicketWaitingForFilter of TicketWaitingFor
);
enum_filter!(
    /// Conditions on how a ticket came to be.
    TicketOriginFilter of TicketOrigin
);
enum_filter!(
    /// Conditions on the category of a ticket.
    TicketCategoryFilter of TriageCategory
);
enum_filter!(
    /// Conditions on where a target of an SLA stands.
    SlaStateFilter of SlaState
);

/// Columns in which the state of a target stands.
const TARGETS: [&str; 3] = ["first_response_sla", "next_response_sla", "resolution_sla"];

/// Conditions on targets that were missed and still wait to be done.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OverdueFilter {
    /// There is one (true) or none (false).
    pub eq: Option<bool>,
}

impl Comparator for OverdueFilter {
    const TYPE: ColumnType = ColumnType::Text;
    fn conditions(self, _column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        let overdue = || Cell::Text(enums::text(SlaState::Overdue));
        let any = TARGETS.map(|column| Filter::Compare(column, Op::Eq, overdue()));
        let any = Filter::Or(any.into());
        out.extend(self.eq.map(|there| if there { any } else { Filter::Not(Box::new(any)) }));
        Ok(())
    }
}

filter_input! {
    /// Conditions on tickets. All that are given must hold.
    ///
    /// Those on `number`, `status`, `assignee`, `team`, `category`, `contact`, `conversation` and
    /// `parent` with one value (`eq`, `me`, `isNull: true`) have an index in the order of the
    /// board, and so has `assignee` with `status`; `awaitingSince` has one that finds the rows,
    /// which are then sorted. The others are looked at row by row in the order asked for, beside
    /// another condition or until the page is full; the time limit of a query ends it.
    TicketFilter {
        /// Its number.
        number: IntFilter = "number",
        /// Where it stands.
        status: TicketStatusFilter = "status",
        /// What it waits for.
        waiting_for: TicketWaitingForFilter = "waiting_for",
        /// Who has it; `me: true` for the caller's, `isNull: true` for those that nobody has.
        assignee: AssigneeFilter = "assignee_id",
        /// Which team has it.
        team: TextFilter = "team",
        /// How urgent it is.
        priority: PriorityFilter = "priority",
        /// Category.
        category: TicketCategoryFilter = "category",
        /// Tags on it.
        tags: TextSetFilter = "tags",
        /// How it came to be.
        origin: TicketOriginFilter = "origin",
        /// Whose matter it is.
        contact: IdFilter = "contact_id",
        /// Conversation that it came up in.
        conversation: IdFilter = "conversation_id",
        /// Ticket that it follows or was split off.
        parent: IdFilter = "parent_id",
        /// It was merged into another one (true) or was not (false).
        merged: bool = "merged_into_id",
        /// Words of its subject.
        subject: TextFilter = "subject",
        /// Since when the contact waits; `isNull: false` for those who wait.
        awaiting_since: DateTimeFilter = "awaiting_since",
        /// A target of its SLA was missed at some time.
        breached: BooleanFilter = "breached",
        /// A target of its SLA was missed and still waits to be done.
        overdue: OverdueFilter = "resolution_sla",
        /// Where the first response stands.
        first_response: SlaStateFilter = "first_response_sla",
        /// Where the next response stands.
        next_response: SlaStateFilter = "next_response_sla",
        /// Where the resolution stands.
        resolution: SlaStateFilter = "resolution_sla",
        /// When it has to be resolved.
        resolution_due_at: DateTimeFilter = "resolution_due_at",
        /// Level of its last escalation; 0 before the first.
        escalation_level: IntFilter = "escalation_level",
        /// When it was opened.
        opened_at: DateTimeFilter = "opened_at",
        /// When it was resolved.
        resolved_at: DateTimeFilter = "resolved_at",
        /// When its last event was recorded.
        updated_at: DateTimeFilter = "updated_at",
    }
}

order_input! {
    /// An order of tickets.
    TicketOrder by TicketOrderField {
        /// Its number: the order in which they were opened.
        Number = "number",
        /// How urgent it is, then its number.
        Priority = "priority_rank",
        /// Since when the contact waits for an answer.
        AwaitingSince = "awaiting_since",
        /// When it has to be resolved. Without an index: give a condition that has one, or ask
        /// `slaDue`.
        ResolutionDueAt = "resolution_due_at",
        /// When its last event was recorded. Without an index, too.
        UpdatedAt = "updated_at",
    }
}

/// The row of the ticket with this number.
pub(super) async fn numbered(caller: &Caller, number: i64) -> Result<Option<TableRow>, Fault> {
    let page = Page {
        table: TABLE,
        filter: Filter::Compare("number", Op::Eq, Cell::Int(number)),
        order: vec![Order { column: "number", direction: Direction::Desc }],
        after: None,
        limit: 1,
        backwards: false,
    };
    Ok(caller.app.models.page(caller.tenant(), &page).await?.into_iter().next())
}
