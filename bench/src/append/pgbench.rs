//! `pgbench` as a peer: the plainest thing that writes the same rows into a table with the same
//! indexes, one transaction per statement.

use anyhow::Context as _;
use serde::Serialize;
use sqlx::{Executor as _, PgPool, Row as _};
use tokio::process::Command;

use crate::cli::Options;
use crate::cluster::{Cluster, USER};
use crate::table::Peer;

/// The table of ours with all its indexes, and what hands out numbers.
const TABLE: &str = "
    drop schema if exists bench cascade;
    create schema bench;
    create table bench.events (like log.events including all);
    create sequence bench.position cache 64;
    create sequence bench.starts;
    create sequence bench.notes";

/// The first and the second event of a stream; both scripts run equally often, as with ours. An
/// aggregate's id falls anywhere into the index, and two lanes take turns.
const SINGLE: &str = r"\set lane random(1, 2)
insert into bench.events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, lane, position, tenant_id, recorded_at)
values ('conversation', md5(nextval('bench.SEQUENCE')::text)::uuid::text, NUMBER, :event_type, '1', :payload::jsonb, :metadata::jsonb, :lane, nextval('bench.position'), ('00000000-0000-4000-8000-00000000be0' || :lane)::uuid, clock_timestamp());
";

/// A hundred events of one new stream by one statement.
const HUNDRED: &str = r"\set lane random(1, 2)
insert into bench.events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, lane, position, tenant_id, recorded_at)
select 'conversation', s.id, g, :event_type, '1', :payload::jsonb, :metadata::jsonb, :lane, nextval('bench.position'), ('00000000-0000-4000-8000-00000000be0' || :lane)::uuid, clock_timestamp()
  from (select md5(nextval('bench.starts')::text)::uuid::text as id offset 0) s, generate_series(1, 100) g;
";

/// Connections at which the statement of P3 may show its best.
const CONNECTIONS: [u32; 3] = [8, 16, 32];

/// One of our rows, to be written by the peer too.
#[derive(Clone, Debug)]
pub(crate) struct EventRow {
    event_type: String,
    payload: String,
    metadata: String,
}

/// Our rows, as they are in the log after our run.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    start: EventRow,
    note: EventRow,
}

impl Rows {
    pub(crate) async fn look(pool: &PgPool) -> anyhow::Result<Self> {
        Ok(Self {
            start: look(pool, "ConversationStarted").await?,
            note: look(pool, "NoteAdded").await?,
        })
    }

    /// For inserts made of the same rows.
    pub(crate) fn columns(&self) -> [[&str; 3]; 2] {
        [&self.start, &self.note].map(|row| [&*row.event_type, &*row.payload, &*row.metadata])
    }
}

async fn look(pool: &PgPool, event_type: &str) -> anyhow::Result<EventRow> {
    let row = sqlx::query(
        "select payload::text, metadata::text from log.events where event_type = $1 limit 1",
    )
    .bind(event_type)
    .fetch_one(pool)
    .await
    .with_context(|| format!("no {event_type} in the log"))?;
    let (payload, metadata) = (row.try_get(0)?, row.try_get(1)?);
    Ok(EventRow { event_type: event_type.to_owned(), payload, metadata })
}

/// What `pgbench` did with so many connections.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    connections: u32,
    events_per_second: f64,
}

/// P2: one event row per transaction, 32 clients.
pub(super) async fn single(
    cluster: &Cluster,
    database: &str,
    rows: &Rows,
    options: &Options,
) -> anyhow::Result<Peer> {
    let scripts = [("starts", "1", &rows.start), ("notes", "2", &rows.note)].map(
        |(sequence, number, row)| {
            let script = SINGLE.replace("SEQUENCE", sequence).replace("NUMBER", number);
            fill(&script, sequence, row)
        },
    );
    prepare(cluster, database).await?;
    let tps = run(cluster, database, &scripts, 32, options).await?;
    Ok(Peer { name: "pgbench, 32 clients".to_owned(), value: Some(tps) })
}

/// P3: a hundred events per transaction, in events per second.
pub(super) async fn hundred(
    cluster: &Cluster,
    database: &str,
    rows: &Rows,
    options: &Options,
) -> anyhow::Result<(Peer, Vec<Tried>)> {
    let scripts = [fill(HUNDRED, "hundred", &rows.note)];
    let mut tried = Vec::new();
    for connections in CONNECTIONS {
        prepare(cluster, database).await?;
        cluster.checkpoint().await?;
        let tps = run(cluster, database, &scripts, connections, options).await?;
        tried.push(Tried { connections, events_per_second: tps * 100.0 });
    }
    let best = tried.iter().max_by(|a, b| a.events_per_second.total_cmp(&b.events_per_second));
    let best = best.context("nothing was tried")?;
    let name = format!("pgbench, {} clients", best.connections);
    Ok((Peer { name, value: Some(best.events_per_second) }, tried))
}

/// A script and the variables that it needs. Two scripts of one run share all variables, so each
/// has its own names.
struct Script {
    text: String,
    variables: Vec<String>,
}

fn fill(template: &str, name: &str, row: &EventRow) -> Script {
    let mut text = template.to_owned();
    let mut variables = Vec::new();
    for (variable, value) in
        [("event_type", &row.event_type), ("payload", &row.payload), ("metadata", &row.metadata)]
    {
        text = text.replace(&format!(":{variable}"), &format!(":{name}_{variable}"));
        variables.push(format!("{name}_{variable}={value}"));
    }
    Script { text, variables }
}

async fn prepare(cluster: &Cluster, database: &str) -> anyhow::Result<()> {
    let pool = PgPool::connect_with(cluster.options(database)).await?;
    pool.execute(sqlx::raw_sql(TABLE)).await?;
    pool.close().await;
    Ok(())
}

/// Warms up, measures, and returns transactions per second.
async fn run(
    cluster: &Cluster,
    database: &str,
    scripts: &[Script],
    clients: u32,
    options: &Options,
) -> anyhow::Result<f64> {
    let folder = std::env::temp_dir().join("bitacora-bench");
    let mut tps = 0.0;
    for seconds in [options.lasting(3), options.lasting(10)] {
        let mut command = Command::new(cluster.programs.join("pgbench"));
        command
            .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"])
            .args(["--client", &clients.to_string(), "--time", &seconds.as_secs().to_string()])
            .args(["--host", &cluster.sockets, "--username", USER])
            .kill_on_drop(true);
        for (number, script) in scripts.iter().enumerate() {
            let path = folder.join(format!("{number}.pgbench"));
            std::fs::write(&path, &script.text)?;
            command.arg("--file").arg(path);
            for variable in &script.variables {
                command.args(["--define", variable]);
            }
        }
        let output = command.arg(database).output().await.context("cannot run pgbench")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "pgbench: {errors}");
        tps = parse(&text).with_context(|| format!("pgbench says {text}"))?;
    }
    Ok(tps)
}

fn parse(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_found_and_variables_are_told_apart() {
        let text = "latency average = 1.0 ms\ntps = 12345.678 (without initial connection time)\n";
        assert_eq!(parse(text), Some(12_345.678));
        let row = EventRow { event_type: "E".into(), payload: "{}".into(), metadata: "{}".into() };
        let script = fill("values (:event_type, :payload::jsonb)", "a", &row);
        assert_eq!(script.text, "values (:a_event_type, :a_payload::jsonb)");
        assert_eq!(script.variables[1], "a_payload={}");
    }
}
