//! The statement of the prepaid credits (CONV-19).

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::ledger_entries;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::billing_orders::BillingOrder;
use super::credit_grants::CreditGrant;
use super::credit_holds::{CreditHold, CreditPurpose, CreditPurposeFilter};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    DateTimeFilter, IdFilter, IntFilter, TextFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &ledger_entries::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[
    ("grant", super::credit_grants::TABLE),
    ("hold", super::credit_holds::TABLE),
    ("order", super::billing_orders::TABLE),
];

/// What a line of the statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CreditTransactionType {
    /// Credits were bought.
    CreditPurchase,
    /// Bonus credits.
    CreditBonus,
    /// Trial credits.
    CreditTrial,
    /// Credits of courtesy.
    CreditGoodwill,
    /// A correction, up or down.
    CreditAdjustment,
    /// A scheduled grant began.
    CreditActivation,
    /// Set aside; the balance does not change.
    CreditHold,
    /// Set aside no more; the balance does not change.
    CreditRelease,
    /// Used up.
    CreditConsumption,
    /// Used, and given back.
    CreditRefund,
    /// Ended unused.
    CreditExpiry,
    /// Taken back with their payment.
    CreditRevocation,
    /// Given again.
    CreditReinstatement,
    /// Owed.
    CreditDebt,
    /// Owed no more.
    CreditDebtSettlement,
}

enum_filter!(
    /// Conditions on what a line of the statement is about.
    CreditTransactionTypeFilter of CreditTransactionType
);

filter_input! {
    /// Conditions on lines of the statement. All that are given must hold.
    LedgerEntryFilter {
        /// What it is about.
        transaction_type: CreditTransactionTypeFilter = "transaction_type",
        /// Change of the balance.
        amount: IntFilter = "amount",
        /// Grant.
        grant: IdFilter = "grant_id",
        /// Hold.
        hold: IdFilter = "hold_id",
        /// Order.
        order: IdFilter = "order_id",
        /// What credits were set aside for.
        purpose: CreditPurposeFilter = "purpose",
        /// Kind and id of who did it, such as `user:<uuid>`.
        actor: TextFilter = "actor",
        /// When it took effect.
        at: DateTimeFilter = "at",
    }
}

order_input! {
    /// An order of lines of the statement.
    LedgerEntryOrder by LedgerEntryOrderField {
        /// Place in the statement.
        Number = "number",
    }
}

connection! {
    /// The statement, or a part of it.
    LedgerEntryConnection / LedgerEntryEdge of LedgerEntry
}

/// A line of the statement.
#[derive(Clone, Debug)]
pub struct LedgerEntry(pub TableRow);

/// A line of the statement: credits that moved, and the balance after it.
#[Object]
impl LedgerEntry {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::LedgerEntry.id(self.0.uuid("id").unwrap_or_default())
    }
    /// Place in the statement; grows, with gaps.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// What it is about.
    async fn transaction_type(&self) -> Option<CreditTransactionType> {
        enums::of_cell(self.0.cell("transaction_type"))
    }
    /// Change of the balance; 0 when credits are only set aside or given back.
    async fn amount(&self) -> i64 {
        self.0.int("amount")
    }
    /// Change of what is available.
    async fn available_change(&self) -> i64 {
        self.0.int("available_change")
    }
    /// The balance after it: available and held, less the debt.
    async fn balance_after(&self) -> i64 {
        self.0.int("balance_after")
    }
    /// The grant that it is about.
    async fn grant(&self, ctx: &Context<'_>) -> Result<Option<CreditGrant>> {
        CreditGrant::find(Caller::of(ctx)?, self.0.uuid("grant_id")).await
    }
    /// The hold that it is about.
    async fn hold(&self, ctx: &Context<'_>) -> Result<Option<CreditHold>> {
        CreditHold::find(Caller::of(ctx)?, self.0.uuid("hold_id")).await
    }
    /// The order that paid for it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<BillingOrder>> {
        BillingOrder::find(Caller::of(ctx)?, self.0.uuid("order_id")).await
    }
    /// What the credits were set aside for.
    async fn purpose(&self) -> Option<CreditPurpose> {
        enums::of_cell(self.0.cell("purpose"))
    }
    /// Which one: the UUID of the lead, call, campaign or message.
    async fn purpose_uuid(&self) -> Option<Uuid> {
        self.0.uuid("purpose_id")
    }
    /// What whoever did it said.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// Kind and id of who did it, such as `user:<uuid>`.
    async fn actor(&self) -> Option<String> {
        self.0.text("actor")
    }
    /// When it took effect.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct LedgerEntryQueries;

list_fields! {
    /// Fields of the query root.
    LedgerEntryQueries {
        /// The statement of the prepaid credits, newest first unless ordered otherwise.
        ledger_entries: LedgerEntryConnection [LedgerEntryFilter by LedgerEntryOrder] =
            |_| List::of(TABLE, "number", Direction::Desc).beside(READS);
    }
}
