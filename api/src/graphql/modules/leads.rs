//! Leads: contacts' interest in offers, and the funnel.

pub mod funnel;
pub mod parts;
pub mod words;

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::lead as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::leads;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::calls::{CallConnection, CallFilter, CallOrder};
use super::contacts::Contact;
use super::conversations::User;
use super::deliveries::{self, Delivery, DeliveryConnection, DeliveryFilter};
use super::offers::{AdKey, MoneyRange, Offer};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{
    AssigneeFilter, BooleanFilter, DateFilter, DateTimeFilter, IdFilter, IntFilter, TextFilter,
    enum_filter, filter_input, order_input,
};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, asked, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

pub use funnel::{FunnelQueries, LeadFunnel, LeadFunnelRow};
pub use parts::{
    FormField, LeadAnswer, LeadAnswerConnection, LeadContact, LeadContactConnection, LeadDispute,
    LeadDisputeConnection, LeadDisputeFilter, LeadScore, ScoreComponent,
};
use words::DisqualifyReason;
pub use words::{
    LeadCoolReason, LeadEligibility, LeadField, LeadHandoffReason, LeadLossReason, LeadMappingGap,
    LeadSource, LeadStatus, LeadStep, OptOutMeans,
};

/// The table behind the type.
pub const TABLE: &Table = &leads::TABLE;
/// Tables that fields of a lead read beside its own.
const READS: Beside = &[
    ("contact", super::contacts::TABLE),
    ("offer", super::offers::TABLE),
    ("delivery", deliveries::TABLE),
];

enum_filter!(
    /// Conditions on where a lead stands.
    LeadStatusFilter of LeadStatus
);
enum_filter!(
    /// Conditions on the step of the funnel.
    LeadStepFilter of LeadStep
);
enum_filter!(
    /// Conditions on where a lead comes from.
    LeadSourceFilter of LeadSource
);

filter_input! {
    /// Conditions on leads. All that are given must hold.
    LeadFilter {
        /// Where it stands.
        status: LeadStatusFilter = "status",
        /// Step of the funnel.
        step: LeadStepFilter = "step",
        /// Where it comes from.
        source: LeadSourceFilter = "source",
        /// The source's id.
        external_id: TextFilter = "external_id",
        /// Offer.
        offer: IdFilter = "offer_id",
        /// Contact.
        contact: IdFilter = "contact_id",
        /// Points of 100.
        total: IntFilter = "total",
        /// It matters little.
        low_priority: BooleanFilter = "low_priority",
        /// Who has it; `me: true` for the caller's.
        agent: AssigneeFilter = "agent_id",
        /// When it came in.
        captured_at: DateTimeFilter = "captured_at",
        /// The day on which it came in, UTC.
        captured_on: DateFilter = "captured_on",
        /// When the first system had it.
        delivered_at: DateTimeFilter = "delivered_at",
    }
}

order_input! {
    /// An order of leads.
    LeadOrder by LeadOrderField {
        /// When it came in.
        CapturedAt = "captured_at",
        /// Points of 100.
        Total = "total",
    }
}

connection! {
    /// A list of leads.
    LeadConnection / LeadEdge of Lead
}

/// A lead.
#[derive(Clone, Debug)]
pub struct Lead(pub TableRow);

