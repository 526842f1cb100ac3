//! Conversations: the inbox.

mod inbox;
mod parts;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::conversation as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::conversations;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use futures::future::try_join_all;
use uuid::Uuid;

use super::calls::{CallConnection, CallFilter, CallOrder};
use super::channels::ChannelAccount;
use super::contacts::Contact;
use super::handoffs::{self, HandoffConnection, HandoffFilter};
use super::leads::Lead;
use super::messages::{Message, MessageConnection, MessageFilter, MessageOrder, MessageSender};
use super::scheduled::{self, ScheduledMessageConnection, ScheduledMessageFilter};
use super::suggestions::{self, Suggestion, SuggestionConnection, SuggestionFilter};
use super::tickets::{self, Ticket, TicketConnection, TicketFilter, TicketOrder};
use super::timeline::{TimelineConnection, TimelineFilter};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, asked, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;
use crate::graphql::vocabulary::{LinkedKind, Priority};

pub use inbox::{
    ConversationFilter, ConversationOrder, ConversationOrderField, InboxCount, InboxCounts,
    InboxQueries, PriorityFilter,
};
pub use parts::{AiState, FirstResponse, HandoffState, Link, Responses, Snooze, Survey};

/// The table behind the type.
pub const TABLE: &Table = &conversations::TABLE;
/// Tables that fields of a conversation read beside its own.
const READS: Beside = &[
    ("lastMessage", super::messages::TABLE),
    ("contact", super::contacts::TABLE),
    ("pendingSuggestion", suggestions::TABLE),
    ("openTicket", super::tickets::TABLE),
];

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ConversationStatus {
    /// Somebody has to do something, or may have to.
    Open,
    /// Put aside until a time, or until the contact writes.
    Snoozed,
    /// Settled; a further message of the contact opens it again.
    Resolved,
    /// Ended for good; a further message of the contact starts a new conversation.
    Closed,
    /// Closed and out of the way.
    Archived,
    /// Continued in another conversation.
    Merged,
}

/// Status and hand-off in one: what an inbox has tabs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ConversationPhase {
    /// Open, and nobody asked for a person: the AI, a rule or whoever comes answers.
    PendingBot,
    /// Open; a person was asked for and has not come.
    AwaitingAgent,
    /// Open; a person has it.
    HumanActive,
    /// Put aside.
    Snoozed,
    /// Settled.
    Resolved,
    /// Ended for good.
    Closed,
    /// Closed and out of the way.
    Archived,
    /// Continued in another conversation.
    Merged,
}

