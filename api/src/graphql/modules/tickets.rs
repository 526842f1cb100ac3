//! Tickets: matters of contacts that the business works on until they are settled.

mod board;
pub mod clocks;
pub mod entries;
mod fields;
mod parts;
mod words;

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::ticket as domain;
use bitacora_projections::query::{Direction, Filter, Order, Page, TableRow};
use bitacora_projections::views::tickets;
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::calls::{CallConnection, CallFilter, CallOrder};
use super::contacts::Contact;
use super::conversations::{Conversation, FirstResponse, Responses, User};
use super::tenants::TriageCategory;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, asked, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::rows::Below;
use crate::graphql::scalars::Position;
use crate::graphql::vocabulary::Priority;

pub use board::{TicketFilter, TicketOrder, TicketOrderField};
pub use clocks::{SlaClock, SlaClockConnection, SlaClockFilter, SlaQueries, TABLE as SLA_CLOCKS};
pub use entries::{
    TABLE as ENTRIES, TicketEntry, TicketEntryConnection, TicketEntryFilter, TicketEntryKind,
};
pub use fields::{TABLE as FIELDS, TicketField};
pub use parts::{
    SlaStanding, TicketEscalation, TicketLink, TicketResolution, TicketSla, TicketSummary,
    TicketSurvey, TicketWaiting,
};
pub use words::{
    SlaState, SlaTarget, TicketClosedBy, TicketLinkKind, TicketOrigin, TicketStatus,
    TicketWaitingFor,
};

/// The table behind the type.
pub const TABLE: &Table = &tickets::TABLE;
/// Tables that fields of a ticket read beside its own.
const READS: Beside = &[
    ("contact", super::contacts::TABLE),
    ("conversation", super::conversations::TABLE),
    ("fields", FIELDS),
    ("slaClocks", SLA_CLOCKS),
];
/// Statuses of tickets that somebody works on, or has to.
const LIVE: [TicketStatus; 2] = [TicketStatus::New, TicketStatus::InProgress];

connection! {
    /// A list of tickets.
    TicketConnection / TicketEdge of Ticket
}

/// A ticket.
#[derive(Clone, Debug)]
pub struct Ticket(pub TableRow);

