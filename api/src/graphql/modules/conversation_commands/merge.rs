//! Two conversations of a contact become one.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::conversation::{
    Conversation as Aggregate, ConversationCommand as Command,
};
use bitacora_domain::{ContactId, ConversationId};

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{Run, Unmet, argument, user_error};

conversation_types! {
    /// Which conversation goes on in which other one.
    "mergeConversations": MergeConversationsInput {
        /// The conversation of the same contact in which it goes on.
        pub into: ID,
    } -> MergeConversationsPayload | MergeConversationsError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct MergeMutations;

#[Object]
impl MergeMutations {
    /// Continues a conversation in another one of the same contact; `id` is over then, for
    /// good. Both are written, one after the other: after a time-out repeat it with the same
    /// key, and what was begun is completed.
    async fn merge_conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes on where.")] input: MergeConversationsInput,
    ) -> Result<MergeConversationsPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let caller = run.caller();
        let into = argument(NodeType::Conversation, &input.into, "into");
        let prepare = async {
            let target = ConversationId::new(into.clone()?);
            let target_contact = open_target(caller, target).await?;
            Ok(Command::MergeInto { target, target_contact })
        };
        let merged =
            run.execute::<Aggregate, _>(super::conversation(&input.id), |_| prepare).await?;
        let outcome = match (merged, into) {
            (Ok(done), Ok(target)) => {
                let source = ConversationId::new(done.uuid().unwrap_or_default());
                let body = Command::RecordMerge { source };
                run.further::<Aggregate>(&done, "merge:record", target, body).await?
            }
            (outcome, _) => outcome,
        };
        Ok(run.payload(outcome).await)
    }
}

/// With whom the conversation is in which another one is to go on. One that has ended takes
/// none in.
async fn open_target(
    caller: &Caller,
    target: ConversationId,
) -> std::result::Result<ContactId, Unmet> {
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &target.to_string()).await;
    let found = loaded.map_err(Fault::unavailable)?.map(|(conversation, _)| conversation);
    let known = found.as_ref().and_then(|found| Some((found.contact()?, found.status())));
    match known {
        Some((contact, status)) if !status.is_over() => Ok(contact),
        Some(_) => {
            let message = "the conversation in which it is to go on has ended";
            Err(user_error("CONVERSATION_CLOSED", message).about("into").into())
        }
        None => {
            let message = "there is no such conversation";
            Err(user_error("CONVERSATION_NOT_FOUND", message).about("into").into())
        }
    }
}
