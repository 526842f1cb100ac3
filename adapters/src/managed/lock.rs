//! Who uses a managed server, as file locks: the kernel lets go of them when a process dies,
//! however it dies, so nobody has to clean up.
//!
//! - `start.lock`, exclusive: held while starting or stopping, so that those never overlap.
//! - `users.lock`, shared: held as long as one uses the server. Whoever can turn it into an
//!   exclusive lock is the last user and may stop the server.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::{At as _, ManagedError};

const POLL: Duration = Duration::from_millis(20);
/// Longer than a first start with `initdb` on a slow disk.
const PATIENCE: Duration = Duration::from_mins(2);

/// The right to start or stop the server; given back when dropped (closing the file unlocks it).
#[derive(Debug)]
pub(super) struct StartLock(File);

/// Our entry among the server's users; given back when dropped.
#[derive(Debug)]
pub(super) struct UserLock(File);

impl StartLock {
    /// Waits for whoever is starting or stopping the server. Blocks the thread.
    pub(super) fn acquire(base: &Path) -> Result<Self, ManagedError> {
        let path = base.join("start.lock");
        let file = open(&path)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(error).at("lock", &path),
                Err(TryLockError::WouldBlock) if since.elapsed() > PATIENCE => {
                    return Err(ManagedError::Busy { path, seconds: PATIENCE.as_secs() });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(POLL),
            }
        }
    }

    /// The lock of a server that nobody is starting, stopping or using.
    pub(super) fn of_abandoned(base: &Path) -> Option<Self> {
        let start = open(&base.join("start.lock")).ok()?;
        let users = open(&base.join("users.lock")).ok()?;
        (start.try_lock().is_ok() && users.try_lock().is_ok()).then_some(Self(start))
    }

    /// Whether the lock file is still there: who stops an ephemeral server removes it, and then
    /// whoever waited for the lock holds one on a file that nobody else will ever see.
    pub(super) fn is_current(&self, base: &Path) -> bool {
        let there = std::fs::metadata(base.join("start.lock")).map(|file| file.ino());
        matches!((self.0.metadata(), there), (Ok(held), Ok(there)) if held.ino() == there)
    }
}

impl UserLock {
    /// Joins the users. Never waits long: exclusive holders hold the start lock, and so do we.
    pub(super) fn join(base: &Path) -> Result<Self, ManagedError> {
        let path = base.join("users.lock");
        let file = open(&path)?;
        file.lock_shared().at("lock", &path)?;
        Ok(Self(file))
    }

    /// Leaves the users; whether we were the last. Tried for a moment, because a process that is
    /// being spawned holds copies of its parent's files until it runs its program.
    pub(super) fn leave(self) -> bool {
        let left = self.0.unlock().is_ok();
        (0..5).any(|attempt| {
            if attempt > 0 {
                std::thread::sleep(POLL);
            }
            left && self.0.try_lock().is_ok()
        })
    }
}

fn open(path: &Path) -> Result<File, ManagedError> {
    File::options().create(true).truncate(false).write(true).open(path).at("open", path)
}
