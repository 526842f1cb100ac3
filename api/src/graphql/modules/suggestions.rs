//! Answers that the AI would give.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::suggestions;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::conversations::Conversation;
use super::messages::Message;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, IdFilter, TextFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;
use crate::graphql::vocabulary::SuggestionStatus;

/// The table behind the type.
pub const TABLE: &Table = &suggestions::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[
    ("conversation", super::conversations::TABLE),
    ("answers", super::messages::TABLE),
    ("message", super::messages::TABLE),
];

enum_filter!(
    /// Conditions on where a suggestion stands.
    SuggestionStatusFilter of SuggestionStatus
);

filter_input! {
    /// Conditions on suggested answers. All that are given must hold.
    SuggestionFilter {
        /// Where it stands.
        status: SuggestionStatusFilter = "status",
        /// Conversation.
        conversation: IdFilter = "conversation_id",
        /// Message that it became.
        message: IdFilter = "message_id",
        /// Approved with other words.
        edited: BooleanFilter = "edited",
        /// Kind and id of who decided, such as `user:<uuid>`.
        decided_by: TextFilter = "decided_by",
        /// When it was suggested.
        suggested_at: DateTimeFilter = "suggested_at",
        /// Until when it can be decided.
        expires_at: DateTimeFilter = "expires_at",
    }
}

order_input! {
    /// An order of suggested answers.
    SuggestionOrder by SuggestionOrderField {
        /// When it was suggested.
        SuggestedAt = "suggested_at",
    }
}

connection! {
    /// A list of suggested answers.
    SuggestionConnection / SuggestionEdge of Suggestion
}

/// What a suggested answer cites.
#[derive(Clone, Debug, SimpleObject)]
pub struct Citation {
    /// The document.
    pub document: Uuid,
    /// Its title.
    pub title: String,
    /// Which part of it.
    pub chunk: Option<i64>,
}

/// A suggested answer.
#[derive(Clone, Debug)]
pub struct Suggestion(pub TableRow);

/// An answer that the AI would give, and what was decided about it.
#[Object]
impl Suggestion {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Suggestion.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Conversation; null while the read side has not seen it yet.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Where it stands.
    async fn status(&self) -> Option<SuggestionStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// The suggested words; null when the message that they became was redacted, or when they
    /// may not be seen.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// What it cites.
    async fn citations(&self) -> Vec<Citation> {
        let list = self.0.json("citations");
        let items = list.as_ref().and_then(Value::as_array);
        items.into_iter().flatten().filter_map(citation).collect()
    }
    /// Message of the contact that it was made for.
    async fn answers(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("answers_id")).await
    }
    /// Kind and id of who suggested it.
    async fn suggested_by(&self) -> Option<String> {
        self.0.text("suggested_by")
    }
    /// When it was suggested.
    async fn suggested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("suggested_at")
    }
    /// Until when it can be decided.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("expires_at")
    }
    /// It was approved with other words.
    async fn edited(&self) -> bool {
        self.0.truth("edited")
    }
    /// Kind and id of who decided, such as `user:<uuid>`; null when nobody did.
    async fn decided_by(&self) -> Option<String> {
        self.0.text("decided_by")
    }
    /// When it was over.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("decided_at")
    }
    /// Why it was rejected.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// Message that it became.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("message_id")).await
    }
}

fn citation(item: &Value) -> Option<Citation> {
    Some(Citation {
        document: item.get("document")?.as_str()?.parse().ok()?,
        title: item.get("title")?.as_str()?.to_owned(),
        chunk: item.get("chunk").and_then(Value::as_i64),
    })
}

impl Suggestion {
    /// The suggestion with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

/// Suggested answers, newest first.
pub fn list() -> List {
    List::of(TABLE, "suggested_at", Direction::Desc).beside(READS)
}

/// Fields of the query root.
#[derive(Default)]
pub struct SuggestionQueries;

list_fields! {
    /// Fields of the query root.
    SuggestionQueries {
        /// Suggested answers of all conversations, newest first unless ordered otherwise.
        suggestions: SuggestionConnection [SuggestionFilter by SuggestionOrder] = |_| list();
    }
}
