//! Handing a conversation from the AI to a person, and back.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::conversation::ConversationCommand as Command;
use bitacora_domain::{Personal, UserId};

use super::{active_member, subject_of};
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{argument, user_error};
use crate::graphql::vocabulary::{HandoffFallback, HandoffReason};

/// How long somebody has to come unless said otherwise, seconds.
const TIMEOUT_S: i64 = 15 * 60;
/// After how long without a word of the person a hand-off ends unless said otherwise, seconds.
const LEASE_S: i64 = 30 * 60;

conversation_types! {
    /// Why a person is needed, and what happens until one comes.
    "requestHandoff": RequestHandoffInput {
        /// Why.
        pub reason: HandoffReason,
        /// What the person should know; only the team sees it.
        pub note: Option<String>,
        /// How long somebody has to come, seconds; 900 when not given.
        pub timeout_seconds: Option<i64>,
        /// What happens when nobody does; it waits on when not given.
        pub fallback: Option<HandoffFallback>,
        /// What the contact is told, while the service window is open.
        pub notice: Option<String>,
    } -> RequestHandoffPayload | RequestHandoffError
}
conversation_types! {
    /// Who takes it.
    "acceptHandoff": AcceptHandoffInput {
        /// Global id of the person, an active member; the caller when not given.
        pub agent: Option<ID>,
        /// After so long without a word of the person the AI takes it back, seconds; 1,800 when
        /// not given.
        pub lease_seconds: Option<i64>,
    } -> AcceptHandoffPayload | AcceptHandoffError
}
conversation_types! {
    /// Which conversation the AI takes back.
    "returnToBot": ReturnToBotInput {
    } -> ReturnToBotPayload | ReturnToBotError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct HandoffMutations;

#[Object]
impl HandoffMutations {
    /// Asks for a person. The AI keeps silent until the hand-off ends.
    async fn request_handoff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and why.")] input: RequestHandoffInput,
    ) -> Result<RequestHandoffPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let subject = subject_of(caller, &input.id).await?;
            let personal = |text: &Option<String>| {
                text.clone().map(|text| Personal::new(subject.clone(), text))
            };
            Ok(Command::RequestHandoff {
                reason: input.reason.into(),
                note: personal(&input.note),
                timeout_s: input.timeout_seconds.unwrap_or(TIMEOUT_S),
                fallback: input.fallback.unwrap_or(HandoffFallback::KeepWaiting).into(),
                notice: personal(&input.notice),
            })
        })
    }

    /// Takes a conversation for which a person was asked, also one for which nobody came in time.
    async fn accept_handoff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who takes which one.")] input: AcceptHandoffInput,
    ) -> Result<AcceptHandoffPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let agent = match &input.agent {
                Some(id) => UserId::new(argument(NodeType::User, id, "agent")?),
                None => caller.principal.user().ok_or_else(|| {
                    let message = "a program cannot take a conversation: say which person does";
                    user_error("ASSIGNEE_REQUIRED", message)
                })?,
            };
            let agent = active_member(caller, agent, "agent").await?;
            let lease_s = input.lease_seconds.unwrap_or(LEASE_S);
            Ok(Command::AcceptHandoff { agent, lease_s })
        })
    }

    /// Gives the conversation back to the AI.
    async fn return_to_bot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: ReturnToBotInput,
    ) -> Result<ReturnToBotPayload> {
        on_conversation!(ctx, Work, input, Command::ReturnToBot)
    }
}
