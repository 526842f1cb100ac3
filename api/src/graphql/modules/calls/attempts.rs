//! Attempts of calls.

use async_graphql::{ID, Object};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::call_attempts;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::filter::{CallOutcomeFilter, CallPlacementFilter};
use super::words::{CallAnsweredBy, CallOutcome, CallPlacement};
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, filter_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::List;
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &call_attempts::TABLE;

filter_input! {
    /// Conditions on attempts of calls. All that are given must hold.
    CallAttemptFilter {
        /// How it ended.
        outcome: CallOutcomeFilter = "outcome",
        /// What became of the request to the provider.
        placement: CallPlacementFilter = "placement",
        /// When it began.
        begun_at: DateTimeFilter = "begun_at",
    }
}

connection! {
    /// A list of attempts of calls.
    CallAttemptConnection / CallAttemptEdge of CallAttempt
}

/// An attempt.
#[derive(Clone, Debug)]
pub struct CallAttempt(pub TableRow);

/// A time that a call was dialled, or rang here.
#[Object]
impl CallAttempt {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::CallAttempt.id(self.0.uuid("id").unwrap_or_default())
    }
    /// UUID of the call.
    async fn call_uuid(&self) -> Option<Uuid> {
        self.0.uuid("call_id")
    }
    /// Number within the call, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// We dialled; else it rang here, or was imported.
    async fn dialled(&self) -> bool {
        self.0.truth("dialled")
    }
    /// When it began: before the request to the provider.
    async fn begun_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("begun_at")
    }
    /// Line of the tenant that it took, from 1.
    async fn line(&self) -> Option<i64> {
        self.0.cell("line").as_int()
    }
    /// What became of the request.
    async fn placement(&self) -> Option<CallPlacement> {
        enums::of_cell(self.0.cell("placement"))
    }
    /// When the provider was known to have it.
    async fn placed_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("placed_at")
    }
    /// The provider's code when it did not take it, or why nobody knows.
    async fn failure_code(&self) -> Option<String> {
        self.0.text("failure_code")
    }
    /// The provider's words for it.
    async fn failure_title(&self) -> Option<String> {
        self.0.text("failure_title")
    }
    /// The carrier's id.
    async fn call_sid(&self) -> Option<String> {
        self.0.text("call_sid")
    }
    /// The agent's id of the conversation.
    async fn el_conversation_id(&self) -> Option<String> {
        self.0.text("el_conversation_id")
    }
    /// When it rang.
    async fn ringing_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ringing_at")
    }
    /// When it was answered.
    async fn answered_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("answered_at")
    }
    /// Who or what answered.
    async fn answered_by(&self) -> Option<CallAnsweredBy> {
        enums::of_cell(self.0.cell("answered_by"))
    }
    /// When it ended; null while it lasts.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ended_at")
    }
    /// How it ended.
    async fn outcome(&self) -> Option<CallOutcome> {
        enums::of_cell(self.0.cell("outcome"))
    }
    /// SIP response code.
    async fn sip(&self) -> Option<i64> {
        self.0.cell("sip").as_int()
    }
    /// How long it took, seconds.
    async fn duration_seconds(&self) -> Option<i64> {
        self.0.cell("duration_s").as_int()
    }
    /// Minutes that the carrier charges.
    async fn billed_minutes(&self) -> Option<i64> {
        self.0.cell("billed_minutes").as_int()
    }
}

/// Attempts, newest first.
pub(super) fn list() -> List {
    List::of(TABLE, "begun_at", Direction::Desc)
}
