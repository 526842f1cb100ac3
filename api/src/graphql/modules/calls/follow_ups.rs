//! Messages that were proposed after calls.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::call_follow_ups;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Call;
use super::words::FollowUpChannel;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, filter_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List};
use crate::graphql::modules::contacts::Contact;
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &call_follow_ups::TABLE;
/// Fields that read a table beside the follow-up's own.
const READS: Beside =
    &[("call", super::TABLE), ("contact", crate::graphql::modules::contacts::TABLE)];

/// Where a follow-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum FollowUpStatus {
    /// It waits for a person.
    Proposed,
    /// It goes out.
    Approved,
    /// A person turned it down.
    Dismissed,
}

enum_filter!(
    /// Conditions on where a follow-up stands.
    FollowUpStatusFilter of FollowUpStatus
);

filter_input! {
    /// Conditions on follow-ups. All that are given must hold.
    CallFollowUpFilter {
        /// Where it stands.
        status: FollowUpStatusFilter = "status",
        /// To whom it goes.
        contact: IdFilter = "contact_id",
        /// When it was proposed.
        suggested_at: DateTimeFilter = "suggested_at",
    }
}

connection! {
    /// A list of follow-ups.
    CallFollowUpConnection / CallFollowUpEdge of CallFollowUp
}

/// A follow-up.
#[derive(Clone, Debug)]
pub struct CallFollowUp(pub TableRow);

/// A message that was proposed after a call, and what was decided.
#[Object]
impl CallFollowUp {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::CallFollowUp.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The call; null while the read side has not seen it yet.
    async fn call(&self, ctx: &Context<'_>) -> Result<Option<Call>> {
        Call::find(Caller::of(ctx)?, self.0.uuid("call_id")).await
    }
    /// To whom it goes.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Over what.
    async fn channel(&self) -> Option<FollowUpChannel> {
        enums::of_cell(self.0.cell("channel"))
    }
    /// Where it stands.
    async fn status(&self) -> Option<FollowUpStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// What it says; after an approval what goes out. Null when it may not be seen.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// It was approved with other words than were proposed.
    async fn edited(&self) -> bool {
        self.0.truth("edited")
    }
    /// When it was proposed.
    async fn suggested_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("suggested_at")
    }
    /// When somebody decided.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("decided_at")
    }
    /// Kind and id of who decided.
    async fn decided_by(&self) -> Option<String> {
        self.0.text("decided_by")
    }
    /// Why it was dismissed.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
}

impl CallFollowUp {
    /// The follow-up with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

/// Follow-ups, newest first.
pub(super) fn list() -> List {
    List::of(TABLE, "suggested_at", Direction::Desc).beside(READS)
}
