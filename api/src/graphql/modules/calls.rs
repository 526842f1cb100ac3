//! Calls, made and received.

pub mod artefacts;
pub mod attempts;
mod filter;
pub mod follow_ups;
mod parts;
pub mod turns;
mod words;

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::call_session as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::calls;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::channels::ChannelAccount;
use super::contacts::Contact;
use super::conversations::Conversation;
use super::leads::Lead;
use super::tickets::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, asked, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

pub use artefacts::{
    CallArtefact, CallArtefactConnection, CallArtefactFilter, CallArtefactKind, CallCriterion,
    CallFinding, TABLE as ARTEFACTS,
};
pub use attempts::{CallAttempt, CallAttemptConnection, CallAttemptFilter, TABLE as ATTEMPTS};
pub use filter::{CallFilter, CallOrder, CallOrderField};
pub use follow_ups::{
    CallFollowUp, CallFollowUpConnection, CallFollowUpFilter, FollowUpStatus, TABLE as FOLLOW_UPS,
};
pub use parts::{CallCost, CallPlan, CallTie, CallTransfer, CallbackWish, LastCallAttempt};
pub use turns::{CallTurn, CallTurnConnection, CallTurnFilter};
pub use words::{
    CallAnsweredBy, CallBlockReason, CallDirection, CallExhaustedBy, CallKeyMeaning, CallLinkKind,
    CallOrigin, CallOutcome, CallPlacement, CallProvider, CallPurpose, CallSpeaker, CallStatus,
    CallSuccess, CallTransferState, FollowUpChannel, RecordingDeletionReason,
};

/// The table behind the type.
pub const TABLE: &Table = &calls::TABLE;
/// Fields that read a table beside the call's own.
const READS: Beside = &[
    ("contact", super::contacts::TABLE),
    ("conversation", super::conversations::TABLE),
    ("ticket", super::tickets::TABLE),
    ("lead", super::leads::TABLE),
    ("followUp", FOLLOW_UPS),
];

connection! {
    /// A list of calls.
    CallConnection / CallEdge of Call
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call(pub TableRow);

/// A call, made or received, with all attempts that it took.
#[Object]
impl Call {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Call.id(self.uuid())
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
    /// How it came about.
    async fn origin(&self) -> Option<CallOrigin> {
        enums::of_cell(self.0.cell("origin"))
    }
    /// Who dialled.
    async fn direction(&self) -> Option<CallDirection> {
        enums::of_cell(self.0.cell("direction"))
    }
    /// Where it stands.
    async fn status(&self) -> Option<CallStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// A person must let it be made.
    async fn awaits_approval(&self) -> bool {
        self.0.truth("awaits_approval")
    }
    /// What it is for; null for calls that we did not make.
    async fn purpose(&self) -> Option<CallPurpose> {
        enums::of_cell(self.0.cell("purpose"))
    }
    /// With whom; null while nobody knows.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// The other side's number; null when it is withheld or may not be seen.
    async fn number(&self) -> Option<String> {
        self.0.text("number")
    }
    /// Over which channel account; null for the usual one.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Option<ChannelAccount>> {
        ChannelAccount::find(Caller::of(ctx)?, self.0.uuid("channel_id")).await
    }
    /// How it is to be made; null for calls that we did not make.
    async fn plan(&self) -> Option<CallPlan> {
        CallPlan::of(&self.0)
    }
    /// Kind and id of who wanted it, such as `user:<uuid>`.
    async fn requested_by(&self) -> Option<String> {
        self.0.text("requested_by")
    }
    /// When it was requested, began to ring, or was imported.
    async fn created_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("created_at")
    }
    /// The provider's time of the beginning, for calls that we did not make.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("started_at")
    }
    /// When the attempt that comes next is due; null when none is scheduled.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("due_at")
    }
    /// IANA zone in which that time was chosen.
    async fn time_zone(&self) -> Option<String> {
        self.0.text("time_zone")
    }
    /// Why the attempt was put off; null when it was not.
    async fn deferred_reason(&self) -> Option<CallBlockReason> {
        enums::of_cell(self.0.cell("deferred_reason"))
    }
    /// Attempts that have begun.
    async fn attempt_count(&self) -> i64 {
        self.0.int("attempts")
    }
    /// Since when an attempt is under way; null when none is. One of long ago is stuck.
    async fn live_since(&self) -> Option<DateTime<Utc>> {
        self.0.time("live_since")
    }
    /// The last attempt; null before the first.
    async fn last_attempt(&self) -> Option<LastCallAttempt> {
        LastCallAttempt::of(&self.0)
    }
    /// When it was over; null while it is not.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("ended_at")
    }
    /// Why it may not be made.
    async fn block_reason(&self) -> Option<CallBlockReason> {
        enums::of_cell(self.0.cell("block_reason"))
    }
    /// Why it was called off.
    async fn cancel_reason(&self) -> Option<String> {
        self.0.text("cancel_reason")
    }
    /// Why no further attempt is made.
    async fn exhausted_by(&self) -> Option<CallExhaustedBy> {
        enums::of_cell(self.0.cell("exhausted_by"))
    }
    /// What the last keys meant; null when none were pressed.
    async fn last_meaning(&self) -> Option<CallKeyMeaning> {
        enums::of_cell(self.0.cell("last_meaning"))
    }
    /// The callee wants no more calls.
    async fn stopped(&self) -> bool {
        self.0.truth("stopped")
    }
    /// The transfer to a person; null when nobody asked for one.
    async fn transfer(&self) -> Option<CallTransfer> {
        CallTransfer::of(&self.0)
    }
    /// Minutes that the carrier charges, of all attempts.
    async fn billed_minutes(&self) -> i64 {
        self.0.int("billed_minutes")
    }
    /// What was charged, as far as it was told.
    async fn costs(&self) -> Vec<CallCost> {
        CallCost::all(self.0.json("costs").as_ref())
    }
    /// Recordings that there are, without those that were deleted.
    async fn recording_count(&self) -> i64 {
        self.0.int("recordings")
    }
    /// Transcripts.
    async fn transcript_count(&self) -> i64 {
        self.0.int("transcripts")
    }
    /// Judgement; null while there is none.
    async fn success(&self) -> Option<CallSuccess> {
        enums::of_cell(self.0.cell("success"))
    }
    /// What it was about; null while there is no analysis, or when it may not be seen.
    async fn summary(&self) -> Option<String> {
        self.0.text("summary")
    }
    /// Message after the call that waits for a decision.
    async fn follow_up(&self, ctx: &Context<'_>) -> Result<Option<CallFollowUp>> {
        CallFollowUp::find(Caller::of(ctx)?, self.0.uuid("follow_up_id")).await
    }
    /// The other side's wish to be called back; null when they have none.
    async fn callback(&self) -> Option<CallbackWish> {
        let count = self.0.int("callbacks");
        (count > 0).then(|| CallbackWish { count, due_at: self.0.time("callback_due_at") })
    }
    /// Call in which this one was asked for.
    async fn callback_of(&self, ctx: &Context<'_>) -> Result<Option<Call>> {
        Self::find(Caller::of(ctx)?, self.0.uuid("callback_of_id")).await
    }
    /// What it is tied to, oldest first.
    async fn links(&self) -> Vec<CallTie> {
        CallTie::all(self.0.json("links").as_ref())
    }
    /// Conversation that it was last tied to.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Ticket that it was last tied to.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        Ticket::find(Caller::of(ctx)?, self.0.uuid("ticket_id")).await
    }
    /// Lead that it was last tied to.
    async fn lead(&self, ctx: &Context<'_>) -> Result<Option<Lead>> {
        Lead::find(Caller::of(ctx)?, self.0.uuid("lead_id")).await
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> CallLists {
        CallLists(self.uuid())
    }
}

