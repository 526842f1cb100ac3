//! P1, P2 and P3: appending, beside stock cqrs-es and beside `pgbench`.

mod bulk;
mod ours;
pub(crate) mod pgbench;
mod stock;

use serde_json::json;

pub(crate) use self::ours::commands;
use crate::backend::Backend;
use crate::cli::Options;
use crate::cluster::Cluster;
use crate::table::{Line, Peer};

/// Commands of ours in flight.
pub(crate) const IN_FLIGHT: usize = 64;
/// Connections at which the peer may show its best.
const CONNECTIONS: [u32; 4] = [8, 16, 32, 64];
const DATABASE: &str = "bench_append";

pub(crate) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    let connect = cluster.database(DATABASE).await?;
    let backend = Backend::open(&connect).await?;
    let (warm_up, lasting) = (options.lasting(3), options.lasting(10));

    cluster.checkpoint().await?;
    let ours = ours::commands(&backend, "append", warm_up, lasting).await?;
    let rows = pgbench::Rows::look(&backend.pools.admin).await?;
    cluster.checkpoint().await?;
    let single = pgbench::single(cluster, DATABASE, &rows, options).await?;

    let mut stock = Vec::new();
    for connections in CONNECTIONS {
        cluster.checkpoint().await?;
        stock.push(stock::commands(cluster, connections, options).await?);
    }
    let best = stock.iter().max_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let peer = Peer {
        name: best
            .map_or_else(String::new, |best| format!("cqrs-es, {} connections", best.connections)),
        value: best.map(|best| best.per_second),
    };
    let what = "durable single-event commands";
    let mut lines = vec![
        Line::rate("P1", what, "1/s", ours.per_second(), peer, (5.0, Some(3.0)))
            .with(json!({ "ours": ours.details(), "peer": stock, "in_flight": IN_FLIGHT,
                          "batch": backend_batches(&backend) })),
        Line::rate("P2", what, "1/s", ours.per_second(), single, (1.2, Some(1.0))),
    ];

    cluster.checkpoint().await?;
    let bulk = ours::bulk(&backend, warm_up, lasting).await?;
    cluster.checkpoint().await?;
    let (peer, tried) = pgbench::hundred(cluster, DATABASE, &rows, options).await?;
    let line = Line::rate(
        "P3",
        "events in appends of 100",
        "1/s",
        bulk.per_second() * 100.0,
        peer,
        (0.6, None),
    );
    lines.push(line.with(json!({ "ours": bulk.details(), "peer": tried })));
    backend.close().await;
    cluster.drop_database(DATABASE).await?;
    Ok(lines)
}

/// How many commands shared a commit.
#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn backend_batches(backend: &Backend) -> f64 {
    use std::sync::atomic::Ordering::Relaxed;
    let stats = backend.log.stats();
    stats.appends.load(Relaxed) as f64 / stats.batches.load(Relaxed).max(1) as f64
}
