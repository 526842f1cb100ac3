//! Tickets that come from a ticket, and what it is tied to.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::ticket::{
    Ticket as Aggregate, TicketCommand as Command, TicketEvent as Event,
};
use uuid::Uuid;

use super::personal;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::tenants::TriageCategory;
use crate::graphql::modules::tickets::TicketLinkKind;
use crate::graphql::mutation::Receipted;
use crate::graphql::vocabulary::Priority;

ticket_types! {
    /// Which part of a ticket's matter becomes a ticket of its own.
    "splitTicket": SplitTicketInput {
        /// What that part is about, 1–200 characters.
        pub subject: String,
        /// Its category; that of this ticket when not given.
        pub category: Option<TriageCategory>,
        /// Its priority; that of this ticket when not given.
        pub priority: Option<Priority>,
    } -> SplitTicketPayload | SplitTicketError makes {
        /// Global id of the new ticket, which is opened right after; null when it failed.
        async fn part_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
            child(ctx, self.made.as_ref()).await
        }
    }
}
ticket_types! {
    /// Which closed ticket goes on in a new one.
    "createTicketFollowUp": CreateTicketFollowUpInput {
        /// What it is about, 1–200 characters.
        pub subject: String,
        /// Its category; that of the closed ticket when not given.
        pub category: Option<TriageCategory>,
        /// Its priority; that of the closed ticket when not given.
        pub priority: Option<Priority>,
    } -> CreateTicketFollowUpPayload | CreateTicketFollowUpError makes {
        /// Global id of the new ticket, which is opened right after; null when it failed.
        async fn follow_up_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
            child(ctx, self.made.as_ref()).await
        }
    }
}
ticket_types! {
    /// What a ticket is tied to.
    "linkTicket": LinkTicketInput {
        /// What it is.
        pub kind: TicketLinkKind,
        /// Its id.
        pub entity: Uuid,
    } -> LinkTicketPayload | LinkTicketError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct RelatedTicketMutations;

#[Object]
impl RelatedTicketMutations {
    /// Takes a part of the matter to a ticket of its own.
    async fn split_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which part of which ticket.")] input: SplitTicketInput,
    ) -> Result<SplitTicketPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            Ok(Command::Split {
                subject: personal(caller, &input.id, &input.subject).await?,
                category: input.category.map(Into::into),
                priority: input.priority.map(Into::into),
            })
        })
    }

    /// Goes on in a new ticket, since a closed one is final. There is one follow-up of a ticket.
    async fn create_ticket_follow_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, and how it goes on.")] input: CreateTicketFollowUpInput,
    ) -> Result<CreateTicketFollowUpPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            Ok(Command::CreateFollowUp {
                subject: personal(caller, &input.id, &input.subject).await?,
                category: input.category.map(Into::into),
                priority: input.priority.map(Into::into),
            })
        })
    }

    /// Ties the ticket to a shipment, a call, an invoice, a quote … One that is tied already is
    /// no change.
    async fn link_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is tied to what.")] input: LinkTicketInput,
    ) -> Result<LinkTicketPayload> {
        let (kind, id) = (input.kind.into(), input.entity);
        on_ticket!(ctx, Work, input, Command::Link { kind, id })
    }
}

/// The ticket that the mutation's own events say is opened.
async fn child(ctx: &Context<'_>, made: Option<&Receipted>) -> Result<Option<ID>> {
    let Some(made) = made else { return Ok(None) };
    let events = made.events::<Aggregate>(Caller::of(ctx)?).await?;
    let opened = events.iter().find_map(|event| {
        if let Event::TicketSplit { into: child, .. }
        | Event::TicketFollowUpCreated { follow_up: child, .. } = event
        {
            return Some(child.as_uuid());
        }
        None
    });
    Ok(opened.map(|child| NodeType::Ticket.id(child)))
}
