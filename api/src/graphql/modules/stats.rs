//! Statistics of the tenant by day (CONV-31).

use async_graphql::{Context, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, Order, TableRow};
use bitacora_projections::views::tenant_stats;

use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::filters::{DateFilter, filter_input};
use crate::graphql::lists::List;
use crate::graphql::paging::{self, PageArgs, connection};
use crate::graphql::scalars::{Cursor, Date, Position};

/// The table behind the type.
pub const TABLE: &Table = &tenant_stats::TABLE;

filter_input! {
    /// Conditions on days of the statistics. All that are given must hold.
    DailyStatsFilter {
        /// Day, UTC.
        day: DateFilter = "day",
    }
}

connection! {
    /// A list of days.
    DailyStatsConnection / DailyStatsEdge of DailyStats
}

/// A day of the statistics.
#[derive(Clone, Debug)]
pub struct DailyStats(pub TableRow);

/// What happened on one UTC day, counted. Days on which nothing happened are missing.
#[Object]
impl DailyStats {
    /// Day, UTC.
    async fn day(&self) -> Option<Date> {
        self.0.day("day").map(Date)
    }
    /// Conversations opened.
    async fn conversations_started(&self) -> i64 {
        self.0.int("conversations_started")
    }
    /// Conversations settled; one may be so several times.
    async fn conversations_resolved(&self) -> i64 {
        self.0.int("conversations_resolved")
    }
    /// Conversations opened again.
    async fn conversations_reopened(&self) -> i64 {
        self.0.int("conversations_reopened")
    }
    /// Conversations ended for good.
    async fn conversations_closed(&self) -> i64 {
        self.0.int("conversations_closed")
    }
    /// Messages of contacts.
    async fn messages_in(&self) -> i64 {
        self.0.int("messages_in")
    }
    /// Messages to contacts.
    async fn messages_out(&self) -> i64 {
        self.0.int("messages_out")
    }
    /// Messages that reached the contact's device.
    async fn messages_delivered(&self) -> i64 {
        self.0.int("messages_delivered")
    }
    /// Messages that the contact has read.
    async fn messages_read(&self) -> i64 {
        self.0.int("messages_read")
    }
    /// Messages that will not arrive.
    async fn messages_failed(&self) -> i64 {
        self.0.int("messages_failed")
    }
    /// Notes written by the team.
    async fn notes(&self) -> i64 {
        self.0.int("notes")
    }
    /// Contacts made.
    async fn new_contacts(&self) -> i64 {
        self.0.int("new_contacts")
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct StatsQueries;

#[Object]
impl StatsQueries {
    /// Statistics by UTC day, newest day first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn daily_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of days from the start, 0–100; 20 when not given.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of days from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<
            DailyStatsFilter,
        >,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<DailyStatsConnection> {
        let list = List {
            table: TABLE,
            within: None,
            filter: filter.map(DailyStatsFilter::into_filter),
            order: Vec::new(),
            default_order: Order { column: "day", direction: Direction::Desc },
        };
        let args = PageArgs { first, after, last, before };
        Ok(DailyStatsConnection(list.page(Caller::of(ctx)?, args, at_least).await?))
    }
}