/// What belongs to a call.
pub struct CallLists(Uuid);

list_fields! {
    /// What belongs to a call.
    CallLists {
        /// Every time that it was dialled, or rang here, newest first.
        attempts: CallAttemptConnection [CallAttemptFilter] =
            |of| attempts::list().below("call_id", of.0);
        /// What was said, in order.
        turns: CallTurnConnection [CallTurnFilter] = |of| turns::list().below("call_id", of.0);
        /// Recordings, transcripts and analyses, newest first.
        artefacts: CallArtefactConnection [CallArtefactFilter] =
            |of| artefacts::list().below("call_id", of.0);
        /// Messages that were proposed after it, newest first.
        follow_ups: CallFollowUpConnection [CallFollowUpFilter] =
            |of| follow_ups::list().below("call_id", of.0);
    }
}

impl Call {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }

    /// The call with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for Call {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        let beside: Vec<_> = READS.iter().map(|(_, table)| *table).collect();
        mutation::reread(caller, done, TABLE, &beside).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct CallQueries;

#[Object]
impl CallQueries {
    /// A call by its global id; null when there is none for this tenant.
    async fn call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the call.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<Call>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::Call.uuid(&id)?;
        let stream = StreamId::new(domain::CallSession::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        caller.at_least(at_least, &asked(READS, &ctx.look_ahead()), None).await?;
        Call::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct CallRootLists;

list_fields! {
    /// Lists of the query root.
    CallRootLists {
        /// Calls, newest first unless ordered otherwise.
        calls: CallConnection [CallFilter by CallOrder] = |_| list();
        /// Messages that were proposed after calls, newest first.
        call_follow_ups: CallFollowUpConnection [CallFollowUpFilter] = |_| follow_ups::list();
        /// Recordings, transcripts and analyses of all calls, newest first.
        call_artefacts: CallArtefactConnection [CallArtefactFilter] = |_| artefacts::list();
    }
}

/// Calls, newest first.
pub fn list() -> List {
    List::of(TABLE, "created_at", Direction::Desc).beside(READS)
}
