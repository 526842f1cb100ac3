//! `events`: the raw events of the tenant, in order, resumable.

use async_graphql::{Context, InputObject, Result, Subscription};
use bitacora_domain::RecordedEvent;
use bitacora_projections::feed::{FeedError, FeedItem, FeedStream};
use futures::{Stream, StreamExt as _};

use super::history::{Event, EventEdge};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};
use crate::graphql::scalars::Cursor;

/// Which events are wanted. All conditions that are given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct EventFilter {
    /// Types of aggregates, such as `conversation`.
    pub aggregates: Option<Vec<String>>,
    /// Id of one aggregate.
    pub aggregate_id: Option<String>,
    /// Names of events, such as `MessageReceived`.
    pub event_types: Option<Vec<String>>,
}

impl EventFilter {
    fn takes(&self, event: &RecordedEvent) -> bool {
        let among = |list: &Option<Vec<String>>, text: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|item| item == text))
        };
        among(&self.aggregates, &event.stream.aggregate_type)
            && among(&self.event_types, &event.event_type)
            && self.aggregate_id.as_ref().is_none_or(|id| *id == event.stream.aggregate_id)
    }
}

impl From<FeedError> for Fault {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::ForeignEpoch | FeedError::ForeignLane | FeedError::Ahead => {
                Self::new(Code::InvalidPosition, error.to_string())
            }
            FeedError::UnknownTenant => Self::new(Code::Forbidden, "the tenant is not known here"),
            FeedError::SlowConsumer { resume } => {
                let message = "you read too slowly; resume with `after: <extensions.cursor>`";
                Self::new(Code::SlowConsumer, message).resume_from(&resume)
            }
            FeedError::Read(error) => error.into(),
        }
    }
}

/// The caller's events behind `after`.
///
/// # Errors
/// `INVALID_CURSOR` for a text that is no cursor, and what the feed says.
pub async fn feed(caller: &Caller, after: Option<&Cursor>) -> Result<FeedStream, Fault> {
    let after = after.map(|cursor| cursor.0.parse()).transpose();
    let after = after.map_err(|_| {
        Fault::new(Code::InvalidCursor, "this is not the cursor of an event; give an earlier one")
    })?;
    let buffer = caller.app.limits.graphql.operation_queue;
    Ok(caller.app.feed.subscribe(caller.tenant(), after, buffer).await?)
}

/// Fields of the subscription root.
#[derive(Default)]
pub struct EventSubscriptions;

#[Subscription]
impl EventSubscriptions {
    /// Every event of the tenant behind `after` (from now on when absent), in order: first what
    /// is recorded already, then live, without hole or double. Resume with the last cursor.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Only events that meet these conditions.")] filter: Option<EventFilter>,
    ) -> Result<impl Stream<Item = Result<EventEdge>> + use<>> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Audit)?;
        let filter = filter.unwrap_or_default();
        let feed = feed(caller, after.as_ref()).await?;
        Ok(feed.filter_map(move |item| {
            let edge = match item {
                Ok(FeedItem { cursor, event }) => filter
                    .takes(&event)
                    .then(|| Ok(EventEdge { cursor: cursor.into(), node: Event(event) })),
                Err(error) => Some(Err(Fault::from(error).into())),
            };
            std::future::ready(edge)
        }))
    }
}
