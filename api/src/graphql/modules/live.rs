//! Typed subscriptions. They fire when the read tables that they show have passed the event, so
//! a payload, and a refetch after it, sees what was announced.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Error, ID, Result, SimpleObject, Subscription};
use bitacora_domain::aggregates::conversation as domain;
use bitacora_domain::{MessageId, RecordedEvent};
use bitacora_projections::query::TableRow;
use futures::{Stream, StreamExt as _};
use uuid::Uuid;

use super::conversations::{self, Conversation};
use super::handoffs::{self, Handoff};
use super::messages::{self, Message};
use crate::graphql::announced::{Announced, announced, changes, row_behind, shown};
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// A message was added to a conversation, in or out.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct MessageAdded {
    #[graphql(flatten)]
    announced: Announced,
}

#[ComplexObject]
impl MessageAdded {
    /// The message as it is now; null, with an error beside it, while it is parked.
    async fn message(&self) -> Option<Result<Message>> {
        self.announced.node(Message)
    }
}

/// Something about a conversation changed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConversationChanged {
    #[graphql(flatten)]
    announced: Announced,
}

#[ComplexObject]
impl ConversationChanged {
    /// The conversation as it is now; null, with an error beside it, while it is parked.
    async fn conversation(&self) -> Option<Result<Conversation>> {
        self.announced.node(Conversation)
    }
}

/// A person is asked for in a conversation.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct HandoffRequested {
    #[graphql(flatten)]
    announced: Announced,
    #[graphql(skip)]
    conversation: Result<Option<TableRow>, Fault>,
}

#[ComplexObject]
impl HandoffRequested {
    /// The hand-off as it is now; null, with an error beside it, while it is parked.
    async fn handoff(&self) -> Option<Result<Handoff>> {
        self.announced.node(Handoff)
    }
    /// The conversation as it is now; null, with an error beside it, while it is parked.
    async fn conversation(&self) -> Option<Result<Conversation>> {
        shown(&self.conversation, Conversation)
    }
}

impl HandoffRequested {
    /// The team has the conversation now. What cannot be told is told to everybody.
    fn concerns(&self, team: Option<&str>) -> bool {
        let (Some(team), Ok(Some(row))) = (team, &self.conversation) else { return true };
        row.cell("team").as_text() == Some(team)
    }
}

/// Fields of the subscription root.
#[derive(Default)]
pub struct LiveSubscriptions;

#[Subscription]
impl LiveSubscriptions {
    /// Messages added behind `after` (from now on when absent), in order, without hole or
    /// double. Resume with the last cursor.
    async fn message_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this conversation; of all when absent.")] conversation_id: Option<
            ID,
        >,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<MessageAdded>> + use<>> {
        let wanted = conversation(conversation_id)?;
        let added = move |event: &RecordedEvent| {
            let of = wanted.is_none_or(|id| event.stream.aggregate_id == id.to_string());
            of.then(|| message_of(event)).flatten().map(MessageId::as_uuid)
        };
        let announced = announced(ctx, after, messages::TABLE, added).await?;
        Ok(announced.map(|item| item.map(|announced| MessageAdded { announced })))
    }

    /// Changes of conversations behind `after` (from now on when absent), in order, one per
    /// event, without hole or double. Resume with the last cursor.
    async fn conversation_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this conversation; of all when absent.")] conversation_id: Option<
            ID,
        >,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<ConversationChanged>> + use<>> {
        let wanted = conversation(conversation_id)?;
        let changes =
            changes::<domain::Conversation>(ctx, wanted, after, conversations::TABLE).await?;
        Ok(changes.map(|item| item.map(|announced| ConversationChanged { announced })))
    }

    /// Requests for a person behind `after` (from now on when absent), in order, without hole or
    /// double. Resume with the last cursor.
    async fn handoff_requested(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only of conversations that this team has when they are told; of all when \
                    absent."
        )]
        team: Option<String>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<HandoffRequested>> + use<>> {
        let caller = Caller::shared(ctx)?;
        let announced = announced(ctx, after, handoffs::TABLE, handoff_of).await?;
        let told = announced.then(move |item| {
            let caller = Arc::clone(&caller);
            async move {
                let announced = item?;
                let conversation = conversation_behind(&caller, &announced).await;
                Ok::<_, Error>(HandoffRequested { announced, conversation })
            }
        });
        Ok(told.filter(move |item| {
            let concerns = item.as_ref().map_or(true, |told| told.concerns(team.as_deref()));
            std::future::ready(concerns)
        }))
    }
}

/// The hand-off that an event begins.
fn handoff_of(event: &RecordedEvent) -> Option<Uuid> {
    use domain::ConversationEvent as E;
    if !event.is_of::<domain::Conversation>() {
        return None;
    }
    let E::HandoffRequested { handoff, .. } = event.decode::<domain::Conversation>().ok()? else {
        return None;
    };
    Some(handoffs::uuid_of(event.stream.aggregate_id.parse().ok()?, *handoff))
}

/// The conversation of an announced event.
async fn conversation_behind(
    caller: &Caller,
    announced: &Announced,
) -> Result<Option<TableRow>, Fault> {
    let event = &announced.event;
    let Ok(key) = event.stream.aggregate_id.parse() else { return Ok(None) };
    row_behind(caller, conversations::TABLE, announced.at, event, key).await
}

fn conversation(id: Option<ID>) -> Result<Option<Uuid>, Fault> {
    id.map(|id| NodeType::Conversation.uuid(&id)).transpose()
}

/// The message that an event adds. One that cannot be read is parked for the view too, and
/// announces nothing.
fn message_of(event: &RecordedEvent) -> Option<MessageId> {
    use domain::ConversationEvent as E;
    if !event.is_of::<domain::Conversation>() {
        return None;
    }
    if let E::MessageReceived { message, .. }
    | E::MessageQueued { message, .. }
    | E::AgentEchoRecorded { message, .. } = event.decode::<domain::Conversation>().ok()?
    {
        return Some(*message);
    }
    None
}
