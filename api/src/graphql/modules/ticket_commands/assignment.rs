//! Who has a ticket.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::UserId;
use bitacora_domain::aggregates::conversation::AssignedBy;
use bitacora_domain::aggregates::membership::MemberStatus;
use bitacora_domain::aggregates::ticket::TicketCommand as Command;

use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversation_commands::active_member;
use crate::graphql::modules::conversation_commands::assignment::least_loaded;
use crate::graphql::modules::tickets::TABLE as TICKETS;
use crate::graphql::mutation::{argument, user_error};

/// Statuses of tickets that somebody may have to work on.
const LIVE: [&str; 2] = ["NEW", "IN_PROGRESS"];

ticket_types! {
    /// Who gets the ticket: a person, a team, a person of a team, or whoever has least to do.
    "assignTicket": AssignTicketInput {
        /// Global id of the person, an active member.
        pub agent: Option<ID>,
        /// Team, 1–60 characters.
        pub team: Option<String>,
        /// True instead of a person: whoever is available and has the fewest tickets for their
        /// capacity.
        pub auto: Option<bool>,
    } -> AssignTicketPayload | AssignTicketError
}
ticket_types! {
    /// Which ticket to take from whoever has it.
    "unassignTicket": UnassignTicketInput {
    } -> UnassignTicketPayload | UnassignTicketError
}
ticket_types! {
    /// Which ticket goes to somebody who can do more.
    "escalateTicket": EscalateTicketInput {
        /// Level, 1–9; higher than before.
        pub level: i32,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> EscalateTicketPayload | EscalateTicketError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketAssignmentMutations;

#[Object]
impl TicketAssignmentMutations {
    /// Gives the ticket to a person or a team.
    async fn assign_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gets what.")] input: AssignTicketInput,
    ) -> Result<AssignTicketPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            let team = input.team.clone();
            let (agent, by) = match (&input.agent, input.auto.unwrap_or(false)) {
                (Some(_), true) => {
                    let message = "either a person or `auto`, not both";
                    return Err(user_error("ASSIGNEE_AMBIGUOUS", message).into());
                }
                (Some(id), false) => {
                    let agent = UserId::new(argument(NodeType::User, id, "agent")?);
                    (Some(active_member(caller, agent, "agent").await?), AssignedBy::User)
                }
                (None, true) => {
                    (Some(least_loaded(caller, TICKETS, &LIVE).await?), AssignedBy::Policy)
                }
                (None, false) => (None, AssignedBy::User),
            };
            let agent_status = agent.map(|_| MemberStatus::Active);
            Ok(Command::Assign { agent, agent_status, team, by })
        })
    }

    /// Takes the ticket from whoever has it.
    async fn unassign_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] input: UnassignTicketInput,
    ) -> Result<UnassignTicketPayload> {
        on_ticket!(ctx, Work, input, Command::Unassign)
    }

    /// Hands the ticket to somebody who can do more.
    async fn escalate_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, how high, and why.")] input: EscalateTicketInput,
    ) -> Result<EscalateTicketPayload> {
        // A number that the ticket has no room for becomes one that it refuses.
        let (level, reason) = (input.level.try_into().unwrap_or(u8::MAX), input.reason.clone());
        on_ticket!(ctx, Work, input, Command::Escalate { level, reason })
    }
}
