//! The inbox: what it can be narrowed to and ordered by, and the numbers on its tabs.

use async_graphql::{Context, Object, Result, SimpleObject};
use bitacora_projections::Cell;
use bitacora_projections::query::{Filter, Op};

use super::{ConversationPhase, ConversationStatus, TABLE};
use crate::graphql::caller::Caller;
use crate::graphql::enums;
use crate::graphql::filters::{
    AssigneeFilter, BooleanFilter, DateTimeFilter, IdFilter, IntFilter, TextFilter, TextSetFilter,
    enum_filter, filter_input, order_input,
};
use crate::graphql::scalars::Position;
use crate::graphql::vocabulary::{HandoffStatus, Priority};

/// A number on a tab is counted up to here.
const COUNTED: i64 = 1_000;

enum_filter!(
    /// Conditions on the status of a conversation.
    ConversationStatusFilter of ConversationStatus
);
enum_filter!(
    /// Conditions on the phase of a conversation.
    ConversationPhaseFilter of ConversationPhase
);
enum_filter!(
    /// Conditions on the hand-off of a conversation.
    HandoffStatusFilter of HandoffStatus
);
enum_filter!(
    /// Conditions on the priority of a conversation.
    PriorityFilter of Priority
);

filter_input! {
    /// Conditions on conversations. All that are given must hold.
    ///
    /// Those on `status`, `phase`, `contact`, `channel`, `assignee` and `team` with one value
    /// (`eq`, `me`, `isNull: true`) have an index in the order of the inbox, and so has `assignee`
    /// with `status`; those on `waitingSince`, `unread`, `snoozedUntil` and `hasPendingSuggestion`
    /// have one that finds the rows, which are then sorted. The others are looked at row by row in
    /// the order asked for, beside another condition or until the page is full; the time limit of
    /// a query ends it.
    ConversationFilter {
        /// Where it stands.
        status: ConversationStatusFilter = "status",
        /// Status and hand-off in one.
        phase: ConversationPhaseFilter = "phase",
        /// Where the hand-off to a person stands.
        handoff: HandoffStatusFilter = "handoff",
        /// How urgent it is.
        priority: PriorityFilter = "priority",
        /// With whom.
        contact: IdFilter = "contact_id",
        /// Over which channel account.
        channel: IdFilter = "channel_id",
        /// Who has it; `me: true` for the caller's, `isNull: true` for those that nobody has.
        assignee: AssigneeFilter = "assignee_id",
        /// Which team has it.
        team: TextFilter = "team",
        /// Labels on it.
        labels: TextSetFilter = "labels",
        /// Category that triage last gave a message of it.
        category: TextFilter = "category",
        /// Messages that the team has not read.
        unread: IntFilter = "unread",
        /// Since when the contact waits; `isNull: false` for those who wait.
        waiting_since: DateTimeFilter = "waiting_since",
        /// When it comes back by itself.
        snoozed_until: DateTimeFilter = "snoozed_until",
        /// A suggested answer waits for a decision (true) or none does (false).
        has_pending_suggestion: bool = "pending_suggestion_id",
        /// The AI was told to keep silent.
        ai_paused: BooleanFilter = "ai_paused",
        /// Beginning of the last message's words.
        preview: TextFilter = "last_message_preview",
        /// Last activity.
        last_activity_at: DateTimeFilter = "last_activity_at",
        /// End of the service window.
        window_until: DateTimeFilter = "window_until",
        /// When it was opened.
        started_at: DateTimeFilter = "started_at",
    }
}

order_input! {
    /// An order of conversations.
    ConversationOrder by ConversationOrderField {
        /// Last activity: the inbox order.
        LastActivityAt = "last_activity_at",
        /// Since when the contact waits.
        WaitingSince = "waiting_since",
        /// When it was opened. Without an index: give a condition that has one.
        StartedAt = "started_at",
        /// Messages that the team has not read, then last activity.
        Unread = "unread",
        /// How urgent it is, then last activity.
        Priority = "priority_rank",
        /// When it comes back by itself.
        SnoozedUntil = "snoozed_until",
    }
}

