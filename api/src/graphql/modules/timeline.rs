//! Timeline: what happened, as a list that people read.

use async_graphql::{Context, Enum, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, Filter, Order, TableRow};
use bitacora_projections::views::timeline;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contacts::Contact;
use super::conversations::Conversation;
use super::messages::Message;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, filter_input};
use crate::graphql::lists::List;
use crate::graphql::paging::{self, PageArgs, connection};
use crate::graphql::scalars::{Cursor, Position};

/// The table behind the type.
pub const TABLE: &Table = &timeline::TABLE;

/// What a timeline entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TimelineKind {
    /// A conversation was opened.
    ConversationStarted,
    /// A message of the contact arrived.
    MessageReceived,
    /// A message to the contact was queued, or typed in the phone app.
    MessageSent,
    /// A message will not arrive.
    MessageFailed,
    /// The contact edited a message.
    MessageEdited,
    /// The contact deleted a message.
    MessageRevoked,
    /// A note of the team.
    Note,
    /// A label was put on.
    LabelAdded,
    /// A label was taken off.
    LabelRemoved,
    /// It was given to somebody.
    Assigned,
    /// It was taken from whoever had it.
    Unassigned,
    /// The matter was settled.
    Resolved,
    /// It was opened again.
    Reopened,
    /// It was ended.
    Closed,
    /// The contact was made.
    ContactCreated,
    /// A further identity became known.
    IdentityAdded,
    /// The contact has another name.
    Renamed,
    /// The contact opted out of something.
    OptedOut,
    /// The contact opted in again.
    OptedIn,
}

enum_filter!(
    /// Conditions on the kind of a timeline entry.
    TimelineKindFilter of TimelineKind
);

filter_input! {
    /// Conditions on timeline entries. All that are given must hold.
    TimelineFilter {
        /// What it tells.
        kind: TimelineKindFilter = "kind",
        /// Contact.
        contact: IdFilter = "contact_id",
        /// Conversation.
        conversation: IdFilter = "conversation_id",
        /// When it happened.
        at: DateTimeFilter = "at",
    }
}

connection! {
    /// A list of timeline entries.
    TimelineConnection / TimelineEdge of TimelineEntry
}

/// An entry of the timeline.
#[derive(Clone, Debug)]
pub struct TimelineEntry(pub TableRow);

/// Something noteworthy that happened.
#[Object]
impl TimelineEntry {
    /// What it tells.
    async fn kind(&self) -> Option<TimelineKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// Contact, where the event names it.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Conversation, for its events.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Message, for events about one.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("message_id")).await
    }
    /// What it is about in a word: type of the message, label, team or category.
    async fn title(&self) -> Option<String> {
        self.0.text("title")
    }
    /// Words: the note, the resolution, the name.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// Kind and id of who did it, such as `user:<uuid>`.
    async fn actor(&self) -> Option<String> {
        self.0.text("actor")
    }
    /// When it happened.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
    /// The id of its event in raw events and in the history.
    async fn event_id(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
}

/// Entries of a part of the graph, newest first.
pub fn list(within: Option<Filter>, filter: Option<TimelineFilter>) -> List {
    List {
        table: TABLE,
        within,
        filter: filter.map(TimelineFilter::into_filter),
        order: Vec::new(),
        default_order: Order { column: "position", direction: Direction::Desc },
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct TimelineQueries;

#[Object]
impl TimelineQueries {
    /// What happened with all contacts, newest first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of entries from the start, 0–100; 20 when not given.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of entries from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<TimelineFilter>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<TimelineConnection> {
        let args = PageArgs { first, after, last, before };
        Ok(TimelineConnection(list(None, filter).page(Caller::of(ctx)?, args, at_least).await?))
    }
}
