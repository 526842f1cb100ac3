//! Postgres, managed by the binary: when no `DATABASE_URL` is set, a server that is installed on
//! this machine is given a data directory, a private socket and small settings, and runs as long
//! as somebody uses it.
//!
//! What it must survive, and how:
//! - *two processes start at once*: one at a time ([`lock`]), the second joins the first's server;
//! - *`kill -9` of its owner*: the server goes on as an orphan. The next start finds it through
//!   its pid file, sees it answer and adopts it; nobody's locks are left, the kernel took them;
//! - *`kill -9` of the server, power loss*: a stale pid file is recognised and removed, Postgres
//!   recovers by itself;
//! - *`kill -9` in the middle of `initdb`*: [`cluster`] starts over;
//! - *`kill -9` of a test run*: the next one removes its ephemeral server;
//! - *Ctrl-C*: reaches only us (own process group), we stop the server when we are done;
//! - *root, deep paths*: [`places`].

mod binaries;
mod cluster;
mod error;
mod lock;
mod memory;
mod places;
mod server;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

pub use binaries::{Binaries, INSTALL, OLDEST_MAJOR, Search};
pub use error::ManagedError;
use lock::{StartLock, UserLock};
use places::Places;

/// Names the socket file; nothing listens on TCP.
const PORT: u16 = 5432;
/// The superuser inside the server; only reachable through the private socket.
const SUPERUSER: &str = "bitacora";
/// Recovery after a crash may take a while.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// After this, a running server without a socket is taken for unreachable.
const SOCKET_WITHIN: Duration = Duration::from_secs(5);
/// Sessions of a killed server need a moment to notice, and until then it cannot start again.
const START_ATTEMPTS: u32 = 5;
const POLL: Duration = Duration::from_millis(50);

/// What to manage.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names the installation; the data is in it, unless we are root (see [`places`]).
    pub state_dir: PathBuf,
    /// For tests: fast instead of durable, more connections, and the data is removed when the
    /// last user stops.
    pub ephemeral: bool,
}

/// A running server that we use. [`stop`](Self::stop) it; dropping it does so too, as well as it
/// can.
#[derive(Debug)]
pub struct ManagedPostgres {
    places: Places,
    ephemeral: bool,
    adopted: bool,
    /// `None` once stopped.
    user: Option<UserLock>,
}

impl ManagedPostgres {
    /// Starts the server, or joins the one that already runs for this state directory. The first
    /// start makes the data directory, which takes a few seconds.
    pub async fn start(settings: &Settings) -> Result<Self, ManagedError> {
        Self::start_with(settings, &Search::default()).await
    }

    /// [`start`](Self::start) with servers from other places.
    pub async fn start_with(settings: &Settings, search: &Search) -> Result<Self, ManagedError> {
        let (settings, search) = (settings.clone(), search.clone());
        let ephemeral = settings.ephemeral;
        let (places, lock, user, binaries) = blocking(move || prepare(&settings, &search)).await?;
        let mut this = Self { places, ephemeral, adopted: false, user: Some(user) };
        // On failure `this` must leave and stop, for which it needs the start lock again.
        let started = this.run(&binaries).await;
        drop(lock);
        match started {
            Ok(()) => Ok(this),
            Err(error) => {
                this.stop().await.ok(); // the first error says more
                Err(error)
            }
        }
    }

