//! Parcels: what is on its way. A sample of a GraphQL module in one file.

use async_graphql::{Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::parcels;
use chrono::{DateTime, Utc};

use crate::graphql::cells::Cells as _;
use crate::graphql::filters::{DateTimeFilter, TextFilter, filter_input};
use crate::graphql::lists::{List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &parcels::TABLE;

filter_input! {
    /// Conditions on parcels. All that are given must hold.
    ParcelFilter {
        /// What is written on it.
        label: TextFilter = "label",
        /// When it left.
        sent_at: DateTimeFilter = "sent_at",
    }
}

connection! {
    /// A list of parcels.
    ParcelConnection / ParcelEdge of Parcel
}

/// A parcel.
#[derive(Clone, Debug)]
pub struct Parcel(pub TableRow);

/// Something that is on its way to somebody.
#[Object]
impl Parcel {
    /// What is written on it.
    async fn label(&self) -> Option<String> {
        self.0.text("label")
    }
    /// When it left.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("sent_at")
    }
    /// When it arrived.
    async fn arrived_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("arrived_at")
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct ParcelQueries;

list_fields! {
    /// Fields of the query root.
    ParcelQueries {
        /// Parcels, the latest first.
        parcels: ParcelConnection [ParcelFilter] = |_| List::of(TABLE, "sent_at", Direction::Desc);
    }
}
