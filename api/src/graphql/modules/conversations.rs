//! Conversations: the inbox.

use async_graphql::{Context, Enum, ID, Lookahead, Object, Result, SimpleObject};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::conversation as domain;
use bitacora_projections::query::{Direction, Filter, Op, Order, TableRow};
use bitacora_projections::views::{conversations, messages};
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::channels::ChannelAccount;
use super::contacts::Contact;
use super::messages::{Message, MessageConnection, MessageFilter, MessageOrder};
use super::timeline::{TimelineConnection, TimelineFilter};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    DateTimeFilter, IdFilter, IntFilter, TextFilter, TextSetFilter, enum_filter, filter_input,
    order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::List;
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::{self, PageArgs, connection};
use crate::graphql::scalars::{Cursor, Position};

/// The table behind the type.
pub const TABLE: &Table = &conversations::TABLE;
/// Tables that fields of a conversation read beside its own: last message and contact.
const READS: &[&Table] = &[super::messages::TABLE, super::contacts::TABLE];

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ConversationStatus {
    /// Somebody has to do something, or may have to.
    Open,
    /// Settled; a further message of the contact opens it again.
    Resolved,
    /// Ended for good; a further message of the contact starts a new conversation.
    Closed,
}

/// A person of the team.
#[derive(Clone, Debug, SimpleObject)]
pub struct User {
    /// Global id.
    pub id: ID,
    /// The id in tokens and in raw events.
    pub uuid: Uuid,
}

impl User {
    /// The user with this UUID.
    pub fn new(uuid: Uuid) -> Self {
        Self { id: NodeType::User.id(uuid), uuid }
    }
}

enum_filter!(
    /// Conditions on the status of a conversation.
    ConversationStatusFilter of ConversationStatus
);

filter_input! {
    /// Conditions on conversations. All that are given must hold.
    ConversationFilter {
        /// Where it stands.
        status: ConversationStatusFilter = "status",
        /// With whom.
        contact: IdFilter = "contact_id",
        /// Over which channel account.
        channel: IdFilter = "channel_id",
        /// Who has it; `isNull: true` for those that nobody has.
        assignee: IdFilter = "assignee_id",
        /// Which team has it.
        team: TextFilter = "team",
        /// Labels on it.
        labels: TextSetFilter = "labels",
        /// Messages that the team has not read.
        unread: IntFilter = "unread",
        /// Since when the contact waits; `isNull: false` for those who wait.
        waiting_since: DateTimeFilter = "waiting_since",
        /// Last activity.
        last_activity_at: DateTimeFilter = "last_activity_at",
        /// End of the service window.
        window_until: DateTimeFilter = "window_until",
        /// When it was opened.
        started_at: DateTimeFilter = "started_at",
    }
}

order_input! {
    /// An order of conversations.
    ConversationOrder by ConversationOrderField {
        /// Last activity: the inbox order.
        LastActivityAt = "last_activity_at",
        /// Since when the contact waits.
        WaitingSince = "waiting_since",
        /// When it was opened.
        StartedAt = "started_at",
        /// Messages that the team has not read.
        Unread = "unread",
    }
}

connection! {
    /// A list of conversations.
    ConversationConnection / ConversationEdge of Conversation
}

/// A conversation with one contact over one channel account.
#[derive(Clone, Debug)]
pub struct Conversation(pub TableRow);