    /// How to connect to one of its databases as superuser.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.places.sockets)
            .port(PORT)
            .username(SUPERUSER)
            .database(database)
    }

    /// [`connect_options`](Self::connect_options) as a URL, for child processes.
    pub fn url(&self, database: &str) -> String {
        self.connect_options(database).to_url_lossy().to_string()
    }

    /// Creates a database unless it exists.
    pub async fn ensure_database(&self, name: &str) -> Result<(), ManagedError> {
        let mut connection = PgConnection::connect_with(&self.connect_options("postgres")).await?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await?;
        if !exists {
            let quoted = name.replace('"', "\"\"");
            let sql = format!(r#"create database "{quoted}" template template0"#);
            match connection.execute(sqlx::raw_sql(&sql)).await {
                Ok(_) => {}
                // 42P04, or 23505 in a close race: another process was first
                Err(sqlx::Error::Database(error))
                    if matches!(error.code().as_deref(), Some("42P04" | "23505")) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(connection.close().await?)
    }

    /// Whether the server was already running when we started.
    pub const fn adopted(&self) -> bool {
        self.adopted
    }

    /// Stops using the server, and stops it when nobody else uses it. Cuts off open sessions.
    pub async fn stop(mut self) -> Result<(), ManagedError> {
        let leaving = self.leaving();
        blocking(leaving).await
    }

    /// What [`stop`](Self::stop) does, once.
    fn leaving(&mut self) -> impl FnOnce() -> Result<(), ManagedError> + Send + 'static {
        let (user, places, ephemeral) = (self.user.take(), self.places.clone(), self.ephemeral);
        move || {
            let Some(user) = user else { return Ok(()) };
            let _lock = StartLock::acquire(&places.base)?;
            if user.leave() {
                server::stop(&places)?;
                if ephemeral {
                    places.remove();
                }
            }
            Ok(())
        }
    }

    async fn run(&mut self, binaries: &Binaries) -> Result<(), ManagedError> {
        if let Some(pid) = server::running(&self.places)? {
            self.adopted = self.adopt(pid).await?;
            if self.adopted {
                return Ok(());
            }
        }
        let mut attempt = 1;
        loop {
            let spawned = server::spawn(&self.places, binaries, self.ephemeral)?;
            match self.wait_ready(|| spawned.has_ended()).await {
                Err(ManagedError::Exited { .. }) if attempt < START_ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Joins a server that runs already. `false` when it could not be reached and was stopped,
    /// or has just ended by itself.
    async fn adopt(&self, pid: Pid) -> Result<bool, ManagedError> {
        tracing::info!(pid = server::number(pid), "adopting the postgres that runs already");
        let since = Instant::now();
        let lost = || {
            let gone = !matches!(server::running(&self.places), Ok(Some(_)));
            gone || (since.elapsed() > SOCKET_WITHIN && !self.places.socket().exists())
        };
        match self.wait_ready(lost).await {
            Ok(()) => Ok(true),
            Err(ManagedError::Exited { .. }) => {
                let places = self.places.clone();
                blocking(move || server::stop(&places)).await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits until the server answers; `Exited` as soon as `lost` says that it will not.
    async fn wait_ready(&self, lost: impl Fn() -> bool) -> Result<(), ManagedError> {
        let since = Instant::now();
        loop {
            match PgConnection::connect_with(&self.connect_options("postgres")).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) => tracing::trace!(%error, "postgres is not ready"),
            }
            if lost() {
                return Err(ManagedError::Exited { log: server::log_tail(&self.places) });
            }
            if since.elapsed() > READY_WITHIN {
                let log = server::log_tail(&self.places);
                return Err(ManagedError::NotReady { seconds: READY_WITHIN.as_secs(), log });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for ManagedPostgres {
    fn drop(&mut self) {
        if self.user.is_some()
            && let Err(error) = self.leaving()()
        {
            tracing::warn!(%error, "managed postgres was not stopped");
        }
    }
}

/// Everything up to the server's process: directories, locks, data.
fn prepare(
    settings: &Settings,
    search: &Search,
) -> Result<(Places, StartLock, UserLock, Binaries), ManagedError> {
    let installed = search.find()?;
    loop {
        let mut places = Places::prepare(&settings.state_dir)?;
        let lock = StartLock::acquire(&places.base)?;
        if !lock.is_current(&places.base) {
            continue; // removed with an ephemeral server while we waited
        }
        let user = UserLock::join(&places.base)?;
        places.declare(settings.ephemeral)?;
        if settings.ephemeral {
            remove_abandoned(&places);
        }
        let binaries = cluster::ensure(&places, &installed, settings.ephemeral)?;
        return Ok((places, lock, user, binaries));
    }
}

/// Ephemeral servers whose owners were killed: nobody would ever come back to adopt them, since
/// each test run has a directory of its own.
fn remove_abandoned(places: &Places) {
    for other in places.other_ephemerals() {
        let Some(_lock) = StartLock::of_abandoned(&other.base) else { continue };
        match server::stop(&other) {
            Ok(()) => other.remove(),
            Err(error) => tracing::warn!(%error, "an abandoned test server was left running"),
        }
    }
}

/// Runs blocking work beside the async runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ManagedError> + Send + 'static,
) -> Result<T, ManagedError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(ManagedError::Files {
            what: "work in",
            path: PathBuf::from("a thread"),
            source: std::io::Error::other(error),
        }),
    }
}
