//! What a mutation made beside the conversation: read from its own events, so that a repetition
//! under the same key shows what the first one made.

use async_graphql::Context;
use bitacora_domain::aggregates::conversation::{Conversation as Aggregate, ConversationEvent};
use bitacora_projections::Table;
use bitacora_projections::query::TableRow;
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::modules::messages::{self, Message};
use crate::graphql::modules::scheduled::{self, ScheduledMessage};
use crate::graphql::modules::suggestions::{self, Suggestion};
use crate::graphql::mutation::Receipted;

/// The message that was queued; `None` when none was, or when the read side is late.
pub(super) async fn message(
    ctx: &Context<'_>,
    made: Option<&Receipted>,
) -> async_graphql::Result<Option<Message>> {
    let queued = row(Caller::of(ctx)?, made, messages::TABLE, |event| {
        if let ConversationEvent::MessageQueued { message, .. } = event {
            Some(message.as_uuid())
        } else {
            None
        }
    });
    Ok(queued.await?.map(Message))
}

/// The suggestion that waits for a person because of the mutation.
pub(super) async fn suggestion(
    ctx: &Context<'_>,
    made: Option<&Receipted>,
) -> async_graphql::Result<Option<Suggestion>> {
    let suggested = row(Caller::of(ctx)?, made, suggestions::TABLE, |event| {
        if let ConversationEvent::ReplySuggested { suggestion, .. } = event {
            Some(*suggestion)
        } else {
            None
        }
    });
    Ok(suggested.await?.map(Suggestion))
}

/// The message that was scheduled.
pub(super) async fn scheduled(
    ctx: &Context<'_>,
    made: Option<&Receipted>,
) -> async_graphql::Result<Option<ScheduledMessage>> {
    let scheduled = row(Caller::of(ctx)?, made, scheduled::TABLE, |event| {
        if let ConversationEvent::MessageScheduled { scheduled, .. } = event {
            Some(*scheduled)
        } else {
            None
        }
    });
    Ok(scheduled.await?.map(ScheduledMessage))
}

/// The actions that wait for a person because of the mutation, in the order in which they were
/// given.
pub(super) async fn actions(
    ctx: &Context<'_>,
    made: Option<&Receipted>,
) -> async_graphql::Result<Vec<Uuid>> {
    let proposed = find(Caller::of(ctx)?, made, |event| {
        if let ConversationEvent::ActionsProposed { actions, .. } = event {
            Some(actions.iter().map(|action| action.action).collect())
        } else {
            None
        }
    });
    Ok(proposed.await?.unwrap_or_default())
}

/// The first event of the mutation that `wanted` wants.
async fn find<T>(
    caller: &Caller,
    made: Option<&Receipted>,
    wanted: impl Fn(&ConversationEvent) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let Some(made) = made else { return Ok(None) };
    Ok(made.events::<Aggregate>(caller).await?.iter().find_map(wanted))
}

/// The row of what the mutation made, once the table has it.
async fn row(
    caller: &Caller,
    made: Option<&Receipted>,
    table: &'static Table,
    wanted: impl Fn(&ConversationEvent) -> Option<Uuid>,
) -> Result<Option<TableRow>, Fault> {
    let (Some(made), Some(uuid)) = (made, find(caller, made, wanted).await?) else {
        return Ok(None);
    };
    let (position, stream) = (made.receipt.cursor, &made.receipt.stream);
    if caller.reached(position, &[table], Some(stream)).await.is_err() {
        return Ok(None);
    }
    caller.row(table, uuid).await
}
