//! The peer of P1: stock `postgres_cqrs` with the table that postgres-es tells to make, the same
//! aggregate, the same commands, the same metadata.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use bitacora_domain::aggregates::conversation::Conversation;
use bitacora_domain::{Directed, EventId, Metadata};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::Serialize;
use serde_json::Value;
use sqlx::Executor as _;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use super::IN_FLIGHT;
use crate::cli::Options;
use crate::closed::{self, Gauge};
use crate::cluster::Cluster;
use crate::work::{Job, Writer};

/// From postgres-es 0.5, `db/init.sql`.
const TABLE: &str = "
    create table events (
        aggregate_type text                         not null,
        aggregate_id   text                         not null,
        sequence       bigint check (sequence >= 0) not null,
        event_type     text                         not null,
        event_version  text                         not null,
        payload        json                         not null,
        metadata       json                         not null,
        primary key (aggregate_type, aggregate_id, sequence)
    )";
const DATABASE: &str = "bench_stock";

/// What the peer did with so many connections.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    pub(super) connections: u32,
    pub(super) per_second: f64,
    details: Value,
}

pub(super) async fn commands(
    cluster: &Cluster,
    connections: u32,
    options: &Options,
) -> anyhow::Result<Tried> {
    let connect = cluster.database(DATABASE).await?;
    let pool = PgPoolOptions::new().max_connections(connections).connect_with(connect).await?;
    pool.execute(TABLE).await?;
    let cqrs: Arc<PostgresCqrs<Conversation>> = Arc::new(postgres_cqrs(pool.clone(), vec![], ()));
    let gauge = Gauge::start(options.lasting(2), options.lasting(6))?;
    let mut tasks = JoinSet::new();
    for n in 0..IN_FLIGHT {
        let (cqrs, gauge, mut writer) = (Arc::clone(&cqrs), gauge.clone(), Writer::new("stock", n));
        tasks.spawn(async move {
            while gauge.running() {
                let job = writer.next();
                let since = Instant::now();
                execute(&cqrs, job).await?;
                gauge.done(since);
            }
            Ok(())
        });
    }
    closed::all(tasks).await?;
    pool.close().await;
    cluster.drop_database(DATABASE).await?;
    Ok(Tried { connections, per_second: gauge.per_second(), details: gauge.details() })
}

async fn execute(cqrs: &PostgresCqrs<Conversation>, job: Job) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let metadata = Metadata {
        event_id: EventId::new(SystemClock.fresh_id()),
        command_id: job.command_id,
        correlation_id: job.command_id.as_uuid(),
        causation_id: job.command_id.as_uuid(),
        actor: job.actor.clone(),
        occurred_at: now,
        traceparent: None,
    };
    let metadata: HashMap<_, _> = BTreeMap::from(metadata).into_iter().collect();
    let command = Directed {
        tenant: job.tenant,
        aggregate_id: job.conversation.clone(),
        command_id: job.command_id,
        actor: job.actor,
        now,
        body: job.body,
    };
    let done = cqrs.execute_with_metadata(&job.conversation, command, metadata).await;
    done.map_err(|error| anyhow::anyhow!("the peer failed: {error}"))
}
