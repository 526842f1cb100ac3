//! The command line. Exit codes: 0 every hard floor held, 1 one did not, 2 the bench itself
//! could not run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::cluster::Cluster;
use crate::machine::Machine;
use crate::report::Report;
use crate::table::Line;
use crate::{append, idle, live, load, size, webhook};

/// Measures Bitácora beside its peers, on a throw-away Postgres with durable settings.
#[derive(Debug, Parser)]
#[command(name = "bitacora-bench")]
pub(crate) struct Cli {
    /// What to measure; everything when none is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The server's binary.
    #[arg(long, default_value = "target/release/bitacora")]
    binary: PathBuf,
    /// Folder of the peers' programs.
    #[arg(long, default_value = "bench/peers")]
    peers: PathBuf,
    /// Folder of the results.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
    /// Events in the large log of P12. The table tells how many there were.
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// Short durations, nothing is written: proves that the bench works, not what it measures.
    #[arg(long)]
    quick: bool,
}

/// Parts of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// P1, P2, P3.
    Append,
    /// P4.
    Webhook,
    /// P5, P6.
    Live,
    /// P11.
    Load,
    /// P14.
    Idle,
    /// P12.
    Size,
}

impl Part {
    /// In the order in which they run: the large log last, so that nothing else is measured on
    /// what it leaves in the page cache.
    const ALL: [Self; 6] =
        [Self::Append, Self::Webhook, Self::Live, Self::Load, Self::Idle, Self::Size];

    const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Webhook => "webhook",
            Self::Live => "live",
            Self::Load => "load",
            Self::Idle => "idle",
            Self::Size => "size",
        }
    }
}

/// How to measure.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) binary: PathBuf,
    pub(crate) peers: PathBuf,
    pub(crate) events: u64,
    pub(crate) quick: bool,
}

impl Options {
    /// How long something is measured, or the eighth of it (one second at least) when quick.
    pub(crate) fn lasting(&self, seconds: u64) -> Duration {
        let seconds = if self.quick { (seconds / 8).max(1) } else { seconds };
        Duration::from_secs(seconds)
    }
}

/// Runs what was asked; false when a hard floor was missed.
pub(crate) fn run(cli: Cli) -> anyhow::Result<bool> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("BENCH_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error")),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let cluster = Cluster::start().await?;
        let outcome = tokio::select! {
            outcome = measure(cli, &cluster) => outcome,
            _ = terminate.recv() => Err(anyhow::anyhow!("terminated")),
            _ = interrupt.recv() => Err(anyhow::anyhow!("interrupted")),
        };
        // Also after a failure: gigabytes must not stay behind.
        cluster.remove().await?;
        outcome
    })
}

async fn measure(cli: Cli, cluster: &Cluster) -> anyhow::Result<bool> {
    let (begin, now) = (Instant::now(), SystemClock.now());
    let all = cli.parts.is_empty();
    let parts = if all { Part::ALL.to_vec() } else { cli.parts };
    let (binary, peers, events) = (cli.binary, cli.peers, cli.events);
    let options = Options { binary, peers, events, quick: cli.quick };
    let machine = Machine::look(cluster).await?;
    let mut lines = Vec::new();
    for part in &parts {
        eprintln!("{} …", part.name());
        let since = Instant::now();
        let measured = measure_part(*part, cluster, &options).await;
        lines.extend(measured.with_context(|| format!("bench {}", part.name()))?);
        eprintln!("{}: {:.0} s", part.name(), since.elapsed().as_secs_f64());
    }
    let report = Report {
        started_at: now.to_rfc3339(),
        seconds: begin.elapsed().as_secs_f64(),
        quick: options.quick,
        machine,
        lines: lines.into_iter().map(Into::into).collect(),
    };
    report.print()?;
    if !options.quick {
        let date = now.date_naive().to_string();
        let names: Vec<_> = parts.iter().map(|part| part.name()).collect();
        let name = if all { date } else { format!("{date}-{}", names.join("-")) };
        report.write(&cli.results, &name)?;
    }
    Ok(report.floors_hold())
}

async fn measure_part(
    part: Part,
    cluster: &Cluster,
    options: &Options,
) -> anyhow::Result<Vec<Line>> {
    match part {
        Part::Append => append::measure(cluster, options).await,
        Part::Webhook => webhook::measure(cluster, options).await,
        Part::Live => live::measure(cluster, options).await,
        Part::Load => load::measure(cluster, options).await,
        Part::Idle => idle::measure(cluster, options).await,
        Part::Size => size::measure(cluster, options).await,
    }
}
