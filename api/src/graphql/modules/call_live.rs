//! The subscription of calls: it fires when the table has passed the event.

use async_graphql::{Context, ID, Object, Result, Subscription};
use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session as domain;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _};

use super::calls::{self, Call};
use crate::graphql::announced::{Announced, announced};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// A call changed.
pub struct CallChanged(Announced);

/// Something about a call changed.
#[Object]
impl CallChanged {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.0.cursor
    }
    /// The call as it is now; null, with an error beside it, while it is parked.
    async fn call(&self) -> Option<Result<Call>> {
        self.0.node(Call)
    }
    /// Name of the event that changed it, such as `CallAnswered`.
    async fn event_type(&self) -> &str {
        &self.0.event.event_type
    }
    /// Number of the call's events with this one.
    async fn version(&self) -> i64 {
        self.0.event.version.0
    }
    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.event.recorded_at
    }
}

/// Fields of the subscription root.
#[derive(Default)]
pub struct CallSubscriptions;

#[Subscription]
impl CallSubscriptions {
    /// Changes of calls behind `after` (from now on when absent), in order, one per event,
    /// without hole or double. Resume with the last cursor.
    async fn call_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this call; of all when absent.")] call_id: Option<ID>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<CallChanged>> + use<>> {
        let wanted = call_id.map(|id| NodeType::Call.uuid(&id)).transpose()?;
        let changed = move |event: &RecordedEvent| {
            let call = event.stream.aggregate_id.parse().ok()?;
            let of = event.is_of::<domain::CallSession>() && wanted.is_none_or(|id| id == call);
            of.then_some(call)
        };
        let announced = announced(ctx, after, calls::TABLE, changed).await?;
        Ok(announced.map(|item| item.map(CallChanged)))
    }
}
