//! Messages of conversations.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::messages;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contacts::Contact;
use super::conversations::Conversation;
use super::tenants::TriageCategory;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, IdFilter, TextFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Json;
use crate::graphql::vocabulary::ApprovalReason;

/// The table behind the type.
pub const TABLE: &Table = &messages::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside =
    &[("conversation", super::conversations::TABLE), ("contact", super::contacts::TABLE)];

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageDirection {
    /// From the contact.
    Inbound,
    /// To the contact.
    Outbound,
}

/// Type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageKind {
    /// Plain text.
    Text,
    /// Picture or sticker.
    Image,
    /// File.
    Document,
    /// Audio or voice note.
    Audio,
    /// Video.
    Video,
    /// Place on the map.
    Location,
    /// Contact cards.
    Contact,
    /// Answer to buttons, a list or a flow.
    Interactive,
    /// Approved template (outbound only).
    Template,
    /// Order from a catalogue.
    Order,
    /// Something that the provider says about the contact.
    System,
    /// A type that the provider could not give us, or that is not known yet; kept.
    Unsupported,
}

/// State of an outbound message at the provider, in order of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DeliveryStatus {
    /// Queued, not yet known to have left.
    Pending,
    /// It was handed over and no answer came: only a status of the provider can tell. It is never
    /// sent again by itself.
    Unknown,
    /// The provider has it.
    Sent,
    /// The contact's device has it.
    Delivered,
    /// The contact has read it.
    Read,
    /// The contact has played it (voice).
    Played,
    /// It will not arrive.
    Failed,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageSender {
    /// The contact.
    Contact,
    /// A person of the team.
    Agent,
    /// The AI agent.
    Ai,
    /// An automatic reply.
    AutoReply,
    /// Bitácora itself (a notice, a survey).
    System,
    /// A campaign.
    Campaign,
    /// The business, in its phone app.
    Phone,
}

enum_filter!(
    /// Conditions on the direction of a message.
    MessageDirectionFilter of MessageDirection
);
enum_filter!(
    /// Conditions on the type of a message.
    MessageKindFilter of MessageKind
);
enum_filter!(
    /// Conditions on the delivery of an outbound message.
    DeliveryStatusFilter of DeliveryStatus
);

filter_input! {
    /// Conditions on messages. All that are given must hold.
    MessageFilter {
        /// Conversation that it belongs to.
        conversation: IdFilter = "conversation_id",
        /// Contact.
        contact: IdFilter = "contact_id",
        /// Which way it went.
        direction: MessageDirectionFilter = "direction",
        /// Type.
        kind: MessageKindFilter = "kind",
        /// Delivery, for outbound.
        status: DeliveryStatusFilter = "status",
        /// The words in it.
        text: TextFilter = "text",
        /// The provider's id.
        provider_message_id: TextFilter = "provider_message_id",
        /// The sending client's own id.
        client_message_id: TextFilter = "client_message_id",
        /// The contact forwarded it.
        forwarded: BooleanFilter = "forwarded",
        /// The words of a voice message.
        transcript: TextFilter = "transcript",
        /// Category that triage gave it.
        category: TextFilter = "category",
        /// Time of the message.
        at: DateTimeFilter = "at",
    }
}

order_input! {
    /// An order of messages.
    MessageOrder by MessageOrderField {
        /// The order of the thread: in which we learnt of them.
        Thread = "position",
        /// Time of the message, as its sender's side says.
        At = "at",
    }
}

connection! {
    /// A list of messages.
    MessageConnection / MessageEdge of Message
}

/// Why a message did not leave.
#[derive(Clone, Debug, SimpleObject)]
pub struct SendError {
    /// The provider's code; null when it gave none.
    pub code: Option<i64>,
    /// What happened, in a word.
    pub title: String,
}

/// The words of a voice message.
#[derive(Clone, Debug, SimpleObject)]
pub struct Transcript {
    /// The words.
    pub text: String,
    /// Language, such as `es`.
    pub language: Option<String>,
}

/// What followed from the triage of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TriageOutcome {
    /// The AI answered by itself.
    Autopilot,
    /// A person must look.
    Approval,
    /// More data are asked for.
    Data,
}

/// The triage of a message.
pub struct MessageTriage(TableRow);

/// What the AI judged a message of the contact to be.
#[Object]
impl MessageTriage {
    /// Category.
    async fn category(&self) -> Option<TriageCategory> {
        enums::of_cell(self.0.cell("category"))
    }
    /// Intent, such as `query_price`.
    async fn intent(&self) -> Option<String> {
        self.0.text("intent")
    }
    /// Confidence, basis points (0–10000).
    async fn confidence_bp(&self) -> i64 {
        self.0.int("confidence_bp")
    }
    /// `positive`, `neutral` or `negative`.
    async fn sentiment(&self) -> Option<String> {
        self.0.text("sentiment")
    }
    /// What followed.
    async fn outcome(&self) -> Option<TriageOutcome> {
        enums::of_cell(self.0.cell("triage_outcome"))
    }
    /// Why a person must look.
    async fn approval_reason(&self) -> Option<ApprovalReason> {
        enums::of_cell(self.0.cell("approval_reason"))
    }
}

