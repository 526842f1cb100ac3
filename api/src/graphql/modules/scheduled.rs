//! Messages that are to be sent later.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::scheduled_messages;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::conversations::Conversation;
use super::messages::{Message, MessageKind};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    DateTimeFilter, IdFilter, TextFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Json;

/// The table behind the type.
pub const TABLE: &Table = &scheduled_messages::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside =
    &[("conversation", super::conversations::TABLE), ("message", super::messages::TABLE)];

/// Where a scheduled message stands; each but the first is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ScheduledMessageStatus {
    /// Its time has not come.
    Pending,
    /// It became a message.
    Released,
    /// Its time came and it could not be sent.
    Skipped,
    /// Somebody took it back.
    Cancelled,
}

enum_filter!(
    /// Conditions on where a scheduled message stands.
    ScheduledMessageStatusFilter of ScheduledMessageStatus
);

filter_input! {
    /// Conditions on scheduled messages. All that are given must hold.
    ScheduledMessageFilter {
        /// Where it stands.
        status: ScheduledMessageStatusFilter = "status",
        /// Conversation.
        conversation: IdFilter = "conversation_id",
        /// Kind and id of who wants it sent, such as `user:<uuid>`.
        author: TextFilter = "author",
        /// When it is to be sent.
        send_at: DateTimeFilter = "send_at",
    }
}

order_input! {
    /// An order of scheduled messages.
    ScheduledMessageOrder by ScheduledMessageOrderField {
        /// When it is to be sent.
        SendAt = "send_at",
    }
}

connection! {
    /// A list of scheduled messages.
    ScheduledMessageConnection / ScheduledMessageEdge of ScheduledMessage
}

/// A message that is to be sent later.
#[derive(Clone, Debug)]
pub struct ScheduledMessage(pub TableRow);

/// A message that somebody wanted to be sent later, and what became of it.
#[Object]
impl ScheduledMessage {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::ScheduledMessage.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events and in `cancelScheduledMessage`.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Conversation; null while the read side has not seen it yet.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Where it stands.
    async fn status(&self) -> Option<ScheduledMessageStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// When it is to be sent.
    async fn send_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("send_at")
    }
    /// Type of the message.
    async fn kind(&self) -> Option<MessageKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// Beginning of its words, on one line.
    async fn preview(&self) -> Option<String> {
        self.0.text("preview")
    }
    /// The whole content: `kind` in lower case and the fields of that kind; null when the
    /// message that it became was redacted.
    async fn content(&self) -> Option<Json> {
        self.0.json("content").map(async_graphql::Json)
    }
    /// Kind and id of who wants it sent, such as `user:<uuid>`.
    async fn author(&self) -> Option<String> {
        self.0.text("author")
    }
    /// The client's own id, echoed.
    async fn client_message_id(&self) -> Option<String> {
        self.0.text("client_message_id")
    }
    /// When it was scheduled.
    async fn scheduled_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("scheduled_at")
    }
    /// When it was not pending any more.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ended_at")
    }
    /// Message that it became.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("message_id")).await
    }
    /// Why it could not be sent, such as `SERVICE_WINDOW_CLOSED`.
    async fn skip_code(&self) -> Option<String> {
        self.0.text("skip_code")
    }
    /// Kind and id of who took it back.
    async fn cancelled_by(&self) -> Option<String> {
        self.0.text("cancelled_by")
    }
}

/// Scheduled messages, by when they are to be sent.
pub fn list() -> List {
    List::of(TABLE, "send_at", Direction::Asc).beside(READS)
}

/// Fields of the query root.
#[derive(Default)]
pub struct ScheduledMessageQueries;

list_fields! {
    /// Fields of the query root.
    ScheduledMessageQueries {
        /// Scheduled messages of all conversations, by when they are to be sent unless ordered
        /// otherwise.
        scheduled_messages:
            ScheduledMessageConnection [ScheduledMessageFilter by ScheduledMessageOrder] =
            |_| list();
    }
}