/// A person of the team.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
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
    /// Status and hand-off in one: what an inbox has tabs for.
    async fn phase(&self) -> Option<ConversationPhase> {
        enums::of_cell(self.0.cell("phase"))
    }
    /// How urgent it is.
    async fn priority(&self) -> Option<Priority> {
        enums::of_cell(self.0.cell("priority"))
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
    /// When it was put out of the way.
    async fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("archived_at")
    }
    /// Category that triage last gave a message of it, such as `FACTURACION`.
    async fn category(&self) -> Option<String> {
        self.0.text("category")
    }
    /// The hand-off to a person, as it stands.
    async fn handoff(&self) -> HandoffState {
        HandoffState(self.0.clone())
    }
    /// What the AI may do here.
    async fn ai(&self) -> AiState {
        AiState { paused: self.0.truth("ai_paused"), opted_out: self.0.truth("opted_out") }
    }
    /// Since when and until when it is put aside; null while it is not.
    async fn snooze(&self) -> Option<Snooze> {
        let since = self.0.time("snoozed_at")?;
        Some(Snooze { since, until: self.0.time("snoozed_until") })
    }
    /// Time of the contact's first message.
    async fn first_inbound_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("first_inbound_at")
    }
    /// The first answer; null while there is none.
    async fn first_response(&self) -> Option<FirstResponse> {
        let at = self.0.time("first_response_at")?;
        Some(FirstResponse { at, waited_ms: self.0.int("first_response_ms") })
    }
    /// How fast the contact is answered.
    async fn responses(&self) -> Responses {
        Responses { count: self.0.int("responses"), total_ms: self.0.int("response_ms_total") }
    }
    /// The last survey; null when none was asked.
    async fn survey(&self) -> Option<Survey> {
        self.0.text("survey_kind").map(|_| Survey(self.0.clone()))
    }
    /// What it is linked to, oldest first.
    async fn links(&self) -> Vec<Link> {
        Link::all(self.0.json("links").as_ref())
    }
    /// Leads that it is linked to, oldest first; those that the read side has not seen yet are
    /// left out.
    async fn leads(&self, ctx: &Context<'_>) -> Result<Vec<Lead>> {
        let (caller, links) = (Caller::of(ctx)?, Link::all(self.0.json("links").as_ref()));
        let linked = links.iter().filter(|link| link.kind == LinkedKind::Lead);
        let leads = try_join_all(linked.map(|link| Lead::find(caller, Some(link.uuid)))).await?;
        Ok(leads.into_iter().flatten().collect())
    }
    /// Conversation that it goes on in, when it was merged into one.
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("merged_into_id")).await
    }
    /// UUIDs of the conversations that go on here.
    async fn merged_from(&self) -> Vec<Uuid> {
        self.0.texts("merged_from").iter().filter_map(|id| id.parse().ok()).collect()
    }
    /// The suggested answer that waits for a decision.
    async fn pending_suggestion(&self, ctx: &Context<'_>) -> Result<Option<Suggestion>> {
        Suggestion::find(Caller::of(ctx)?, self.0.uuid("pending_suggestion_id")).await
    }
    /// Number of messages that are to be sent later.
    async fn scheduled_count(&self) -> i64 {
        self.0.int("scheduled")
    }
    /// Who sent the last message.
    async fn last_sender(&self) -> Option<MessageSender> {
        enums::of_cell(self.0.cell("last_message_sender"))
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
    /// The newest ticket that came up in it and is `NEW` or `IN_PROGRESS`; null when there is
    /// none, or while the read side has not seen it yet.
    async fn open_ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Ticket::live_in(Caller::of(ctx)?, self.uuid()).await
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> ConversationLists {
        ConversationLists(self.uuid())
    }
}

/// What belongs to a conversation.
pub struct ConversationLists(Uuid);

list_fields! {
    /// What belongs to a conversation.
    ConversationLists {
        /// Its messages, newest first unless ordered otherwise.
        messages: MessageConnection [MessageFilter by MessageOrder] =
            |of| super::messages::list().below("conversation_id", of.0);
        /// What happened in it, newest first.
        timeline: TimelineConnection [TimelineFilter] =
            |of| super::timeline::list().below("conversation_id", of.0);
        /// Its hand-offs to people, newest first.
        handoffs: HandoffConnection [HandoffFilter] =
            |of| handoffs::list().below("conversation_id", of.0);
        /// Answers that were suggested for it, newest first.
        suggestions: SuggestionConnection [SuggestionFilter] =
            |of| suggestions::list().below("conversation_id", of.0);
        /// Messages that were to be sent later, by when.
        scheduled_messages: ScheduledMessageConnection [ScheduledMessageFilter] =
            |of| scheduled::list().below("conversation_id", of.0);
        /// Calls that were last tied to it, newest first unless ordered otherwise.
        calls: CallConnection [CallFilter by CallOrder] =
            |of| super::calls::list().below("conversation_id", of.0);
        /// Tickets that came up in it, newest first unless ordered otherwise.
        tickets: TicketConnection [TicketFilter by TicketOrder] =
            |of| tickets::list().below("conversation_id", of.0);
    }
}

impl Conversation {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
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
        // What is done with a conversation changes no ticket.
        let beside = READS.iter().filter(|(field, _)| *field != "openTicket");
        let beside: Vec<_> = beside.map(|(_, table)| *table).collect();
        mutation::reread(caller, done, TABLE, &beside).await.map(Self)
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
        caller.at_least(at_least, &asked(READS, &ctx.look_ahead()), None).await?;
        Conversation::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct ConversationRootLists;

list_fields! {
    /// Lists of the query root.
    ConversationRootLists {
        /// Conversations, in the order of the inbox unless ordered otherwise.
        conversations: ConversationConnection [ConversationFilter by ConversationOrder] =
            |_| list();
    }
}

/// Conversations in the order of the inbox.
pub fn list() -> List {
    List::of(TABLE, "last_activity_at", Direction::Desc)
        .beside(READS)
        .ties(&[("priority_rank", "last_activity_at"), ("unread", "last_activity_at")])
}
