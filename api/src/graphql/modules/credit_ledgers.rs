//! How the prepaid credits of the tenant stand.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::credit_ledger as domain;
use bitacora_projections::Table;
use bitacora_projections::query::TableRow;
use bitacora_projections::views::credit_ledgers;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::billing_orders::BillingOrder;
use crate::config::Pack;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, asked};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::scalars::Position;

/// The table behind the type.
pub const TABLE: &Table = &credit_ledgers::TABLE;

/// The credits of the tenant.
#[derive(Clone, Debug)]
pub struct CreditLedger(pub TableRow);

/// The prepaid credits of the tenant. It has available credits or a debt, never both.
#[Object]
impl CreditLedger {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::CreditLedger.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events and in the history.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// Credits that can be set aside.
    async fn available(&self) -> i64 {
        self.0.int("available")
    }
    /// Credits that are set aside for something.
    async fn held(&self) -> i64 {
        self.0.int("held")
    }
    /// Credits of grants that have not begun.
    async fn scheduled(&self) -> i64 {
        self.0.int("scheduled")
    }
    /// Credits owed: used before their payment was taken back. Nothing can be set aside meanwhile.
    async fn debt(&self) -> i64 {
        self.0.int("debt")
    }
    /// Available and held, less the debt: the balance of the statement.
    async fn balance(&self) -> i64 {
        self.0.int("balance")
    }
    /// Nothing may be set aside, whatever the balance.
    async fn frozen(&self) -> bool {
        self.0.truth("frozen")
    }
    /// Why it is frozen.
    async fn frozen_reason(&self) -> Option<String> {
        self.0.text("frozen_reason")
    }
    /// A warning comes once, when so many credits or fewer are available.
    async fn low_balance(&self) -> i64 {
        self.0.int("low")
    }
    /// There is no other warning before so many credits or more were available again.
    async fn recovered_balance(&self) -> i64 {
        self.0.int("rearm")
    }
    /// Somebody was warned, and the balance has not recovered since.
    async fn low_balance_reached(&self) -> bool {
        self.0.truth("alerted")
    }
    /// What it buys by itself; null when it does not.
    async fn auto_top_up(&self) -> Option<AutoTopUp> {
        self.0.cell("top_up_at").as_int().map(|_| AutoTopUp(self.0.clone()))
    }
    /// When it was opened.
    async fn opened_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("opened_at")
    }
    /// When it last changed.
    async fn changed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("changed_at")
    }
}

/// Buying by itself.
#[derive(Clone, Debug)]
pub struct AutoTopUp(TableRow);

/// Fields of [`AutoTopUp`] that read a table beside the ledger's own.
const READS: Beside = &[("order", super::billing_orders::TABLE)];

/// What a ledger buys by itself. The order still has to be paid.
#[Object]
impl AutoTopUp {
    /// At so many available credits or fewer.
    async fn at_or_below(&self) -> i64 {
        self.0.int("top_up_at")
    }
    /// Credits that it buys.
    async fn credits(&self) -> i64 {
        self.0.int("top_up_credits")
    }
    /// The price, in the currency's smallest unit.
    async fn price_minor(&self) -> i64 {
        self.0.int("top_up_price_minor")
    }
    /// ISO 4217 code, lower case.
    async fn currency(&self) -> Option<String> {
        self.0.text("top_up_currency")
    }
    /// The order that is under way.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<BillingOrder>> {
        BillingOrder::find(Caller::of(ctx)?, self.0.uuid("top_up_order_id")).await
    }
    /// Why the last order came to nothing; nothing is bought until a purchase arrives or it is
    /// configured anew.
    async fn stopped_because(&self) -> Option<String> {
        self.0.text("top_up_failure")
    }
}

/// A pack of credits that can be bought.
#[derive(Clone, Debug)]
pub struct CreditPack(Pack);

/// Credits that are sold together.
#[Object]
impl CreditPack {
    /// How many; names the pack.
    async fn credits(&self) -> i64 {
        signed(self.0.credits)
    }
    /// The price, in the currency's smallest unit.
    async fn price_minor(&self) -> i64 {
        signed(self.0.price_minor)
    }
    /// ISO 4217 code, lower case.
    async fn currency(&self) -> &str {
        &self.0.currency
    }
    /// After how many days they end; null for never.
    async fn valid_days(&self) -> Option<u32> {
        self.0.valid_days
    }
}

/// Credits and prices of a pack are far below this.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Entity for CreditLedger {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct CreditLedgerQueries;

#[Object]
impl CreditLedgerQueries {
    /// The prepaid credits of the tenant; null before it ever had or ordered any.
    async fn credit_ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<CreditLedger>> {
        let caller = Caller::of(ctx)?;
        let uuid = domain::id_of(caller.tenant()).as_uuid();
        let stream = StreamId::new(domain::CreditLedger::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        let beside = asked(READS, &ctx.look_ahead().field("autoTopUp"));
        caller.at_least(at_least, &beside, None).await?;
        Ok(caller.row(TABLE, uuid).await?.map(CreditLedger))
    }

    /// What credits cost: the packs that can be bought.
    #[allow(clippy::unused_async, reason = "resolvers are")]
    async fn credit_packs(&self, ctx: &Context<'_>) -> Result<Vec<CreditPack>> {
        let packs = Caller::of(ctx)?.app.packs.clone();
        Ok(packs.all().iter().cloned().map(CreditPack).collect())
    }
}
