//! Activity: everything between the business and a contact, in one list.

use async_graphql::{Context, Enum, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, Filter, TableRow};
use bitacora_projections::views::contact_activity;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::calls::Call;
use super::contacts::Contact;
use super::conversations::Conversation;
use super::leads::Lead;
use super::messages::Message;
use super::tickets::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, filter_input};
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &contact_activity::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[
    ("call", super::calls::TABLE),
    ("contact", super::contacts::TABLE),
    ("conversation", super::conversations::TABLE),
    ("lead", super::leads::TABLE),
    ("message", super::messages::TABLE),
    ("ticket", super::tickets::TABLE),
];

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ActivityKind {
    /// A message, in or out.
    Message,
    /// A call, made or received.
    Call,
    /// A ticket.
    Ticket,
    /// A lead by which the contact came, or came again.
    Lead,
}

enum_filter!(
    /// Conditions on what it is.
    ActivityKindFilter of ActivityKind
);

filter_input! {
    /// Conditions on activity. All that are given must hold.
    ActivityFilter {
        /// What it is.
        kind: ActivityKindFilter = "kind",
        /// Contact.
        contact: IdFilter = "contact_id",
        /// When it happened.
        at: DateTimeFilter = "at",
    }
}

connection! {
    /// A list of activity.
    ActivityConnection / ActivityEdge of Activity
}

/// A message, call, ticket or lead.
#[derive(Clone, Debug)]
pub struct Activity(pub TableRow);

/// A message, call, ticket or lead, at the time at which it happened there. Of the fields of these
/// names one is there, as `kind` says.
#[Object]
impl Activity {
    /// What it is.
    async fn kind(&self) -> Option<ActivityKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// The id of the message, call, ticket or lead in raw events and in the history.
    #[graphql(name = "uuid")]
    async fn raw_id(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// When it happened: the provider's time, and ours for what we did. It never changes.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
    /// With whom.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Conversation of the message, or in which the ticket was opened.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Credits used up for it, less those refunded.
    async fn credits(&self) -> i64 {
        self.0.int("credits")
    }
    /// The message.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.only(ActivityKind::Message)).await
    }
    /// The call.
    async fn call(&self, ctx: &Context<'_>) -> Result<Option<Call>> {
        Call::find(Caller::of(ctx)?, self.only(ActivityKind::Call)).await
    }
    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Ticket::find(Caller::of(ctx)?, self.only(ActivityKind::Ticket)).await
    }
    /// The lead.
    async fn lead(&self, ctx: &Context<'_>) -> Result<Option<Lead>> {
        Lead::find(Caller::of(ctx)?, self.only(ActivityKind::Lead)).await
    }
}

impl Activity {
    /// The id, if it is of this kind.
    fn only(&self, kind: ActivityKind) -> Option<Uuid> {
        let found: Option<ActivityKind> = enums::of_cell(self.0.cell("kind"));
        self.0.uuid("id").filter(|_| found == Some(kind))
    }
}

/// Activity, newest first.
pub fn list() -> List {
    // Credits alone are nothing that happened.
    let known = Filter::IsNull("kind", false);
    List::of(TABLE, "at", Direction::Desc).kept(known).beside(READS)
}

/// Fields of the query root.
#[derive(Default)]
pub struct ActivityQueries;

list_fields! {
    /// Fields of the query root.
    ActivityQueries {
        /// Messages, calls, tickets and leads of all contacts, newest first.
        activity: ActivityConnection [ActivityFilter] = |_| list();
    }
}
