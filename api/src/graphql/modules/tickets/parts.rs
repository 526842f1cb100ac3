//! Parts of a ticket that belong together.

use async_graphql::{Object, SimpleObject};
use bitacora_projections::query::TableRow;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{SlaState, TicketLinkKind, TicketWaitingFor};
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;

/// What a ticket waits for.
#[derive(Clone, Debug, SimpleObject)]
pub struct TicketWaiting {
    /// For whom or what.
    #[graphql(name = "for")]
    pub what: TicketWaitingFor,
    /// The question that was asked, who is waited for, or why it was put aside.
    pub reason: Option<String>,
    /// When a hold ends by itself; null when it does not.
    pub until: Option<DateTime<Utc>>,
    /// Since when it waits.
    pub since: Option<DateTime<Utc>>,
}

impl TicketWaiting {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        Some(Self {
            what: enums::of_cell(row.cell("waiting_for"))?,
            reason: row.text("waiting_reason"),
            until: row.time("waiting_until"),
            since: row.time("waiting_started_at"),
        })
    }
}

/// The last escalation of a ticket.
#[derive(Clone, Debug, SimpleObject)]
pub struct TicketEscalation {
    /// Level, 1–9.
    pub level: i64,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl TicketEscalation {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        let at = row.time("escalated_at")?;
        let (level, reason) = (row.int("escalation_level"), row.text("escalation_reason"));
        Some(Self { level, reason, at })
    }
}

/// The SLA of a ticket.
pub struct TicketSla(pub(super) TableRow);

/// The SLA that a ticket is under, and how it is kept.
#[Object]
impl TicketSla {
    /// Id of the policy.
    async fn policy(&self) -> Option<Uuid> {
        self.0.uuid("sla_policy_id")
    }
    /// Its version.
    async fn version(&self) -> i64 {
        self.0.int("sla_policy_version")
    }
    /// A target was missed at some time.
    async fn breached(&self) -> bool {
        self.0.truth("breached")
    }
    /// Targets that were missed; every later response counts for itself.
    async fn breaches(&self) -> i64 {
        self.0.int("breaches")
    }
    /// A target was missed and still waits to be done.
    async fn overdue(&self) -> bool {
        let columns = ["first_response_sla", "next_response_sla", "resolution_sla"];
        let overdue = Some(SlaState::Overdue);
        columns.into_iter().any(|column| enums::of_cell(self.0.cell(column)) == overdue)
    }
    /// An answer of a person to what opened the ticket.
    async fn first_response(&self) -> SlaStanding {
        SlaStanding {
            state: self.state("first_response_sla"),
            due_at: self.0.time("first_response_due_at"),
            limit_seconds: self.0.cell("first_response_limit_s").as_int(),
        }
    }
    /// An answer of a person to the contact's last turn.
    async fn next_response(&self) -> SlaStanding {
        SlaStanding {
            state: self.state("next_response_sla"),
            due_at: self.0.time("next_response_due_at"),
            limit_seconds: self.0.cell("next_response_limit_s").as_int(),
        }
    }
    /// That the matter is settled.
    async fn resolution(&self) -> SlaStanding {
        SlaStanding {
            state: self.state("resolution_sla"),
            due_at: self.0.time("resolution_due_at"),
            limit_seconds: self.0.cell("resolution_limit_s").as_int(),
        }
    }
}

impl TicketSla {
    fn state(&self, column: &str) -> SlaState {
        enums::of_cell(self.0.cell(column)).unwrap_or(SlaState::None)
    }
}

/// Where one target of an SLA stands.
#[derive(Clone, Debug, SimpleObject)]
pub struct SlaStanding {
    /// Its state.
    pub state: SlaState,
    /// When it is, or was, to be done; null while its clock stands still or it has no limit.
    pub due_at: Option<DateTime<Utc>>,
    /// Open time that it has, seconds; null without a limit.
    pub limit_seconds: Option<i64>,
}

/// How a ticket was last settled.
#[derive(Clone, Debug, SimpleObject)]
pub struct TicketResolution {
    /// How, in words.
    pub text: Option<String>,
    /// What caused it.
    pub root_cause: Option<String>,
    /// When; null once it was reopened.
    pub at: Option<DateTime<Utc>>,
    /// Until then it can be reopened; then it closes by itself.
    pub reopen_until: Option<DateTime<Utc>>,
}

impl TicketResolution {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        let (text, root_cause) = (row.text("resolution"), row.text("root_cause"));
        let (at, reopen_until) = (row.time("resolved_at"), row.time("reopen_until"));
        let said = at.is_some() || text.is_some() || root_cause.is_some();
        said.then_some(Self { text, root_cause, at, reopen_until })
    }
}

/// What a ticket is about in a few words, by a model.
#[derive(Clone, Debug, SimpleObject)]
pub struct TicketSummary {
    /// The words; null when they may not be seen.
    pub text: Option<String>,
    /// When it was made.
    pub at: DateTime<Utc>,
}

impl TicketSummary {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        Some(Self { text: row.text("summary"), at: row.time("summarised_at")? })
    }
}

/// The contact's opinion of how a ticket was handled.
#[derive(Clone, Debug, SimpleObject)]
pub struct TicketSurvey {
    /// When the contact was asked.
    pub requested_at: DateTime<Utc>,
    /// Satisfaction, 1–5; null while there is no answer.
    pub score: Option<i64>,
    /// The answer in words.
    pub comment: Option<String>,
    /// When the contact answered.
    pub answered_at: Option<DateTime<Utc>>,
}

impl TicketSurvey {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        Some(Self {
            requested_at: row.time("survey_requested_at")?,
            score: row.cell("survey_score").as_int(),
            comment: row.text("survey_comment"),
            answered_at: row.time("survey_answered_at"),
        })
    }
}

/// Something that a ticket is linked to.
#[derive(Clone, Debug, SimpleObject)]
pub struct TicketLink {
    /// What it is.
    pub kind: TicketLinkKind,
    /// Its id.
    pub uuid: Uuid,
}

impl TicketLink {
    pub(super) fn all(list: Option<&Value>) -> Vec<Self> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let link = |item: &Value| {
            let kind = enums::of_text(item.get("kind")?.as_str()?)?;
            Some(Self { kind, uuid: item.get("id")?.as_str()?.parse().ok()? })
        };
        items.filter_map(link).collect()
    }
}