/// A matter of one contact that the business works on until it is settled.
#[Object]
impl Ticket {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Ticket.id(self.uuid())
    }
    /// The id in raw events and in the history.
    #[graphql(name = "uuid")]
    async fn raw_id(&self) -> Uuid {
        self.uuid()
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// Its number, 1, 2, 3 … without gaps within the tenant.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// What it is about; null when that may not be seen.
    async fn subject(&self) -> Option<String> {
        self.0.text("subject")
    }
    /// Where it stands; while it waits it is `IN_PROGRESS` (or `NEW`, on hold), and a merged one
    /// is `CLOSED`.
    async fn status(&self) -> Option<TicketStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// What it waits for; null while it does not. Its SLA clocks stand still meanwhile.
    async fn waiting(&self) -> Option<TicketWaiting> {
        TicketWaiting::of(&self.0)
    }
    /// Category.
    async fn category(&self) -> Option<TriageCategory> {
        enums::of_cell(self.0.cell("category"))
    }
    /// How urgent it is; the SLA's targets go by it.
    async fn priority(&self) -> Option<Priority> {
        enums::of_cell(self.0.cell("priority"))
    }
    /// Tags in lower case, sorted.
    async fn tags(&self) -> Vec<String> {
        self.0.texts("tags")
    }
    /// How it came to be.
    async fn origin(&self) -> Option<TicketOrigin> {
        enums::of_cell(self.0.cell("origin"))
    }
    /// Whose matter it is; null while the read side has not seen the contact yet.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// The conversation that it came up in.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// The ticket that it follows or was split off.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Self::find(Caller::of(ctx)?, self.0.uuid("parent_id")).await
    }
    /// Who has it.
    async fn assignee(&self) -> Option<User> {
        self.0.uuid("assignee_id").map(User::new)
    }
    /// Which team has it.
    async fn team(&self) -> Option<String> {
        self.0.text("team")
    }
    /// The last escalation; null when there was none.
    async fn escalation(&self) -> Option<TicketEscalation> {
        TicketEscalation::of(&self.0)
    }
    /// Names of data that were asked for and not supplied yet, sorted.
    async fn missing_fields(&self) -> Vec<String> {
        self.0.texts("missing_fields")
    }
    /// Data that were ever asked for, by name; at most 50.
    #[graphql(complexity = "10 * child_complexity")]
    async fn fields(&self, ctx: &Context<'_>) -> Result<Vec<TicketField>> {
        Ok(self.below(ctx, FIELDS, "field").await?.into_iter().map(TicketField).collect())
    }
    /// The SLA that it is under; null when it is under none.
    async fn sla(&self) -> Option<TicketSla> {
        self.0.uuid("sla_policy_id").map(|_| TicketSla(self.0.clone()))
    }
    /// The three clocks of its SLA in full.
    #[graphql(complexity = "3 * child_complexity")]
    async fn sla_clocks(&self, ctx: &Context<'_>) -> Result<Vec<SlaClock>> {
        Ok(self.below(ctx, SLA_CLOCKS, "target").await?.into_iter().map(SlaClock).collect())
    }
    /// Since when the contact waits for an answer of a person; null when it does not.
    async fn awaiting_since(&self) -> Option<DateTime<Utc>> {
        self.0.time("awaiting_since")
    }
    /// When the contact last said something about it; null when it did not since the opening.
    async fn replied_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("replied_at")
    }
    /// The first answer of a person; null while there is none.
    async fn first_response(&self) -> Option<FirstResponse> {
        let at = self.0.time("first_response_at")?;
        Some(FirstResponse { at, waited_ms: self.0.int("first_response_ms") })
    }
    /// How fast people answer the contact.
    async fn responses(&self) -> Responses {
        Responses { count: self.0.int("responses"), total_ms: self.0.int("response_ms_total") }
    }
    /// How it was last settled; null when it was not.
    async fn resolution(&self) -> Option<TicketResolution> {
        TicketResolution::of(&self.0)
    }
    /// Times that it was reopened.
    async fn reopened_count(&self) -> i64 {
        self.0.int("reopened")
    }
    /// Number of comments.
    async fn comment_count(&self) -> i64 {
        self.0.int("comments")
    }
    /// Who opened it: kind and id, such as `user:<uuid>`.
    async fn opened_by(&self) -> Option<String> {
        self.0.text("opened_by")
    }
    /// When it was opened.
    async fn opened_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("opened_at")
    }
    /// When somebody first began to work on it.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("started_at")
    }
    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("closed_at")
    }
    /// Who closed it; null while it is open, and when it was merged.
    async fn closed_by(&self) -> Option<TicketClosedBy> {
        enums::of_cell(self.0.cell("closed_by"))
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    /// The ticket that it goes on in, when it was merged into one: this one is read-only.
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Self::find(Caller::of(ctx)?, self.0.uuid("merged_into_id")).await
    }
    /// UUIDs of the tickets that go on here.
    async fn merged_from(&self) -> Vec<Uuid> {
        self.0.texts("merged_from").iter().filter_map(|id| id.parse().ok()).collect()
    }
    /// The ticket that follows it after it was closed.
    async fn follow_up(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Self::find(Caller::of(ctx)?, self.0.uuid("follow_up_id")).await
    }
    /// What it is linked to, oldest first.
    async fn links(&self) -> Vec<TicketLink> {
        TicketLink::all(self.0.json("links").as_ref())
    }
    /// What it is about in a few words, by a model; null while no model said so.
    async fn summary(&self) -> Option<TicketSummary> {
        TicketSummary::of(&self.0)
    }
    /// What the contact thinks of it; null when nobody asked.
    async fn survey(&self) -> Option<TicketSurvey> {
        TicketSurvey::of(&self.0)
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> TicketLists {
        TicketLists(self.uuid())
    }
}

