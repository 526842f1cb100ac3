//! P4: a signed webhook is durable and answered, beside Fastify and pg-boss with the same check.
//!
//! Like beside like: the server takes in (role `api`) and the peer takes in; nobody works the
//! deliveries off meanwhile. What a server with all roles does is told too.

pub(crate) mod body;
mod peer;

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinSet;

use self::body::Webhooks;
use crate::cli::Options;
use crate::closed::Gauge;
use crate::cluster::Cluster;
use crate::http::Connection;
use crate::server::Installation;
use crate::table::Line;

/// Connections that are kept, one request at a time on each.
const CONNECTIONS: usize = 64;
/// Where webhooks go, at ours and at the peer.
pub(crate) const PATH: &str = "/webhooks/meta/whatsapp";
const DATABASE: &str = "bench_webhook";

pub(crate) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    let (warm_up, lasting) = (options.lasting(3), options.lasting(10));
    let mut ours = Vec::new();
    for roles in ["api", "api,ingest,projector"] {
        let connect = cluster.database(DATABASE).await?;
        let installation = Installation::new(&options.binary, cluster, DATABASE)?;
        let tenants = installation.prepare().await?;
        let webhooks = Webhooks::new(&tenants);
        let server = installation.serve(&["--roles", roles]).await?;
        cluster.checkpoint().await?;
        let load = load(&installation.address(), &webhooks, warm_up, lasting).await?;
        let pool = PgPool::connect_with(connect).await?;
        let stored: i64 =
            sqlx::query_scalar("select count(*) from inbox.deliveries").fetch_one(&pool).await?;
        ensure!(stored >= load.accepted, "{} answered by 200, {stored} stored", load.accepted);
        pool.close().await;
        server.stop().await?;
        ours.push((roles, load));
    }
    cluster.drop_database(DATABASE).await?;
    let (peer, tried) = peer::measure(cluster, options).await?;
    let details: Vec<Value> = ours
        .iter()
        .map(|(roles, load)| json!({"roles": roles, "load": load.gauge.details()}))
        .collect();
    let rate = |n: usize| ours.get(n).map_or(0.0, |(_, load)| load.gauge.per_second());
    let all_roles = format!(
        "a server that also works the deliveries off meanwhile (all roles): {:.0} requests/s",
        rate(1)
    );
    let line =
        Line::rate("P4", "signed webhook → durable, 200", "1/s", rate(0), peer, (4.0, Some(2.0)));
    Ok(vec![line.note(all_roles).with(json!({ "ours": details, "peer": tried }))])
}

/// What a load came to.
#[derive(Debug)]
struct Load {
    gauge: Gauge,
    /// Requests answered by 200, those of the warm-up too.
    accepted: i64,
}

/// Posts webhooks as fast as they are answered, after a check that a forged one is turned away.
async fn load(
    address: &str,
    webhooks: &Webhooks,
    warm_up: Duration,
    measured: Duration,
) -> anyhow::Result<Load> {
    let mut connection = Connection::open(address).await?;
    let (body, signature) = webhooks.message(u64::MAX);
    let forged = connection.post(PATH, &signature, &body[1..]).await?;
    ensure!(forged == 401, "a forged webhook was answered by {forged}");
    let gauge = Gauge::start(warm_up, measured)?;
    let mut tasks = JoinSet::new();
    for n in 0..CONNECTIONS {
        let (gauge, webhooks) = (gauge.clone(), webhooks.clone());
        let mut connection = Connection::open(address).await?;
        tasks.spawn(async move {
            let mut accepted = 0;
            for serial in 0_u64.. {
                if !gauge.running() {
                    break;
                }
                let (body, signature) = webhooks.message(serial * CONNECTIONS as u64 + n as u64);
                let since = Instant::now();
                let status = connection.post(PATH, &signature, &body).await?;
                ensure!(status == 200, "a signed webhook was answered by {status}");
                gauge.done(since);
                accepted += 1;
            }
            Ok(accepted)
        });
    }
    let mut accepted = 0;
    while let Some(ended) = tasks.join_next().await {
        accepted += ended??;
    }
    Ok(Load { gauge, accepted })
}
