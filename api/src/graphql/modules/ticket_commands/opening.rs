//! Opening tickets.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::conversation::Conversation;
use bitacora_domain::aggregates::ticket as domain;
use bitacora_domain::aggregates::ticket::{Ticket as Aggregate, TicketCommand as Command};
use bitacora_domain::{ContactId, ConversationId, Personal, Subject};

use super::sla::{self, SlaPolicyInput};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversation_commands::known_contact;
use crate::graphql::modules::tenants::TriageCategory;
use crate::graphql::modules::tickets::{Ticket, TicketOrigin};
use crate::graphql::mutation::{self, Target, Unmet, argument, mutation_types, user_error};
use crate::graphql::vocabulary::Priority;

mutation_types! {
    /// Whose matter a new ticket is, and what it is about.
    creates "openTicket": OpenTicketInput {
        /// What it is about, 1–200 characters.
        pub subject: String,
        /// Category.
        pub category: TriageCategory,
        /// How urgent it is. When not given: complaints, and what triage was more than 90 % sure
        /// of, are `HIGH`, tracking and information `LOW`, the others `MEDIUM`.
        pub priority: Option<Priority>,
        /// The contact; may be left out with a conversation.
        pub contact_id: Option<ID>,
        /// The conversation that it came up in; it will be linked to the ticket.
        pub conversation_id: Option<ID>,
        /// How it came to be; `MANUAL` when not given. Of those with `TRIAGE`, `LOW_CONFIDENCE`
        /// or `CALL` there is one per conversation and category while it is open: `ALREADY_TAKEN`
        /// tells which. A follow-up and a split are opened by `createTicketFollowUp` and
        /// `splitTicket`.
        pub origin: Option<TicketOrigin>,
        /// How sure triage was, basis points, 0–10,000.
        pub confidence_bp: Option<i64>,
        /// Names of data that are needed and missing, at most 20 of 1–100 characters; they are
        /// asked for.
        pub missing_fields: Option<Vec<String>>,
        /// The SLA that it is under from the beginning; none when not given.
        pub sla: Option<SlaPolicyInput>,
    } -> OpenTicketPayload | OpenTicketError {
        /// The ticket; null when it failed or the read side is late.
        ticket: Ticket
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct OpenTicketMutations;

#[Object]
impl OpenTicketMutations {
    /// Opens a ticket. Its number is the tenant's next one; what is refused leaves no gap.
    async fn open_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose matter, and what about.")] input: OpenTicketInput,
    ) -> Result<OpenTicketPayload> {
        let caller = Caller::of(ctx)?;
        let prepare = async { opening(caller, &input).await };
        let answer = mutation::answer_prepared::<Aggregate, _, _>;
        answer(ctx, Capability::Work, &input, Target::New, prepare).await
    }
}

async fn opening(caller: &Caller, input: &OpenTicketInput) -> std::result::Result<Command, Unmet> {
    let (contact, conversation) = whose(caller, input).await?;
    let sla = match &input.sla {
        Some(policy) => Some(Box::new(sla::policy(caller, policy).await?)),
        None => None,
    };
    Ok(Command::Open {
        category: input.category.into(),
        priority: input.priority.map(Into::into),
        confidence_bp: input.confidence_bp,
        subject: Personal::new(Subject::contact(contact), input.subject.clone()),
        contact,
        conversation,
        origin: input.origin.map_or(domain::TicketOrigin::Manual, Into::into),
        parent: None,
        missing_fields: input.missing_fields.iter().flatten().cloned().collect(),
        sla,
    })
}

/// The contact and the conversation that the input names; they belong together.
async fn whose(
    caller: &Caller,
    input: &OpenTicketInput,
) -> std::result::Result<(ContactId, Option<ConversationId>), Unmet> {
    let named = match &input.contact_id {
        Some(id) => {
            let uuid = argument(NodeType::Contact, id, "contactId")?;
            known_contact(caller, uuid).await?;
            Some(ContactId::new(uuid))
        }
        None => None,
    };
    let Some(id) = &input.conversation_id else {
        let message = "a ticket is a contact's matter: give `contactId` or `conversationId`";
        let missing = || user_error("TICKET_CONTACT_REQUIRED", message);
        return Ok((named.ok_or_else(missing)?, None));
    };
    let uuid = argument(NodeType::Conversation, id, "conversationId")?;
    let bus = &caller.app.bus;
    let loaded = bus.load::<Conversation>(caller.tenant(), &uuid.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let Some(with) = loaded.and_then(|(conversation, _)| conversation.contact()) else {
        let message = "there is no such conversation";
        return Err(user_error("CONVERSATION_NOT_FOUND", message).about("conversationId").into());
    };
    if named.is_some_and(|contact| contact != with) {
        let message = "the conversation is with another contact: leave `contactId` out";
        return Err(user_error("TICKET_CONTACT_MISMATCH", message).into());
    }
    Ok((with, Some(ConversationId::new(uuid))))
}
