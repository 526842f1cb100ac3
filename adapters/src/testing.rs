//! Test support: a database of its own for every test, in milliseconds.
//!
//! `BITACORA_TEST_ADMIN_URL` names a superuser connection to a throw-away cluster (`make test`
//! starts one). The first test that comes creates and migrates one template database per state of
//! `migrations/`; every test clones it. Test processes run side by side, so an advisory lock
//! guards the template, and pools are small enough for eight processes at once.
//!
//! A database goes away with its [`TestDb`]. What a killed test leaves behind is removed by the
//! next run: a clone's name says when it was made. `BITACORA_TEST_KEEP=1` keeps everything.
//!
//! This module panics where other code returns errors: its caller is a test.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "test support: see above")]

use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::migrate;
use crate::pools::{PoolSizes, Pools, Role};

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

/// Clones older than this without a connection belong to tests that were killed.
const STALE_AFTER: Duration = Duration::from_hours(1);
/// Key of the advisory lock on the maintenance database.
const TEMPLATE_LOCK: i64 = 0x6269_7463_7470_6c31;
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
    /// Clones the template; makes the template first when it is missing.
    ///
    /// # Panics
    /// Without `BITACORA_TEST_ADMIN_URL`, and when the cluster does not do what it is told.
    pub async fn new() -> Self {
        let maintenance = maintenance_options();
        let mut admin =
            PgConnection::connect_with(&maintenance).await.expect("cannot reach the test cluster");
        let template = ensure_template(&mut admin, &maintenance).await;
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

/// Name of a template that is ready to be cloned. A finished one is marked as a template that
/// admits no connections; one without the mark was left half done and is made again.
async fn ensure_template(admin: &mut PgConnection, maintenance: &PgConnectOptions) -> String {
    let checksum = migrate::checksum();
    let name = format!("bitacora_tpl_{}", checksum.get(..8).unwrap_or(&checksum));
    if template_state(admin, &name).await == Some(true) {
        return name;
    }
    let locked = "cannot lock the template";
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *admin)
        .await
        .expect(locked);
    match template_state(admin, &name).await {
        Some(true) => {}
        Some(false) => {
            drop_database(admin, &name).await.expect("cannot drop a half-made template");
            make_template(admin, maintenance, &name).await;
        }
        None => make_template(admin, maintenance, &name).await,
    }
    sqlx::query("select pg_advisory_unlock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *admin)
        .await
        .expect(locked);
    name
}

async fn template_state(admin: &mut PgConnection, name: &str) -> Option<bool> {
    sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
        .bind(name)
        .fetch_optional(admin)
        .await
        .expect("cannot look for the template")
}

async fn make_template(admin: &mut PgConnection, maintenance: &PgConnectOptions, name: &str) {
    drop_stale_clones(admin).await;
    run(admin, format!(r#"create database "{name}" template template0 encoding 'UTF8'"#))
        .await
        .expect("cannot create the template database");
    migrate::migrate_with(&maintenance.clone().database(name))
        .await
        .expect("cannot migrate the template database");
    run(admin, format!(r#"alter database "{name}" with is_template true allow_connections false"#))
        .await
        .expect("cannot finish the template database");
}

async fn clone_database(admin: &mut PgConnection, template: &str, name: &str) {
    for attempt in 1..=CLONE_ATTEMPTS {
        let cloned = run(admin, format!(r#"create database "{name}" template "{template}""#)).await;
        match cloned {
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

/// Clones that killed tests left behind. Their age is in their name.
async fn drop_stale_clones(admin: &mut PgConnection) {
    let oldest = now_seconds().saturating_sub(STALE_AFTER.as_secs());
    let names: Vec<String> = sqlx::query_scalar(
        r"select datname::text from pg_database d where datname like 'bt\_%'
          and not exists (select from pg_stat_activity a where a.datid = d.oid)",
    )
    .fetch_all(&mut *admin)
    .await
    .expect("cannot list databases");
    for name in names {
        let born = name.split('_').nth(1).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        if born.is_some_and(|born| born < oldest) {
            // another process may be dropping it too; what fails now is tried by the next run
            drop_database(admin, &name).await.ok();
        }
    }
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
