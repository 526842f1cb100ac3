//! How the work on a ticket goes: begin, wait, put aside, and what the contact says meanwhile.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::MessageId;
use bitacora_domain::aggregates::ticket::TicketCommand as Command;
use chrono::{DateTime, Utc};

use super::maybe_personal;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::argument;

ticket_types! {
    /// On which ticket work begins, or goes on.
    "startTicket": StartTicketInput {
    } -> StartTicketPayload | StartTicketError
}
ticket_types! {
    /// Which ticket waits for its contact.
    "waitForCustomer": WaitForCustomerInput {
        /// What was asked, at most 2,000 characters.
        pub question: Option<String>,
    } -> WaitForCustomerPayload | WaitForCustomerError
}
ticket_types! {
    /// Which ticket waits for somebody else.
    "waitForThirdParty": WaitForThirdPartyInput {
        /// For which organisation, at most 120 characters; no person's name.
        pub party: Option<String>,
    } -> WaitForThirdPartyPayload | WaitForThirdPartyError
}
ticket_types! {
    /// On which ticket the contact said something.
    "recordTicketReply": RecordTicketReplyInput {
        /// The message, when it was one.
        pub message_id: Option<ID>,
    } -> RecordTicketReplyPayload | RecordTicketReplyError
}
ticket_types! {
    /// Which ticket to put aside, and for how long.
    "holdTicket": HoldTicketInput {
        /// Why, 1–500 characters.
        pub reason: String,
        /// Until then, at most 365 days ahead; until somebody goes on when not given.
        pub until: Option<DateTime<Utc>>,
    } -> HoldTicketPayload | HoldTicketError
}
ticket_types! {
    /// Which ticket to take back from the side.
    "releaseTicketHold": ReleaseTicketHoldInput {
    } -> ReleaseTicketHoldPayload | ReleaseTicketHoldError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketProgressMutations;

#[Object]
impl TicketProgressMutations {
    /// Begins to work on the ticket; one that waits or was put aside goes on.
    async fn start_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] input: StartTicketInput,
    ) -> Result<StartTicketPayload> {
        on_ticket!(ctx, Work, input, Command::StartWork)
    }

    /// Waits for the contact: the clocks of the SLA stand still until it says something.
    async fn wait_for_customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, and what was asked.")] input: WaitForCustomerInput,
    ) -> Result<WaitForCustomerPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            let question = maybe_personal(caller, &input.id, input.question.as_ref()).await?;
            Ok(Command::WaitForCustomer { question })
        })
    }

    /// Waits for somebody else, a carrier, a supplier: the clocks of the SLA stand still until
    /// somebody goes on.
    async fn wait_for_third_party(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, and for whom.")] input: WaitForThirdPartyInput,
    ) -> Result<WaitForThirdPartyPayload> {
        let party = input.party.clone();
        on_ticket!(ctx, Work, input, Command::WaitForThirdParty { party })
    }

    /// Records that the contact said something: what waits for it goes on, a hold ends, and a
    /// resolved ticket is reopened within its window.
    async fn record_ticket_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, and what was said.")] input: RecordTicketReplyInput,
    ) -> Result<RecordTicketReplyPayload> {
        on_prepared_ticket!(ctx, Work, input, async {
            let message = input.message_id.as_ref();
            let message = message.map(|id| argument(NodeType::Message, id, "messageId"));
            Ok(Command::CustomerReplied { message: message.transpose()?.map(MessageId::new) })
        })
    }

    /// Puts the ticket aside until a time, or until somebody goes on; what the contact says
    /// always brings it back.
    async fn hold_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, why, until when.")] input: HoldTicketInput,
    ) -> Result<HoldTicketPayload> {
        let (reason, until) = (input.reason.clone(), input.until);
        on_ticket!(ctx, Work, input, Command::Hold { reason, until })
    }

    /// Takes the ticket back from the side before its time.
    async fn release_ticket_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] input: ReleaseTicketHoldInput,
    ) -> Result<ReleaseTicketHoldPayload> {
        on_ticket!(ctx, Work, input, Command::ReleaseHold)
    }
}
