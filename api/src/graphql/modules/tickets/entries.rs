//! What was said on tickets and what happened to them.

use async_graphql::{Context, Enum, Object, Result};
use bitacora_projections::query::{Direction, Filter, Op, TableRow};
use bitacora_projections::views::ticket_entries;
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, TextFilter, enum_filter, filter_input,
};
use crate::graphql::lists::{Beside, List};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &ticket_entries::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[("ticket", super::TABLE)];

/// What an entry of a ticket tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TicketEntryKind {
    /// Somebody said something on it.
    Comment,
    /// It was opened.
    Opened,
    /// Triage judged it.
    Triaged,
    /// It was given to somebody.
    Assigned,
    /// It was taken from whoever had it.
    Unassigned,
    /// It was given to somebody who can do more.
    Escalated,
    /// Somebody began.
    Started,
    /// It began to wait for the contact.
    WaitingCustomer,
    /// It began to wait for somebody else.
    WaitingThirdParty,
    /// What it waited for came.
    Resumed,
    /// The contact said something.
    CustomerReplied,
    /// It was put aside.
    Held,
    /// It came back from the side.
    HoldEnded,
    /// Data were asked for.
    DataRequested,
    /// A datum was supplied.
    DataSupplied,
    /// It has another category.
    Reclassified,
    /// It has another priority.
    PriorityChanged,
    /// It has other tags.
    Tagged,
    /// A model said what it is about.
    Summarised,
    /// The steps of a macro were done.
    MacroApplied,
    /// A person answered the contact.
    Responded,
    /// It came under an SLA.
    SlaApplied,
    /// A target of its SLA was missed.
    SlaBreached,
    /// A target of its SLA was met.
    SlaMet,
    /// It was settled.
    Resolved,
    /// It was reopened.
    Reopened,
    /// It ended.
    Closed,
    /// It goes on in another ticket.
    Merged,
    /// Another ticket goes on here.
    MergedFrom,
    /// A part of it became a ticket of its own.
    Split,
    /// A follow-up was opened.
    FollowUpCreated,
    /// It was linked to something.
    Linked,
    /// The contact was asked for an opinion.
    SurveyRequested,
    /// The contact gave an opinion.
    Rated,
}

enum_filter!(
    /// Conditions on what an entry of a ticket tells.
    TicketEntryKindFilter of TicketEntryKind
);

filter_input! {
    /// Conditions on entries of a ticket. All that are given must hold.
    TicketEntryFilter {
        /// What it tells.
        kind: TicketEntryKindFilter = "kind",
        /// Of a comment: the contact may read it.
        public: BooleanFilter = "public",
        /// Kind and id of who did it, such as `user:<uuid>`.
        actor: TextFilter = "actor",
        /// When it happened.
        at: DateTimeFilter = "at",
    }
}

connection! {
    /// A list of entries of tickets.
    TicketEntryConnection / TicketEntryEdge of TicketEntry
}

/// An entry of a ticket.
#[derive(Clone, Debug)]
pub struct TicketEntry(pub TableRow);

/// A comment on a ticket, or something that happened to it.
#[Object]
impl TicketEntry {
    /// Id of the event behind it.
    async fn event_id(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// The ticket; null while the read side has not seen it yet.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Ticket::find(Caller::of(ctx)?, self.0.uuid("ticket_id")).await
    }
    /// What it tells.
    async fn kind(&self) -> Option<TicketEntryKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// Of a comment: the contact may read it; null for everything else.
    async fn public(&self) -> Option<bool> {
        self.0.cell("public").as_bool()
    }
    /// What it is about in a word: category, priority, team, level, target, field, model or
    /// score; null when `kind` says all.
    async fn title(&self) -> Option<String> {
        self.0.text("title")
    }
    /// Words: the comment, the question, the resolution, the value; null when there are none or
    /// they may not be seen.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// UUID of what it names: the comment, the person, the message, the other ticket, the macro,
    /// the SLA or what it was linked to.
    async fn about(&self) -> Option<Uuid> {
        self.0.uuid("about_id")
    }
    /// Kind and id of who did it, such as `user:<uuid>`.
    async fn actor(&self) -> Option<String> {
        self.0.text("actor")
    }
    /// When it happened.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
}

/// Entries, newest first.
pub(super) fn list() -> List {
    List::of(TABLE, "position", Direction::Desc).beside(READS)
}

/// Comments, newest first.
pub(super) fn comments() -> List {
    let comment = Cell::Text(enums::text(TicketEntryKind::Comment));
    list().kept(Filter::Compare("kind", Op::Eq, comment))
}
