//! How a ticket ends, and begins again.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::ticket::{DEFAULT_REOPEN_WINDOW_S, TicketCommand as Command};

use super::maybe_personal;
use crate::graphql::caller::Caller;

ticket_types! {
    /// Which ticket is settled, and how.
    "resolveTicket": ResolveTicketInput {
        /// How, at most 2,000 characters.
        pub resolution: Option<String>,
        /// What caused it, at most 200 characters; no person's name.
        pub root_cause: Option<String>,
        /// How long it can be reopened, seconds, 0–7,776,000 (90 days); 7 days when not given.
        /// Then it closes by itself.
        pub reopen_window_seconds: Option<i64>,
    } -> ResolveTicketPayload | ResolveTicketError
}
ticket_types! {
    /// Which ticket to reopen.
    "reopenTicket": ReopenTicketInput {
        /// Why, at most 500 characters.
        pub reason: Option<String>,
    } -> ReopenTicketPayload | ReopenTicketError
}
ticket_types! {
    /// Which resolved ticket to end for good.
    "closeTicket": CloseTicketInput {
    } -> CloseTicketPayload | CloseTicketError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketEndingMutations;

#[Object]
impl TicketEndingMutations {
    /// Settles the matter. Within its window the ticket can be reopened, also by what the
    /// contact says.
    async fn resolve_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, and how.")] input: ResolveTicketInput,
    ) -> Result<ResolveTicketPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            Ok(Command::Resolve {
                resolution: maybe_personal(caller, &input.id, input.resolution.as_ref()).await?,
                root_cause: input.root_cause.clone(),
                reopen_window_s: input.reopen_window_seconds.unwrap_or(DEFAULT_REOPEN_WINDOW_S),
            })
        })
    }

    /// Takes a resolved ticket back to work, within its window; afterwards
    /// `REOPEN_WINDOW_OVER`.
    async fn reopen_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, and why.")] input: ReopenTicketInput,
    ) -> Result<ReopenTicketPayload> {
        let reason = input.reason.clone();
        on_ticket!(ctx, Work, input, Command::Reopen { reason })
    }

    /// Ends a resolved ticket before its window is over.
    async fn close_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] input: CloseTicketInput,
    ) -> Result<CloseTicketPayload> {
        on_ticket!(ctx, Work, input, Command::Close)
    }
}