/// A number on a tab.
#[derive(Clone, Debug, SimpleObject)]
pub struct InboxCount {
    /// Number of conversations, 1,000 at most.
    pub count: i64,
    /// There are more.
    pub more: bool,
}

/// Numbers of conversations for the tabs of an inbox.
pub struct InboxCounts {
    team: Option<String>,
}

impl InboxCounts {
    async fn of(&self, ctx: &Context<'_>, filter: Vec<Filter>) -> Result<InboxCount> {
        let caller = Caller::of(ctx)?;
        let team = self.team.clone().map(|team| is("team", Cell::Text(team)));
        let filter = Filter::And(filter.into_iter().chain(team).collect());
        let models = &caller.app.models;
        let counted = models.count(caller.tenant(), TABLE, &filter, COUNTED + 1).await;
        let counted = counted.map_err(crate::graphql::fault::Fault::from)?;
        Ok(InboxCount { count: counted.min(COUNTED), more: counted > COUNTED })
    }

    async fn phase(&self, ctx: &Context<'_>, phase: ConversationPhase) -> Result<InboxCount> {
        self.of(ctx, vec![is("phase", name(phase))]).await
    }
}

fn is(column: &'static str, value: Cell) -> Filter {
    Filter::Compare(column, Op::Eq, value)
}

fn name<T: async_graphql::resolver_utils::EnumType>(value: T) -> Cell {
    Cell::Text(enums::text(value))
}

fn open() -> Filter {
    is("status", name(ConversationStatus::Open))
}

/// Numbers of conversations for the tabs of an inbox, each counted when it is asked for, up to
/// 1,000.
#[Object]
impl InboxCounts {
    /// Open, and nobody asked for a person.
    #[graphql(complexity = 20)]
    async fn pending_bot(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.phase(ctx, ConversationPhase::PendingBot).await
    }
    /// Open; a person was asked for and has not come.
    #[graphql(complexity = 20)]
    async fn awaiting_agent(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.phase(ctx, ConversationPhase::AwaitingAgent).await
    }
    /// Open; a person has it.
    #[graphql(complexity = 20)]
    async fn human_active(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.phase(ctx, ConversationPhase::HumanActive).await
    }
    /// Put aside.
    #[graphql(complexity = 20)]
    async fn snoozed(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.phase(ctx, ConversationPhase::Snoozed).await
    }
    /// Open and of nobody.
    #[graphql(complexity = 20)]
    async fn unassigned(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.of(ctx, vec![open(), Filter::IsNull("assignee_id", true)]).await
    }
    /// Open and the caller's; 0 for a program.
    #[graphql(complexity = 20)]
    async fn mine(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        let Some(user) = Caller::of(ctx)?.principal.user() else {
            return Ok(InboxCount { count: 0, more: false });
        };
        self.of(ctx, vec![open(), is("assignee_id", Cell::Uuid(user.as_uuid()))]).await
    }
    /// With messages that the team has not read, whatever their status.
    #[graphql(complexity = 20)]
    async fn unread(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.of(ctx, vec![Filter::Compare("unread", Op::Gt, Cell::Int(0))]).await
    }
    /// Whose contact waits for an answer.
    #[graphql(complexity = 20)]
    async fn waiting(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.of(ctx, vec![Filter::IsNull("waiting_since", false)]).await
    }
    /// With a suggested answer that waits for a decision.
    #[graphql(complexity = 20)]
    async fn pending_suggestions(&self, ctx: &Context<'_>) -> Result<InboxCount> {
        self.of(ctx, vec![Filter::IsNull("pending_suggestion_id", false)]).await
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct InboxQueries;

#[Object]
impl InboxQueries {
    /// The numbers on the tabs of an inbox.
    async fn inbox_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only conversations of this team.")] team: Option<String>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<InboxCounts> {
        Caller::of(ctx)?.at_least(at_least, &[TABLE], None).await?;
        Ok(InboxCounts { team })
    }
}
