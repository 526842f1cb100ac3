-- Five questions about a customer service, for analysts (docs/ANALYSTS.md):
--
--   psql "$ANALYST_URL" -f docs/analytics.sql
--
-- Days, weeks and hours are those of the session's time zone, UTC unless it is set:
--
--   set timezone = 'America/Argentina/Buenos_Aires';
--
-- What columns mean is in docs/READ_MODELS.md. Every question is about all that there is; add a
-- condition on the time column that it names to ask about less. A test runs this file as an
-- analyst and compares every answer with what happened.

-- question: first_response_time
-- How long does a contact wait for our first answer, by the week of the contact's first message?
-- Half of them wait no longer than the median, nine of ten no longer than p90. Time column:
-- first_inbound_at.
select date_trunc('week', first_inbound_at)::date as week,
       count(first_response_ms) as answered,
       count(*) filter (where first_response_ms is null) as unanswered,
       round(percentile_disc(0.5) within group (order by first_response_ms) / 1000.0, 1) as median_s,
       round(percentile_disc(0.9) within group (order by first_response_ms) / 1000.0, 1) as p90_s
from read.conversations
where first_inbound_at is not null
group by week
order by week;

-- question: backlog_by_hour
-- In how many conversations was somebody waiting for an answer, at each full hour of the last
-- seven days with messages? Somebody waits from the first message that nobody has answered until
-- the answer, or still. (Who was never answered before the conversation was settled is not in
-- it.) Time column: hour.
with waits as (
    select conversation_id, at - response_ms * interval '1 millisecond' as since, at as until
    from read.messages
    where direction = 'OUTBOUND' and response_ms is not null
    union all
    select id, waiting_since, 'infinity'
    from read.conversations
    where waiting_since is not null
), hours as (
    select generate_series(greatest(date_trunc('hour', min(at)),
                                    date_trunc('hour', max(at)) - interval '7 days'),
                           date_trunc('hour', max(at)) + interval '1 hour',
                           interval '1 hour') as hour
    from read.messages
)
select hour, count(distinct conversation_id) as waiting
from hours left join waits on since <= hour and hour < until
group by hour
order by hour;

-- question: handoffs
-- In how many of a hundred conversations was a person asked for, why, how many came and how long
-- did that take? The row ALL sums the reasons up; a conversation with several counts once in it.
-- Time column: requested_at.
select case when grouping(reason) = 1 then 'ALL' else reason end as reason,
       count(*) as requested,
       count(accepted_at) as accepted,
       count(timed_out_at) as timed_out,
       round(100.0 * count(distinct conversation_id)
             / nullif((select count(*) from read.conversations), 0), 1) as of_100_conversations,
       round(percentile_disc(0.5) within group (order by waited_ms) / 1000.0, 1) as median_wait_s
from read.handoffs
group by rollup (reason)
order by requested desc, reason;

-- question: delivery
-- What became of the messages that we sent, and why did those fail that failed? The share is of
-- all of them. Time column: at.
select status, failure_code, max(failure_title) as failure,
       count(*) as messages,
       round(100.0 * count(*) / sum(count(*)) over (), 1) as percent
from read.messages
where direction = 'OUTBOUND'
group by status, failure_code
order by messages desc, status, failure_code;

-- question: agents
-- What does each of us have to do, and how fast is it done? Conversations are counted for the
-- person who has them now, messages for who wrote them. Time columns: started_at and at.
with work as (
    select 'user:' || assignee_id as agent,
           count(*) as conversations,
           count(*) filter (where status in ('OPEN', 'SNOOZED')) as open,
           count(*) filter (where waiting_since is not null) as waiting,
           percentile_disc(0.5) within group (
               order by extract(epoch from least(resolved_at, closed_at) - started_at)) as settled_in_s
    from read.conversations
    where assignee_id is not null
    group by assignee_id
), written as (
    select author as agent, count(*) as messages,
           percentile_disc(0.5) within group (order by response_ms) / 1000.0 as response_s
    from read.messages
    where sender = 'agent'
    group by author
)
select agent, coalesce(conversations, 0) as conversations, coalesce(open, 0) as open,
       coalesce(waiting, 0) as waiting, round(settled_in_s / 3600, 2) as median_hours_to_settle,
       coalesce(messages, 0) as messages, round(response_s, 1) as median_response_s
from work full join written using (agent)
order by conversations desc, agent;