/// Everything said with one contact over one channel account, and what people did about it.
#[Object]
impl Conversation {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Conversation.id(self.uuid())
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
    /// Where it stands.
    async fn status(&self) -> Option<ConversationStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// With whom; null while the read side has not seen the contact yet.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Over which channel account; null while the read side has not seen it yet.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Option<ChannelAccount>> {
        ChannelAccount::find(Caller::of(ctx)?, self.0.uuid("channel_id")).await
    }
    /// Who has it.
    async fn assignee(&self) -> Option<User> {
        self.0.uuid("assignee_id").map(User::new)
    }
    /// Which team has it.
    async fn team(&self) -> Option<String> {
        self.0.text("team")
    }
    /// Labels, sorted.
    async fn labels(&self) -> Vec<String> {
        self.0.texts("labels")
    }
    /// Messages of the contact since the team last read.
    async fn unread(&self) -> i64 {
        self.0.int("unread")
    }
    /// Time of the contact's first message that nobody answered yet; null when nobody waits.
    async fn waiting_since(&self) -> Option<DateTime<Utc>> {
        self.0.time("waiting_since")
    }
    /// Free-form messages may be sent until then (24 h after the contact's last message).
    async fn window_until(&self) -> Option<DateTime<Utc>> {
        self.0.time("window_until")
    }
    /// When something last happened that moves it up in the inbox.
    async fn last_activity_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("last_activity_at")
    }
    /// When it was opened.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("started_at")
    }
    /// When it was resolved; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("resolved_at")
    }
    /// When it was closed.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("closed_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    /// Beginning of the last message's words, on one line.
    async fn preview(&self) -> Option<String> {
        self.0.text("last_message_preview")
    }
    /// The last message, in or out; null when there is none, or while the read side has not
    /// seen it yet.
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("last_message_id")).await
    }

    /// Its messages, newest first unless ordered otherwise.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of messages from the start, 0–100; 20 when not given.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of messages from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<MessageFilter>,
        #[graphql(desc = "Order; ties are broken by id.")] order_by: Option<Vec<MessageOrder>>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<MessageConnection> {
        let list = List {
            within: Some(self.is("conversation_id")),
            filter: filter.map(MessageFilter::into_filter),
            order: order_by.into_iter().flatten().map(MessageOrder::into_order).collect(),
            ..Message::list(&messages::TABLE)
        };
        let args = PageArgs { first, after, last, before };
        Ok(MessageConnection(list.page(Caller::of(ctx)?, args, at_least).await?))
    }

    /// What happened in it, newest first.
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
        let list = super::timeline::list(Some(self.is("conversation_id")), filter);
        let args = PageArgs { first, after, last, before };
        Ok(TimelineConnection(list.page(Caller::of(ctx)?, args, at_least).await?))
    }
}

impl Conversation {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    fn is(&self, column: &'static str) -> Filter {
        Filter::Compare(column, Op::Eq, Cell::Uuid(self.uuid()))
    }

    /// The conversation with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for Conversation {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, READS).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct ConversationQueries;

#[Object]
impl ConversationQueries {
    /// A conversation by its global id; null when there is none for this tenant.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the conversation.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Conversation>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::Conversation.uuid(&id)?;
        let stream = StreamId::new(domain::Conversation::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        caller.at_least(at_least, &asked_beside(&ctx.look_ahead()), None).await?;
        Conversation::find(caller, Some(uuid)).await
    }

    /// Conversations, in the order of the inbox unless ordered otherwise.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of conversations from the start, 0–100; 20 when not given.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of conversations from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<
            ConversationFilter,
        >,
        #[graphql(desc = "Order; ties are broken by id.")] order_by: Option<Vec<ConversationOrder>>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<ConversationConnection> {
        let list = List {
            filter: filter.map(ConversationFilter::into_filter),
            order: order_by.into_iter().flatten().map(ConversationOrder::into_order).collect(),
            ..list(None)
        };
        let args = PageArgs { first, after, last, before };
        let caller = Caller::of(ctx)?;
        let (nodes, edges) = (ctx.look_ahead().field("nodes"), ctx.look_ahead().field("edges"));
        caller.at_least(at_least, &asked_beside(&nodes), None).await?;
        caller.at_least(at_least, &asked_beside(&edges.field("node")), None).await?;
        Ok(ConversationConnection(list.page(caller, args, at_least).await?))
    }
}

/// Tables beside its own that the selected fields of a conversation read: a query waits for those
/// that it reads, and for no other.
fn asked_beside(conversation: &Lookahead<'_>) -> Vec<&'static Table> {
    let fields = [("lastMessage", super::messages::TABLE), ("contact", super::contacts::TABLE)];
    let asked = fields.into_iter().filter(|(field, _)| conversation.field(field).exists());
    asked.map(|(_, table)| table).collect()
}

/// Conversations in the order of the inbox.
pub fn list(within: Option<Filter>) -> List {
    List {
        table: TABLE,
        within,
        filter: None,
        order: Vec::new(),
        default_order: Order { column: "last_activity_at", direction: Direction::Desc },
    }
}
