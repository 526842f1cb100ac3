//! Offers: what the tenant sells, the ads that lead to it, and how it judges who is interested.

pub mod criteria;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::offer as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::{ad_mappings, offer_criteria, offers};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use serde_json::Value;
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, TextFilter, enum_filter, filter_input, order_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{List, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

pub use criteria::{
    ContactHours, ContactPolicy, MoneyRange, OfferCriteria, OfferWeights, OfferZones,
};

/// The table behind the type.
pub const TABLE: &Table = &offers::TABLE;

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::OfferKind")]
pub enum OfferKind {
    /// A home, a piece of land.
    Property,
    /// A car.
    Auto,
    /// A loan.
    Loan,
    /// An insurance.
    Insurance,
}

/// How leads of an offer are paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ChargeModel")]
pub enum ChargeModel {
    /// Credits for each lead that is delivered.
    PerLead,
    /// For each sale, outside of the credits.
    PerSale,
    /// Paid already.
    Subscription,
}

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::OfferStatus")]
pub enum OfferStatus {
    /// Being written.
    Draft,
    /// Leads are mapped to it.
    Active,
    /// No leads for the moment; the ads stay.
    Paused,
    /// No more; its ads are free again.
    Archived,
}

/// What of the advertising leads to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AdKeyKind")]
pub enum AdKeyKind {
    /// An ad.
    Ad,
    /// A form.
    Form,
    /// A campaign.
    Campaign,
    /// A page.
    Page,
}

/// An ad, form, campaign or page of the provider.
#[derive(Clone, Debug, SimpleObject)]
pub struct AdKey {
    /// What it is.
    pub kind: AdKeyKind,
    /// The provider's id.
    pub id: String,
}

impl AdKey {
    /// Those of a JSON array of `{kind, id}`.
    pub fn all(list: Option<&Value>) -> Vec<Self> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let text = |item: &Value, of: &str| item.get(of).and_then(Value::as_str).map(str::to_owned);
        let key = |item| {
            Some(Self { kind: enums::of_text(&text(item, "kind")?)?, id: text(item, "id")? })
        };
        items.filter_map(key).collect()
    }
}

enum_filter!(
    /// Conditions on where an offer stands.
    OfferStatusFilter of OfferStatus
);
enum_filter!(
    /// Conditions on what is offered.
    OfferKindFilter of OfferKind
);

filter_input! {
    /// Conditions on offers. All that are given must hold.
    OfferFilter {
        /// Name.
        name: TextFilter = "name",
        /// What is offered.
        kind: OfferKindFilter = "kind",
        /// Where it stands.
        status: OfferStatusFilter = "status",
        /// When it was written down.
        created_at: DateTimeFilter = "created_at",
    }
}

order_input! {
    /// An order of offers.
    OfferOrder by OfferOrderField {
        /// When it was written down.
        CreatedAt = "created_at",
        /// Name.
        Name = "name",
    }
}

connection! {
    /// A list of offers.
    OfferConnection / OfferEdge of Offer
}

/// An offer.
#[derive(Clone, Debug)]
pub struct Offer(pub TableRow);

/// Something that the tenant sells, and how it judges who is interested.
#[Object]
impl Offer {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Offer.id(self.uuid())
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
    /// Name.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// What is offered.
    async fn kind(&self) -> Option<OfferKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// How its leads are paid for.
    async fn charge(&self) -> Option<ChargeModel> {
        enums::of_cell(self.0.cell("charge"))
    }
    /// Where it stands.
    async fn status(&self) -> Option<OfferStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Version of its criteria, from 1.
    async fn criteria_version(&self) -> i64 {
        self.0.int("criteria_version")
    }
    /// How it judges leads from now on.
    async fn criteria(&self) -> Option<OfferCriteria> {
        OfferCriteria::of(self.0.json("criteria"))
    }
    /// Ads, forms, campaigns and pages that lead here.
    async fn ad_count(&self) -> i64 {
        self.0.int("ads")
    }
    /// When it was written down.
    async fn created_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("created_at")
    }
    /// When it was last published.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("published_at")
    }
    /// When it was archived.
    async fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("archived_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> OfferLists {
        OfferLists(self.uuid())
    }
}

/// What belongs to an offer.
pub struct OfferLists(Uuid);

list_fields! {
    /// What belongs to an offer.
    OfferLists {
        /// Every version of its criteria, the latest first.
        criteria_versions: OfferCriteriaVersionConnection [] =
            |of| List::of(&offer_criteria::TABLE, "criteria_version", Direction::Desc)
                .below("offer_id", of.0);
        /// Ads, forms, campaigns and pages that lead, or led, here, the latest first.
        ads: AdMappingConnection [] =
            |of| List::of(&ad_mappings::TABLE, "mapped_at", Direction::Desc)
                .below("offer_id", of.0);
    }
}

connection! {
    /// A list of versions of criteria.
    OfferCriteriaVersionConnection / OfferCriteriaVersionEdge of OfferCriteriaVersion
}

/// A version of an offer's criteria.
#[derive(Clone, Debug)]
pub struct OfferCriteriaVersion(pub TableRow);

/// A version of an offer's criteria; it never changes.
#[Object]
impl OfferCriteriaVersion {
    /// Version, from 1.
    async fn version(&self) -> i64 {
        self.0.int("criteria_version")
    }
    /// The criteria.
    async fn criteria(&self) -> Option<OfferCriteria> {
        OfferCriteria::of(self.0.json("criteria"))
    }
    /// Kind and id of who set them, such as `user:<uuid>`.
    async fn set_by(&self) -> Option<String> {
        self.0.text("set_by")
    }
    /// When.
    async fn set_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("set_at")
    }
}

connection! {
    /// A list of ads.
    AdMappingConnection / AdMappingEdge of AdMapping
}

/// An ad that leads to an offer.
#[derive(Clone, Debug)]
pub struct AdMapping(pub TableRow);

/// An ad, form, campaign or page that leads to an offer.
#[Object]
impl AdMapping {
    /// What it is.
    async fn kind(&self) -> Option<AdKeyKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// The provider's id of it.
    async fn ad_id(&self) -> Option<String> {
        self.0.text("ad_id")
    }
    /// When it was last mapped.
    async fn mapped_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("mapped_at")
    }
    /// Since when it leads here no more; null while it does.
    async fn unmapped_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("unmapped_at")
    }
}

impl Offer {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    /// The offer with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for Offer {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct OfferQueries;

#[Object]
impl OfferQueries {
    /// An offer by its global id; null when there is none for this tenant.
    async fn offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the offer.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Offer>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::Offer.uuid(&id)?;
        let stream = StreamId::new(domain::Offer::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        Offer::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct OfferRootLists;

list_fields! {
    /// Lists of the query root.
    OfferRootLists {
        /// Offers, the latest first unless ordered otherwise.
        offers: OfferConnection [OfferFilter by OfferOrder] =
            |_| List::of(TABLE, "created_at", Direction::Desc);
    }
}
