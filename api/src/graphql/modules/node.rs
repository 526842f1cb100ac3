//! `node` and `nodes`: any object by its global id (Relay).

use async_graphql::{Context, ID, Interface, Object, Result};
use bitacora_domain::StreamId;
use cqrs_es::Aggregate as _;
use futures::future::try_join_all;

use super::api_keys::ApiKey;
use super::billing_orders::BillingOrder;
use super::calls::{Call, CallArtefact, CallAttempt, CallFollowUp};
use super::channels::ChannelAccount;
use super::contacts::Contact;
use super::conversations::Conversation;
use super::credit_grants::CreditGrant;
use super::credit_holds::CreditHold;
use super::credit_ledgers::CreditLedger;
use super::deliveries::Delivery;
use super::handoffs::Handoff;
use super::knowledge_documents::KnowledgeDocument;
use super::leads::Lead;
use super::ledger_entries::LedgerEntry;
use super::members::Member;
use super::messages::Message;
use super::offers::Offer;
use super::scheduled::ScheduledMessage;
use super::suggestions::Suggestion;
use super::tenants::Tenant;
use super::tickets::Ticket;
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
    /// An order of credits.
    BillingOrder(BillingOrder),
    /// A call.
    Call(Call),
    /// A recording, transcript or analysis of a call.
    CallArtefact(CallArtefact),
    /// An attempt of a call.
    CallAttempt(CallAttempt),
    /// A message that was proposed after a call.
    CallFollowUp(CallFollowUp),
    /// A channel account.
    ChannelAccount(ChannelAccount),
    /// A contact.
    Contact(Contact),
    /// A conversation.
    Conversation(Conversation),
    /// Credits that came in at once.
    CreditGrant(CreditGrant),
    /// Credits that are set aside.
    CreditHold(CreditHold),
    /// The prepaid credits of the tenant.
    CreditLedger(CreditLedger),
    /// A handing over of a lead.
    Delivery(Delivery),
    /// A hand-off.
    Handoff(Handoff),
    /// A document of the knowledge base.
    KnowledgeDocument(KnowledgeDocument),
    /// A lead.
    Lead(Lead),
    /// Something that the tenant sells.
    Offer(Offer),
    /// A line of the statement of credits.
    LedgerEntry(LedgerEntry),
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
    /// A ticket.
    Ticket(Ticket),
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
        NodeType::BillingOrder
        | NodeType::CreditGrant
        | NodeType::CreditHold
        | NodeType::CreditLedger
        | NodeType::LedgerEntry => Capability::Billing,
        NodeType::ChannelAccount
        | NodeType::Member
        | NodeType::Offer
        | NodeType::Tenant
        | NodeType::User => Capability::Settings,
        NodeType::Contact
        | NodeType::Conversation
        | NodeType::Delivery
        | NodeType::KnowledgeDocument
        | NodeType::Lead
        | NodeType::Handoff
        | NodeType::Message
        | NodeType::ScheduledMessage
        | NodeType::Call
        | NodeType::CallArtefact
        | NodeType::CallAttempt
        | NodeType::CallFollowUp
        | NodeType::Suggestion
        | NodeType::Ticket => Capability::Read,
    }
}

async fn find(caller: &Caller, id: &ID, at_least: Option<Position>) -> Result<Option<Node>, Fault> {
    use bitacora_domain::aggregates::{
        api_key, billing_order, call_session, channel_account, contact, conversation,
        credit_ledger, delivery, knowledge_document, lead, membership, offer, ticket,
    };
    use bitacora_projections::views::{
        api_keys, billing_orders, channels, contacts, conversations, credit_grants, credit_holds,
        credit_ledgers, deliveries, handoffs, knowledge_documents, leads, ledger_entries, members,
        messages, offers, scheduled_messages, suggestions, tickets,
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
        NodeType::BillingOrder => (&billing_orders::TABLE, Some(billing_order::BillingOrder::TYPE)),
        NodeType::CreditLedger => (&credit_ledgers::TABLE, Some(credit_ledger::CreditLedger::TYPE)),
        NodeType::CreditGrant => (&credit_grants::TABLE, None),
        NodeType::CreditHold => (&credit_holds::TABLE, None),
        NodeType::LedgerEntry => (&ledger_entries::TABLE, None),
        NodeType::ApiKey => (&api_keys::TABLE, Some(api_key::ApiKey::TYPE)),
        NodeType::Member => (&members::TABLE, Some(membership::Membership::TYPE)),
        NodeType::Contact => (&contacts::TABLE, Some(contact::Contact::TYPE)),
        NodeType::Conversation => (&conversations::TABLE, Some(conversation::Conversation::TYPE)),
        NodeType::Call => (super::calls::TABLE, Some(call_session::CallSession::TYPE)),
        NodeType::CallArtefact => (super::calls::ARTEFACTS, None),
        NodeType::CallAttempt => (super::calls::ATTEMPTS, None),
        NodeType::CallFollowUp => (super::calls::FOLLOW_UPS, None),
        NodeType::Ticket => (&tickets::TABLE, Some(ticket::Ticket::TYPE)),
        NodeType::Delivery => (&deliveries::TABLE, Some(delivery::Delivery::TYPE)),
        NodeType::KnowledgeDocument => {
            (&knowledge_documents::TABLE, Some(knowledge_document::KnowledgeDocument::TYPE))
        }
        NodeType::Lead => (&leads::TABLE, Some(lead::Lead::TYPE)),
        NodeType::Offer => (&offers::TABLE, Some(offer::Offer::TYPE)),
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
        NodeType::BillingOrder => Some(Node::BillingOrder(BillingOrder(row))),
        NodeType::CreditGrant => Some(Node::CreditGrant(CreditGrant(row))),
        NodeType::CreditHold => Some(Node::CreditHold(CreditHold(row))),
        NodeType::CreditLedger => Some(Node::CreditLedger(CreditLedger(row))),
        NodeType::LedgerEntry => Some(Node::LedgerEntry(LedgerEntry(row))),
        NodeType::Member => Some(Node::Member(Member(row))),
        NodeType::ChannelAccount => Some(Node::ChannelAccount(ChannelAccount(row))),
        NodeType::Contact => Some(Node::Contact(Contact(row))),
        NodeType::Conversation => Some(Node::Conversation(Conversation(row))),
        NodeType::Delivery => Some(Node::Delivery(Delivery(row))),
        NodeType::KnowledgeDocument => Some(Node::KnowledgeDocument(KnowledgeDocument(row))),
        NodeType::Lead => Some(Node::Lead(Lead(row))),
        NodeType::Offer => Some(Node::Offer(Offer(row))),
        NodeType::Handoff => Some(Node::Handoff(Handoff(row))),
        NodeType::Message => Some(Node::Message(Message(row))),
        NodeType::ScheduledMessage => Some(Node::ScheduledMessage(ScheduledMessage(row))),
        NodeType::Suggestion => Some(Node::Suggestion(Suggestion(row))),
        NodeType::Call => Some(Node::Call(Call(row))),
        NodeType::CallArtefact => Some(Node::CallArtefact(CallArtefact(row))),
        NodeType::CallAttempt => Some(Node::CallAttempt(CallAttempt(row))),
        NodeType::CallFollowUp => Some(Node::CallFollowUp(CallFollowUp(row))),
        NodeType::Ticket => Some(Node::Ticket(Ticket(row))),
        NodeType::Tenant | NodeType::User => None,
    })
}
