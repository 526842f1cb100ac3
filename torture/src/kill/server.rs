//! The real server as a process that can be killed, and the command line that prepares it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use sqlx::PgPool;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::process::Victim;

/// Secret with which the webhooks of this run are signed.
pub(crate) const APP_SECRET: &str = "tortura-secreto-de-la-app";
/// How long the server may take until it listens.
const START: Duration = Duration::from_mins(1);
/// How long a command line may take.
const COMMAND: Duration = Duration::from_mins(1);

/// Ports to listen on: below those that systems give to whoever connects (from 32768 on Linux).
/// One of those may be taken while the server is down; and whoever asks such a port again and again
/// whether somebody listens can be connected with himself, and keep the server from it.
const PORTS: std::ops::Range<u32> = 12_000..32_000;

/// A port that nobody listens on. Processes begin to look at different ones.
fn free_port() -> Option<u16> {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() * 17;
    (0..1_000).find_map(|_| {
        let next = first + TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(PORTS.start + next % (PORTS.end - PORTS.start)).ok()?;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    })
}

/// How to run the binary for this database.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    binary: PathBuf,
    database: String,
    state: PathBuf,
    port: u16,
    settings: Vec<(&'static str, String)>,
}

impl Installation {
    /// Picks a free port.
    pub(crate) fn new(binary: &Path, database: String, state: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(binary.exists(), "there is no {}: build it first", binary.display());
        let port = free_port().context("no port is free")?;
        Ok(Self {
            binary: binary.to_owned(),
            database,
            state: state.join("state"),
            port,
            settings: Vec::new(),
        })
    }

    /// The same with a further setting.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env("DATABASE_URL", &self.database)
            .env("BITACORA_STATE_DIR", &self.state)
            .env("BITACORA_BIND", self.address())
            .env("BITACORA_JWT_SECRET", "j".repeat(40))
            .env("BITACORA_INSTALLATION_KEY", "5a".repeat(32))
            .env("WHATSAPP_APP_SECRET", APP_SECRET)
            .env("WHATSAPP_VERIFY_TOKEN", "tortura-token")
            .env("BITACORA_LOG", "error")
            .envs(self.settings.iter().map(|(name, value)| (*name, value.as_str())))
            .kill_on_drop(true);
        command
    }

    /// Runs a subcommand and returns the JSON that it prints.
    pub(crate) async fn cli(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let run = self.command().arg("--json").args(arguments).output();
        let output = timeout(COMMAND, run).await.context("the command line hangs")??;
        anyhow::ensure!(
            output.status.success(),
            "bitacora {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("bitacora {arguments:?} prints no JSON"))
    }

    /// Discards an effect as an operator does: again when a worker has it at that moment.
    pub(crate) async fn discard_effect(&self, effect: Uuid) -> anyhow::Result<()> {
        for _ in 0..40 {
            match self.cli(&["effects", "discard", &effect.to_string()]).await {
                Ok(_) => return Ok(()),
                Err(busy) if busy.to_string().contains("EFFECT_BUSY") => {
                    sleep(Duration::from_millis(250)).await;
                }
                Err(error) => return Err(error),
            }
        }
        anyhow::bail!("{effect} is always busy")
    }

    /// Starts the server and waits until it listens.
    pub(crate) async fn serve(&self) -> anyhow::Result<Victim> {
        let child = self
            .command()
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .context("the server cannot be started")?;
        let mut victim = Victim::new(child)?;
        let deadline = Instant::now() + START;
        loop {
            if tokio::net::TcpStream::connect(self.address()).await.is_ok() {
                return Ok(victim);
            }
            let ended = victim.child().try_wait()?;
            anyhow::ensure!(ended.is_none(), "the server ended by itself: {ended:?}");
            anyhow::ensure!(Instant::now() < deadline, "the server does not listen");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Ends the leases of a server that is dead for certain, instead of waiting for their time.
pub(crate) async fn end_leases(admin: &PgPool) -> anyhow::Result<()> {
    let sql = "update effects.queue set lease_until = now() - interval '1 second'
               where lease_until is not null";
    sqlx::query(sql).execute(admin).await?;
    Ok(())
}