/// A message of a conversation.
#[derive(Clone, Debug)]
pub struct Message(pub TableRow);

/// A message, in or out, and what became of it.
#[Object]
impl Message {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Message.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Conversation that it belongs to; null while the read side has not seen it yet.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Contact; null for a message that the business typed in its phone app.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Which way it went.
    async fn direction(&self) -> Option<MessageDirection> {
        enums::of_cell(self.0.cell("direction"))
    }
    /// Type.
    async fn kind(&self) -> Option<MessageKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// The words in it: body, caption or title; null when there are none, when it was deleted
    /// or may not be seen.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// The whole content: `kind` in lower case and the fields of that kind; null when it was
    /// deleted.
    async fn content(&self) -> Option<Json> {
        self.0.json("content").map(async_graphql::Json)
    }
    /// Who sent it.
    async fn sender(&self) -> Option<MessageSender> {
        enums::of_cell(self.0.cell("sender"))
    }
    /// For outbound: kind and id of the actor, such as `user:<uuid>`.
    async fn author(&self) -> Option<String> {
        self.0.text("author")
    }
    /// Delivery, for outbound.
    async fn status(&self) -> Option<DeliveryStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// The provider's id (wamid), once known.
    async fn provider_message_id(&self) -> Option<String> {
        self.0.text("provider_message_id")
    }
    /// The sending client's own id, echoed.
    async fn client_message_id(&self) -> Option<String> {
        self.0.text("client_message_id")
    }
    /// What it answers: for inbound the provider's id of a message, for outbound our UUID of
    /// one.
    async fn reply_to(&self) -> Option<String> {
        self.0.text("reply_to")
    }
    /// Emoji of the contact's reaction.
    async fn reaction(&self) -> Option<String> {
        self.0.text("reaction")
    }
    /// The contact forwarded it.
    async fn forwarded(&self) -> bool {
        self.0.truth("forwarded")
    }
    /// When the contact last edited it.
    async fn edited_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("edited_at")
    }
    /// When the contact deleted it.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("revoked_at")
    }
    /// The provider's code of the failure.
    async fn failure_code(&self) -> Option<i64> {
        self.0.cell("failure_code").as_int()
    }
    /// The provider's title of the failure.
    async fn failure_title(&self) -> Option<String> {
        self.0.text("failure_title")
    }
    /// The provider's pricing category: `utility`, `marketing` …
    async fn pricing_category(&self) -> Option<String> {
        self.0.text("pricing_category")
    }
    /// The provider charges it.
    async fn billable(&self) -> Option<bool> {
        self.0.cell("billable").as_bool()
    }
    /// When the provider took it from us.
    async fn accepted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("accepted_at")
    }
    /// Requests to the provider so far.
    async fn attempts(&self) -> i64 {
        self.0.int("attempts")
    }
    /// Why the last request was not taken, or why nobody knows; null once one was.
    async fn send_error(&self) -> Option<SendError> {
        let title = self.0.text("send_error_title")?;
        Some(SendError { code: self.0.cell("send_error_code").as_int(), title })
    }
    /// When its content was taken off all screens.
    async fn redacted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("redacted_at")
    }
    /// Why it was.
    async fn redaction_reason(&self) -> Option<String> {
        self.0.text("redaction_reason")
    }
    /// The words of a voice message; null while there are none.
    async fn transcript(&self) -> Option<Transcript> {
        let text = self.0.text("transcript")?;
        Some(Transcript { text, language: self.0.text("transcript_language") })
    }
    /// Why there is no transcript.
    async fn transcript_error(&self) -> Option<String> {
        self.0.text("transcript_error")
    }
    /// For an answer to a waiting contact: how long they had waited, milliseconds.
    async fn response_ms(&self) -> Option<i64> {
        self.0.cell("response_ms").as_int()
    }
    /// It is the first answer of its conversation.
    async fn first_response(&self) -> bool {
        self.0.truth("first_response")
    }
    /// What triage said of a message of the contact; null when it said nothing.
    async fn triage(&self) -> Option<MessageTriage> {
        self.0.text("category").map(|_| MessageTriage(self.0.clone()))
    }
    /// Time of the message: the provider's for inbound, of queueing for outbound.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
    /// When the provider had it.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("sent_at")
    }
    /// When the contact's device had it.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("delivered_at")
    }
    /// When the contact had read it.
    async fn read_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("read_at")
    }
    /// When the contact had played it.
    async fn played_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("played_at")
    }
    /// When it was known to have failed.
    async fn failed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("failed_at")
    }
}

impl Message {
    /// The message with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

/// Messages, newest first.
pub(super) fn list() -> List {
    List::of(TABLE, "position", Direction::Desc).beside(READS)
}

/// Fields of the query root.
#[derive(Default)]
pub struct MessageQueries;

list_fields! {
    /// Fields of the query root.
    MessageQueries {
        /// Messages of all conversations, newest first unless ordered otherwise.
        messages: MessageConnection [MessageFilter by MessageOrder] = |_| list();
    }
}
