//! P14: what a server costs that has nothing to do, and how soon it is ready.

use std::time::Duration;

use serde_json::json;

use crate::cli::Options;
use crate::cluster::Cluster;
use crate::server::Installation;
use crate::table::Line;

/// Starts that are measured; the slowest counts.
const STARTS: usize = 5;
const DATABASE: &str = "bench_idle";

pub(crate) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    cluster.database(DATABASE).await?;
    let installation = Installation::new(&options.binary, cluster, DATABASE)?;
    let mut server = installation.serve(&["--demo"]).await?;
    let first = server.ready;
    server.wait_for("demo-played").await?;
    // Pools give their surplus back, projections reach the end of the log.
    tokio::time::sleep(options.lasting(20)).await;
    let rss = server.rss_mib()?;
    server.stop().await?;

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let server = installation.serve(&[]).await?;
        starts.push(server.ready);
        server.stop().await?;
    }
    cluster.drop_database(DATABASE).await?;
    let seconds: Vec<f64> = starts.iter().map(Duration::as_secs_f64).collect();
    let slowest = seconds.iter().copied().fold(0.0, f64::max);
    let details =
        json!({ "starts_s": seconds, "first_start_with_migrations_s": first.as_secs_f64() });
    Ok(vec![
        Line::limit("P14", "resident memory, idle with demo data", "MiB", rss, 80.0),
        Line::limit("P14", "ready after start, slowest of 5", "s", slowest, 1.0).with(details),
    ])
}