/// A contact's interest in one offer, from the ad to the sale. Who it is can be seen once it was
/// delivered, and by nobody before.
#[Object]
impl Lead {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Lead.id(self.uuid())
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
    async fn status(&self) -> Option<LeadStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Step of the funnel.
    async fn step(&self) -> Option<LeadStep> {
        enums::of_cell(self.0.cell("step"))
    }
    /// Where it comes from.
    async fn source(&self) -> Option<LeadSource> {
        enums::of_cell(self.0.cell("source"))
    }
    /// The source's id.
    async fn external_id(&self) -> Option<String> {
        self.0.text("external_id")
    }
    /// Ad, form, campaign and page that led here.
    async fn ads(&self) -> Vec<AdKey> {
        AdKey::all(self.0.json("ads").as_ref())
    }
    /// Offer; null while none is known, or while the read side has not seen it yet.
    async fn offer(&self, ctx: &Context<'_>) -> Result<Option<Offer>> {
        Offer::find(Caller::of(ctx)?, self.0.uuid("offer_id")).await
    }
    /// Version of the offer's criteria that it is judged by.
    async fn offer_version(&self) -> Option<i64> {
        self.0.cell("offer_version").as_int()
    }
    /// How the offer was found, such as `ad:123`.
    async fn rule(&self) -> Option<String> {
        self.0.text("rule")
    }
    /// What is missing before it is mapped.
    async fn gap(&self) -> Option<LeadMappingGap> {
        enums::of_cell(self.0.cell("gap"))
    }
    /// The contact; null while nobody knows who it is. One that is known by a lead alone shows
    /// nothing personal before a lead of it is delivered.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Full name; null before it was delivered.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// Telephone number; null before it was delivered.
    async fn phone(&self) -> Option<String> {
        self.0.text("phone")
    }
    /// E-mail address; null before it was delivered.
    async fn email(&self) -> Option<String> {
        self.0.text("email")
    }
    /// What else the form told; empty before it was delivered.
    async fn fields(&self) -> Vec<FormField> {
        FormField::all(self.0.json("fields").as_ref())
    }
    /// Its score, and why; null while it was not scored.
    async fn score(&self) -> Option<LeadScore> {
        LeadScore::of(&self.0)
    }
    /// It matters little.
    async fn low_priority(&self) -> bool {
        self.0.truth("low_priority")
    }
    /// When its form was fetched.
    async fn form_fetched_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("form_fetched_at")
    }
    /// Times that the form could not be fetched.
    async fn form_failures(&self) -> i64 {
        self.0.int("form_failures")
    }
    /// Why the form could not be fetched last.
    async fn form_failure(&self) -> Option<String> {
        self.0.text("form_failure")
    }
    /// When the form is fetched again.
    async fn form_retry_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("form_retry_at")
    }
    /// When it is written to next, if nobody answers.
    async fn next_contact_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("next_contact_at")
    }
    /// Messages of the contact.
    async fn replies(&self) -> i64 {
        self.0.int("replies")
    }
    /// When the contact last wrote.
    async fn last_reply_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("last_reply_at")
    }
    /// Why it cools.
    async fn cool_reason(&self) -> Option<LeadCoolReason> {
        enums::of_cell(self.0.cell("cool_reason"))
    }
    /// When it is asked again; null when it waits for the contact.
    async fn reactivate_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("reactivate_at")
    }
    /// Who has it, while a person has it.
    async fn agent(&self) -> Option<User> {
        self.0.uuid("agent_id").map(User::new)
    }
    /// Why a person has it.
    async fn handoff_reason(&self) -> Option<LeadHandoffReason> {
        enums::of_cell(self.0.cell("handoff_reason"))
    }
    /// Why it is none.
    async fn disqualify_reason(&self) -> Option<DisqualifyReason> {
        enums::of_cell(self.0.cell("disqualify_reason"))
    }
    /// How the contact opted out.
    async fn stopped_by(&self) -> Option<OptOutMeans> {
        enums::of_cell(self.0.cell("stopped_by"))
    }
    /// The lead that goes on with it.
    async fn duplicate_of(&self, ctx: &Context<'_>) -> Result<Option<Lead>> {
        Lead::find(Caller::of(ctx)?, self.0.uuid("duplicate_of_id")).await
    }
    /// Leads that came to nothing but this one.
    async fn repeats(&self) -> i64 {
        self.0.int("repeats")
    }
    /// The delivery under way, or the one that arrived.
    async fn delivery(&self, ctx: &Context<'_>) -> Result<Option<Delivery>> {
        Delivery::find(Caller::of(ctx)?, self.0.uuid("delivery_id")).await
    }
    /// Why the last delivery came to nothing.
    async fn delivery_failure(&self) -> Option<String> {
        self.0.text("delivery_failure")
    }
    /// May it be charged for?
    async fn eligibility(&self) -> Option<LeadEligibility> {
        enums::of_cell(self.0.cell("eligibility"))
    }
    /// For how much it was sold.
    async fn won_value(&self) -> Option<MoneyRange> {
        MoneyRange::of(self.0.json("won_value"))
    }
    /// Why it was not sold.
    async fn lost_reason(&self) -> Option<LeadLossReason> {
        enums::of_cell(self.0.cell("lost_reason"))
    }
    /// What was noted when it ended.
    async fn note(&self) -> Option<String> {
        self.0.text("note")
    }
    /// When it came in.
    async fn captured_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("captured_at")
    }
    /// When contact and offer were both known.
    async fn mapped_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("mapped_at")
    }
    /// Contact and offer have no second lead before.
    async fn window_ends_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("window_ends_at")
    }
    /// When the contact last went on with it.
    async fn engaged_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("engaged_at")
    }
    /// When it was ready; null while it is not.
    async fn ready_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ready_at")
    }
    /// When the first system had it.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("delivered_at")
    }
    /// When it was disqualified, stopped, won, lost, merged or refunded.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ended_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> LeadLists {
        LeadLists(self.uuid())
    }
}

/// What belongs to a lead.
pub struct LeadLists(Uuid);

list_fields! {
    /// What belongs to a lead.
    LeadLists {
        /// What it answered, the latest first; a question each.
        answers: LeadAnswerConnection [] = |of| parts::answers().below("lead_id", of.0);
        /// Times that it was written to before it answered, the latest first.
        contacts: LeadContactConnection [] = |of| parts::contacts().below("lead_id", of.0);
        /// Its deliveries, the latest first.
        deliveries: DeliveryConnection [DeliveryFilter] =
            |of| deliveries::list().below("lead_id", of.0);
        /// Its disputes, the latest first.
        disputes: LeadDisputeConnection [LeadDisputeFilter] =
            |of| parts::disputes().below("lead_id", of.0);
        /// Calls that were last tied to it, newest first unless ordered otherwise.
        calls: CallConnection [CallFilter by CallOrder] =
            |of| super::calls::list().below("lead_id", of.0);
    }
}

impl Lead {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    /// The lead with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for Lead {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        let beside: Vec<_> = READS.iter().map(|(_, table)| *table).collect();
        mutation::reread(caller, done, TABLE, &beside).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct LeadQueries;

#[Object]
impl LeadQueries {
    /// A lead by its global id; null when there is none for this tenant.
    async fn lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the lead.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Lead>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::Lead.uuid(&id)?;
        let stream = StreamId::new(domain::Lead::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        caller.at_least(at_least, &asked(READS, &ctx.look_ahead()), None).await?;
        Lead::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct LeadRootLists;

list_fields! {
    /// Lists of the query root.
    LeadRootLists {
        /// Leads, the latest first unless ordered otherwise.
        leads: LeadConnection [LeadFilter by LeadOrder] = |_| list();
        /// Disputes of all leads, the latest first.
        lead_disputes: LeadDisputeConnection [LeadDisputeFilter] = |_| parts::disputes();
    }
}

/// Leads, the latest first.
pub fn list() -> List {
    List::of(TABLE, "captured_at", Direction::Desc).beside(READS)
}
