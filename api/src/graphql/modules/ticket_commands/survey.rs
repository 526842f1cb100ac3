//! What the contact thinks of how a ticket was handled.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::ticket::TicketCommand as Command;

use super::maybe_personal;
use crate::graphql::caller::Caller;

ticket_types! {
    /// On which ticket to ask the contact for an opinion.
    "requestTicketSurvey": RequestTicketSurveyInput {
    } -> RequestTicketSurveyPayload | RequestTicketSurveyError
}
ticket_types! {
    /// What the contact answered.
    "recordTicketCsat": RecordTicketCsatInput {
        /// Satisfaction, 1–5.
        pub score: i64,
        /// In words, at most 2,000 characters.
        pub comment: Option<String>,
    } -> RecordTicketCsatPayload | RecordTicketCsatError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketSurveyMutations;

#[Object]
impl TicketSurveyMutations {
    /// Marks that the contact is asked for an opinion on a ticket that is settled.
    async fn request_ticket_survey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] input: RequestTicketSurveyInput,
    ) -> Result<RequestTicketSurveyPayload> {
        on_ticket!(ctx, Work, input, Command::RequestSurvey)
    }

    /// Records the contact's opinion, once. For integrations, since whoever may do this can put
    /// an opinion into a contact's mouth.
    async fn record_ticket_csat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which opinion on which ticket.")] input: RecordTicketCsatInput,
    ) -> Result<RecordTicketCsatPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Integrate, input, async {
            let comment = maybe_personal(caller, &input.id, input.comment.as_ref()).await?;
            Ok(Command::RecordCsat { score: input.score, comment })
        })
    }
}
