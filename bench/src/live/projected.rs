//! P6: from the command to the moment at which every projection has its event, at a fixed rate
//! and from the time at which each command should have been given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent,
};
use bitacora_domain::{
    Actor, ChannelAccountId, CommandId, ContactId, Lane, Personal, Position, Subject,
};
use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::runner::{Options as RunnerOptions, Runner};
use bitacora_projections::views;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backend::{Backend, TENANTS};
use crate::cli::Options;
use crate::cluster::Cluster;
use crate::latency::Latencies;
use crate::open;
use crate::table::Line;
use crate::work;

/// Events per second. Each command is one message whose time is behind the last one's, so it
/// also opens the service window anew: two events.
const EVENTS_PER_SECOND: u32 = 1_000;
const COMMANDS_PER_SECOND: u32 = EVENTS_PER_SECOND / 2;
/// Conversations that messages come to, in turn.
const CONVERSATIONS: usize = 400;
/// A projection that is behind for so long has stopped.
const SEEN_WITHIN: Duration = Duration::from_secs(30);
const DATABASE: &str = "bench_projected";

/// An append whose events should be seen.
struct Landed {
    position: Position,
    intended: Instant,
    measured: bool,
}

pub(super) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    let backend = Backend::open(&cluster.database(DATABASE).await?).await?;
    let talk = Arc::new(Talk::begin(&backend.bus).await?);
    let stop = CancellationToken::new();
    let runner =
        Runner::new(backend.reader.clone(), backend.store.clone(), None, RunnerOptions::default());
    runner.catch_up().await?;
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { runner.run(stop).await }
    });
    let (warm_up, lasting) = (options.lasting(6), options.lasting(20));
    let warm = u64::from(COMMANDS_PER_SECOND) * warm_up.as_secs();
    let count = warm + u64::from(COMMANDS_PER_SECOND) * lasting.as_secs();

    let latencies = Latencies::new()?;
    let (mut watchers, mut doors) = (JoinSet::new(), Vec::new());
    for (_, lane) in TENANTS {
        let (door, landed) = mpsc::channel(usize::try_from(count)?);
        watchers.spawn(watch(Arc::clone(&backend.store), lane, landed, latencies.clone()));
        doors.push((lane, door));
    }
    cluster.checkpoint().await?;
    let before = backend.events().await?;
    let start = Instant::now() + Duration::from_millis(100);
    let mut ticks = open::pace(start, COMMANDS_PER_SECOND, count);
    let mut tasks = JoinSet::new();
    while let Some(tick) = ticks.recv().await {
        let (bus, talk, doors) = (backend.bus.clone(), Arc::clone(&talk), doors.clone());
        tasks.spawn(async move {
            let (lane, position) = talk.receive(&bus, tick.serial).await?;
            let measured = tick.serial >= warm;
            let landed = Landed { position, intended: tick.intended, measured };
            let door = doors.iter().find(|(of, _)| *of == lane).context("an unknown lane")?;
            door.1.send(landed).await.context("nobody watches")
        });
        while let Some(ended) = tasks.try_join_next() {
            ended??;
        }
    }
    crate::closed::all(tasks).await?;
    drop(doors);
    crate::closed::all(watchers).await?;
    let events = backend.events().await? - before;
    stop.cancel();
    running.await?;
    backend.close().await;
    cluster.drop_database(DATABASE).await?;

    let rate = f64::from(i32::try_from(events)?) / (warm_up + lasting).as_secs_f64();
    let what = format!("append → all {} projections, {rate:.0} events/s, p99", views::all().len());
    let details = json!({ "latency": latencies.details(), "events_per_second": rate });
    Ok(vec![Line::limit("P6", &what, "ms", latencies.ms(0.99), 20.0).with(details)])
}

/// Notes when all projections of a lane have passed each append.
async fn watch(
    store: Arc<bitacora_adapters::read::PgReadStore>,
    lane: Lane,
    mut landed: mpsc::Receiver<Landed>,
    latencies: Latencies,
) -> anyhow::Result<()> {
    let progress = |view: &&'static dyn bitacora_projections::Projection| {
        store.progress(view.table().name, lane)
    };
    let mut views: Vec<_> = views::all().iter().map(progress).collect();
    while let Some(Landed { position, intended, measured }) = landed.recv().await {
        for view in &mut views {
            let passed = view.wait_for(|seen| *seen >= position);
            let seen = tokio::time::timeout(SEEN_WITHIN, passed).await;
            seen.with_context(|| format!("a projection has not seen {position:?}"))??;
        }
        if measured {
            latencies.record(intended.elapsed());
        }
    }
    Ok(())
}

/// Conversations to which messages come.
struct Talk {
    conversations: Vec<(String, ContactId)>,
}

impl Talk {
    async fn begin(bus: &CommandBus) -> anyhow::Result<Self> {
        let mut conversations = Vec::new();
        for n in 0..CONVERSATIONS {
            let (id, contact) = (SystemClock.fresh_id(), ContactId::new(SystemClock.fresh_id()));
            let body = work::start(contact, ChannelAccountId::new(Uuid::from_u128(7)));
            execute(bus, n, &id.to_string(), contact, body).await?;
            conversations.push((id.to_string(), contact));
        }
        Ok(Self { conversations })
    }

    /// The message `serial` arrives; where it landed.
    async fn receive(&self, bus: &CommandBus, serial: u64) -> anyhow::Result<(Lane, Position)> {
        let n = usize::try_from(serial)? % CONVERSATIONS;
        let (id, contact) = self.conversations.get(n).context("no conversation")?;
        let text = "Hola, ¿ya llegaron los lentes? Paso el jueves a la tarde si están.".to_owned();
        let body = ConversationCommand::ReceiveMessage {
            provider_message_id: format!("wamid.{serial}"),
            content: MessageContent::Text { body: Personal::new(Subject::contact(*contact), text) },
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: SystemClock.now(),
        };
        let receipt = execute(bus, n, id, *contact, body).await?;
        Ok((receipt.cursor.lane, receipt.cursor.position))
    }
}

async fn execute(
    bus: &CommandBus,
    n: usize,
    conversation: &str,
    contact: ContactId,
    body: ConversationCommand,
) -> anyhow::Result<bitacora_commands::Receipt> {
    let (tenant, _) = if n.is_multiple_of(2) { TENANTS[0] } else { TENANTS[1] };
    let (fingerprint, now) = (bus.key().fingerprint(&body)?, SystemClock.now());
    let actor = Actor::new(bitacora_domain::ActorKind::Contact, contact.to_string());
    let command_id = CommandId::new(SystemClock.fresh_id());
    let envelope = Envelope::new(tenant, actor, command_id, fingerprint, now);
    let done = bus.execute::<Conversation>(envelope, conversation, body).await;
    let receipt = done.map_err(|error| anyhow::anyhow!("a command failed: {error}"))?;
    ensure!(!receipt.replayed, "a command was done twice");
    Ok(receipt)
}
