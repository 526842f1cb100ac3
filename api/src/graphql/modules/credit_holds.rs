//! Credits that are, or were, set aside.

use async_graphql::{Enum, ID, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::credit_holds;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, IntFilter, enum_filter, filter_input, order_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &credit_holds::TABLE;

/// Where a hold stands; each but the first is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CreditHoldStatus {
    /// Set aside.
    Pending,
    /// Used up, all or a part; the rest was given back.
    Captured,
    /// Given back.
    Released,
    /// Given back because its time was up.
    Expired,
}

/// What credits are set aside for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CreditPurpose {
    /// The delivery of a lead.
    Lead,
    /// A call.
    Call,
    /// A campaign.
    Campaign,
    /// A message.
    Message,
}

enum_filter!(
    /// Conditions on where a hold stands.
    CreditHoldStatusFilter of CreditHoldStatus
);
enum_filter!(
    /// Conditions on what credits are set aside for.
    CreditPurposeFilter of CreditPurpose
);

filter_input! {
    /// Conditions on holds. All that are given must hold.
    CreditHoldFilter {
        /// Where it stands.
        status: CreditHoldStatusFilter = "status",
        /// What for.
        purpose: CreditPurposeFilter = "purpose",
        /// Credits that were set aside.
        credits: IntFilter = "credits",
        /// When they were set aside.
        reserved_at: DateTimeFilter = "reserved_at",
        /// Until when.
        expires_at: DateTimeFilter = "expires_at",
    }
}

order_input! {
    /// An order of holds.
    CreditHoldOrder by CreditHoldOrderField {
        /// Number in the ledger.
        Number = "number",
    }
}

connection! {
    /// A list of holds.
    CreditHoldConnection / CreditHoldEdge of CreditHold
}

/// A hold.
#[derive(Clone, Debug)]
pub struct CreditHold(pub TableRow);

/// Credits that were set aside, and what became of them.
#[Object]
impl CreditHold {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::CreditHold.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Number in the ledger, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// Where it stands.
    async fn status(&self) -> Option<CreditHoldStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Credits that were set aside.
    async fn credits(&self) -> i64 {
        self.0.int("credits")
    }
    /// Credits that were used up.
    async fn captured(&self) -> i64 {
        self.0.int("captured")
    }
    /// Credits that were given back afterwards.
    async fn refunded(&self) -> i64 {
        self.0.int("refunded")
    }
    /// What for.
    async fn purpose(&self) -> Option<CreditPurpose> {
        enums::of_cell(self.0.cell("purpose"))
    }
    /// Which one: the UUID of the lead, call, campaign or message.
    async fn purpose_uuid(&self) -> Option<Uuid> {
        self.0.uuid("purpose_id")
    }
    /// Why it was released, or given back.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// When the credits were set aside.
    async fn reserved_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("reserved_at")
    }
    /// Until when, exclusive.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("expires_at")
    }
    /// When it was over.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ended_at")
    }
}

impl CreditHold {
    /// The hold with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct CreditHoldQueries;

list_fields! {
    /// Fields of the query root.
    CreditHoldQueries {
        /// Credits that are or were set aside, newest first unless ordered otherwise.
        credit_holds: CreditHoldConnection [CreditHoldFilter by CreditHoldOrder] =
            |_| List::of(TABLE, "number", Direction::Desc);
    }
}
