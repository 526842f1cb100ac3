//! History: the events of one aggregate, and its state at any version or time.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, OneofObject, Result, SimpleObject};
use bitacora_domain::{
    AggregateVisitor, DecodeError, DomainAggregate, RecordedEvent, StreamId, Version, aggregates,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};
use crate::graphql::ids;
use crate::graphql::paging::{self, PageInfo};
use crate::graphql::scalars::{Cursor, Json, Position};
use crate::graphql::veil;

/// Events read from the log at a time.
const PAGE: i64 = 500;

/// A point in the history of an aggregate: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum HistoryPoint {
    /// After this many events.
    Version(i64),
    /// After what was recorded by this time, inclusive.
    Time(DateTime<Utc>),
}

/// Who caused an event.
#[derive(Clone, Debug, SimpleObject)]
pub struct EventActor {
    /// `user`, `api_key`, `ai`, `system`, `provider` or `contact`.
    pub kind: String,
    /// Which one: the UUID of a user or an API key, the name of a webhook source …
    pub id: String,
}

/// An event of the log.
#[derive(Clone, Debug)]
pub struct Event(pub Arc<RecordedEvent>);

/// An event as the log holds it: what happened, to what, who caused it and why.
#[Object]
impl Event {
    /// Id of the event.
    async fn event_id(&self) -> Uuid {
        self.0.metadata.event_id.as_uuid()
    }
    /// Its place in the tenant's log; also its cursor.
    async fn position(&self) -> Position {
        Position(cursor(&self.0))
    }
    /// Type of the aggregate, such as `conversation`.
    async fn aggregate(&self) -> &str {
        &self.0.stream.aggregate_type
    }
    /// The aggregate's id.
    async fn aggregate_id(&self) -> &str {
        &self.0.stream.aggregate_id
    }
    /// Its number among the aggregate's events, from 1.
    async fn version(&self) -> i64 {
        self.0.version.0
    }
    /// Name of the event, such as `MessageReceived`.
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }
    /// Version of the payload's shape.
    async fn event_version(&self) -> &str {
        &self.0.event_version
    }
    /// What happened. Personal values stand as `{"$p":{"s":<whose>,"v":<value>}}`; the value is
    /// null when it may not be seen or was erased.
    async fn payload(&self, ctx: &Context<'_>) -> Result<Json> {
        let (caller, payload) = (Caller::of(ctx)?, self.0.payload.clone());
        Ok(async_graphql::Json(veil::seen(caller, Some(cursor(&self.0)), payload).await?))
    }
    /// Who caused it.
    async fn actor(&self) -> EventActor {
        let actor = &self.0.metadata.actor;
        EventActor { kind: actor.kind.as_str().to_owned(), id: actor.id.clone() }
    }
    /// The command that emitted it.
    async fn command_id(&self) -> Uuid {
        self.0.metadata.command_id.as_uuid()
    }
    /// What directly caused the command: a delivery, an event, or the command itself.
    async fn causation_id(&self) -> Uuid {
        self.0.metadata.causation_id
    }
    /// Root of the chain: the webhook delivery or the first command.
    async fn correlation_id(&self) -> Uuid {
        self.0.metadata.correlation_id
    }
    /// W3C trace context of the request, if there was one.
    async fn traceparent(&self) -> Option<&str> {
        self.0.metadata.traceparent.as_deref()
    }
    /// When it happened.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.metadata.occurred_at
    }
    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }
}

/// One entry of a list or stream of events.
#[derive(Clone, Debug, SimpleObject)]
pub struct EventEdge {
    /// Its place: resume with it.
    pub cursor: Cursor,
    /// The event.
    pub node: Event,
}

/// A list of events.
#[derive(Clone, Debug, SimpleObject)]
pub struct EventConnection {
    /// The entries with their cursors.
    pub edges: Vec<EventEdge>,
    /// The events without their cursors.
    pub nodes: Vec<Event>,
    /// Where this page stands in the list.
    pub page_info: PageInfo,
}

/// Cursor of an event in its tenant's log.
pub fn cursor(event: &RecordedEvent) -> bitacora_domain::Cursor {
    bitacora_domain::Cursor { epoch: event.epoch, lane: event.lane, position: event.position }
}

/// History of one aggregate, up to the asked point.
#[derive(Clone, Debug)]
pub struct History {
    stream: StreamId,
    point: Option<HistoryPoint>,
}

/// What became of one aggregate, event by event.
#[Object]
impl History {
    /// Type of the aggregate.
    async fn aggregate(&self) -> &str {
        &self.stream.aggregate_type
    }
    /// The aggregate's id.
    async fn aggregate_id(&self) -> &str {
        &self.stream.aggregate_id
    }
    /// Number of events up to the point; 0 when it did not exist then.
    async fn version(&self, ctx: &Context<'_>) -> Result<i64> {
        let events = self.replay(Caller::of(ctx)?).await?;
        Ok(events.last().map_or(0, |event| event.version.0))
    }
    /// The state at the point, replayed from the events; null when it did not exist then.
    async fn state(&self, ctx: &Context<'_>) -> Result<Option<Json>> {
        let events = self.replay(Caller::of(ctx)?).await?;
        if events.is_empty() {
            return Ok(None);
        }
        let replayed = aggregates::dispatch(&self.stream.aggregate_type, Replay(&events));
        let state = replayed.ok_or_else(|| Fault::internal("an aggregate without a type"))?;
        let (caller, state) = (Caller::of(ctx)?, state.map_err(Fault::internal)?);
        let at = events.last().map(|event| cursor(event));
        Ok(Some(async_graphql::Json(veil::seen(caller, at, state).await?)))
    }
    /// The events up to the point, oldest first.
    #[graphql(complexity = "paging::cost(first, None, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of events, 0–100; 20 when not given.")] first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<EventConnection> {
        let caller = Caller::of(ctx)?;
        Ok(self.page(caller, first, after).await?)
    }
}

