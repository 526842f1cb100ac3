//! The subscription of calls: it fires when the table has passed the event.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Subscription};
use bitacora_domain::aggregates::call_session as domain;
use futures::{Stream, StreamExt as _};

use super::calls::{self, Call};
use crate::graphql::announced::{Announced, changes};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// Something about a call changed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CallChanged {
    #[graphql(flatten)]
    announced: Announced,
}

#[ComplexObject]
impl CallChanged {
    /// The call as it is now; null, with an error beside it, while it is parked.
    async fn call(&self) -> Option<Result<Call>> {
        self.announced.node(Call)
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
        let changes = changes::<domain::CallSession>(ctx, wanted, after, calls::TABLE).await?;
        Ok(changes.map(|item| item.map(|announced| CallChanged { announced })))
    }
}
