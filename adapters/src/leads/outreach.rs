//! Which number writes to whom, by the read tables: a choice among numbers, so that a read side
//! that is a moment behind does no harm.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_commands::ports::{LookupError, Outreach};
use bitacora_domain::{ChannelAccountId, ContactId, TenantId};
use bitacora_projections::ports::ReadModels;
use bitacora_projections::query::{Direction, Filter, Op, Order, Page, TableRow};
use bitacora_projections::views::{channels, conversations};
use bitacora_projections::{Cell, Table};

/// Channels that work, as the view has them: what is degraded may still send.
const WORKS: [&str; 2] = ["CONNECTED", "DEGRADED"];

/// The kind of channel that can write to somebody who has not written.
const WRITES: &str = "WHATSAPP";

/// Over the read tables.
#[derive(Clone)]
pub struct ReadOutreach {
    models: Arc<dyn ReadModels>,
}

impl ReadOutreach {
    /// Over the API's questions.
    pub fn new(models: Arc<dyn ReadModels>) -> Self {
        Self { models }
    }

    async fn first(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: Filter,
        order: Order,
    ) -> Result<Option<TableRow>, LookupError> {
        let page =
            Page { table, filter, order: vec![order], after: None, limit: 1, backwards: false };
        let rows = self.models.page(tenant, &page).await;
        Ok(rows.map_err(|error| LookupError(error.to_string()))?.into_iter().next())
    }
}

#[async_trait]
impl Outreach for ReadOutreach {
    async fn channel_for(
        &self,
        tenant: TenantId,
        contact: ContactId,
    ) -> Result<Option<ChannelAccountId>, LookupError> {
        let works = || {
            let status = WORKS.iter().map(|status| Cell::Text((*status).into())).collect();
            let writes = Filter::Compare("kind", Op::Eq, Cell::Text(WRITES.into()));
            Filter::And(vec![Filter::In("status", status), writes])
        };
        let spoken = Filter::Compare("contact_id", Op::Eq, Cell::Uuid(contact.as_uuid()));
        let newest = Order { column: "last_activity_at", direction: Direction::Desc };
        let last = self.first(tenant, &conversations::TABLE, spoken, newest).await?;
        if let Some(channel) = last.and_then(|row| row.cell("channel_id").as_uuid()) {
            let same = Filter::Compare("id", Op::Eq, Cell::Uuid(channel));
            let by_id = Order { column: "id", direction: Direction::Asc };
            let filter = Filter::And(vec![same, works()]);
            if self.first(tenant, &channels::TABLE, filter, by_id).await?.is_some() {
                return Ok(Some(ChannelAccountId::new(channel)));
            }
        }
        let oldest = Order { column: "connected_at", direction: Direction::Asc };
        let any = self.first(tenant, &channels::TABLE, works(), oldest).await?;
        Ok(any.and_then(|row| row.cell("id").as_uuid()).map(ChannelAccountId::new))
    }
}
