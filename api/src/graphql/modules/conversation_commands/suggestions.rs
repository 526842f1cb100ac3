//! What a person says to what the AI proposes.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::Personal;
use bitacora_domain::aggregates::conversation::ConversationCommand as Command;
use uuid::Uuid;

use super::{made, subject_of};
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::messages::Message;
use crate::graphql::mutation::argument;

conversation_types! {
    /// Which suggestion is sent.
    "approveSuggestion": ApproveSuggestionInput {
        /// Which.
        pub suggestion_id: ID,
        /// What is sent instead of its text, 1–4,096 characters.
        pub edited_text: Option<String>,
    } -> ApproveSuggestionPayload | ApproveSuggestionError makes {
        /// The message; its delivery shows on it. Null when it failed or the read side is late.
        async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
            made::message(ctx, self.made.as_ref()).await
        }
    }
}
conversation_types! {
    /// Which suggestion is turned down.
    "rejectSuggestion": RejectSuggestionInput {
        /// Which.
        pub suggestion_id: ID,
        /// Why; the AI learns from it. At most 500 characters.
        pub reason: Option<String>,
    } -> RejectSuggestionPayload | RejectSuggestionError
}
conversation_types! {
    /// Which action may be done.
    "approveAction": ApproveActionInput {
        /// Which.
        pub action: Uuid,
    } -> ApproveActionPayload | ApproveActionError
}
conversation_types! {
    /// Which action is turned down.
    "rejectAction": RejectActionInput {
        /// Which.
        pub action: Uuid,
        /// Why; at most 500 characters.
        pub reason: Option<String>,
    } -> RejectActionPayload | RejectActionError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct SuggestionMutations;

#[Object]
impl SuggestionMutations {
    /// Sends the suggestion that waits, as it is or edited. It can be approved once, and only
    /// while the contact has written nothing newer.
    async fn approve_suggestion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ApproveSuggestionInput,
    ) -> Result<ApproveSuggestionPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let (id, field) = (&input.suggestion_id, "suggestionId");
            let suggestion = argument(NodeType::Suggestion, id, field)?;
            let edited_text = match input.edited_text.clone() {
                Some(text) => Some(Personal::new(subject_of(caller, &input.id).await?, text)),
                None => None,
            };
            Ok(Command::ApproveSuggestion { suggestion, edited_text })
        })
    }

    /// Turns the suggestion that waits down.
    async fn reject_suggestion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: RejectSuggestionInput,
    ) -> Result<RejectSuggestionPayload> {
        on_prepared_conversation!(ctx, Work, input, async {
            let (id, field) = (&input.suggestion_id, "suggestionId");
            let suggestion = argument(NodeType::Suggestion, id, field)?;
            Ok(Command::RejectSuggestion { suggestion, reason: input.reason.clone() })
        })
    }

    /// Lets an action be done that the AI proposes.
    async fn approve_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ApproveActionInput,
    ) -> Result<ApproveActionPayload> {
        let action = input.action;
        on_conversation!(ctx, Work, input, Command::ApproveAction { action })
    }

    /// Turns an action down that the AI proposes.
    async fn reject_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: RejectActionInput,
    ) -> Result<RejectActionPayload> {
        let (action, reason) = (input.action, input.reason.clone());
        on_conversation!(ctx, Work, input, Command::RejectAction { action, reason })
    }
}
