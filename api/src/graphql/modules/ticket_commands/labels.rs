//! What kind of matter a ticket is: category, priority, tags.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::ticket::TicketCommand as Command;

use crate::graphql::modules::tenants::TriageCategory;
use crate::graphql::vocabulary::Priority;

ticket_types! {
    /// What triage says of a ticket.
    "triageTicket": TriageTicketInput {
        /// Category.
        pub category: TriageCategory,
        /// How urgent it is; by category and confidence when not given, as in `openTicket`.
        pub priority: Option<Priority>,
        /// How sure triage is, basis points, 0–10,000.
        pub confidence_bp: i64,
        /// The model, 1–100 characters.
        pub model: String,
    } -> TriageTicketPayload | TriageTicketError
}
ticket_types! {
    /// Another category.
    "changeTicketCategory": ChangeTicketCategoryInput {
        /// Category.
        pub category: TriageCategory,
    } -> ChangeTicketCategoryPayload | ChangeTicketCategoryError
}
ticket_types! {
    /// Another priority.
    "changeTicketPriority": ChangeTicketPriorityInput {
        /// Priority.
        pub priority: Priority,
    } -> ChangeTicketPriorityPayload | ChangeTicketPriorityError
}
ticket_types! {
    /// Other tags.
    "setTicketTags": SetTicketTagsInput {
        /// All of them: at most 50 of 1–40 characters; kept in lower case.
        pub tags: Vec<String>,
    } -> SetTicketTagsPayload | SetTicketTagsError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketLabelMutations;

#[Object]
impl TicketLabelMutations {
    /// Sets category and priority as triage says. For AI services.
    async fn triage_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is said of which ticket.")] input: TriageTicketInput,
    ) -> Result<TriageTicketPayload> {
        let (category, model) = (input.category.into(), input.model.clone());
        let priority = input.priority.map(Into::into);
        let confidence_bp = input.confidence_bp;
        on_ticket!(
            ctx,
            Integrate,
            input,
            Command::Triage { category, priority, confidence_bp, model }
        )
    }

    /// Gives the ticket another category.
    async fn change_ticket_category(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which category for which ticket.")] input: ChangeTicketCategoryInput,
    ) -> Result<ChangeTicketCategoryPayload> {
        let category = input.category.into();
        on_ticket!(ctx, Work, input, Command::ChangeCategory { category })
    }

    /// Says how urgent the ticket is. The SLA's targets follow.
    async fn change_ticket_priority(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which priority for which ticket.")] input: ChangeTicketPriorityInput,
    ) -> Result<ChangeTicketPriorityPayload> {
        let priority = input.priority.into();
        on_ticket!(ctx, Work, input, Command::ChangePriority { priority })
    }

    /// Replaces the tags.
    async fn set_ticket_tags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tags for which ticket.")] input: SetTicketTagsInput,
    ) -> Result<SetTicketTagsPayload> {
        let tags = input.tags.iter().cloned().collect();
        on_ticket!(ctx, Work, input, Command::SetTags { tags })
    }
}
