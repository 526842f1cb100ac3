//! Whether the AI may speak in a conversation.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::conversation::ConversationCommand as Command;

conversation_types! {
    /// Where the AI keeps silent, and why.
    "pauseAi": PauseAiInput {
        /// Why, for the record; at most 500 characters.
        pub reason: Option<String>,
    } -> PauseAiPayload | PauseAiError
}
conversation_types! {
    /// Where the AI may speak again.
    "resumeAi": ResumeAiInput {
    } -> ResumeAiPayload | ResumeAiError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct AiMutations;

#[Object]
impl AiMutations {
    /// The AI keeps silent in this conversation until it is resumed.
    async fn pause_ai(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and why.")] input: PauseAiInput,
    ) -> Result<PauseAiPayload> {
        let reason = input.reason.clone();
        on_conversation!(ctx, Work, input, Command::PauseAi { reason })
    }

    /// The AI may speak in this conversation again.
    async fn resume_ai(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: ResumeAiInput,
    ) -> Result<ResumeAiPayload> {
        on_conversation!(ctx, Work, input, Command::ResumeAi)
    }
}
