//! Child processes that never outlive the run, and the signals that torment them.

use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

/// A running child; killed with this value, also when it is stopped.
#[derive(Debug)]
pub struct Victim {
    child: Child,
    pid: Pid,
}

impl Victim {
    /// Takes charge of a child.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn new(child: Child) -> anyhow::Result<Self> {
        let id = child.id().context("the child has ended already")?;
        let pid = Pid::from_raw(i32::try_from(id)?).context("no process id")?;
        Ok(Self { child, pid })
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the child is gone.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        kill_process(self.pid, signal).context("the child is gone")
    }

    /// Kills it the hard way and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::KILL)?;
        tokio::time::timeout(Duration::from_secs(10), self.child.wait())
            .await
            .context("a killed child does not go")??;
        Ok(())
    }

    /// Waits for its own end; true when it was a good one.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn finish(&mut self, within: Duration) -> anyhow::Result<bool> {
        let status = tokio::time::timeout(within, self.child.wait())
            .await
            .context("a child does not end")??;
        Ok(status.success())
    }
}
