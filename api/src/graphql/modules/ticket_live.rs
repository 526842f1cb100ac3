//! The subscription of tickets: it fires when the board has passed the event.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Subscription};
use bitacora_domain::aggregates::ticket as domain;
use futures::{Stream, StreamExt as _};

use super::tickets::{self, Ticket};
use crate::graphql::announced::{Announced, changes};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// Something about a ticket changed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct TicketChanged {
    #[graphql(flatten)]
    announced: Announced,
}

#[ComplexObject]
impl TicketChanged {
    /// The ticket as it is now; null, with an error beside it, while it is parked.
    async fn ticket(&self) -> Option<Result<Ticket>> {
        self.announced.node(Ticket)
    }
}

/// Fields of the subscription root.
#[derive(Default)]
pub struct TicketSubscriptions;

#[Subscription]
impl TicketSubscriptions {
    /// Changes of tickets behind `after` (from now on when absent), in order, one per event,
    /// without hole or double. Resume with the last cursor.
    async fn ticket_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this ticket; of all when absent.")] ticket_id: Option<ID>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<TicketChanged>> + use<>> {
        let wanted = ticket_id.map(|id| NodeType::Ticket.uuid(&id)).transpose()?;
        let changes = changes::<domain::Ticket>(ctx, wanted, after, tickets::TABLE).await?;
        Ok(changes.map(|item| item.map(|announced| TicketChanged { announced })))
    }
}
