//! The subscription of leads: it fires when the read tables have passed the event.

use async_graphql::{Context, ID, Object, Result, Subscription};
use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::lead as domain;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _};

use super::leads::{self, Lead};
use crate::graphql::announced::{Announced, announced};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// A lead changed.
pub struct LeadChanged(Announced);

/// Something about a lead changed.
#[Object]
impl LeadChanged {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.0.cursor
    }
    /// The lead as it is now; null, with an error beside it, while it is parked.
    async fn lead(&self) -> Option<Result<Lead>> {
        self.0.node(Lead)
    }
    /// Name of the event that changed it, such as `LeadScored`.
    async fn event_type(&self) -> &str {
        &self.0.event.event_type
    }
    /// Number of the lead's events with this one.
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
pub struct LeadSubscriptions;

#[Subscription]
impl LeadSubscriptions {
    /// Changes of leads behind `after` (from now on when absent), in order, one per event,
    /// without hole or double. Resume with the last cursor.
    async fn lead_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this lead; of all when absent.")] lead_id: Option<ID>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<LeadChanged>> + use<>> {
        let wanted = lead_id.map(|id| NodeType::Lead.uuid(&id)).transpose()?;
        let changed = move |event: &RecordedEvent| {
            let lead = event.stream.aggregate_id.parse().ok()?;
            let of = event.is_of::<domain::Lead>() && wanted.is_none_or(|id| id == lead);
            of.then_some(lead)
        };
        let announced = announced(ctx, after, leads::TABLE, changed).await?;
        Ok(announced.map(|item| item.map(LeadChanged)))
    }
}
