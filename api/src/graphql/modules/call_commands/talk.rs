//! While a call lasts.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::call_session::CallCommand as Command;
use bitacora_domain::{Personal, UserId};

use super::subject_of;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::argument;

call_types! {
    /// Which call is to end.
    "hangUpCall": HangUpCallInput {
        /// Why, 1–500 characters.
        pub reason: Option<String>,
    } -> HangUpCallPayload | HangUpCallError
}
call_types! {
    /// To whom a call goes: to a person of the team, or to a number.
    "transferCall": TransferCallInput {
        /// Global id of the person.
        pub agent: Option<ID>,
        /// Telephone number.
        pub number: Option<String>,
    } -> TransferCallPayload | TransferCallError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct CallTalkMutations;

#[Object]
impl CallTalkMutations {
    /// Ends a call that is under way. Until the provider has told its name of it, it waits.
    async fn hang_up_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and why.")] input: HangUpCallInput,
    ) -> Result<HangUpCallPayload> {
        on_call!(ctx, input, Command::HangUp { reason: input.reason.clone() })
    }

    /// Puts a person through.
    async fn transfer_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and to whom.")] input: TransferCallInput,
    ) -> Result<TransferCallPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_call!(ctx, input, async {
            let agent = match &input.agent {
                Some(id) => Some(UserId::new(argument(NodeType::User, id, "agent")?)),
                None => None,
            };
            let subject = subject_of(caller, &input.id).await?;
            let number = input.number.clone().map(|number| Personal::new(subject, number));
            Ok(Command::TransferToHuman { agent, number })
        })
    }
}
