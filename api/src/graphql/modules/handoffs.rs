//! Hand-offs of conversations to people.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::handoffs;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::conversations::{Conversation, User};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    AssigneeFilter, DateTimeFilter, IdFilter, IntFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;
use crate::graphql::vocabulary::HandoffReason;

pub use handoffs::id as uuid_of;

/// The table behind the type.
pub const TABLE: &Table = &handoffs::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[("conversation", super::conversations::TABLE)];

/// Where a hand-off stands or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HandoffProgress {
    /// A person was asked for and nobody has come yet.
    Requested,
    /// A person has it.
    Accepted,
    /// Nobody came in time; it may still be taken.
    TimedOut,
    /// It is over.
    Ended,
}

/// How a hand-off ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HandoffEnding {
    /// A person gave it back.
    Returned,
    /// The person was silent for longer than the lease.
    Lapsed,
    /// Nobody came, and the fallback gave it back.
    FellBack,
    /// The conversation ended.
    ConversationOver,
}

enum_filter!(
    /// Conditions on where a hand-off stands.
    HandoffProgressFilter of HandoffProgress
);
enum_filter!(
    /// Conditions on why a person was asked for.
    HandoffReasonFilter of HandoffReason
);

filter_input! {
    /// Conditions on hand-offs. All that are given must hold.
    HandoffFilter {
        /// Where it stands.
        status: HandoffProgressFilter = "status",
        /// Why a person was asked for.
        reason: HandoffReasonFilter = "reason",
        /// Conversation.
        conversation: IdFilter = "conversation_id",
        /// Who took it; `me: true` for the caller's.
        agent: AssigneeFilter = "agent_id",
        /// When a person was asked for.
        requested_at: DateTimeFilter = "requested_at",
        /// How long it waited for a person, milliseconds.
        waited_ms: IntFilter = "waited_ms",
    }
}

order_input! {
    /// An order of hand-offs.
    HandoffOrder by HandoffOrderField {
        /// When a person was asked for.
        RequestedAt = "requested_at",
    }
}

connection! {
    /// A list of hand-offs.
    HandoffConnection / HandoffEdge of Handoff
}

/// A hand-off of a conversation to a person.
#[derive(Clone, Debug)]
pub struct Handoff(pub TableRow);

/// A hand-off of a conversation to a person: asked for, taken, given back.
#[Object]
impl Handoff {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Handoff.id(self.0.uuid("id").unwrap_or_default())
    }
    /// Conversation; null while the read side has not seen it yet.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Number within the conversation, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// Where it stands.
    async fn status(&self) -> Option<HandoffProgress> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Why a person was asked for.
    async fn reason(&self) -> Option<HandoffReason> {
        enums::of_cell(self.0.cell("reason"))
    }
    /// What the person should know.
    async fn note(&self) -> Option<String> {
        self.0.text("note")
    }
    /// Kind and id of who asked, such as `ai:triage`.
    async fn requested_by(&self) -> Option<String> {
        self.0.text("requested_by")
    }
    /// When a person was asked for.
    async fn requested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("requested_at")
    }
    /// Until then somebody has to come, or be heard of once they came; null when over.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("expires_at")
    }
    /// Who took it.
    async fn agent(&self) -> Option<User> {
        self.0.uuid("agent_id").map(User::new)
    }
    /// When a person took it.
    async fn accepted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("accepted_at")
    }
    /// How long it waited for a person, milliseconds; null while nobody took it.
    async fn waited_ms(&self) -> Option<i64> {
        self.0.cell("waited_ms").as_int()
    }
    /// When nobody had come in time.
    async fn timed_out_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("timed_out_at")
    }
    /// When it was over.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ended_at")
    }
    /// How it ended.
    async fn ending(&self) -> Option<HandoffEnding> {
        enums::of_cell(self.0.cell("ending"))
    }
}

impl Handoff {
    /// The hand-off with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

/// Hand-offs, newest first.
pub fn list() -> List {
    List::of(TABLE, "requested_at", Direction::Desc).beside(READS)
}

/// Fields of the query root.
#[derive(Default)]
pub struct HandoffQueries;

list_fields! {
    /// Fields of the query root.
    HandoffQueries {
        /// Hand-offs of all conversations, newest first unless ordered otherwise.
        handoffs: HandoffConnection [HandoffFilter by HandoffOrder] = |_| list();
    }
}
