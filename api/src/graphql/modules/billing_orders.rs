//! Orders of prepaid credits.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::billing_order as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::billing_orders;
use chrono::{DateTime, Datelike as _, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::conversations::User;
use super::credit_grants::CreditGrant;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    DateTimeFilter, IdFilter, IntFilter, TextFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

/// The table behind the type.
pub const TABLE: &Table = &billing_orders::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[("grant", super::credit_grants::TABLE)];

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::OrderStatus")]
pub enum BillingOrderStatus {
    /// Made; nobody can pay it yet.
    Created,
    /// Somebody can pay it.
    CheckoutOpen,
    /// It will not be paid. Should the money arrive all the same, it counts.
    Failed,
    /// Nobody paid in time. Should the money arrive all the same, it counts.
    Expired,
    /// Paid; the credits are on their way.
    Paid,
    /// Paid, and the credits were given.
    Granted,
    /// A part of the money was given back.
    PartiallyRefunded,
    /// All of the money was given back.
    Refunded,
    /// The payer disputes the payment.
    Disputed,
    /// The dispute is lost.
    ChargedBack,
}

/// How far the payment of an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum BillingOrderPayment {
    /// Nobody can pay it yet.
    Created,
    /// Somebody can pay it.
    CheckoutOpen,
    /// It will not be paid.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// Paid, whatever became of the money afterwards.
    Paid,
}

/// Who made an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum BillingOrderOrigin {
    /// A person who buys.
    Checkout,
    /// The ledger, because the balance was low.
    AutoTopUp,
}

enum_filter!(
    /// Conditions on how far the payment is.
    BillingOrderPaymentFilter of BillingOrderPayment
);
enum_filter!(
    /// Conditions on who made an order.
    BillingOrderOriginFilter of BillingOrderOrigin
);

filter_input! {
    /// Conditions on orders. All that are given must hold.
    BillingOrderFilter {
        /// How far the payment is.
        payment: BillingOrderPaymentFilter = "payment",
        /// Who made it.
        origin: BillingOrderOriginFilter = "origin",
        /// Who buys.
        buyer: IdFilter = "buyer_id",
        /// Number.
        number: IntFilter = "number",
        /// Credits.
        credits: IntFilter = "credits",
        /// What was given back, in the currency's smallest unit.
        refunded_minor: IntFilter = "refunded_minor",
        /// Disputes that are open.
        open_disputes: IntFilter = "open_disputes",
        /// Payments that a person must look at.
        anomalies: IntFilter = "anomalies",
        /// The provider's checkout session.
        session_id: TextFilter = "session_id",
        /// The provider's payment intent.
        payment_intent: TextFilter = "payment_intent",
        /// When it was made.
        created_at: DateTimeFilter = "created_at",
        /// When it was paid.
        paid_at: DateTimeFilter = "paid_at",
        /// When the credits were given.
        granted_at: DateTimeFilter = "granted_at",
    }
}

order_input! {
    /// An order of orders.
    BillingOrderOrder by BillingOrderOrderField {
        /// Number.
        Number = "number",
    }
}

connection! {
    /// A list of orders.
    BillingOrderConnection / BillingOrderEdge of BillingOrder
}

/// An order of credits.
#[derive(Clone, Debug)]
pub struct BillingOrder(pub TableRow);

/// An order of credits that is paid for. It is paid once, and gives its credits once.
#[Object]
impl BillingOrder {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::BillingOrder.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events, in the history, and in the provider's metadata.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Number within the tenant, without gaps, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// The number as people read it: year, and six digits.
    async fn label(&self) -> Option<String> {
        let year = self.0.time("created_at")?.year();
        Some(format!("{year}-{:06}", self.0.int("number")))
    }
    /// Where it stands.
    async fn status(&self) -> Option<BillingOrderStatus> {
        billing_orders::status(&self.0).map(Into::into)
    }
    /// How far the payment is.
    async fn payment(&self) -> Option<BillingOrderPayment> {
        enums::of_cell(self.0.cell("payment"))
    }
    /// Who made it.
    async fn origin(&self) -> Option<BillingOrderOrigin> {
        enums::of_cell(self.0.cell("origin"))
    }
    /// Who buys; null when nobody in person does.
    async fn buyer(&self) -> Option<User> {
        self.0.uuid("buyer_id").map(User::new)
    }
    /// Credits.
    async fn credits(&self) -> i64 {
        self.0.int("credits")
    }
    /// The price, in the currency's smallest unit.
    async fn price_minor(&self) -> i64 {
        self.0.int("price_minor")
    }
    /// ISO 4217 code, lower case.
    async fn currency(&self) -> Option<String> {
        self.0.text("currency")
    }
    /// The credits end so many days after the payment; null for never.
    async fn valid_days(&self) -> Option<i64> {
        self.0.cell("valid_days").as_int()
    }
    /// Page where it can be paid; null before it is open, and when the order is over.
    async fn checkout_url(&self) -> Option<String> {
        let open = self.0.cell("payment").as_text() == Some("CHECKOUT_OPEN");
        open.then(|| self.0.text("checkout_url")).flatten()
    }
    /// When the page ends.
    async fn checkout_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("checkout_expires_at")
    }
    /// A slow payment is under way.
    async fn payment_pending(&self) -> bool {
        self.0.truth("pending")
    }
    /// Attempts to pay that failed.
    async fn failed_attempts(&self) -> i64 {
        self.0.int("failed_attempts")
    }
    /// Why the last attempt, or the order, failed.
    async fn failure(&self) -> Option<String> {
        self.0.text("failure")
    }
    /// What was given back, in the currency's smallest unit.
    async fn refunded_minor(&self) -> i64 {
        self.0.int("refunded_minor")
    }
    /// Credits that were taken back with the money.
    async fn revoked_credits(&self) -> i64 {
        self.0.int("revoked_credits")
    }
    /// Payments of a wrong amount, or beside the one that counted: a person must look at them.
    async fn anomalies(&self) -> i64 {
        self.0.int("anomalies")
    }
    /// The grant of its credits; null before they were given.
    async fn grant(&self, ctx: &Context<'_>) -> Result<Option<CreditGrant>> {
        CreditGrant::find(Caller::of(ctx)?, self.0.uuid("grant_id")).await
    }
    /// When it was made.
    async fn created_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("created_at")
    }
    /// When it was paid.
    async fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("paid_at")
    }
    /// When the credits were given.
    async fn granted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("granted_at")
    }
}

impl BillingOrder {
    /// The order with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for BillingOrder {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct BillingOrderQueries;

#[Object]
impl BillingOrderQueries {
    /// An order by its global id; null when there is none for this tenant.
    async fn billing_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the order.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<BillingOrder>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::BillingOrder.uuid(&id)?;
        let stream = StreamId::new(domain::BillingOrder::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        BillingOrder::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct BillingOrderLists;

list_fields! {
    /// Lists of the query root.
    BillingOrderLists {
        /// Orders of credits, newest first unless ordered otherwise.
        billing_orders: BillingOrderConnection [BillingOrderFilter by BillingOrderOrder] =
            |_| List::of(TABLE, "number", Direction::Desc).beside(READS);
    }
}
