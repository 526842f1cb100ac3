//! What `make torture` runs: every torture with the numbers that count, each in a process of
//! its own, and the control run, which has to fail.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use clap::Args;

use crate::report::Report;

/// The whole programme.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// First of the three seeds.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Seconds of each torture of the log.
    #[arg(long, default_value_t = 90)]
    pub seconds: u64,
    /// Kills of the server.
    #[arg(long, default_value_t = 100)]
    pub rounds: u64,
    /// The torture built without the head lock; without it there is no control run, and the
    /// programme fails.
    #[arg(long, default_value = "target/control/debug/bitacora-torture")]
    pub control: PathBuf,
}

/// Runs everything, one after the other; goes on after a failure, so that one look shows all.
///
/// # Errors
/// When a run cannot be started.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let mut report = Report::new("all", options.seed);
    let own = std::env::current_exe()?;
    let seconds = options.seconds.to_string();
    for seed in options.seed..options.seed + 3 {
        let seed = seed.to_string();
        let passed = passes(&own, &["log", "--seed", &seed, "--seconds", &seconds])?;
        report.require("the log", passed, || format!("seed {seed}"));
    }
    let seed = options.seed.to_string();
    let passed = passes(&own, &["rebuild", "--seed", &seed])?;
    report.require("rebuilds", passed, || format!("seed {seed}"));
    let server = own.with_file_name("bitacora");
    let server = server.to_str().context("the path of the server is not text")?;
    let rounds = options.rounds.to_string();
    let arguments = ["kill", "--seed", &seed, "--rounds", &rounds, "--binary", server];
    report.require("kills", passes(&own, &arguments)?, || format!("seed {seed}"));
    let arguments = ["send", "--seed", &seed, "--binary", server];
    report.require("messages out", passes(&own, &arguments)?, || format!("seed {seed}"));
    let arguments = ["sagas", "--seed", &seed, "--binary", server];
    report.require("money", passes(&own, &arguments)?, || format!("seed {seed}"));
    let arguments = ["calls", "--seed", &seed, "--binary", server];
    report.require("calls out", passes(&own, &arguments)?, || format!("seed {seed}"));
    let passed = passes(&own, &["ledger", "--seed", &seed])?;
    report.require("the credit ledger", passed, || format!("seed {seed}"));
    let property = "the control run without the head lock fails";
    let caught = options.control.exists()
        && fails(&options.control, &["log", "--seed", &seed, "--seconds", "30"])?;
    report.require(property, caught, || {
        format!("{} was not caught, or is not there", options.control.display())
    });
    Ok(report)
}

fn passes(binary: &Path, arguments: &[&str]) -> anyhow::Result<bool> {
    Ok(exit_code(binary, arguments)? == Some(0))
}

/// Found violations, and did not just break.
fn fails(binary: &Path, arguments: &[&str]) -> anyhow::Result<bool> {
    Ok(exit_code(binary, arguments)? == Some(1))
}

fn exit_code(binary: &Path, arguments: &[&str]) -> anyhow::Result<Option<i32>> {
    writeln!(std::io::stdout(), "\n== {} {}", binary.display(), arguments.join(" "))?;
    let mut command = Command::new(binary);
    let status = command.args(arguments).stdin(Stdio::null()).status();
    Ok(status.with_context(|| format!("{} cannot be started", binary.display()))?.code())
}
