//! The two child processes and the ear that listens to each.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::ledger::Ledger;
use crate::process::Victim;

/// How long a child may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(90);

/// The book, shared with the ears.
#[derive(Clone, Debug, Default)]
pub struct Book(Arc<Mutex<Ledger>>);

impl Book {
    /// Opens the book; a panic elsewhere cannot leave it half written.
    pub fn open(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child and the ear that listens to it.
#[derive(Debug)]
pub struct Kin {
    /// The process.
    pub process: Victim,
    ear: JoinHandle<anyhow::Result<()>>,
}

impl Kin {
    /// Starts child `n`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        n: usize,
        url: &str,
        socket: &Path,
        seed: u64,
        tasks: u64,
        book: Book,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["log-child", "--url", url, "--socket"])
            .arg(socket)
            .args(["--seed", &seed.to_string(), "--child", &n.to_string()])
            .args(["--tasks", &tasks.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("a child cannot be started")?;
        let out = child.stdout.take().context("the child has no output")?;
        let ear = tokio::spawn(async move {
            let mut lines = BufReader::new(out).lines();
            while let Some(line) = lines.next_line().await? {
                let line =
                    serde_json::from_str(&line).with_context(|| format!("child {n}: {line}"))?;
                book.open().take(n, line);
            }
            Ok(())
        });
        Ok(Self { process: Victim::new(child)?, ear })
    }

    /// Tells the child to stop, waits for its end and for the last of its words.
    ///
    /// # Errors
    /// When it does not end well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.process.child().stdin.take());
        let ended_well = self.process.finish(PATIENCE).await?;
        self.ear.await.context("an ear broke")??;
        anyhow::ensure!(ended_well, "a child ended badly");
        Ok(())
    }
}

/// Waits until all children have started their load.
///
/// # Errors
/// When they do not.
pub async fn all_ready(book: &Book, children: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while book.open().ready.len() < children {
        anyhow::ensure!(Instant::now() < deadline, "the children do not start");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
