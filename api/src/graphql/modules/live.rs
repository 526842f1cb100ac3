//! Typed subscriptions. They fire when the read tables that they show have passed the event, so
//! a payload, and a refetch after it, sees what was announced.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Object, Result, Subscription};
use bitacora_domain::aggregates::conversation as domain;
use bitacora_domain::{MessageId, RecordedEvent};
use bitacora_projections::Table;
use bitacora_projections::feed::FeedItem;
use bitacora_projections::query::TableRow;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _};
use uuid::Uuid;

use super::conversations::{self, Conversation};
use super::events::feed;
use super::handoffs::{self, Handoff};
use super::messages::{self, Message};
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// What an event announces: its row as it is once the table has passed the event.
struct Announced {
    at: bitacora_domain::Cursor,
    cursor: Cursor,
    event: Arc<RecordedEvent>,
    row: Result<Option<TableRow>, Fault>,
}

/// A message was added to a conversation.
pub struct MessageAdded(Announced);

/// A message was added to a conversation, in or out.
#[Object]
impl MessageAdded {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.0.cursor
    }
    /// The message as it is now; null, with an error beside it, while it is parked.
    async fn message(&self) -> Option<Result<Message>> {
        self.0.node(Message)
    }
    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.event.recorded_at
    }
}

/// A conversation changed.
pub struct ConversationChanged(Announced);

/// Something about a conversation changed.
#[Object]
impl ConversationChanged {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.0.cursor
    }
    /// The conversation as it is now; null, with an error beside it, while it is parked.
    async fn conversation(&self) -> Option<Result<Conversation>> {
        self.0.node(Conversation)
    }
    /// Name of the event that changed it, such as `MessageReceived`.
    async fn event_type(&self) -> &str {
        &self.0.event.event_type
    }
    /// Number of the conversation's events with this one.
    async fn version(&self) -> i64 {
        self.0.event.version.0
    }
    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.event.recorded_at
    }
}

/// A person is asked for.
pub struct HandoffRequested {
    announced: Announced,
    conversation: Result<Option<TableRow>, Fault>,
}

/// A person is asked for in a conversation.
#[Object]
impl HandoffRequested {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.announced.cursor
    }
    /// The hand-off as it is now; null, with an error beside it, while it is parked.
    async fn handoff(&self) -> Option<Result<Handoff>> {
        self.announced.node(Handoff)
    }
    /// The conversation as it is now; null, with an error beside it, while it is parked.
    async fn conversation(&self) -> Option<Result<Conversation>> {
        shown(&self.conversation, Conversation)
    }
    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.announced.event.recorded_at
    }
}

impl HandoffRequested {
    /// The team has the conversation now. What cannot be told is told to everybody.
    fn concerns(&self, team: Option<&str>) -> bool {
        let (Some(team), Ok(Some(row))) = (team, &self.conversation) else { return true };
        row.cell("team").as_text() == Some(team)
    }
}

fn shown<T>(
    row: &Result<Option<TableRow>, Fault>,
    node: impl FnOnce(TableRow) -> T,
) -> Option<Result<T>> {
    match row {
        Ok(row) => row.clone().map(|row| Ok(node(row))),
        Err(fault) => Some(Err(fault.clone().into())),
    }
}

impl Announced {
    fn node<T>(&self, node: impl FnOnce(TableRow) -> T) -> Option<Result<T>> {
        shown(&self.row, node)
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
            let message = of(event, wanted.as_deref()).then(|| message_of(event)).flatten();
            message.map(MessageId::as_uuid)
        };
        let announced = announced(ctx, after, messages::TABLE, added).await?;
        Ok(announced.map(|item| item.map(MessageAdded)))
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
        let changed = move |event: &RecordedEvent| {
            let of = of(event, wanted.as_deref());
            of.then(|| event.stream.aggregate_id.parse().ok()).flatten()
        };
        let announced = announced(ctx, after, conversations::TABLE, changed).await?;
        Ok(announced.map(|item| item.map(ConversationChanged)))
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

fn conversation(id: Option<ID>) -> Result<Option<String>, Fault> {
    let uuid = id.map(|id| NodeType::Conversation.uuid(&id)).transpose()?;
    Ok(uuid.map(|uuid| uuid.to_string()))
}

fn of(event: &RecordedEvent, conversation: Option<&str>) -> bool {
    event.is_of::<domain::Conversation>()
        && conversation.is_none_or(|wanted| wanted == event.stream.aggregate_id)
}

/// The message that an event adds. One that cannot be read is parked for the view too, and
/// announces nothing.
fn message_of(event: &RecordedEvent) -> Option<MessageId> {
    use domain::ConversationEvent as E;
    if let E::MessageReceived { message, .. }
    | E::MessageQueued { message, .. }
    | E::AgentEchoRecorded { message, .. } = event.decode::<domain::Conversation>().ok()?
    {
        return Some(*message);
    }
    None
}

/// The events that `key` picks, each once `table` has passed it.
async fn announced<K>(
    ctx: &Context<'_>,
    after: Option<Cursor>,
    table: &'static Table,
    key: K,
) -> Result<impl Stream<Item = Result<Announced>> + use<K>>
where
    K: Fn(&RecordedEvent) -> Option<Uuid> + Send + 'static,
{
    let caller = Caller::shared(ctx)?;
    let feed = feed(&caller, after.as_ref()).await?;
    let picked = feed.filter_map(move |item| {
        let picked = match item {
            Ok(item) => key(&item.event).map(|key| Ok((item, key))),
            Err(error) => Some(Err(Fault::from(error))),
        };
        std::future::ready(picked)
    });
    Ok(picked.then(move |picked| {
        let caller = Arc::clone(&caller);
        async move {
            let (FeedItem { cursor, event }, key) = picked?;
            let row = row_behind(&caller, table, cursor, &event, key).await;
            Ok(Announced { at: cursor, cursor: cursor.into(), event, row })
        }
    }))
}

/// The row once the table has passed the event. A slow read side is waited for, however long:
/// the subscription is late then, and not wrong.
async fn row_behind(
    caller: &Caller,
    table: &'static Table,
    cursor: bitacora_domain::Cursor,
    event: &RecordedEvent,
    key: Uuid,
) -> Result<Option<TableRow>, Fault> {
    loop {
        match caller.reached(cursor, &[table], Some(&event.stream)).await {
            Ok(()) => return caller.row(table, key).await,
            Err(fault) if fault.code == Code::AtLeastTimeout => {}
            Err(fault) if fault.code.retryable() => {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            Err(fault) => return Err(fault),
        }
    }
}
