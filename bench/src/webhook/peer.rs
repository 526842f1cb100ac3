//! The peer of P4: Fastify and pg-boss on the Node that is there, at its best of a few settings.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::body::Webhooks;
use crate::cli::Options;
use crate::cluster::Cluster;
use crate::server::{APP_SECRET, Tenant};
use crate::table::Peer;

const DATABASE: &str = "bench_pgboss";
/// How long it may take to be installed, and to start.
const INSTALLED_WITHIN: Duration = Duration::from_mins(2);
const STARTED_WITHIN: Duration = Duration::from_secs(30);
/// Processes, and connections of each.
const SETTINGS: [(u32, u32); 4] = [(1, 8), (1, 32), (2, 8), (2, 32)];

/// What the peer did with a setting.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    processes: u32,
    connections_each: u32,
    per_second: f64,
    details: Value,
}

/// The best of all settings; without Node, why there is none.
pub(super) async fn measure(
    cluster: &Cluster,
    options: &Options,
) -> anyhow::Result<(Peer, Vec<Tried>)> {
    let folder = options.peers.join("fastify-pgboss");
    if let Err(missing) = install(&folder).await {
        eprintln!("the peer of P4 is missing: {missing:#}");
        return Ok((
            Peer { name: "Node or its packages are missing".to_owned(), value: None },
            Vec::new(),
        ));
    }
    let mut tried = Vec::new();
    for (processes, connections) in SETTINGS {
        tried.push(try_setting(cluster, options, &folder, processes, connections).await?);
    }
    let best = tried.iter().max_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let best = best.context("nothing was tried")?;
    let (processes, connections) = (best.processes, best.connections_each);
    let name = format!("Fastify + pg-boss, {processes} × {connections} connections");
    Ok((Peer { name, value: Some(best.per_second) }, tried))
}

/// Installs exactly what the lock file says, unless it is there.
async fn install(folder: &Path) -> anyhow::Result<()> {
    if folder.join("node_modules/.package-lock.json").exists() {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.arg("ci").current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(INSTALLED_WITHIN, command.output()).await.context("npm hangs")??;
    ensure!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn try_setting(
    cluster: &Cluster,
    options: &Options,
    folder: &Path,
    processes: u32,
    connections: u32,
) -> anyhow::Result<Tried> {
    let connect = cluster.database(DATABASE).await?;
    let url = cluster.plain_url(DATABASE);
    let (mut child, address) = start(folder, &url, processes, connections).await?;
    cluster.checkpoint().await?;
    let tenants = ["210987654321098", "210987654321099"].map(|number| Tenant {
        phone_number_id: number.to_owned(),
        token: String::new(),
        cursor: String::new(),
    });
    let webhooks = Webhooks::new(&tenants);
    let load = super::load(&address, &webhooks, options.lasting(3), options.lasting(6)).await?;
    let pool = PgPool::connect_with(connect).await?;
    let stored: i64 =
        sqlx::query_scalar("select count(*) from pgboss.job").fetch_one(&pool).await?;
    ensure!(stored >= load.accepted, "peer: {} answered by 200, {stored} stored", load.accepted);
    pool.close().await;
    // Its workers end with it: their channel to it breaks.
    child.kill().await?;
    cluster.drop_database(DATABASE).await?;
    Ok(Tried {
        processes,
        connections_each: connections,
        per_second: load.gauge.per_second(),
        details: load.gauge.details(),
    })
}

async fn start(
    folder: &Path,
    database: &str,
    processes: u32,
    connections: u32,
) -> anyhow::Result<(Child, String)> {
    let mut child = Command::new("node")
        .arg("server.js")
        .current_dir(folder)
        .env("NODE_ENV", "production")
        .env("DATABASE_URL", database)
        .env("APP_SECRET", APP_SECRET)
        .env("PROCESSES", processes.to_string())
        .env("POOL", connections.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run node")?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let line = timeout(STARTED_WITHIN, lines.next_line()).await.context("the peer hangs")??;
    let told: Value = serde_json::from_str(&line.context("the peer ended by itself")?)?;
    let url = told.get("url").and_then(Value::as_str).context("no url")?;
    let address = url.strip_prefix("http://").context("no address")?.to_owned();
    Ok((child, address))
}
