//! Parts of a conversation that belong together.

use async_graphql::{Context, Object, Result, SimpleObject};
use bitacora_projections::query::TableRow;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::User;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::modules::handoffs::{self, Handoff};
use crate::graphql::vocabulary::{HandoffReason, HandoffStatus, LinkedKind, SurveyKind};

/// The hand-off of a conversation.
pub struct HandoffState(pub(super) TableRow);

/// The hand-off of a conversation to a person, as it stands.
#[Object]
impl HandoffState {
    /// Where it stands.
    async fn status(&self) -> Option<HandoffStatus> {
        enums::of_cell(self.0.cell("handoff"))
    }
    /// Hand-offs of the conversation so far.
    async fn count(&self) -> i64 {
        self.0.int("handoff_count")
    }
    /// Why a person was asked for; null while no hand-off is running, as in all the following.
    async fn reason(&self) -> Option<HandoffReason> {
        enums::of_cell(self.0.cell("handoff_reason"))
    }
    /// What the person should know.
    async fn note(&self) -> Option<String> {
        self.0.text("handoff_note")
    }
    /// When a person was asked for.
    async fn requested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("handoff_requested_at")
    }
    /// When a person took it.
    async fn accepted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("handoff_accepted_at")
    }
    /// Who took it.
    async fn agent(&self) -> Option<User> {
        self.0.uuid("handoff_agent_id").map(User::new)
    }
    /// Until then somebody has to come, or be heard of once they came.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("handoff_expires_at")
    }
    /// The last hand-off in full, running or over; null when there was none.
    async fn last(&self, ctx: &Context<'_>) -> Result<Option<Handoff>> {
        let last = self.0.int("handoff_count");
        let conversation = self.0.uuid("id").unwrap_or_default();
        let id = (last > 0).then(|| handoffs::uuid_of(conversation, last));
        Handoff::find(Caller::of(ctx)?, id).await
    }
}

/// What the AI may do in a conversation.
#[derive(Clone, Debug, SimpleObject)]
pub struct AiState {
    /// It was told to keep silent.
    pub paused: bool,
    /// The contact wants no automatic messages.
    pub opted_out: bool,
}

/// A conversation that is put aside.
#[derive(Clone, Debug, SimpleObject)]
pub struct Snooze {
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it comes back by itself; null when only a message of the contact brings it back.
    pub until: Option<DateTime<Utc>>,
}

/// The first answer in a conversation.
#[derive(Clone, Debug, SimpleObject)]
pub struct FirstResponse {
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// How long the contact had waited, milliseconds.
    pub waited_ms: i64,
}

/// How fast the contact of a conversation is answered.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Responses {
    /// Answers to the waiting contact.
    pub count: i64,
    /// How long the contact waited for them all together, milliseconds.
    pub total_ms: i64,
}

#[async_graphql::ComplexObject]
impl Responses {
    /// How long the contact waited on average, milliseconds; null when there was no answer.
    async fn average_ms(&self) -> Option<i64> {
        self.total_ms.checked_div(self.count)
    }
}

/// The last survey of a conversation.
pub struct Survey(pub(super) TableRow);

/// What the contact was asked, and what they answered.
#[Object]
impl Survey {
    /// What it asks.
    async fn kind(&self) -> Option<SurveyKind> {
        enums::of_cell(self.0.cell("survey_kind"))
    }
    /// When it was asked; null when the contact gave an opinion unasked.
    async fn requested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("survey_requested_at")
    }
    /// The answer: 1–5 (`CSAT`) or 0–10 (`NPS`); null while there is none.
    async fn score(&self) -> Option<i64> {
        self.0.cell("survey_score").as_int()
    }
    /// The answer in words.
    async fn comment(&self) -> Option<String> {
        self.0.text("survey_comment")
    }
    /// When it was answered.
    async fn answered_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("survey_answered_at")
    }
}

/// Something that a conversation is linked to.
#[derive(Clone, Debug, SimpleObject)]
pub struct Link {
    /// What it is.
    pub kind: LinkedKind,
    /// Its id.
    pub uuid: Uuid,
}

impl Link {
    pub(super) fn all(list: Option<&Value>) -> Vec<Self> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let link = |item: &Value| {
            let kind = item.get("kind")?.as_str()?;
            let uuid = item.get("id")?.as_str()?.parse().ok()?;
            Some(Self { kind: enums::of_text(kind)?, uuid })
        };
        items.filter_map(link).collect()
    }
}
