//! Where prepaid credits come from, and what is left of each grant.

use async_graphql::{Enum, ID, Object, Result};
use bitacora_domain::aggregates::credit_ledger as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::credit_grants;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, IntFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &credit_grants::TABLE;

/// Why credits were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::GrantKind")]
pub enum CreditGrantKind {
    /// Paid for.
    Purchase,
    /// Added to a purchase, or for a campaign.
    Bonus,
    /// To try the product with; once.
    Trial,
    /// A correction.
    Adjustment,
    /// Out of courtesy, or because something came back whose grant was over.
    Goodwill,
}

/// Where a grant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CreditGrantSource {
    /// An order that was paid.
    Order,
    /// Whoever runs the installation.
    Admin,
    /// Something that was used and given back, whose grant was over.
    Refund,
    /// Something that was taken back and given again, whose grant was over.
    Reinstatement,
    /// An adjustment.
    Adjustment,
}

/// Where a grant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CreditGrantStatus {
    /// It has not begun.
    Scheduled,
    /// It can be used.
    Active,
    /// Used up.
    Depleted,
    /// It ended with something unused.
    Expired,
    /// Taken back with its payment.
    Revoked,
}

enum_filter!(
    /// Conditions on why credits were given.
    CreditGrantKindFilter of CreditGrantKind
);
enum_filter!(
    /// Conditions on where a grant comes from.
    CreditGrantSourceFilter of CreditGrantSource
);

filter_input! {
    /// Conditions on grants. All that are given must hold.
    CreditGrantFilter {
        /// Why the credits were given.
        kind: CreditGrantKindFilter = "kind",
        /// Where it comes from.
        source: CreditGrantSourceFilter = "source",
        /// What is left of it.
        remaining: IntFilter = "remaining",
        /// What of it is set aside.
        held: IntFilter = "held",
        /// It has begun.
        active: BooleanFilter = "active",
        /// When it was given.
        granted_at: DateTimeFilter = "granted_at",
        /// When it ends.
        expires_at: DateTimeFilter = "expires_at",
    }
}

order_input! {
    /// An order of grants.
    CreditGrantOrder by CreditGrantOrderField {
        /// Order of creation.
        Number = "number",
        /// When it ends.
        ExpiresAt = "expires_at",
    }
}

connection! {
    /// A list of grants.
    CreditGrantConnection / CreditGrantEdge of CreditGrant
}

/// A grant.
#[derive(Clone, Debug)]
pub struct CreditGrant(pub TableRow);

/// Credits that came in at once, under the same conditions.
#[Object]
impl CreditGrant {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::CreditGrant.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Order of creation, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// Where it stands, as recorded.
    async fn status(&self) -> CreditGrantStatus {
        status(&self.0)
    }
    /// Why the credits were given.
    async fn kind(&self) -> Option<CreditGrantKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// Where it comes from.
    async fn source(&self) -> Option<CreditGrantSource> {
        enums::of_cell(self.0.cell("source"))
    }
    /// The UUID of the order, hold, grant or adjustment that it comes from.
    async fn source_uuid(&self) -> Option<Uuid> {
        self.0.uuid("source_id")
    }
    /// 1 to 50; lower is used first, then what ends earlier.
    async fn priority(&self) -> i64 {
        self.0.int("priority")
    }
    /// What was given.
    async fn credits(&self) -> i64 {
        self.0.int("credits")
    }
    /// What can be set aside.
    async fn remaining(&self) -> i64 {
        self.0.int("remaining")
    }
    /// What is set aside.
    async fn held(&self) -> i64 {
        self.0.int("held")
    }
    /// What was used up, less what was given back to it.
    async fn used(&self) -> i64 {
        self.0.int("used")
    }
    /// What ended unused.
    async fn lapsed(&self) -> i64 {
        self.0.int("lapsed")
    }
    /// What was taken back with the payment: also of what was used or had lapsed.
    async fn revoked(&self) -> i64 {
        self.0.int("revoked")
    }
    /// When it was given.
    async fn granted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("granted_at")
    }
    /// From when it can be used.
    async fn effective_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("effective_at")
    }
    /// Until when, exclusive; null for ever.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("expires_at")
    }
}

/// As the ledger sees it, but for what is due and not recorded yet.
fn status(row: &TableRow) -> CreditGrantStatus {
    let spent = row.int("remaining") == 0 && row.int("held") == 0;
    let given_up = row.int("remaining") == 0 && row.int("held") == row.int("owed");
    if given_up && row.int("revoked") >= row.int("credits") {
        CreditGrantStatus::Revoked
    } else if spent && row.int("lapsed") > 0 {
        CreditGrantStatus::Expired
    } else if spent {
        CreditGrantStatus::Depleted
    } else if row.truth("active") {
        CreditGrantStatus::Active
    } else {
        CreditGrantStatus::Scheduled
    }
}

impl CreditGrant {
    /// The grant with this UUID.
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
pub struct CreditGrantQueries;

list_fields! {
    /// Fields of the query root.
    CreditGrantQueries {
        /// Grants of credits, newest first unless ordered otherwise.
        credit_grants: CreditGrantConnection [CreditGrantFilter by CreditGrantOrder] =
            |_| List::of(TABLE, "number", Direction::Desc);
    }
}
