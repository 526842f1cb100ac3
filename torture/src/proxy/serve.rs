//! One connection through the proxy.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use super::Shared;
use super::dice::{Dice, Fate};
use super::framing::{Framer, Side, backend_pid, is_commit, is_ready};

/// How long a swallowed answer is waited for.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// The connection is over: closed by one side, or by the dice.
struct Over;

impl<E: std::error::Error> From<E> for Over {
    fn from(_: E) -> Self {
        Self
    }
}

/// Both ends of a connection.
struct Link<'a, C, S> {
    client: C,
    server: S,
    dice: Dice,
    shared: &'a Shared,
    serial: u64,
}

/// Forwards both ways until somebody, or the dice, ends it.
pub(super) async fn serve<C, S>(client: C, server: S, dice: Dice, shared: &Shared, serial: u64)
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut link = Link { client, server, dice, shared, serial };
    let (mut said, mut answered) = (Framer::new(Side::Client), Framer::new(Side::Server));
    loop {
        let step = tokio::select! {
            read = link.client.read_buf(&mut said.buffer) => match read {
                Ok(1..) => link.forward_all(&mut said).await,
                Ok(0) | Err(_) => Err(Over),
            },
            read = link.server.read_buf(&mut answered.buffer) => match read {
                Ok(1..) => link.answer_all(&mut answered).await,
                Ok(0) | Err(_) => Err(Over),
            },
        };
        if step.is_err() {
            return;
        }
    }
}

impl<C, S> Link<'_, C, S>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    async fn forward_all(&mut self, said: &mut Framer) -> Result<(), Over> {
        while let Some(message) = said.next().map_err(|_| Over)? {
            let commit = is_commit(&message);
            let stats = &self.shared.stats;
            if commit {
                count(&stats.commits);
            }
            match self.throw(commit) {
                Fate::Pass => {}
                Fate::Stall(pause) => {
                    count(if commit { &stats.stalled_commits } else { &stats.stalls });
                    sleep(pause).await;
                }
                Fate::CutBefore => {
                    count(if commit { &stats.cut_before_commit } else { &stats.cut_elsewhere });
                    return Err(Over);
                }
                Fate::CutInside => {
                    count(&stats.cut_elsewhere);
                    self.server.write_all(message.get(..message.len() / 2).unwrap_or(&[])).await?;
                    return Err(Over);
                }
                fate @ (Fate::CutAfter | Fate::CutAtAnswer) => {
                    count(&stats.cut_after_commit);
                    self.server.write_all(&message).await?;
                    if fate == Fate::CutAtAnswer {
                        self.swallow_answer().await;
                    }
                    return Err(Over);
                }
            }
            self.server.write_all(&message).await?;
        }
        Ok(())
    }

    async fn answer_all(&mut self, answered: &mut Framer) -> Result<(), Over> {
        while let Some(message) = answered.next().map_err(|_| Over)? {
            if let Some(pid) = backend_pid(&message) {
                let mut open = self.shared.backends.lock().unwrap_or_else(PoisonError::into_inner);
                open.insert(self.serial, pid);
            }
            match self.throw(false) {
                Fate::Pass => {}
                Fate::Stall(pause) => {
                    count(&self.shared.stats.stalls);
                    sleep(pause).await;
                }
                Fate::CutBefore | Fate::CutAfter | Fate::CutAtAnswer => {
                    count(&self.shared.stats.cut_elsewhere);
                    return Err(Over);
                }
                Fate::CutInside => {
                    count(&self.shared.stats.cut_elsewhere);
                    self.client.write_all(message.get(..message.len() / 2).unwrap_or(&[])).await?;
                    return Err(Over);
                }
            }
            self.client.write_all(&message).await?;
        }
        Ok(())
    }

    fn throw(&mut self, commit: bool) -> Fate {
        if !self.shared.armed.load(Ordering::Relaxed) {
            return Fate::Pass;
        }
        if commit { self.dice.commit() } else { self.dice.other() }
    }

    /// Waits until the server has answered, and keeps the answer.
    async fn swallow_answer(&mut self) {
        let mut answer = Framer::new(Side::Server);
        let waiting = async {
            while let Ok(1..) = self.server.read_buf(&mut answer.buffer).await {
                while let Ok(Some(message)) = answer.next() {
                    if is_ready(&message) {
                        return;
                    }
                }
            }
        };
        // Whatever the server did in the meantime, the client never hears of it.
        timeout(ANSWER_PATIENCE, waiting).await.ok();
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
