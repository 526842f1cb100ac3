//! The real server as a process, and the command line that prepares it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use crate::cluster::Cluster;
use crate::http::Connection;

/// Secret with which webhooks are signed, for ours and for the peer.
pub(crate) const APP_SECRET: &str = "banco-secreto-de-la-app";
/// How long a program may take to start, to stop, or to do what it was asked.
const PATIENCE: Duration = Duration::from_mins(1);

/// How to run the server on a database.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    binary: PathBuf,
    database: String,
    state: PathBuf,
    port: u16,
}

/// A tenant that was made for the bench.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    /// Meta's id of its number.
    pub(crate) phone_number_id: String,
    /// Token of a user.
    pub(crate) token: String,
    /// Behind its creation: from where to follow it.
    pub(crate) cursor: String,
}

impl Installation {
    pub(crate) fn new(
        binary: &std::path::Path,
        cluster: &Cluster,
        database: &str,
    ) -> anyhow::Result<Self> {
        ensure!(binary.exists(), "there is no {}: build it first", binary.display());
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let state = std::env::temp_dir().join("bitacora-bench").join(database);
        Ok(Self { binary: binary.to_owned(), database: cluster.url(database), state, port })
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
            .env("WHATSAPP_VERIFY_TOKEN", "banco-token")
            .env("BITACORA_LOG", "error")
            .kill_on_drop(true);
        command
    }

    /// Runs a subcommand and returns the JSON that it prints.
    async fn cli(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let run = self.command().arg("--json").args(arguments).output();
        let output = timeout(PATIENCE, run).await.context("the command line hangs")??;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "bitacora {arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("bitacora {arguments:?} prints no JSON"))
    }

    /// Brings the database up to date and makes two tenants with a number each. New tenants
    /// get the emptiest lane, so they live in two.
    pub(crate) async fn prepare(&self) -> anyhow::Result<Vec<Tenant>> {
        let mut tenants = Vec::new();
        for (slug, phone_number_id, phone) in [
            ("optica", "210987654321098", "+54 9 11 5550-1234"),
            ("ferreteria", "210987654321099", "+54 9 11 5550-1235"),
        ] {
            let created = self.cli(&["tenant", "create", slug, "--name", slug]).await?;
            let number = ["--phone-number-id", phone_number_id, "--display-phone", phone];
            let connect = [&["tenant", "connect", slug], number.as_slice()].concat();
            self.cli(&connect).await?;
            let token = self.cli(&["token", slug]).await?;
            let text =
                |of: &Value, field: &str| of.get(field).and_then(Value::as_str).map(str::to_owned);
            tenants.push(Tenant {
                phone_number_id: phone_number_id.to_owned(),
                token: text(&token, "token").context("no token")?,
                cursor: text(&created, "cursor").context("no cursor")?,
            });
        }
        Ok(tenants)
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn serve(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        let mut child = self
            .command()
            .args(["--json", "serve"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("the server cannot be started")?;
        let since = Instant::now();
        while !self.is_ready().await {
            let ended = child.try_wait()?;
            ensure!(ended.is_none(), "the server ended by itself: {ended:?}");
            ensure!(since.elapsed() < PATIENCE, "the server does not get ready");
            sleep(Duration::from_millis(2)).await;
        }
        let ready = since.elapsed();
        let documents = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Server { child, ready, documents })
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(&self.address()).await else { return false };
        connection.get("/readyz").await.is_ok_and(|status| status == 200)
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// From the start of the process to the first `/readyz` of 200.
    pub(crate) ready: Duration,
    documents: BufReader<ChildStdout>,
}

impl Server {
    /// Waits for a printed document of this kind.
    pub(crate) async fn wait_for(&mut self, event: &str) -> anyhow::Result<Value> {
        let mut line = String::new();
        loop {
            line.clear();
            let read = timeout(PATIENCE, self.documents.read_line(&mut line));
            let read = read.await.with_context(|| format!("no {event:?} was printed"))??;
            ensure!(read > 0, "the server ended before {event:?}");
            let document: Value = serde_json::from_str(&line)?;
            if document.get("event").and_then(Value::as_str) == Some(event) {
                return Ok(document);
            }
        }
    }

    /// Resident memory in MiB.
    pub(crate) fn rss_mib(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no RSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// Stops it as an operator does.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended")?;
        let pid = Pid::from_raw(i32::try_from(id)?).context("no process id")?;
        kill_process(pid, Signal::TERM)?;
        timeout(PATIENCE, self.child.wait()).await.context("the server does not stop")??;
        Ok(())
    }
}
