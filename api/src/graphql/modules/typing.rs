//! Who of the team is typing: told to whoever listens now, never kept.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject, Subscription};
use bitacora_domain::ConversationId;
use bitacora_projections::presence::{Listener, Typing};
use futures::{Stream, stream};

use super::conversations::User;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};
use crate::graphql::ids::NodeType;

/// What the caller does.
#[derive(Clone, Debug, InputObject)]
pub struct SetTypingInput {
    /// Where.
    pub conversation_id: ID,
    /// Types (true), or stopped (false). Say it again every few seconds: a sign of typing is good
    /// for 10 seconds.
    pub on: bool,
}

/// What became of `setTyping`.
#[derive(Clone, Debug, SimpleObject)]
pub struct SetTypingPayload {
    /// It was passed on. False when you say it too often: ten at once, five a second. Nothing else
    /// is wrong then; go on.
    pub passed_on: bool,
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TypingMutations;

#[Object]
impl TypingMutations {
    /// Tells those who listen to `typing` of the conversation that the caller types, or stopped.
    /// It is no event: nothing is kept, and nobody learns of it later.
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn set_typing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and what.")] input: SetTypingInput,
    ) -> Result<SetTypingPayload> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Work)?;
        let conversation = conversation(&input.conversation_id)?;
        let Some(user) = caller.principal.user() else {
            return Err(Fault::new(Code::Forbidden, "only a person types").into());
        };
        let said = Typing { tenant: caller.tenant(), conversation, user, on: input.on };
        Ok(SetTypingPayload { passed_on: caller.app.presence.tell(said) })
    }
}

/// Somebody began to type, or stopped.
#[derive(Clone, Debug, SimpleObject)]
pub struct TypingChanged {
    /// Where.
    pub conversation_id: ID,
    /// Who; the caller, too, if they type on another device.
    pub user: User,
    /// Types (true), or stopped or was not heard of for 10 seconds (false).
    pub typing: bool,
}

/// Fields of the subscription root.
#[derive(Default)]
pub struct TypingSubscriptions;

#[Subscription]
impl TypingSubscriptions {
    /// Who of the team begins and stops typing in the conversation, from now on. These signals
    /// have no cursor: what was missed is worth nothing. An id of no conversation of the tenant
    /// is never heard of.
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn typing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the conversation.")] conversation_id: ID,
    ) -> Result<impl Stream<Item = TypingChanged> + use<>> {
        let caller = Caller::of(ctx)?;
        let conversation = conversation(&conversation_id)?;
        let listener = caller.app.presence.listen(caller.tenant(), conversation);
        Ok(stream::unfold(listener, next))
    }
}

async fn next(mut listener: Listener) -> Option<(TypingChanged, Listener)> {
    let Typing { conversation, user, on, .. } = listener.next().await?;
    let conversation_id = NodeType::Conversation.id(conversation.as_uuid());
    let user = User::new(user.as_uuid());
    Some((TypingChanged { conversation_id, user, typing: on }, listener))
}

fn conversation(id: &ID) -> Result<ConversationId, Fault> {
    Ok(ConversationId::new(NodeType::Conversation.uuid(id)?))
}
