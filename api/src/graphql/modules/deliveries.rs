//! Deliveries: leads that are handed over to the tenant's systems.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::delivery as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::{deliveries, delivery_targets};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::leads::Lead;
use super::offers::Offer;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, IdFilter, enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, asked, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

/// The table behind the type.
pub const TABLE: &Table = &deliveries::TABLE;
/// Tables that fields of a delivery read beside its own.
const READS: Beside = &[("lead", super::leads::TABLE), ("offer", super::offers::TABLE)];

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DeliveryStatus")]
pub enum DeliveryProgress {
    /// Nothing was tried yet.
    Pending,
    /// An attempt is under way or has no known outcome, or a system was not tried yet.
    InFlight,
    /// Every system has it.
    Delivered,
    /// Some have it, the others failed.
    Partial,
    /// None has it; another attempt may come.
    Failed,
    /// Given up where it failed; a person may try again.
    DeadLetter,
    /// Given back after a dispute.
    Refunded,
}

/// Kind of system that takes leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TargetKind")]
pub enum LeadTargetKind {
    /// A row of a Google sheet.
    GoogleSheets,
    /// The CRM Tokko Broker.
    TokkoCrm,
    /// A webhook of the tenant.
    Webhook,
}

/// How far a delivery got with one system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TargetStatus")]
pub enum DeliveryTargetStatus {
    /// To be tried for the first time, or again after a person said so.
    Waiting,
    /// An attempt began and has no outcome.
    InFlight,
    /// Nobody knows whether it has the lead: the machine tries no more.
    Unknown,
    /// It has the lead.
    Confirmed,
    /// The last attempt failed.
    Failed,
}

enum_filter!(
    /// Conditions on where a delivery stands.
    DeliveryProgressFilter of DeliveryProgress
);

filter_input! {
    /// Conditions on deliveries. All that are given must hold.
    DeliveryFilter {
        /// Where it stands.
        status: DeliveryProgressFilter = "status",
        /// Lead.
        lead: IdFilter = "lead_id",
        /// Offer.
        offer: IdFilter = "offer_id",
        /// Somebody had it only after it had been given up.
        late: BooleanFilter = "late",
        /// When it was requested.
        requested_at: DateTimeFilter = "requested_at",
    }
}

order_input! {
    /// An order of deliveries.
    DeliveryOrder by DeliveryOrderField {
        /// When it was requested.
        RequestedAt = "requested_at",
    }
}

connection! {
    /// A list of deliveries.
    DeliveryConnection / DeliveryEdge of Delivery
}

/// A delivery.
#[derive(Clone, Debug)]
pub struct Delivery(pub TableRow);

/// The handing over of one lead to the tenant's systems.
#[Object]
impl Delivery {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Delivery.id(self.uuid())
    }
    /// The id in raw events and in the history.
    #[graphql(name = "uuid")]
    async fn raw_id(&self) -> Uuid {
        self.uuid()
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// Where it stands.
    async fn status(&self) -> Option<DeliveryProgress> {
        enums::of_cell(self.0.cell("status"))
    }
    /// The lead; null while the read side has not seen it yet.
    async fn lead(&self, ctx: &Context<'_>) -> Result<Option<Lead>> {
        Lead::find(Caller::of(ctx)?, self.0.uuid("lead_id")).await
    }
    /// The offer; null while the read side has not seen it yet.
    async fn offer(&self, ctx: &Context<'_>) -> Result<Option<Offer>> {
        Offer::find(Caller::of(ctx)?, self.0.uuid("offer_id")).await
    }
    /// UUID of the hold of credits that pays for it.
    async fn reservation(&self) -> Option<Uuid> {
        self.0.uuid("reservation_id")
    }
    /// Systems that are to have it.
    async fn target_count(&self) -> i64 {
        self.0.int("targets")
    }
    /// Systems that have it.
    async fn confirmed(&self) -> i64 {
        self.0.int("confirmed")
    }
    /// When it was requested.
    async fn requested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("requested_at")
    }
    /// When the first system had it.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("delivered_at")
    }
    /// That was after it had been given up.
    async fn late(&self) -> bool {
        self.0.truth("late")
    }
    /// Why it was given up or given back.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// Given up for ever.
    async fn withdrawn(&self) -> bool {
        self.0.truth("withdrawn")
    }
    /// When it was given up.
    async fn given_up_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("given_up_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> DeliveryLists {
        DeliveryLists(self.uuid())
    }
}

/// What belongs to a delivery.
pub struct DeliveryLists(Uuid);

list_fields! {
    /// What belongs to a delivery.
    DeliveryLists {
        /// How far it got with each system, by name.
        targets: DeliveryTargetConnection [] =
            |of| List::of(&delivery_targets::TABLE, "name", Direction::Asc)
                .below("delivery_id", of.0);
    }
}

connection! {
    /// A list of systems of a delivery.
    DeliveryTargetConnection / DeliveryTargetEdge of DeliveryTarget
}

/// A system of a delivery.
#[derive(Clone, Debug)]
pub struct DeliveryTarget(pub TableRow);

/// How far a delivery got with one system.
#[Object]
impl DeliveryTarget {
    /// Id of the system.
    async fn target_id(&self) -> Option<Uuid> {
        self.0.uuid("target_id")
    }
    /// What it is.
    async fn kind(&self) -> Option<LeadTargetKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// What people call it.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// How far it got.
    async fn status(&self) -> Option<DeliveryTargetStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Attempts so far.
    async fn attempts(&self) -> i64 {
        self.0.int("attempts")
    }
    /// Why the last attempt failed.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// When the next attempt is made.
    async fn retry_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("retry_at")
    }
    /// What the system calls the lead.
    async fn reference(&self) -> Option<String> {
        self.0.text("reference")
    }
    /// When it had it.
    async fn confirmed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("confirmed_at")
    }
}

impl Delivery {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    /// The delivery with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for Delivery {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        let beside: Vec<_> = READS.iter().map(|(_, table)| *table).collect();
        mutation::reread(caller, done, TABLE, &beside).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct DeliveryQueries;

#[Object]
impl DeliveryQueries {
    /// A delivery by its global id; null when there is none for this tenant.
    async fn delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the delivery.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Delivery>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::Delivery.uuid(&id)?;
        let stream = StreamId::new(domain::Delivery::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        caller.at_least(at_least, &asked(READS, &ctx.look_ahead()), None).await?;
        Delivery::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct DeliveryRootLists;

list_fields! {
    /// Lists of the query root.
    DeliveryRootLists {
        /// Deliveries, the latest first unless ordered otherwise.
        deliveries: DeliveryConnection [DeliveryFilter by DeliveryOrder] = |_| list();
    }
}

/// Deliveries, the latest first.
pub fn list() -> List {
    List::of(TABLE, "requested_at", Direction::Desc).beside(READS)
}
