//! What a lead is made of: its score, its answers, its contacts and its disputes.

use async_graphql::{Context, Object, Result, SimpleObject};
use bitacora_domain::aggregates::lead as domain;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::{lead_answers, lead_contacts, lead_disputes};
use chrono::{DateTime, Utc};
use serde::Deserialize as _;
use serde_json::Value;
use uuid::Uuid;

use super::Lead;
use super::words::{
    LeadContactKind, LeadContactStatus, LeadDisputeReason, LeadDisputeStatus, LeadField,
    ScoreReason,
};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{enum_filter, filter_input};
use crate::graphql::lists::{Beside, List};
use crate::graphql::modules::messages::{self, Message};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Json;

/// A field of a form, as it was filled in.
#[derive(Clone, Debug, SimpleObject)]
pub struct FormField {
    /// The form's name for it.
    pub name: String,
    /// What was filled in.
    pub value: Option<String>,
}

impl FormField {
    pub(super) fn all(list: Option<&Value>) -> Vec<Self> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let text = |item: &Value, of: &str| item.get(of).and_then(Value::as_str).map(str::to_owned);
        let field = |item| Some(Self { name: text(item, "name")?, value: text(item, "value") });
        items.filter_map(field).collect()
    }
}

/// A part of a score.
#[derive(Clone, Debug, SimpleObject)]
pub struct ScoreComponent {
    /// Points.
    pub points: i64,
    /// The most that it can be worth.
    pub of: i64,
    /// Why.
    pub reason: ScoreReason,
}

impl From<domain::Component> for ScoreComponent {
    fn from(part: domain::Component) -> Self {
        Self { points: part.points, of: part.of, reason: part.reason.into() }
    }
}

/// A score with its explanation: the points of the parts sum to the total.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadScore {
    /// Points, 0–100.
    pub total: i64,
    /// How near the budget is to the prices.
    pub budget: ScoreComponent,
    /// How near the place is.
    pub zone: ScoreComponent,
    /// What kind it is.
    pub typology: ScoreComponent,
    /// When.
    pub timing: ScoreComponent,
    /// How serious.
    pub intent: ScoreComponent,
    /// How much was told.
    pub quality: ScoreComponent,
    /// Wishes that the offer fulfils.
    pub bonus: ScoreComponent,
    /// Questions of the minimum without an answer that counts.
    pub missing: Vec<LeadField>,
    /// Version of the way of counting.
    pub model_version: i64,
    /// When it was computed.
    pub scored_at: Option<DateTime<Utc>>,
}

impl LeadScore {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        let parts = domain::ScoreComponents::deserialize(row.json("components")?).ok()?;
        let missing = row.texts("missing");
        Some(Self {
            total: row.int("total"),
            budget: parts.budget.into(),
            zone: parts.zone.into(),
            typology: parts.typology.into(),
            timing: parts.timing.into(),
            intent: parts.intent.into(),
            quality: parts.quality.into(),
            bonus: parts.bonus.into(),
            missing: missing.iter().filter_map(|name| enums::of_text(name)).collect(),
            model_version: row.int("model_version"),
            scored_at: row.time("scored_at"),
        })
    }
}

connection! {
    /// A list of answers.
    LeadAnswerConnection / LeadAnswerEdge of LeadAnswer
}

/// What a lead answered to a question.
#[derive(Clone, Debug)]
pub struct LeadAnswer(pub TableRow);

/// What a lead answered to a question, the last time.
#[Object]
impl LeadAnswer {
    /// The question.
    async fn field(&self) -> Option<LeadField> {
        enums::of_cell(self.0.cell("field"))
    }
    /// The answer in normal form; null for the name, which the lead itself shows once it was
    /// delivered.
    async fn value(&self) -> Option<Json> {
        self.0.json("value").map(async_graphql::Json)
    }
    /// What the contact said; null while it may not be seen.
    async fn said(&self) -> Option<String> {
        self.0.text("said")
    }
    /// How sure it is, basis points, 0–10,000.
    async fn confidence_bp(&self) -> i64 {
        self.0.int("confidence_bp")
    }
    /// It is sure enough to count.
    async fn counts(&self) -> bool {
        self.0.truth("counts")
    }
    /// A form said it, not the contact.
    async fn from_form(&self) -> bool {
        self.0.truth("from_form")
    }
    /// The message that said it.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("message_id")).await
    }
    /// When it was recorded.
    async fn answered_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("answered_at")
    }
}

