//! What is said on a ticket: data that it needs, comments, summaries.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::ticket::TicketCommand as Command;

use super::personal;
use crate::graphql::caller::Caller;

ticket_types! {
    /// Which data a ticket needs.
    "requestTicketData": RequestTicketDataInput {
        /// Their names, 1–20 of 1–100 characters.
        pub fields: Vec<String>,
    } -> RequestTicketDataPayload | RequestTicketDataError
}
ticket_types! {
    /// A datum that was asked for.
    "supplyTicketData": SupplyTicketDataInput {
        /// Its name.
        pub field: String,
        /// The value, 1–2,000 characters; a second one corrects the first.
        pub value: String,
    } -> SupplyTicketDataPayload | SupplyTicketDataError
}
ticket_types! {
    /// What somebody of the team says on a ticket.
    "addTicketComment": AddTicketCommentInput {
        /// Text, 1–10,000 characters.
        pub body: String,
        /// The contact may read it: it counts as an answer. False when not given.
        pub public: Option<bool>,
    } -> AddTicketCommentPayload | AddTicketCommentError
}
ticket_types! {
    /// What a ticket is about in a few words.
    "summariseTicket": SummariseTicketInput {
        /// The words, 1–4,000 characters.
        pub summary: String,
        /// The model, 1–100 characters.
        pub model: String,
        /// Version of the prompt, 1–100 characters.
        pub prompt_version: String,
        /// Tokens used.
        pub tokens: i64,
    } -> SummariseTicketPayload | SummariseTicketError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketDataMutations;

#[Object]
impl TicketDataMutations {
    /// Asks for data. What is missing already is no change; what was supplied is asked for
    /// again.
    async fn request_ticket_data(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which data for which ticket.")] input: RequestTicketDataInput,
    ) -> Result<RequestTicketDataPayload> {
        let fields = input.fields.iter().cloned().collect();
        on_ticket!(ctx, Work, input, Command::RequestData { fields })
    }

    /// Supplies a datum that was asked for. When it is the last one, a ticket that waits for the
    /// contact goes on.
    async fn supply_ticket_data(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which datum for which ticket.")] input: SupplyTicketDataInput,
    ) -> Result<SupplyTicketDataPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            let value = personal(caller, &input.id, &input.value).await?;
            Ok(Command::SupplyData { field: input.field.clone(), value })
        })
    }

    /// Says something on the ticket. A public comment answers the contact.
    async fn add_ticket_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is said on which ticket.")] input: AddTicketCommentInput,
    ) -> Result<AddTicketCommentPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            let body = personal(caller, &input.id, &input.body).await?;
            Ok(Command::AddComment { public: input.public.unwrap_or(false), body })
        })
    }

    /// Keeps what a model says that the ticket is about. For AI services.
    async fn summarise_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which words for which ticket.")] input: SummariseTicketInput,
    ) -> Result<SummariseTicketPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Integrate, input, async {
            let (model, prompt_version) = (input.model.clone(), input.prompt_version.clone());
            let summary = personal(caller, &input.id, &input.summary).await?;
            Ok(Command::Summarise { summary, model, prompt_version, tokens: input.tokens })
        })
    }
}
