//! Contacts: the people that the business talks to.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::contact as domain;
use bitacora_projections::query::{Direction, Filter, Op, Order, TableRow};
use bitacora_projections::views::contacts;
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use serde_json::Value;
use uuid::Uuid;

use super::conversations::{self, Conversation, ConversationConnection};
use super::timeline::{TimelineConnection, TimelineFilter};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, TextFilter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::List;
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::{self, PageArgs, connection};
use crate::graphql::scalars::{Cursor, Position};

/// The table behind the type.
pub const TABLE: &Table = &contacts::TABLE;

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

    /// Conversations with the contact, last active first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of conversations from the start, 0–100; 20 when not given.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of conversations from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<ConversationConnection> {
        let list = conversations::list(Some(self.is("contact_id")));
        let args = PageArgs { first, after, last, before };
        Ok(ConversationConnection(list.page(Caller::of(ctx)?, args, at_least).await?))
    }

    /// What happened with the contact, newest first.
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
        let list = super::timeline::list(Some(self.is("contact_id")), filter);
        let args = PageArgs { first, after, last, before };
        Ok(TimelineConnection(list.page(Caller::of(ctx)?, args, at_least).await?))
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

    fn is(&self, column: &'static str) -> Filter {
        Filter::Compare(column, Op::Eq, Cell::Uuid(self.uuid()))
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

    /// Contacts, newest first unless ordered otherwise.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn contacts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of contacts from the start, 0–100; 20 when not given.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of contacts from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<ContactFilter>,
        #[graphql(desc = "Order; ties are broken by id.")] order_by: Option<Vec<ContactOrder>>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<ContactConnection> {
        let list = List {
            table: TABLE,
            within: None,
            filter: filter.map(ContactFilter::into_filter),
            order: order_by.into_iter().flatten().map(ContactOrder::into_order).collect(),
            default_order: Order { column: "created_at", direction: Direction::Desc },
        };
        let args = PageArgs { first, after, last, before };
        Ok(ContactConnection(list.page(Caller::of(ctx)?, args, at_least).await?))
    }
}
