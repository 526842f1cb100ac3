//! Data that tickets need.

use async_graphql::Object;
use bitacora_projections::Table;
use bitacora_projections::query::TableRow;
use bitacora_projections::views::ticket_fields;
use chrono::{DateTime, Utc};

use crate::graphql::cells::Cells as _;

/// The table behind the type.
pub const TABLE: &Table = &ticket_fields::TABLE;

/// A datum that was asked for.
#[derive(Clone, Debug)]
pub struct TicketField(pub TableRow);

/// A datum that a ticket needs, asked for and perhaps supplied.
#[Object]
impl TicketField {
    /// Its name, such as `número de pedido`.
    async fn name(&self) -> Option<String> {
        self.0.text("field")
    }
    /// The last value; null while there is none, or when it may not be seen.
    async fn value(&self) -> Option<String> {
        self.0.text("value")
    }
    /// When it was last asked for.
    async fn requested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("requested_at")
    }
    /// When it was supplied; null while it is missing.
    async fn supplied_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("supplied_at")
    }
    /// Kind and id of who supplied it, such as `user:<uuid>`.
    async fn supplied_by(&self) -> Option<String> {
        self.0.text("supplied_by")
    }
}
