//! `node` and `nodes`: any object by its global id (Relay).

use async_graphql::{Context, ID, Interface, Object, Result};
use bitacora_domain::StreamId;
use cqrs_es::Aggregate as _;
use futures::future::try_join_all;

use super::api_keys::ApiKey;
use super::channels::ChannelAccount;
use super::contacts::Contact;
use super::conversations::Conversation;
use super::handoffs::Handoff;
use super::members::Member;
use super::messages::Message;
use super::scheduled::ScheduledMessage;
use super::suggestions::Suggestion;
use super::tenants::Tenant;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::{self, NodeType};
use crate::graphql::scalars::Position;

/// An object with a global id.
#[allow(clippy::large_enum_variant, reason = "a hundred at most, each moved a few times")]
#[derive(Clone, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id: opaque, unique over all types."))]
pub enum Node {
    /// An API key.
    ApiKey(ApiKey),
    /// A channel account.
    ChannelAccount(ChannelAccount),
    /// A contact.
    Contact(Contact),
    /// A conversation.
    Conversation(Conversation),
    /// A hand-off.
    Handoff(Handoff),
    /// A member of the tenant.
    Member(Member),
    /// A message.
    Message(Message),
    /// A message that is to be sent later.
    ScheduledMessage(ScheduledMessage),
    /// A suggested answer.
    Suggestion(Suggestion),
    /// A tenant.
    Tenant(Tenant),
}

/// Fields of the query root.
#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// The object with this id; null when there is none for this tenant.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Node>> {
        Ok(find(Caller::of(ctx)?, &id, at_least).await?)
    }

    /// The objects with these ids, in their order; null where there is none. At most 100 ids.
    #[graphql(complexity = "100 * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Vec<Option<Node>>> {
        let caller = Caller::of(ctx)?;
        let limit = caller.app.limits.graphql.nodes_ids;
        if ids.len() > limit {
            return Err(Fault::input(format!("at most {limit} ids at a time")).into());
        }
        Ok(try_join_all(ids.iter().map(|id| find(caller, id, at_least))).await?)
    }
}

/// What seeing an object of this type needs: as much as the lists of it.
pub const fn needs(node: NodeType) -> Capability {
    match node {
        NodeType::ApiKey => Capability::ApiKeys,
        NodeType::ChannelAccount | NodeType::Member | NodeType::Tenant | NodeType::User => {
            Capability::Settings
        }
        NodeType::Contact
        | NodeType::Conversation
        | NodeType::Handoff
        | NodeType::Message
        | NodeType::ScheduledMessage
        | NodeType::Suggestion => Capability::Read,
    }
}

async fn find(caller: &Caller, id: &ID, at_least: Option<Position>) -> Result<Option<Node>, Fault> {
    use bitacora_domain::aggregates::{
        api_key, channel_account, contact, conversation, membership,
    };
    use bitacora_projections::views::{
        api_keys, channels, contacts, conversations, handoffs, members, messages,
        scheduled_messages, suggestions,
    };
    let (node, uuid) =
        ids::decode(id).ok_or_else(|| Fault::input("this is not a global id of this API"))?;
    caller.require(needs(node))?;
    let (table, stream) = match node {
        NodeType::Tenant => {
            let own = caller.tenant().as_uuid() == uuid;
            let tenant = if own { Tenant::load(caller).await? } else { None };
            return Ok(tenant.map(Node::Tenant));
        }
        // A user is shown as the member that it is; the account itself is nobody's to read.
        NodeType::User => return Ok(None),
        NodeType::ChannelAccount => (&channels::TABLE, Some(channel_account::ChannelAccount::TYPE)),
        NodeType::ApiKey => (&api_keys::TABLE, Some(api_key::ApiKey::TYPE)),
        NodeType::Member => (&members::TABLE, Some(membership::Membership::TYPE)),
        NodeType::Contact => (&contacts::TABLE, Some(contact::Contact::TYPE)),
        NodeType::Conversation => (&conversations::TABLE, Some(conversation::Conversation::TYPE)),
        // These are of some conversation's stream; which one is not in their ids.
        NodeType::Message => (&messages::TABLE, None),
        NodeType::Handoff => (&handoffs::TABLE, None),
        NodeType::Suggestion => (&suggestions::TABLE, None),
        NodeType::ScheduledMessage => (&scheduled_messages::TABLE, None),
    };
    let stream = stream.map(|aggregate| StreamId::new(aggregate, uuid));
    caller.at_least(at_least, &[table], stream.as_ref()).await?;
    let Some(row) = caller.row(table, uuid).await? else { return Ok(None) };
    Ok(match node {
        NodeType::ApiKey => Some(Node::ApiKey(ApiKey(row))),
        NodeType::Member => Some(Node::Member(Member(row))),
        NodeType::ChannelAccount => Some(Node::ChannelAccount(ChannelAccount(row))),
        NodeType::Contact => Some(Node::Contact(Contact(row))),
        NodeType::Conversation => Some(Node::Conversation(Conversation(row))),
        NodeType::Handoff => Some(Node::Handoff(Handoff(row))),
        NodeType::Message => Some(Node::Message(Message(row))),
        NodeType::ScheduledMessage => Some(Node::ScheduledMessage(ScheduledMessage(row))),
        NodeType::Suggestion => Some(Node::Suggestion(Suggestion(row))),
        NodeType::Tenant | NodeType::User => None,
    })
}
