//! Test support: a database of its own for every test, in milliseconds.
//!
//! `BITACORA_TEST_ADMIN_URL` names a superuser connection to a throw-away cluster (`make test`
//! starts one). The first test that comes creates and migrates one template database per state of
//! `migrations/`, and one more with the read tables of all views; every test clones one of them.
//! Test processes run side by side, so an advisory lock guards the templates, and pools are small
//! enough for eight processes at once.
//!
//! A database goes away with its [`TestDb`]. What a killed test leaves behind is removed by the
//! next run: a clone's name says when it was made. `BITACORA_TEST_KEEP=1` keeps everything.
//!
//! This module panics where other code returns errors: its caller is a test.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "test support: see above")]

mod template;

use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::pools::{PoolSizes, Pools, Role};
use template::Template;

/// The variable that names the cluster for tests.
pub const ADMIN_URL: &str = "BITACORA_TEST_ADMIN_URL";

/// Pools of a test: eight processes of these stay below Postgres' default of 100 connections.
pub const TEST_POOLS: PoolSizes = PoolSizes {
    admin: 2,
    writer: 3,
    projector: 3,
    reader: 2,
    api: 3,
    api_statement_timeout: Role::API_STATEMENT_TIMEOUT,
};

/// How often a busy template is tried, 50 ms apart.
const CLONE_ATTEMPTS: u32 = 200;

/// A migrated database that belongs to one test and is dropped with this value.
#[derive(Debug)]
pub struct TestDb {
    name: String,
    maintenance: PgConnectOptions,
    pools: Pools,
}

impl TestDb {
    /// A database as the migrations leave it: without read tables.
    ///
    /// # Panics
    /// Without `BITACORA_TEST_ADMIN_URL`, and when the cluster does not do what it is told.
    pub async fn new() -> Self {
        Self::of(Template::Migrated).await
    }

    /// A database with the read tables of all views, empty: making forty tables takes longer than
    /// most tests do.
    ///
    /// # Panics
    /// As [`Self::new`].
    pub async fn with_views() -> Self {
        Self::of(Template::Viewed).await
    }

    /// Clones a template; makes the template first when it is missing.
    async fn of(template: Template) -> Self {
        let maintenance = maintenance_options();
        let mut admin =
            PgConnection::connect_with(&maintenance).await.expect("cannot reach the test cluster");
        let template = template.ensure(&mut admin, &maintenance).await;
        let name = unique_name();
        clone_database(&mut admin, &template, &name).await;
        admin.close().await.expect("cannot close the maintenance connection");

        let options = maintenance.clone().database(&name);
        give_roles(&options).await;
        let pools =
            Pools::connect(options, TEST_POOLS).await.expect("cannot connect to the test database");
        Self { name, maintenance, pools }
    }

    /// Pools of all roles, small ones.
    pub fn pools(&self) -> &Pools {
        &self.pools
    }

    /// How to connect as the owner, for connections and pools of one's own.
    pub fn options(&self) -> PgConnectOptions {
        self.maintenance.clone().database(&self.name)
    }

    /// [`Self::options`] as a URL, for child processes.
    pub fn url(&self) -> String {
        self.options().to_url_lossy().to_string()
    }

    /// The database's name; its roles are `<name>_writer` and so on.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDb {
    /// Drops database and roles, also while connections are still open. Best effort, on a thread
    /// with a runtime of its own, because the test's runtime may be gone or blocked by this very
    /// call; waited for, because the process of a test ends right after it.
    fn drop(&mut self) {
        if std::env::var_os("BITACORA_TEST_KEEP").is_some() {
            return;
        }
        let (maintenance, name) = (self.maintenance.clone(), self.name.clone());
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = PgConnection::connect_with(&maintenance)
                    .await
                    .map_err(std::io::Error::other)?;
                drop_database(&mut admin, &name).await.map_err(std::io::Error::other)
            })
        });
        if let Ok(Err(error)) = cleaner.join() {
            tracing::warn!(%error, database = self.name, "test database left behind");
        }
    }
}

fn maintenance_options() -> PgConnectOptions {
    let url = std::env::var(ADMIN_URL).unwrap_or_else(|_| {
        panic!("{ADMIN_URL} is not set: run `make test`, which starts a Postgres for tests")
    });
    PgConnectOptions::from_str(&url).expect("BITACORA_TEST_ADMIN_URL is not a Postgres URL")
}

/// Short (role names add ten bytes to it, and 63 is the limit), unique, and telling its age.
fn unique_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let now = now_seconds();
    let serial = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("bt_{now:x}_{:x}_{serial:x}", std::process::id())
}

/// Tests need no clock of the domain to name a database.
#[allow(clippy::disallowed_methods, reason = "names of test databases carry their age")]
fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

async fn clone_database(admin: &mut PgConnection, template: &str, name: &str) {
    for attempt in 1..=CLONE_ATTEMPTS {
        // Through the log, as is usual, every page would be written twice.
        let sql = format!(r#"create database "{name}" template "{template}" strategy file_copy"#);
        match run(admin, sql).await {
            Ok(()) => return,
            // 55006: someone (autovacuum, another clone) is looking at the template
            Err(error) if has_code(&error, "55006") && attempt < CLONE_ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("cannot clone {template}: {error}"),
        }
    }
}

/// Roles of the clone, tried again when concurrent clones collide in the cluster-wide catalogs.
async fn give_roles(options: &PgConnectOptions) {
    let mut owner = PgConnection::connect_with(options).await.expect("cannot reach the clone");
    for attempt in 1..=20 {
        match run(&mut owner, "select ops.apply_access()".to_owned()).await {
            Ok(()) => break,
            // XX000: "tuple concurrently updated"
            Err(error) if has_code(&error, "XX000") && attempt < 20 => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("cannot give the clone its roles: {error}"),
        }
    }
    owner.close().await.expect("cannot close the connection to the clone");
}

async fn drop_database(admin: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    run(admin, format!(r#"drop database if exists "{name}" with (force)"#)).await?;
    let roles: Vec<String> = sqlx::query_scalar(ROLES_OF).bind(name).fetch_all(&mut *admin).await?;
    for role in roles {
        run(admin, format!(r#"drop role if exists "{role}""#)).await?;
    }
    Ok(())
}

/// The roles of a database: those of the pools, the analysts' group and the analysts.
const ROLES_OF: &str = "select rolname::text from pg_roles \
     where rolname ~ ('^' || $1 || '_(writer|projector|api|analyst|analyst_.*)$') order by 1 desc";

/// One statement without parameters; identifiers in it are made by this module.
async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::raw_sql(&sql)).await.map(drop)
}

fn has_code(error: &sqlx::Error, code: &str) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|c| c == code)
}
