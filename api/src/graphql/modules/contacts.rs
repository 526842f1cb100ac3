//! Contacts: the people that the business talks to.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::contact as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::contacts;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use serde_json::Value;
use uuid::Uuid;

use super::activity::{ActivityConnection, ActivityFilter};
use super::calls::{CallConnection, CallFilter, CallOrder};
use super::conversations::{
    self, Conversation, ConversationConnection, ConversationFilter, ConversationOrder,
};
use super::leads::{self, LeadConnection, LeadFilter, LeadOrder};
use super::tickets::{self, TicketConnection, TicketFilter, TicketOrder};
use super::timeline::{TimelineConnection, TimelineFilter};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, TextFilter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

/// The table behind the type.
pub const TABLE: &Table = &contacts::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[("lastConversation", super::conversations::TABLE)];

/// Kind of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::IdentityKind")]
pub enum IdentityKind {
    /// Telephone number in E.164, such as `+5491166600011`.
    Phone,
    /// WhatsApp id: digits as WhatsApp says them.
    WaId,
    /// Business-scoped user id of WhatsApp.
    Bsuid,
    /// E-mail address, lower case.
    Email,
}

/// Something by which a contact is known.
#[derive(Clone, Debug, SimpleObject)]
pub struct Identity {
    /// Kind.
    pub kind: IdentityKind,
    /// Value in the canonical form of the kind.
    pub value: String,
}

filter_input! {
    /// Conditions on contacts. All that are given must hold.
    ContactFilter {
        /// Name.
        name: TextFilter = "name",
        /// Newest telephone number, E.164.
        phone: TextFilter = "phone",
        /// Newest WhatsApp id, digits.
        wa_id: TextFilter = "wa_id",
        /// Newest e-mail address, lower case.
        email: TextFilter = "email",
        /// Wants no marketing messages.
        opted_out_marketing: BooleanFilter = "opted_out_marketing",
        /// Wants nothing that the business sends by itself.
        opted_out_all: BooleanFilter = "opted_out_all",
        /// Agreed to be called.
        call_consent: BooleanFilter = "call_consent",
        /// On the do-not-call list.
        do_not_call: BooleanFilter = "do_not_call",
        /// When the contact was made.
        created_at: DateTimeFilter = "created_at",
        /// Time of the last message of or to the contact.
        last_message_at: DateTimeFilter = "last_message_at",
    }
}

order_input! {
    /// An order of contacts.
    ContactOrder by ContactOrderField {
        /// Name.
        Name = "name",
        /// When the contact was made.
        CreatedAt = "created_at",
        /// Time of the last message of or to the contact.
        LastMessageAt = "last_message_at",
    }
}

connection! {
    /// A list of contacts.
    ContactConnection / ContactEdge of Contact
}

/// A contact.
#[derive(Clone, Debug)]
pub struct Contact(pub TableRow);

/// A person that the business talks to.
#[Object]
impl Contact {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Contact.id(self.uuid())
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
    /// Name, such as the WhatsApp profile's.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// Newest telephone number, E.164.
    async fn phone(&self) -> Option<String> {
        self.0.text("phone")
    }
    /// Newest e-mail address.
    async fn email(&self) -> Option<String> {
        self.0.text("email")
    }
    /// All identities, oldest first.
    async fn identities(&self) -> Vec<Identity> {
        let list = self.0.json("identities");
        let items = list.as_ref().and_then(Value::as_array);
        items.into_iter().flatten().filter_map(identity).collect()
    }
    /// Wants no marketing messages.
    async fn opted_out_marketing(&self) -> bool {
        self.0.truth("opted_out_marketing")
    }
    /// Wants nothing that the business sends by itself.
    async fn opted_out_all(&self) -> bool {
        self.0.truth("opted_out_all")
    }
    /// Agreed to be called; without it nobody is called.
    async fn call_consent(&self) -> bool {
        self.0.truth("call_consent")
    }
    /// When they agreed to be called, or took it back; null when they never said anything.
    async fn call_consent_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("call_consent_at")
    }
    /// On the do-not-call list.
    async fn do_not_call(&self) -> bool {
        self.0.truth("do_not_call")
    }
    /// When they were put on the list, or taken off it; null when neither happened.
    async fn do_not_call_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("do_not_call_at")
    }
    /// When they last opted out of something.
    async fn opted_out_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("opted_out_at")
    }
    /// When the contact was made.
    async fn created_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("created_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    /// Time of the contact's first message.
    async fn first_message_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("first_message_at")
    }
    /// Time of the last message of or to the contact.
    async fn last_message_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("last_message_at")
    }
    /// Conversation of that last message.
    async fn last_conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("last_conversation_id")).await
    }

    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> ContactLists {
        ContactLists(self.uuid())
    }
}

/// What belongs to a contact.
pub struct ContactLists(Uuid);

list_fields! {
    /// What belongs to a contact.
    ContactLists {
        /// Conversations with the contact, last active first unless ordered otherwise.
        conversations: ConversationConnection [ConversationFilter by ConversationOrder] =
            |of| conversations::list().below("contact_id", of.0);
        /// Tickets of the contact, newest first unless ordered otherwise.
        tickets: TicketConnection [TicketFilter by TicketOrder] =
            |of| tickets::list().below("contact_id", of.0);
        /// Leads of the contact, the latest first unless ordered otherwise.
        leads: LeadConnection [LeadFilter by LeadOrder] =
            |of| leads::list().below("contact_id", of.0);
        /// Calls with the contact, newest first unless ordered otherwise.
        calls: CallConnection [CallFilter by CallOrder] =
            |of| super::calls::list().below("contact_id", of.0);
        /// Messages, calls, tickets and leads of the contact, newest first by the provider's time.
        activity: ActivityConnection [ActivityFilter] =
            |of| super::activity::list().below("contact_id", of.0);
        /// What happened with the contact, newest first.
        timeline: TimelineConnection [TimelineFilter] =
            |of| super::timeline::list().below("contact_id", of.0);
    }
}

fn identity(item: &Value) -> Option<Identity> {
    let kind = match item.get("kind")?.as_str()? {
        "phone" => IdentityKind::Phone,
        "wa_id" => IdentityKind::WaId,
        "bsuid" => IdentityKind::Bsuid,
        "email" => IdentityKind::Email,
        _ => return None,
    };
    Some(Identity { kind, value: item.get("value")?.as_str()?.to_owned() })
}

impl Contact {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    /// The contact with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for Contact {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct ContactQueries;

#[Object]
impl ContactQueries {
    /// A contact by its global id; null when there is none for this tenant.
    async fn contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the contact.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Contact>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::Contact.uuid(&id)?;
        let stream = StreamId::new(domain::Contact::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        Contact::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct ContactRootLists;

list_fields! {
    /// Lists of the query root.
    ContactRootLists {
        /// Contacts, newest first unless ordered otherwise.
        contacts: ContactConnection [ContactFilter by ContactOrder] =
            |_| List::of(TABLE, "created_at", Direction::Desc).beside(READS);
    }
}
