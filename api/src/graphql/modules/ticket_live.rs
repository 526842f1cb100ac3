//! The subscription of tickets: it fires when the board has passed the event.

use async_graphql::{Context, ID, Object, Result, Subscription};
use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::ticket as domain;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _};

use super::tickets::{self, Ticket};
use crate::graphql::announced::{Announced, announced};
use crate::graphql::ids::NodeType;
use crate::graphql::scalars::Cursor;

/// A ticket changed.
pub struct TicketChanged(Announced);

/// Something about a ticket changed.
#[Object]
impl TicketChanged {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.0.cursor
    }
    /// The ticket as it is now; null, with an error beside it, while it is parked.
    async fn ticket(&self) -> Option<Result<Ticket>> {
        self.0.node(Ticket)
    }
    /// Name of the event that changed it, such as `TicketAssigned`.
    async fn event_type(&self) -> &str {
        &self.0.event.event_type
    }
    /// Number of the ticket's events with this one.
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
        let changed = move |event: &RecordedEvent| {
            let ticket = event.stream.aggregate_id.parse().ok()?;
            let of = event.is_of::<domain::Ticket>() && wanted.is_none_or(|id| id == ticket);
            of.then_some(ticket)
        };
        let announced = announced(ctx, after, tickets::TABLE, changed).await?;
        Ok(announced.map(|item| item.map(TicketChanged)))
    }
}
