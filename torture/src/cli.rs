//! The command line. Exit codes: 0 every property held, 1 one was violated, 2 the torture
//! itself could not run.

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::{all, calls, kill, ledger, log, rebuild, sagas, send};

/// Breaks Bitácora on purpose, by seed, and checks that nothing was lost.
#[derive(Debug, Parser)]
#[command(name = "bitacora-torture")]
pub struct Cli {
    /// `all` when none is given.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    all: all::Options,
    /// Prints the report as one JSON document instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything, with the numbers that count, and the control run.
    All(all::Options),
    /// Two processes append through a proxy that cuts connections around COMMIT.
    Log(log::Options),
    /// One of those processes; started by `log`.
    #[command(hide = true)]
    LogChild(log::child::Options),
    /// The server is killed with -9 under webhook load, again and again.
    Kill(kill::Options),
    /// Every view is rebuilt under write load.
    Rebuild(rebuild::Options),
    /// Random commands to the credit ledger and to a naive one, a million of them.
    Ledger(ledger::Options),
    /// Messages leave through a provider under faults, and the server is killed in mid-send.
    Send(send::Options),
    /// Payments, deliveries of leads and calls, and the server is killed while money moves.
    Sagas(sagas::Options),
    /// Calls leave through a carrier under faults, and the server is killed while it dials.
    Calls(calls::Options),
}

/// Runs what was asked; false when a property was violated.
///
/// # Errors
/// When the torture itself could not run.
pub fn run(cli: Cli) -> anyhow::Result<bool> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("TORTURE_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error")),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime")?;
    let report = runtime.block_on(async {
        match cli.command.unwrap_or(Command::All(cli.all)) {
            Command::All(options) => tokio::task::block_in_place(|| all::run(&options)).map(Some),
            Command::Log(options) => log::run(options).await.map(Some),
            Command::LogChild(options) => log::child::run(options).await.map(|()| None),
            Command::Kill(options) => kill::run(options).await.map(Some),
            Command::Rebuild(options) => rebuild::run(options).await.map(Some),
            Command::Ledger(options) => ledger::run(options).await.map(Some),
            Command::Send(options) => send::run(options).await.map(Some),
            Command::Sagas(options) => sagas::run(options).await.map(Some),
            Command::Calls(options) => calls::run(options).await.map(Some),
        }
    })?;
    let Some(report) = report else { return Ok(true) };
    if cli.json {
        report.print_json()?;
    } else {
        report.print_table()?;
    }
    Ok(report.passed())
}
