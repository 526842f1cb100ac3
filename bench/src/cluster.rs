//! A throw-away Postgres that keeps its promises: the managed one of the product, with the
//! settings that the product gives it (fsync and `synchronous_commit` on), for ours and for all
//! peers. Each part has a database of its own; the data is removed at the end.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use bitacora_adapters::managed::{ManagedPostgres, Search, Settings};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};

/// A running server.
#[derive(Debug)]
pub(crate) struct Cluster {
    postgres: ManagedPostgres,
    state: PathBuf,
    /// What belongs to the server: locks, log, data.
    base: PathBuf,
    /// Folder of its socket.
    pub(crate) sockets: String,
    /// Folder of its programs, `pgbench` among them.
    pub(crate) programs: PathBuf,
}

/// Two rounds of it are more than any measurement writes between two checkpoints.
const AGING_MESSAGES: u32 = 800;
const AGING_BYTES: u32 = 1_000_000;

/// Databases that come with a server.
const MAINTENANCE: &str = "postgres";
/// Superuser of a managed server.
pub(crate) const USER: &str = "bitacora";

impl Cluster {
    /// Starts it, from nothing. A server that a killed bench left behind is removed first.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let state = std::env::temp_dir().join("bitacora-bench");
        if state.exists() {
            let owner = std::fs::read_to_string(state.join("pid")).unwrap_or_default();
            let alive = !owner.is_empty() && PathBuf::from(format!("/proc/{owner}")).exists();
            ensure!(!alive, "another bench runs already (process {owner})");
            Self::open(state.clone()).await?.remove().await?;
        }
        let cluster = Self::open(state).await?;
        cluster.check().await?;
        cluster.age().await?;
        Ok(cluster)
    }

    /// A server that has been running uses old segments of the write-ahead log again; on a fresh
    /// one, whoever is measured first would pay for making them.
    async fn age(&self) -> anyhow::Result<()> {
        let fill = format!(
            "select pg_logical_emit_message(false, 'bench', repeat('x', {AGING_BYTES}))
               from generate_series(1, {AGING_MESSAGES})"
        );
        self.run(&fill).await?;
        self.checkpoint().await?;
        // What was recycled counts from one checkpoint to the next.
        self.run(&fill).await?;
        self.checkpoint().await
    }

    async fn open(state: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&state)?;
        std::fs::write(state.join("pid"), std::process::id().to_string())?;
        let settings = Settings { state_dir: state.clone(), ephemeral: false };
        let postgres = ManagedPostgres::start(&settings).await?;
        let mut connection =
            PgConnection::connect_with(&postgres.connect_options(MAINTENANCE)).await?;
        let (data, sockets): (String, String) = sqlx::query_as(
            "select current_setting('data_directory'), current_setting('unix_socket_directories')",
        )
        .fetch_one(&mut connection)
        .await?;
        let data = PathBuf::from(data);
        ensure!(data.ends_with("cluster/data"), "unknown layout: {}", data.display());
        let base = data.parent().and_then(|cluster| cluster.parent());
        let base = base.context("the data directory has no parent")?.to_owned();
        let programs = Search::default().find()?.first().context("no Postgres")?.folder.clone();
        Ok(Self { postgres, state, base, sockets, programs })
    }

    /// A figure from a server that may lose what it acknowledged would be worth nothing.
    async fn check(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.options(MAINTENANCE)).await?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value: String = sqlx::query_scalar("select current_setting($1)")
                .bind(setting)
                .fetch_one(&mut connection)
                .await?;
            ensure!(value == "on", "{setting} is {value}");
        }
        Ok(())
    }

    /// How to connect to a database.
    pub(crate) fn options(&self, database: &str) -> PgConnectOptions {
        self.postgres.connect_options(database)
    }

    /// A database as a URL for our own processes.
    pub(crate) fn url(&self, database: &str) -> String {
        self.postgres.url(database)
    }

    /// A database as a URL that libpq and its relatives understand.
    pub(crate) fn plain_url(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost/{database}?host={}", self.sockets)
    }

    /// A fresh database.
    pub(crate) async fn database(&self, name: &str) -> anyhow::Result<PgConnectOptions> {
        self.drop_database(name).await?;
        self.postgres.ensure_database(name).await?;
        Ok(self.options(name))
    }

    /// Removes a database and what it occupies.
    pub(crate) async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        self.run(&format!(r#"drop database if exists "{name}" with (force)"#)).await
    }

    /// Every measurement starts behind a checkpoint: what came before is written, and each
    /// page's first change is logged whole, for everybody alike.
    pub(crate) async fn checkpoint(&self) -> anyhow::Result<()> {
        self.run("checkpoint").await
    }

    /// For filling a log that nobody measures meanwhile; on again, it is looked at.
    pub(crate) async fn full_page_writes(&self, on: bool) -> anyhow::Result<()> {
        let value = if on { "on" } else { "off" };
        self.run(&format!("alter system set full_page_writes = {value}")).await?;
        self.run("select pg_reload_conf()").await?;
        self.checkpoint().await?;
        if on { self.check().await } else { Ok(()) }
    }

    async fn run(&self, sql: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.options(MAINTENANCE)).await?;
        connection.execute(sqlx::raw_sql(sql)).await?;
        Ok(connection.close().await?)
    }

    /// Bytes that are free where the data is.
    pub(crate) fn free_bytes(&self) -> anyhow::Result<u64> {
        let facts = rustix::fs::statvfs(&self.base)?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }

    /// Stops it and removes everything.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        self.postgres.stop().await?;
        for folder in [&self.base, &PathBuf::from(&self.sockets), &self.state] {
            if folder.exists() {
                std::fs::remove_dir_all(folder)
                    .with_context(|| format!("cannot remove {}", folder.display()))?;
            }
        }
        Ok(())
    }
}
