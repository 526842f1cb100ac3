//! P11: loading a conversation with 10,000 messages by its snapshot and the tail behind it,
//! beside a replay of all of its events. Both through the bus, which always asks the log.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent,
};
use bitacora_domain::{Actor, ChannelAccountId, CommandId, ContactId, Personal, Subject, TenantId};
use futures::StreamExt as _;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::backend::{Backend, TENANTS};
use crate::cli::Options;
use crate::cluster::Cluster;
use crate::latency::Latencies;
use crate::table::{Bound, Line, Peer};
use crate::work;

const MESSAGES: u64 = 10_000;
/// Commands in flight while the conversation is filled; they run as a chain.
const IN_FLIGHT: usize = 64;
const DATABASE: &str = "bench_load";

pub(crate) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    let backend = Backend::open(&cluster.database(DATABASE).await?).await?;
    let (tenant, _) = TENANTS[0];
    let id = SystemClock.fresh_id().to_string();
    let version = fill(&backend.bus, tenant, &id).await?;
    let admin = &backend.pools.admin;
    let snapshot = snapshot_version(admin, &id).await?;

    let by_snapshot = loads(&backend.bus, tenant, &id, options.lasting(8)).await?;
    // Without a snapshot the same call reads everything.
    sqlx::query("delete from log.snapshots where aggregate_id = $1")
        .bind(&id)
        .execute(admin)
        .await?;
    let replay = loads(&backend.bus, tenant, &id, options.lasting(8)).await?;
    backend.close().await;
    cluster.drop_database(DATABASE).await?;

    let what = format!("load a conversation of {version} events, p50");
    let peer = Peer { name: "replay of all".to_owned(), value: Some(replay.ms(0.5)) };
    let details = json!({
        "messages": MESSAGES, "events": version, "snapshot_at": snapshot,
        "snapshot_and_tail": by_snapshot.details(), "replay": replay.details(),
    });
    let limit = Line::limit("P11", &what, "ms", by_snapshot.ms(0.5), 2.0).with(details);
    let mut ratio = Line { peer: Some(peer), ..limit.clone() };
    ratio.target = Bound::RatioAtLeast(20.0);
    ratio.details = serde_json::Value::Null;
    Ok(vec![limit, ratio])
}

/// Messages of the contact and of the shop in turn, and some more, so that there is a tail behind
/// the last snapshot. The version that it comes to.
async fn fill(bus: &CommandBus, tenant: TenantId, id: &str) -> anyhow::Result<i64> {
    let contact = ContactId::new(SystemClock.fresh_id());
    let channel = ChannelAccountId::new(Uuid::from_u128(7));
    execute(bus, tenant, id, work::start(contact, channel)).await?;
    let messages = (0..MESSAGES).map(|n| execute(bus, tenant, id, message(contact, n)));
    let mut done = futures::stream::iter(messages).buffered(IN_FLIGHT);
    while let Some(result) = done.next().await {
        result?;
    }
    let mut version = 0;
    for n in MESSAGES..MESSAGES + 100 {
        version = execute(bus, tenant, id, message(contact, n)).await?;
        // Snapshots are saved beside the work: the last one shall be there.
        if version % 100 >= 50 && version % 100 < 55 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            break;
        }
    }
    let (_, loaded) = bus.load::<Conversation>(tenant, id).await?.context("it does not exist")?;
    ensure!(loaded.0 == version, "{loaded:?} was loaded, {version} was written");
    Ok(version)
}

fn message(contact: ContactId, n: u64) -> ConversationCommand {
    let provider_message_id = format!("wamid.HBgNNTQ5MTE2NjYwMDAxMRUCABIYFjNFQjBDMDUyODJB{n:06}");
    let text = "Hola, ¿ya llegaron los lentes? Paso el jueves a la tarde si están.".to_owned();
    let content = MessageContent::Text { body: Personal::new(Subject::contact(contact), text) };
    let sent_at = SystemClock.now();
    if n.is_multiple_of(2) {
        let (reply_to, referral, forwarded) = (None, None, false);
        ConversationCommand::ReceiveMessage {
            provider_message_id,
            content,
            reply_to,
            referral,
            forwarded,
            sent_at,
        }
    } else {
        ConversationCommand::RecordAgentEcho { provider_message_id, content, sent_at }
    }
}

async fn execute(
    bus: &CommandBus,
    tenant: TenantId,
    id: &str,
    body: ConversationCommand,
) -> anyhow::Result<i64> {
    let (fingerprint, now) = (bus.key().fingerprint(&body)?, SystemClock.now());
    let command_id = CommandId::new(SystemClock.fresh_id());
    let envelope =
        Envelope::new(tenant, Actor::provider("meta/whatsapp"), command_id, fingerprint, now);
    let done = bus.execute::<Conversation>(envelope, id, body).await;
    Ok(done.map_err(|error| anyhow::anyhow!("a command failed: {error}"))?.version.0)
}

async fn snapshot_version(pool: &PgPool, id: &str) -> anyhow::Result<i64> {
    let sql = "select version from log.snapshots where aggregate_id = $1";
    let version = sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await?;
    version.context("no snapshot was saved")
}

/// Loads it again and again, one after the other.
async fn loads(
    bus: &CommandBus,
    tenant: TenantId,
    id: &str,
    lasting: Duration,
) -> anyhow::Result<Latencies> {
    bus.load::<Conversation>(tenant, id).await?.context("it does not exist")?;
    let latencies = Latencies::new()?;
    let until = Instant::now() + lasting;
    while Instant::now() < until {
        let since = Instant::now();
        bus.load::<Conversation>(tenant, id).await?.context("it does not exist")?;
        latencies.record(since.elapsed());
    }
    Ok(latencies)
}