connection! {
    /// A list of contacts of a lead.
    LeadContactConnection / LeadContactEdge of LeadContact
}

/// A time that a lead was written to before it answered.
#[derive(Clone, Debug)]
pub struct LeadContact(pub TableRow);

/// A time that a lead was written to before it answered.
#[Object]
impl LeadContact {
    /// Number within the lead, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// What became of it.
    async fn status(&self) -> Option<LeadContactStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// A first contact, or a touch of reactivation.
    async fn kind(&self) -> Option<LeadContactKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// Number among those of its kind; null while it has no outcome.
    async fn n(&self) -> Option<i64> {
        self.0.cell("n").as_int()
    }
    /// The template.
    async fn template(&self) -> Option<String> {
        self.0.text("template")
    }
    /// The message in the conversation.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("message_id")).await
    }
    /// Why it did not leave.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// When it was requested, written or given up.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
}

enum_filter!(
    /// Conditions on where a dispute stands.
    LeadDisputeStatusFilter of LeadDisputeStatus
);
enum_filter!(
    /// Conditions on why a lead is disputed.
    LeadDisputeReasonFilter of LeadDisputeReason
);

filter_input! {
    /// Conditions on disputes. All that are given must hold.
    LeadDisputeFilter {
        /// Where it stands.
        status: LeadDisputeStatusFilter = "status",
        /// Why.
        reason: LeadDisputeReasonFilter = "reason",
    }
}

connection! {
    /// A list of disputes.
    LeadDisputeConnection / LeadDisputeEdge of LeadDispute
}

/// A dispute of a lead.
#[derive(Clone, Debug)]
pub struct LeadDispute(pub TableRow);

/// The tenant says that it should not pay for a lead.
#[Object]
impl LeadDispute {
    /// The lead; null while the read side has not seen it yet.
    async fn lead(&self, ctx: &Context<'_>) -> Result<Option<Lead>> {
        Lead::find(Caller::of(ctx)?, self.0.uuid("lead_id")).await
    }
    /// Why.
    async fn reason(&self) -> Option<LeadDisputeReason> {
        enums::of_cell(self.0.cell("reason"))
    }
    /// Where it stands.
    async fn status(&self) -> Option<LeadDisputeStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// In words.
    async fn note(&self) -> Option<String> {
        self.0.text("note")
    }
    /// Kind and id of who disputes, such as `user:<uuid>`.
    async fn disputed_by(&self) -> Option<String> {
        self.0.text("disputed_by")
    }
    /// When.
    async fn disputed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("disputed_at")
    }
    /// The answer in words.
    async fn answer(&self) -> Option<String> {
        self.0.text("answer")
    }
    /// Kind and id of who answered.
    async fn resolved_by(&self) -> Option<String> {
        self.0.text("resolved_by")
    }
    /// When it was answered.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("resolved_at")
    }
    /// The id in raw events.
    #[graphql(name = "uuid")]
    async fn raw_id(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }
}

/// Fields that read a table beside the node's own.
const OF_MESSAGE: Beside = &[("message", messages::TABLE)];

pub(super) fn answers() -> List {
    List::of(&lead_answers::TABLE, "answered_at", Direction::Desc).beside(OF_MESSAGE)
}

pub(super) fn contacts() -> List {
    List::of(&lead_contacts::TABLE, "at", Direction::Desc).beside(OF_MESSAGE)
}

pub(super) fn disputes() -> List {
    const OF_LEAD: Beside = &[("lead", super::TABLE)];
    List::of(&lead_disputes::TABLE, "disputed_at", Direction::Desc).beside(OF_LEAD)
}
