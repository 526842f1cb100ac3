//! P5: from the webhook to the subscriber's WebSocket, through the real server with all roles,
//! at a fixed rate and from the time at which each webhook should have been sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::subscriber::{self, Arrivals};
use crate::cli::Options;
use crate::cluster::Cluster;
use crate::http::Connection;
use crate::open::{self, Tick};
use crate::server::Installation;
use crate::table::Line;
use crate::webhook::PATH;
use crate::webhook::body::Webhooks;

/// Webhooks per second.
const PER_SECOND: u32 = 500;
/// Connections over which they come.
const CONNECTIONS: usize = 64;
/// The last webhook must have been seen so long after it was sent.
const ARRIVED_WITHIN: Duration = Duration::from_secs(20);
const DATABASE: &str = "bench_live";

pub(super) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    cluster.database(DATABASE).await?;
    let installation = Installation::new(&options.binary, cluster, DATABASE)?;
    let tenants = installation.prepare().await?;
    let server = installation.serve(&[]).await?;
    let (warm_up, lasting) = (options.lasting(6), options.lasting(20));
    let warm = u64::from(PER_SECOND) * warm_up.as_secs();
    let count = warm + u64::from(PER_SECOND) * lasting.as_secs();

    let arrivals = Arrivals::new(PER_SECOND, warm)?;
    let mut watching = JoinSet::new();
    let (ready, mut subscribed) = mpsc::channel(tenants.len());
    for tenant in &tenants {
        watching.spawn(subscriber::watch(
            installation.address(),
            tenant.clone(),
            arrivals.clone(),
            ready.clone(),
        ));
    }
    for _ in &tenants {
        let waited = tokio::time::timeout(Duration::from_secs(10), subscribed.recv()).await;
        waited.context("nobody subscribed")?.context("nobody subscribed")?;
    }
    cluster.checkpoint().await?;
    let start = Instant::now() + Duration::from_millis(100);
    arrivals.begin(start);
    let late = post(&installation.address(), &Webhooks::new(&tenants), start, count).await?;
    let deadline = Instant::now() + ARRIVED_WITHIN;
    while arrivals.seen() < count && Instant::now() < deadline {
        if let Some(ended) = watching.try_join_next() {
            ended??;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seen = arrivals.seen();
    ensure!(seen == count, "{count} webhooks were sent, {seen} messages were seen");
    watching.abort_all();
    server.stop().await?;
    cluster.drop_database(DATABASE).await?;
    let latencies = arrivals.latencies();
    let what = |quantile| format!("webhook → WebSocket at {PER_SECOND}/s, {quantile}");
    let details = json!({ "latency": latencies.details(), "answered_ms_max": late });
    Ok(vec![
        Line::limit("P5", &what("p50"), "ms", latencies.ms(0.5), 5.0).with(details),
        Line::limit("P5", &what("p99"), "ms", latencies.ms(0.99), 25.0),
    ])
}

/// Posts them at their times, over whichever connection is free; the longest time that an answer
/// took from when its request should have gone out, in ms.
async fn post(
    address: &str,
    webhooks: &Webhooks,
    start: Instant,
    count: u64,
) -> anyhow::Result<u64> {
    let ticks = Arc::new(Mutex::new(open::pace(start, PER_SECOND, count)));
    let longest = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address).await?;
        let (ticks, webhooks, longest) =
            (Arc::clone(&ticks), webhooks.clone(), Arc::clone(&longest));
        tasks.spawn(async move {
            loop {
                let tick: Option<Tick> = ticks.lock().await.recv().await;
                let Some(Tick { serial, intended }) = tick else { return Ok(()) };
                let (body, signature) = webhooks.message(serial);
                let status = connection.post(PATH, &signature, &body).await?;
                ensure!(status == 200, "a signed webhook was answered by {status}");
                let took = u64::try_from(intended.elapsed().as_millis()).unwrap_or(u64::MAX);
                longest.fetch_max(took, Ordering::Relaxed);
            }
        });
    }
    crate::closed::all(tasks).await?;
    Ok(longest.load(Ordering::Relaxed))
}
