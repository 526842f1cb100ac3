//! The subscription of leads: it fires when the read tables have passed the event.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Subscription};
use bitacora_domain::aggregates::lead as domain;
use futures::{Stream, StreamExt as _};

use super::leads::{self, Lead};
use crate::graphql::announced::{Announced, changes};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// Something about a lead changed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LeadChanged {
    #[graphql(flatten)]
    announced: Announced,
}

#[ComplexObject]
impl LeadChanged {
    /// The lead as it is now; null, with an error beside it, while it is parked.
    async fn lead(&self) -> Option<Result<Lead>> {
        self.announced.node(Lead)
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
        let changes = changes::<domain::Lead>(ctx, wanted, after, leads::TABLE).await?;
        Ok(changes.map(|item| item.map(|announced| LeadChanged { announced })))
    }
}