impl History {
    fn includes(&self, event: &RecordedEvent) -> bool {
        match &self.point {
            None => true,
            Some(HistoryPoint::Version(version)) => event.version.0 <= *version,
            Some(HistoryPoint::Time(time)) => event.recorded_at <= *time,
        }
    }

    /// Some events behind `after`, and whether the history goes on.
    async fn read(
        &self,
        caller: &Caller,
        after: Version,
        limit: i64,
    ) -> Result<Vec<Arc<RecordedEvent>>, Fault> {
        let reader = &caller.app.reader;
        let mut events = reader.read_stream(caller.tenant(), &self.stream, after, limit).await?;
        events.retain(|event| self.includes(event));
        Ok(events)
    }

    /// All events up to the point.
    async fn replay(&self, caller: &Caller) -> Result<Vec<Arc<RecordedEvent>>, Fault> {
        let limit = caller.app.limits.graphql.history_events;
        let (mut all, mut after) = (Vec::new(), Version::default());
        loop {
            let page = self.read(caller, after, PAGE).await?;
            let last = page.last().map(|event| event.version);
            let full = i64::try_from(page.len()).is_ok_and(|n| n == PAGE);
            all.extend(page);
            if all.len() > limit {
                let message = format!("the history has more than {limit} events; use the CLI");
                return Err(Fault::new(Code::QueryTooLarge, message));
            }
            match last {
                Some(version) if full => after = version,
                Some(_) | None => return Ok(all),
            }
        }
    }

    async fn page(
        &self,
        caller: &Caller,
        first: Option<i32>,
        after: Option<Cursor>,
    ) -> Result<EventConnection, Fault> {
        let limits = &caller.app.limits.graphql;
        let first = first.unwrap_or(limits.page_size_default);
        if first < 0 || first > limits.page_size_max {
            let message = format!("`first` must be 0 to {}, not {first}", limits.page_size_max);
            return Err(Fault::input(message));
        }
        let from = after.as_ref().map_or(Ok(Version::default()), version_of)?;
        let mut events = self.read(caller, from, i64::from(first) + 1).await?;
        let wanted = usize::try_from(first).unwrap_or_default();
        let has_next_page = events.len() > wanted;
        events.truncate(wanted);
        let edge = |event: &Arc<RecordedEvent>| EventEdge {
            cursor: Cursor(format!("v{}", event.version)),
            node: Event(Arc::clone(event)),
        };
        let edges: Vec<_> = events.iter().map(edge).collect();
        let page_info = PageInfo {
            has_next_page,
            has_previous_page: from.0 > 0,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Ok(EventConnection { edges, nodes: events.into_iter().map(Event).collect(), page_info })
    }
}

/// A cursor inside a history is the version of its event.
fn version_of(cursor: &Cursor) -> Result<Version, Fault> {
    let version = cursor.0.strip_prefix('v').and_then(|version| version.parse().ok());
    version
        .filter(|version| *version >= 0)
        .map(Version)
        .ok_or_else(|| Fault::new(Code::InvalidCursor, "this is not a cursor of a history"))
}

/// Replays events through their aggregate.
struct Replay<'a>(&'a [Arc<RecordedEvent>]);

/// The events could not be replayed.
#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    State(#[from] serde_json::Error),
}

impl AggregateVisitor for Replay<'_> {
    type Output = Result<serde_json::Value, ReplayError>;

    fn visit<A: DomainAggregate>(self) -> Self::Output {
        let mut state = A::default();
        for event in self.0 {
            state.apply(event.decode::<A>()?.clone());
        }
        Ok(serde_json::to_value(state)?)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct HistoryQueries;

#[allow(clippy::unused_async)] // the engine wants async resolvers
#[Object]
impl HistoryQueries {
    /// Every event of one aggregate and its state at any point. Read from the log itself, so it
    /// is never behind.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Type of the aggregate: `conversation`, `contact`, `channel_account`, `tenant`."
        )]
        aggregate: String,
        #[graphql(desc = "Its UUID or global id.")] id: ID,
        #[graphql(desc = "Up to here; up to now when absent.")] at: Option<HistoryPoint>,
    ) -> Result<History> {
        Caller::of(ctx)?.require(Capability::Audit)?;
        let Some(known) = aggregates::TYPES.iter().find(|known| **known == aggregate) else {
            let all = aggregates::TYPES.join(", ");
            return Err(Fault::input(format!("no such aggregate; there are {all}")).into());
        };
        let uuid = ids::decode(&id).map(|(_, uuid)| uuid).or_else(|| id.parse().ok());
        let uuid = uuid.ok_or_else(|| Fault::input("`id` is neither a UUID nor a global id"))?;
        Ok(History { stream: StreamId::new(*known, uuid), point: at })
    }
}
