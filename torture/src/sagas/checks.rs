//! The books afterwards, by SQL over the log: nothing of the product adds them up.

use sqlx::PgPool;

use super::receiver::Receiver;
use super::stage::{CREDITS, Stage};
use crate::report::Report;

/// Holds every property against the log.
pub(super) async fn check(
    report: &mut Report,
    admin: &PgPool,
    stage: &Stage,
    receiver: &Receiver,
) -> anyhow::Result<()> {
    orders(report, admin, stage).await?;
    leads(report, admin, stage, receiver).await?;
    calls(report, admin, stage).await?;
    rest(report, admin).await
}

async fn orders(report: &mut Report, admin: &PgPool, stage: &Stage) -> anyhow::Result<()> {
    let sql = "select o.id::text || ': paid ' || paid || ', given ' || given || ', told ' || told
        from unnest($1::text[]) o(id),
        lateral (select count(*) from log.events where aggregate_id = o.id
                  and event_type = 'OrderPaid') p(paid),
        lateral (select count(*) from log.events where event_type = 'CreditsGranted'
                  and payload #>> '{CreditsGranted,source,order}' = o.id) g(given),
        lateral (select count(*) from log.events where aggregate_id = o.id
                  and event_type = 'OrderGranted') t(told)
        where (paid, given, told) <> (1, 1, 1)";
    let ids: Vec<String> = stage.orders.iter().map(ToString::to_string).collect();
    let wrong: Vec<String> = sqlx::query_scalar(sql).bind(&ids).fetch_all(admin).await?;
    report.check("paid credits are granted exactly once", wrong);
    report.figure("orders paid", stage.orders.len() as u64);
    Ok(())
}

async fn leads(
    report: &mut Report,
    admin: &PgPool,
    stage: &Stage,
    receiver: &Receiver,
) -> anyhow::Result<()> {
    let sql = "select l.id::text || ': delivered ' || delivered || ', charged ' || charged
        from unnest($1::text[]) l(id),
        lateral (select count(*) from log.events where aggregate_id = l.id
                  and event_type = 'LeadDelivered') d(delivered),
        lateral (select coalesce(sum(case event_type when 'HoldCaptured' then 1 else -1 end
                          * (payload -> event_type ->> 'credits')::bigint), 0)::bigint
                  from log.events where event_type in ('HoldCaptured', 'ConsumptionRefunded')
                  and payload -> event_type #>> '{purpose,id}' = l.id) c(charged)
        where delivered <> charged or delivered > 1";
    let ids: Vec<String> = stage.leads.iter().map(ToString::to_string).collect();
    let wrong: Vec<String> = sqlx::query_scalar(sql).bind(&ids).fetch_all(admin).await?;
    report.check("a delivered lead is charged exactly once", wrong);
    let sql = "select count(*) from log.events where event_type = 'LeadDelivered'";
    let delivered: i64 = sqlx::query_scalar(sql).fetch_one(admin).await?;
    let delivered = delivered.unsigned_abs();
    let paid_for = (stage.orders.len() as u64 * CREDITS).min(stage.leads.len() as u64);
    report.require("credits do not lie idle while leads wait", delivered == paid_for, || {
        format!("{delivered} delivered, {paid_for} paid for")
    });
    report.require("what was delivered was received", receiver.taken() as u64 >= delivered, || {
        format!("{} received", receiver.taken())
    });
    report.figure("leads delivered", delivered);
    let sql = "select payload -> event_type #>> '{balance}' from log.events
        where aggregate_type = 'credit_ledger' and payload -> event_type ? 'balance'
        order by sequence desc limit 1";
    let balance: Option<String> = sqlx::query_scalar(sql).fetch_optional(admin).await?;
    let balance: serde_json::Value = serde_json::from_str(balance.as_deref().unwrap_or("{}"))?;
    let of = |field: &str| balance.get(field).and_then(serde_json::Value::as_u64);
    let left = stage.orders.len() as u64 * CREDITS - delivered;
    let right = (of("available"), of("held"), of("debt")) == (Some(left), Some(0), Some(0));
    report.require("the ledger's balance is what is left", right, || {
        format!("{balance}, {left} should be left")
    });
    Ok(())
}

async fn calls(report: &mut Report, admin: &PgPool, stage: &Stage) -> anyhow::Result<()> {
    let sql = "select aggregate_id || ': ' || string_agg(event_type, ' ' order by sequence)
        from log.events where aggregate_type = 'call_session' group by aggregate_id
        having count(*) filter (where event_type = 'InboundCallStarted') <> 1
            or count(*) filter (where event_type = 'CallEnded') <> 1
            or count(*) filter (where event_type = 'CallLinked'
                                and payload #>> '{CallLinked,kind}' = 'LEAD') <> 1";
    let wrong: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("each call began, ended and found its lead exactly once", wrong);
    let sql = "select count(distinct aggregate_id) from log.events
               where aggregate_type = 'call_session'";
    let calls: i64 = sqlx::query_scalar(sql).fetch_one(admin).await?;
    let expected = stage.leads.len();
    let all = usize::try_from(calls)? == expected;
    report.require("no call is lost", all, || format!("{calls} of {expected}"));
    Ok(())
}

/// Nothing was given up, parked or left behind.
async fn rest(report: &mut Report, admin: &PgPool) -> anyhow::Result<()> {
    let sql = "select kind || ' ' || state || coalesce(' ' || last_code, '') from effects.queue
        where state in ('dead', 'unknown') limit 20";
    let dead: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("no effect is given up by the machine", dead);
    let sql = "select reactor || ' ' || code || ' ' || aggregate_type from effects.parked limit 20";
    let parked: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("reactors took every event", parked);
    let sql = "select source || ' ' || state from inbox.facts where state = 'failed' limit 20";
    let failed: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("no fact of a webhook is given up", failed);
    Ok(())
}
