//! What must hold after all kills, asked by SQL and by GraphQL.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::posters::Posted;
use super::subscriber::Notes;
use crate::report::Report;

/// Patience until everything that was accepted has been worked off. Covers the lease of a
/// delivery that was claimed by a server that is dead now.
const DRAIN: Duration = Duration::from_mins(3);
/// Messages per page, the most that is allowed.
const PAGE: u64 = 100;
/// The page.
const MESSAGES: &str =
    "query($first: Int, $after: Cursor) { messages(first: $first, after: $after) {
    edges { node { providerMessageId } } pageInfo { hasNextPage endCursor } } }";

/// Deliveries that are still to be worked off.
pub(super) async fn backlog(admin: &PgPool) -> anyhow::Result<u64> {
    let open: i64 =
        sqlx::query_scalar("select count(*) from inbox.deliveries where processed_at is null")
            .fetch_one(admin)
            .await?;
    Ok(u64::try_from(open)?)
}

/// Waits until inbox, views and subscriber have nothing left to do; true when they have not.
pub(super) async fn drained(admin: &PgPool, notes: &Notes) -> anyhow::Result<bool> {
    let begin = Instant::now();
    loop {
        let behind: i64 = sqlx::query_scalar(
            "select count(*) from ops.checkpoints c join log.lane_heads h using (lane)
              where c.position < h.position",
        )
        .fetch_one(admin)
        .await?;
        let recorded: i64 = sqlx::query_scalar(
            "select count(*) from log.events where event_type = 'MessageReceived'",
        )
        .fetch_one(admin)
        .await?;
        let seen = notes.with(|seen| seen.messages.len());
        let done = backlog(admin).await? == 0 && behind == 0;
        if done && i64::try_from(seen)? >= recorded {
            return Ok(true);
        }
        // The subscriber reads every message again; a debug build on a busy machine needs 10 ms.
        let patience = DRAIN + Duration::from_millis(10) * u32::try_from(recorded)?;
        if begin.elapsed() > patience {
            return Ok(false);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Compares what was promised with what can be read.
pub(super) async fn check(
    report: &mut Report,
    admin: &PgPool,
    posted: &Posted,
    notes: &Notes,
    address: &str,
    token: &str,
) -> anyhow::Result<()> {
    let (sent, acknowledged) = (posted.sent(), posted.acknowledged());
    report.figure("messages sent", sent.len() as u64);
    report.figure("messages acknowledged", acknowledged.len() as u64);
    report.check("a signed webhook is answered by 200 or not at all", posted.wrong());

    let rows: Vec<String> = sqlx::query_scalar(
        "select provider_message_id from read_store.messages_v2 where direction = 'INBOUND'",
    )
    .fetch_all(admin)
    .await?;
    let by_sql = count(rows);
    report.figure("messages in the read model", by_sql.len() as u64);
    let property = "what got 200 is in the read model exactly once";
    report.check(property, exactly_once(&by_sql, &acknowledged, &sent));

    let by_graphql = count(all_messages(address, token).await?);
    let property = "GraphQL shows what the table holds";
    report.require(property, by_graphql == by_sql, || {
        format!("{} and {} messages", by_graphql.len(), by_sql.len())
    });

    let (announced, wrong, connections) = notes
        .with(|seen| (seen.messages.clone(), std::mem::take(&mut seen.wrong), seen.connections));
    report.figure("connections of the subscriber", connections);
    let announced: BTreeMap<String, u64> = announced.into_iter().collect();
    let recorded: HashSet<String> = by_sql.keys().cloned().collect();
    let property = "the subscriber has neither hole nor double";
    report.check(property, exactly_once(&announced, &recorded, &recorded).into_iter().chain(wrong));

    let anomalies: i64 =
        sqlx::query_scalar("select count(*) from inbox.anomalies").fetch_one(admin).await?;
    report
        .require("no fact contradicts itself", anomalies == 0, || format!("{anomalies} anomalies"));
    let failed: Vec<String> = sqlx::query_scalar(
        "select format('%s %s: %s', state, key, reason) from inbox.facts where state in ('failed', 'unroutable', 'ignored')
            and key not like '%wamid.out.%'",
    )
    .fetch_all(admin)
    .await?;
    report.check("no fact was given up", failed);
    Ok(())
}

fn count(wamids: impl IntoIterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for wamid in wamids {
        *counts.entry(wamid).or_default() += 1;
    }
    counts
}

fn exactly_once(
    found: &BTreeMap<String, u64>,
    wanted: &HashSet<String>,
    possible: &HashSet<String>,
) -> Vec<String> {
    let missing = wanted.iter().filter(|wamid| !found.contains_key(*wamid));
    let double = found.iter().filter(|(_, times)| **times != 1);
    let strange = found.keys().filter(|wamid| !possible.contains(*wamid));
    missing
        .map(|wamid| format!("{wamid} is missing"))
        .chain(double.map(|(wamid, times)| format!("{wamid} is there {times} times")))
        .chain(strange.map(|wamid| format!("{wamid} was never sent")))
        .collect()
}

async fn all_messages(address: &str, token: &str) -> anyhow::Result<Vec<String>> {
    let client = bitacora_adapters::web::builder()?.timeout(Duration::from_secs(30)).build()?;
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer: Value = client
            .post(format!("http://{address}/graphql"))
            .bearer_auth(token)
            .json(&json!({ "query": MESSAGES, "variables": { "first": PAGE, "after": after } }))
            .send()
            .await?
            .json()
            .await?;
        let page =
            answer.pointer("/data/messages").with_context(|| format!("no page: {answer}"))?;
        let edges = page.get("edges").and_then(Value::as_array).context("no edges")?;
        let wamid = |edge: &Value| {
            edge.pointer("/node/providerMessageId").and_then(Value::as_str).map(str::to_owned)
        };
        all.extend(edges.iter().filter_map(wamid));
        if page.pointer("/pageInfo/hasNextPage") != Some(&Value::Bool(true)) {
            return Ok(all);
        }
        after = page.pointer("/pageInfo/endCursor").cloned().context("no end cursor")?;
    }
}

/// Kills in which both a backlog and requests in flight were there.
pub(super) fn presence(report: &mut Report, kills: &[super::Kill]) {
    let count =
        |which: fn(&super::Kill) -> bool| kills.iter().filter(|kill| which(kill)).count() as u64;
    let total = kills.len() as u64;
    let (backlog, flight) = (count(|kill| kill.backlog > 0), count(|kill| kill.in_flight > 0));
    let both = count(|kill| kill.backlog > 0 && kill.in_flight > 0);
    report.fault("server killed with -9", total);
    report.fault("killed with a backlog in the inbox", backlog);
    report.fault("killed with unacknowledged requests in flight", flight);
    report.fault("killed with both", both);
    let sizes: HashMap<&str, u64> = HashMap::from([
        ("largest backlog at a kill", kills.iter().map(|kill| kill.backlog).max().unwrap_or(0)),
        (
            "most requests in flight at a kill",
            kills.iter().map(|kill| kill.in_flight).max().unwrap_or(0),
        ),
    ]);
    for (name, value) in sizes {
        report.figure(name, value);
    }
    report.require("both were there in 80 % of the kills", both * 10 >= total * 8, || {
        format!("in {both} of {total}")
    });
}
