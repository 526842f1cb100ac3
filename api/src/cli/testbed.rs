//! `bitacora testbed -- <command…>`: runs a command with a throw-away Postgres.
//!
//! The server lives in a directory of its own below the system's temporary one and goes away
//! with it. The command finds it in `BITACORA_TEST_ADMIN_URL`, and its exit code is ours.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use bitacora_adapters::admin;
use bitacora_adapters::managed::{ManagedPostgres, Settings};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command and its arguments.
    #[arg(required = true, last = true)]
    command: Vec<String>,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        context.config()?;
        let (program, arguments) =
            self.command.split_first().ok_or_else(|| Failure::usage("no command"))?;
        let folder = format!("bitacora-testbed-{}", std::process::id());
        let state_dir = std::env::temp_dir().join(folder);
        let settings = Settings { state_dir: state_dir.clone(), ephemeral: true };
        let postgres = ManagedPostgres::start(&settings).await?;
        let url = admin::url(&postgres.connect_options("postgres"));
        let outcome = run_child(program, arguments, &url).await;
        postgres.stop().await?;
        // The data went with the server; what is left is empty.
        let _ = std::fs::remove_dir_all(&state_dir);
        outcome
    }
}

/// Runs the command to its end. A Ctrl-C goes to the whole process group, so the command gets it
/// too; a TERM comes to us alone and is passed on. Either way we wait and then stop Postgres.
async fn run_child(program: &str, arguments: &[String], url: &str) -> Result<Exit, Failure> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("BITACORA_TEST_ADMIN_URL", url)
        .stdin(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::usage(format!("cannot run {program}: {error}")))?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => child.start_kill()?,
        }
    };
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Ok(Exit::Forwarded(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(70)))
}
