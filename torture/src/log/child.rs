//! A child process of `log`: a real log and a real bus behind the proxy, and dozens of tasks.

use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::pools::{PoolSizes, Pools, Role};
use bitacora_adapters::read::{LaneSignals, listener};
use bitacora_commands::bus::{BusOptions, CommandBus};
use bitacora_commands::ports::EventLog;
use clap::Args;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::load::Load;
use super::wire::{Line, Stats};
use super::world::{World, installation_key};

/// How a child is started.
#[derive(Debug, Args)]
pub struct Options {
    /// The database.
    #[arg(long)]
    pub url: String,
    /// Directory of the proxy's socket.
    #[arg(long)]
    pub socket: PathBuf,
    /// Seed of the run.
    #[arg(long)]
    pub seed: u64,
    /// Which child it is: 0 or 1.
    #[arg(long)]
    pub child: u64,
    /// Tasks at work.
    #[arg(long)]
    pub tasks: u64,
}

/// Lines that may wait for the parent to read them; issuing waits when they are full.
const LINES: usize = 4_096;

const POOLS: PoolSizes = PoolSizes {
    admin: 1,
    writer: 6,
    projector: 1,
    reader: 4,
    api: 1,
    api_statement_timeout: Role::API_STATEMENT_TIMEOUT,
};

/// Runs until standard input ends.
///
/// # Errors
/// When it cannot start, or a task broke.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let connect = PgConnectOptions::from_str(&options.url)?.socket(&options.socket);
    let pools = Pools::connect(connect.clone(), POOLS).await?;
    let signals = LaneSignals::new();
    let appended = Arc::clone(&signals);
    let on_append = Arc::new(move |lane, position| appended.appended(lane, position));
    let ending = CancellationToken::new();
    tokio::spawn(listener::run(Arc::clone(&signals), connect.clone(), ending.clone()));
    let log =
        PgLog::start(&connect, &pools, on_append, installation_key(), AppenderOptions::default())
            .await?;
    // A small cache, so that streams are loaded again and again while others write them.
    let bus_options = BusOptions { cached_streams: 200, ..BusOptions::default() };
    let shared_log: Arc<dyn EventLog> = log.clone();
    let bus = CommandBus::new(shared_log, installation_key(), Arc::new(SystemClock), bus_options);

    let (lines, receiver) = mpsc::channel(LINES);
    let writer = std::thread::spawn(move || write_lines(receiver));
    let stop = stop_at_end_of_input();
    lines.send(Line::Ready).await.context("nobody listens")?;

    let load = Arc::new(Load::new(bus, World { seed: options.seed }, options.child, lines.clone()));
    let tasks: Vec<_> = (0..options.tasks)
        .map(|task| tokio::spawn(Arc::clone(&load).work(task, Arc::clone(&stop))))
        .collect();
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        lines.send(Line::Stats(stats(&log))).await.context("nobody listens")?;
    }
    for task in tasks {
        task.await.context("a task broke")??;
    }
    lines.send(Line::Stats(stats(&log))).await.context("nobody listens")?;
    ending.cancel();
    drop((lines, load));
    writer.join().map_err(|_| anyhow::anyhow!("the writer broke"))??;
    Ok(())
}

fn write_lines(mut lines: mpsc::Receiver<Line>) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some(line) = lines.blocking_recv() {
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
        if lines.is_empty() {
            out.flush()?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Becomes true when the parent closes our standard input, or is gone.
fn stop_at_end_of_input() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    std::thread::spawn(move || {
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).ok();
        raised.store(true, Ordering::Relaxed);
    });
    stop
}

fn stats(log: &PgLog) -> Stats {
    let stats = log.stats();
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    Stats {
        batches: read(&stats.batches),
        appends: read(&stats.appends),
        unknown_committed: read(&stats.unknown_committed),
        unknown_absent: read(&stats.unknown_absent),
        retried: read(&stats.retried),
        poisoned: read(&stats.poisoned),
    }
}
