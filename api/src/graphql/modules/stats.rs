//! Statistics of the tenant by day (CONV-31).

use async_graphql::Object;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::tenant_stats;

use crate::graphql::cells::Cells as _;
use crate::graphql::filters::{DateFilter, filter_input};
use crate::graphql::lists::{List, list_fields};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Date;

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
    /// Who sent the messages to contacts.
    async fn senders(&self) -> SenderStats {
        SenderStats(self.0.clone())
    }
    /// Requests to the provider that got no answer.
    async fn sends_unknown(&self) -> i64 {
        self.0.int("sends_unknown")
    }
    /// How fast contacts were answered.
    async fn responses(&self) -> ResponseStats {
        ResponseStats(self.0.clone())
    }
    /// Hand-offs to people.
    async fn handoffs(&self) -> HandoffStats {
        HandoffStats(self.0.clone())
    }
    /// What the AI did and what people said to it.
    async fn ai(&self) -> AiStats {
        AiStats(self.0.clone())
    }
    /// What contacts thought.
    async fn surveys(&self) -> SurveyStats {
        SurveyStats(self.0.clone())
    }
}

/// Who sent the messages of a day.
pub struct SenderStats(TableRow);

/// Messages to contacts by who sent them.
#[Object]
impl SenderStats {
    /// People of the team, from here.
    async fn agents(&self) -> i64 {
        self.0.int("messages_by_agents")
    }
    /// The business, in its phone app.
    async fn phone(&self) -> i64 {
        self.0.int("messages_by_phone")
    }
    /// The AI.
    async fn ai(&self) -> i64 {
        self.0.int("messages_by_ai")
    }
    /// Automatic replies.
    async fn rules(&self) -> i64 {
        self.0.int("messages_by_rules")
    }
    /// Notices, surveys and campaigns.
    async fn system(&self) -> i64 {
        self.0.int("messages_by_system")
    }
}

/// How fast contacts were answered on a day.
pub struct ResponseStats(TableRow);

/// Answers to waiting contacts, and how long those had waited.
#[Object]
impl ResponseStats {
    /// First answers of conversations.
    async fn first_count(&self) -> i64 {
        self.0.int("first_responses")
    }
    /// How long contacts waited for a first answer on average, milliseconds; null when there was
    /// none.
    async fn first_average_ms(&self) -> Option<i64> {
        average(self.0.int("first_response_ms"), self.0.int("first_responses"))
    }
    /// Answers, the first ones too.
    async fn count(&self) -> i64 {
        self.0.int("responses")
    }
    /// How long contacts waited for an answer on average, milliseconds; null when there was none.
    async fn average_ms(&self) -> Option<i64> {
        average(self.0.int("response_ms"), self.0.int("responses"))
    }
}

/// Hand-offs of a day.
pub struct HandoffStats(TableRow);

/// Hand-offs to people, counted.
#[Object]
impl HandoffStats {
    /// Times that a person was asked for.
    async fn requested(&self) -> i64 {
        self.0.int("handoffs_requested")
    }
    /// Times that a person came.
    async fn accepted(&self) -> i64 {
        self.0.int("handoffs_accepted")
    }
    /// Times that nobody came in time.
    async fn timed_out(&self) -> i64 {
        self.0.int("handoffs_timed_out")
    }
    /// How long it took until a person came on average, milliseconds; null when nobody did.
    async fn average_wait_ms(&self) -> Option<i64> {
        average(self.0.int("handoff_wait_ms"), self.0.int("handoffs_accepted"))
    }
}

/// What the AI did on a day.
pub struct AiStats(TableRow);

/// The work of the AI, counted.
#[Object]
impl AiStats {
    /// Messages that the AI answered by itself.
    async fn autopilot(&self) -> i64 {
        self.0.int("autopilot_approved")
    }
    /// Messages whose answer a person had to look at.
    async fn approvals_required(&self) -> i64 {
        self.0.int("approvals_required")
    }
    /// Answers suggested.
    async fn suggestions(&self) -> i64 {
        self.0.int("suggestions_made")
    }
    /// Suggested answers that were sent.
    async fn suggestions_approved(&self) -> i64 {
        self.0.int("suggestions_approved")
    }
    /// Of those: with other words.
    async fn suggestions_edited(&self) -> i64 {
        self.0.int("suggestions_edited")
    }
    /// Suggested answers that were turned down.
    async fn suggestions_rejected(&self) -> i64 {
        self.0.int("suggestions_rejected")
    }
}

/// Surveys of a day.
pub struct SurveyStats(TableRow);

/// What contacts thought.
#[Object]
impl SurveyStats {
    /// Surveys sent.
    async fn requested(&self) -> i64 {
        self.0.int("surveys_requested")
    }
    /// Answers to satisfaction surveys (1–5).
    async fn csat_answers(&self) -> i64 {
        self.0.int("csat_answers")
    }
    /// Average of those in hundredths, 100–500; null when there was none.
    async fn csat_average_hundredths(&self) -> Option<i64> {
        average(self.0.int("csat_total").saturating_mul(100), self.0.int("csat_answers"))
    }
    /// Answers to recommendation surveys (0–10): 9 or 10.
    async fn nps_promoters(&self) -> i64 {
        self.0.int("nps_promoters")
    }
    /// Answers of 7 or 8.
    async fn nps_passives(&self) -> i64 {
        self.0.int("nps_passives")
    }
    /// Answers of 0 to 6.
    async fn nps_detractors(&self) -> i64 {
        self.0.int("nps_detractors")
    }
}

fn average(sum: i64, count: i64) -> Option<i64> {
    sum.checked_div(count)
}

/// Fields of the query root.
#[derive(Default)]
pub struct StatsQueries;

list_fields! {
    /// Fields of the query root.
    StatsQueries {
        /// Statistics by UTC day, newest day first.
        daily_stats: DailyStatsConnection [DailyStatsFilter] =
            |_| List::of(TABLE, "day", Direction::Desc);
    }
}