/// What belongs to a ticket.
pub struct TicketLists(Uuid);

list_fields! {
    /// What belongs to a ticket.
    TicketLists {
        /// Comments on it, newest first.
        comments: TicketEntryConnection [TicketEntryFilter] =
            |of| entries::comments().below("ticket_id", of.0);
        /// What was said and done, newest first.
        history: TicketEntryConnection [TicketEntryFilter] =
            |of| entries::list().below("ticket_id", of.0);
        /// Tickets that follow it or were split off, newest first unless ordered otherwise.
        children: TicketConnection [TicketFilter by TicketOrder] =
            |of| list().below("parent_id", of.0);
        /// Calls that were last tied to it, newest first unless ordered otherwise.
        calls: CallConnection [CallFilter by CallOrder] =
            |of| super::calls::list().below("ticket_id", of.0);
    }
}

impl Ticket {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    /// The ticket with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }

    /// The newest ticket of a conversation that somebody works on or has to, read together with
    /// those of the other conversations of a list.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn live_in(caller: &Caller, conversation: Uuid) -> Result<Option<Self>> {
        let live = LIVE.map(|status| Cell::Text(enums::text(status))).into();
        let page = Page {
            table: TABLE,
            filter: Filter::In("status", live),
            order: vec![Order { column: "number", direction: Direction::Desc }],
            after: None,
            limit: 1,
            backwards: false,
        };
        let found = caller.below(Below::new(page, "conversation_id", Cell::Uuid(conversation)));
        Ok(found.await?.into_iter().next().map(Self))
    }

    /// All rows of a small table that belong to the ticket, read together with those of the
    /// other tickets of a list.
    async fn below(
        &self,
        ctx: &Context<'_>,
        table: &'static Table,
        column: &'static str,
    ) -> Result<Vec<TableRow>, Fault> {
        let order = vec![Order { column, direction: Direction::Asc }];
        let filter = Filter::And(Vec::new());
        let page = Page { table, filter, order, after: None, limit: 50, backwards: false };
        let caller = Caller::of(ctx).map_err(|error| Fault::internal(error.message))?;
        caller.below(Below::new(page, "ticket_id", Cell::Uuid(self.uuid()))).await
    }
}

impl Entity for Ticket {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        let beside = [super::contacts::TABLE, super::conversations::TABLE, FIELDS, SLA_CLOCKS];
        mutation::reread(caller, done, TABLE, &beside).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct TicketQueries;

#[Object]
impl TicketQueries {
    /// A ticket by its global id or by its number; null when there is none for this tenant.
    async fn ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the ticket.")] id: Option<ID>,
        #[graphql(desc = "Number of the ticket, instead of its id.")] number: Option<i64>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Ticket>> {
        let caller = Caller::of(ctx)?;
        caller.at_least(at_least, &asked(READS, &ctx.look_ahead()), None).await?;
        match (id, number) {
            (Some(id), None) => {
                let uuid = NodeType::Ticket.uuid(&id)?;
                let stream = StreamId::new(domain::Ticket::TYPE, uuid);
                caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
                Ticket::find(caller, Some(uuid)).await
            }
            (None, Some(number)) => {
                caller.at_least(at_least, &[TABLE], None).await?;
                Ok(board::numbered(caller, number).await?.map(Ticket))
            }
            (Some(_), Some(_)) | (None, None) => Err(Fault::input("give `id` or `number`").into()),
        }
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct TicketRootLists;

list_fields! {
    /// Lists of the query root.
    TicketRootLists {
        /// Tickets, the highest number first unless ordered otherwise.
        tickets: TicketConnection [TicketFilter by TicketOrder] = |_| list();
    }
}

/// Tickets, the highest number first.
pub fn list() -> List {
    List::of(TABLE, "number", Direction::Desc).beside(READS).ties(&[("priority_rank", "number")])
}
