//! A proxy on a Unix socket in front of the real Postgres. It understands the wire protocol
//! just enough to recognise the simple query `commit`, and breaks things by seeded dice.

mod dice;
mod framing;
mod serve;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;

use self::dice::Dice;
pub use self::dice::Odds;

/// How often each fault fired.
#[derive(Debug, Default)]
pub struct ProxyStats {
    /// Connections accepted.
    pub connections: AtomicU64,
    /// COMMITs seen.
    pub commits: AtomicU64,
    /// Cut before COMMIT was forwarded.
    pub cut_before_commit: AtomicU64,
    /// COMMIT forwarded, the answer swallowed.
    pub cut_after_commit: AtomicU64,
    /// Cut somewhere else, also in the middle of a message.
    pub cut_elsewhere: AtomicU64,
    /// COMMIT held back for a while, with the lane locked.
    pub stalled_commits: AtomicU64,
    /// Other messages held back for a while.
    pub stalls: AtomicU64,
}

/// What the connections of a proxy share.
#[derive(Debug, Default)]
struct Shared {
    stats: ProxyStats,
    armed: AtomicBool,
    /// Server process ids of the open connections, by serial of the connection.
    backends: Mutex<HashMap<u64, i32>>,
}

/// A listening proxy; it stops with this value.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

/// Where the real server listens.
#[derive(Clone, Debug)]
enum Upstream {
    Unix(std::path::PathBuf),
    Tcp(String, u16),
}

impl Upstream {
    fn of(options: &PgConnectOptions) -> Self {
        let port = options.get_port();
        match options.get_socket() {
            Some(directory) => Self::Unix(directory.join(format!(".s.PGSQL.{port}"))),
            None if options.get_host().starts_with('/') => {
                Self::Unix(Path::new(options.get_host()).join(format!(".s.PGSQL.{port}")))
            }
            None => Self::Tcp(options.get_host().to_owned(), port),
        }
    }
}

impl Proxy {
    /// Listens in `directory` as Postgres would, in front of the server of `options`. Harmless
    /// until [`Proxy::arm`].
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(
        directory: &Path,
        options: &PgConnectOptions,
        seed: u64,
        odds: Odds,
    ) -> anyhow::Result<Self> {
        let path = directory.join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = UnixListener::bind(&path).context("the proxy's socket cannot be made")?;
        let shared = Arc::new(Shared::default());
        let upstream = Upstream::of(options);
        let task = tokio::spawn(accept(listener, upstream, Arc::clone(&shared), seed, odds));
        Ok(Self { shared, listener: task })
    }

    /// Faults fire from now on, or no longer.
    pub fn arm(&self, armed: bool) {
        self.shared.armed.store(armed, Ordering::Relaxed);
    }

    /// What happened so far.
    pub fn stats(&self) -> &ProxyStats {
        &self.shared.stats
    }

    /// Server process ids of the connections that are open now.
    pub fn backends(&self) -> Vec<i32> {
        let open = self.shared.backends.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().copied().collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn accept(
    listener: UnixListener,
    upstream: Upstream,
    shared: Arc<Shared>,
    seed: u64,
    odds: Odds,
) {
    for serial in 0_u64.. {
        let Ok((client, _)) = listener.accept().await else { return };
        shared.stats.connections.fetch_add(1, Ordering::Relaxed);
        let (upstream, shared) = (upstream.clone(), Arc::clone(&shared));
        let dice = Dice::new(seed, serial, odds);
        tokio::spawn(async move {
            // A server that does not answer is a fault like any other to the client.
            match upstream {
                Upstream::Unix(path) => {
                    if let Ok(server) = UnixStream::connect(path).await {
                        serve::serve(client, server, dice, &shared, serial).await;
                    }
                }
                Upstream::Tcp(host, port) => {
                    if let Ok(server) = TcpStream::connect((host, port)).await {
                        serve::serve(client, server, dice, &shared, serial).await;
                    }
                }
            }
            shared.backends.lock().unwrap_or_else(PoisonError::into_inner).remove(&serial);
        });
    }
}
