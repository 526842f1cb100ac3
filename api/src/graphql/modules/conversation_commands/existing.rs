//! Messages that a mutation is about. A conversation does not remember all of its messages, so
//! the read side says whose one is; without that, whoever names a conversation could take the
//! content off a message of another one.

use async_graphql::ID;
use bitacora_domain::aggregates::conversation::Conversation as Aggregate;
use bitacora_domain::{ConversationId, MessageId, StreamId};
use bitacora_projections::query::TableRow;
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::messages;
use crate::graphql::mutation::{Unmet, argument, user_error};

/// The message that `messageId` of the input names, provided it is one of the conversation. A
/// conversation that does not exist is left to the command to refuse.
///
/// # Errors
/// `INVALID_ID`, `MESSAGE_UNKNOWN`, or a fault when the read side does not answer in time.
pub(super) async fn message(
    caller: &Caller,
    conversation: &ID,
    message: &ID,
) -> Result<MessageId, Unmet> {
    let wanted = argument(NodeType::Message, message, "messageId")?;
    let conversation = ConversationId::new(argument(NodeType::Conversation, conversation, "id")?);
    let stream = conversation.to_string();
    let known = caller.app.bus.load::<Aggregate>(caller.tenant(), &stream).await;
    if known.map_err(Fault::unavailable)?.is_none() {
        return Ok(MessageId::new(wanted));
    }
    let found = match caller.row(messages::TABLE, wanted).await? {
        Some(row) => Some(row),
        // Said a moment ago, perhaps.
        None => after_all_of_now(caller, &stream, wanted).await?,
    };
    let home = found.and_then(|row| row.cell("conversation_id").as_uuid());
    if home != Some(conversation.as_uuid()) {
        let message = "there is no such message in the conversation";
        return Err(user_error("MESSAGE_UNKNOWN", message).about("messageId").into());
    }
    Ok(MessageId::new(wanted))
}

/// The row once the read side has seen what is recorded by now.
async fn after_all_of_now(
    caller: &Caller,
    conversation: &str,
    wanted: Uuid,
) -> Result<Option<TableRow>, Fault> {
    let tip = caller.app.log.tip(caller.tenant()).await.map_err(Fault::unavailable)?;
    let stream = StreamId::new(Aggregate::TYPE, conversation);
    caller.reached(tip, &[messages::TABLE], Some(&stream)).await?;
    caller.row(messages::TABLE, wanted).await
}
