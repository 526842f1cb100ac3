//! Connections to Postgres, one pool per role, so that a mistake in one part cannot reach what
//! belongs to another: the API cannot write, the projector cannot append, nobody but the admin
//! pool owns a table.
//!
//! The session's role, time-outs and names are set in one statement right after connecting. They
//! are session settings and not start-up options, because connection poolers refuse the latter.
//! The admin pool connects as itself and has no time-outs: it migrates and rebuilds.

use std::time::Duration;

use futures::FutureExt as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

/// How long a caller waits for a free connection before it gets an error.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// One pool per role of `migrations/0001_access.sql`, plus the owner's.
#[derive(Clone, Debug)]
pub struct Pools {
    /// The owner of all tables: migrations, read-table DDL.
    pub admin: PgPool,
    /// Appends to the log and runs the inbox; sees all tenants.
    pub writer: PgPool,
    /// Computes read tables; sees all tenants.
    pub projector: PgPool,
    /// Reads the log for those who hold a connection of `projector` meanwhile: one pool for both
    /// would let them wait for each other.
    pub reader: PgPool,
    /// Answers queries, read-only; sees the tenant named by `app.tenant_id`, else nothing.
    pub api: PgPool,
}

/// How many connections each pool may open, and how long an API statement may take.
#[derive(Clone, Copy, Debug)]
pub struct PoolSizes {
    /// Connections of the admin pool.
    pub admin: u32,
    /// Connections of the writer pool (appenders open their own, see [`dedicated`]).
    pub writer: u32,
    /// Connections of the projector pool.
    pub projector: u32,
    /// Connections of the pool that reads the log.
    pub reader: u32,
    /// Connections of the API pool.
    pub api: u32,
    /// The longest an API statement may run.
    pub api_statement_timeout: Duration,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self {
            admin: 4,
            writer: 8,
            projector: 8,
            reader: 4,
            api: 16,
            api_statement_timeout: Role::API_STATEMENT_TIMEOUT,
        }
    }
}

/// A role that a session can take. Its name in Postgres is `<database>_<suffix>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Appends to the log and runs the inbox.
    Writer,
    /// Computes read tables.
    Projector,
    /// Answers queries of one tenant at a time.
    Api,
}

impl Role {
    /// How long an API statement may run unless configured otherwise.
    pub const API_STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

    /// The last part of the role's name in Postgres.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Projector => "projector",
            Self::Api => "api",
        }
    }

    /// Settings of the role's sessions. The writer's are short: a frozen process must free the
    /// lane whose head it has locked within seconds, also when its TCP peer is gone.
    fn settings(self, api_statement_timeout: Duration) -> Vec<(&'static str, String)> {
        let millis = |limit: u64| limit.to_string();
        let own = match self {
            Self::Writer => vec![
                ("idle_in_transaction_session_timeout", millis(2_000)),
                ("statement_timeout", millis(10_000)),
                // Shorter than the idle limit: sessions of a frozen process that wait for a lane
                // give up before they could take it over one after the other.
                ("lock_timeout", millis(1_500)),
                ("tcp_user_timeout", millis(5_000)),
            ],
            Self::Projector => vec![
                ("idle_in_transaction_session_timeout", millis(30_000)),
                ("statement_timeout", millis(60_000)),
                // All its statements go by a key. A plan that was kept while a table had one page
                // must not read the whole of it for each batch when it has a thousand.
                ("enable_seqscan", "off".to_owned()),
                ("enable_hashjoin", "off".to_owned()),
                ("enable_mergejoin", "off".to_owned()),
            ],
            Self::Api => vec![
                ("idle_in_transaction_session_timeout", millis(10_000)),
                // 0 would mean "no limit" to Postgres
                ("statement_timeout", api_statement_timeout.as_millis().max(1).to_string()),
                ("default_transaction_read_only", "on".to_owned()),
            ],
        };
        own.into_iter().chain(common(&format!("bitacora-{}", self.suffix()))).collect()
    }
}

/// Why pools cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PoolsError {
    /// The database has not been migrated, or was cloned or renamed since.
    #[error("the roles of database {database} do not exist yet: run `bitacora migrate` first")]
    RolesMissing {
        /// The database's name.
        database: String,
    },
    /// Postgres refused the connection or cannot be reached.
    #[error("cannot connect to Postgres: {0}")]
    Connect(#[from] sqlx::Error),
}

impl PoolsError {
    /// Stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RolesMissing { .. } => "ROLES_MISSING",
            Self::Connect(_) => "DATABASE_UNREACHABLE",
        }
    }
}

impl Pools {
    /// Opens all pools to a migrated database; fails at once when roles are missing.
    pub async fn connect(options: PgConnectOptions, sizes: PoolSizes) -> Result<Self, PoolsError> {
        let admin = admin_pool(&options, sizes.admin).await?;
        // Asked here, because a pool would retry a failing `set role` until it times out.
        let (database, roles): (String, i64) = sqlx::query_as(
            "select current_database()::text, count(*) from pg_roles where rolname in \
             (select current_database() || suffix from unnest(array['_writer', '_projector', '_api']) suffix)",
        )
        .fetch_one(&admin)
        .await?;
        if roles < 3 {
            return Err(PoolsError::RolesMissing { database });
        }
        let open = |role, size| role_pool(&options, role, size, sizes.api_statement_timeout);
        let (writer, projector, reader, api) = futures::try_join!(
            open(Role::Writer, sizes.writer),
            open(Role::Projector, sizes.projector),
            open(Role::Projector, sizes.reader),
            open(Role::Api, sizes.api),
        )?;
        Ok(Self { admin, writer, projector, reader, api })
    }

    /// Closes every connection; waits for those in use to come back.
    pub async fn close(&self) {
        futures::join!(
            self.writer.close(),
            self.projector.close(),
            self.reader.close(),
            self.api.close(),
            self.admin.close()
        );
    }
}

/// The owner's pool alone: what [`crate::migrate::migrate`] needs before roles exist.
pub async fn admin_pool(options: &PgConnectOptions, size: u32) -> Result<PgPool, sqlx::Error> {
    let settings = common("bitacora-admin").to_vec();
    pool(options, size, None, settings).await
}

/// A connection of its own that acts as `role`, with the role's time-outs: the appender's, which
/// must not wait for a pool while it holds a lane.
pub async fn dedicated(
    options: &PgConnectOptions,
    role: Role,
) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    let settings = role.settings(Role::API_STATEMENT_TIMEOUT);
    prepare_session(&mut connection, Some(role), &settings).await?;
    Ok(connection)
}

async fn role_pool(
    options: &PgConnectOptions,
    role: Role,
    size: u32,
    api_statement_timeout: Duration,
) -> Result<PgPool, sqlx::Error> {
    pool(options, size, Some(role), role.settings(api_statement_timeout)).await
}

async fn pool(
    options: &PgConnectOptions,
    size: u32,
    role: Option<Role>,
    settings: Vec<(&'static str, String)>,
) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(size.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            async move { prepare_session(connection, role, &settings).await }.boxed()
        })
        .connect_with(options.clone())
        .await
}

/// Settings of every session of ours.
fn common(application_name: &str) -> [(&'static str, String); 4] {
    [
        // Our statements are short, and the planner's costs say little about them where it was told
        // what not to do: compiling one took a third of a second.
        ("jit", "off".to_owned()),
        ("application_name", application_name.to_owned()),
        ("timezone", "UTC".to_owned()),
        ("client_min_messages", "warning".to_owned()),
    ]
}

/// Takes the role and applies the settings in one round trip.
async fn prepare_session(
    connection: &mut PgConnection,
    role: Option<Role>,
    settings: &[(&'static str, String)],
) -> Result<(), sqlx::Error> {
    let (names, values): (Vec<&str>, Vec<&str>) =
        settings.iter().map(|(name, value)| (*name, value.as_str())).unzip();
    // `role` comes last: the others must not depend on what the role may do.
    sqlx::query(
        "select set_config(name, value, false) from ( \
           select name, value, 0 as step from unnest($1::text[], $2::text[]) as s(name, value) \
           union all select 'role', current_database() || '_' || $3::text, 1 where $3 is not null \
           order by step) settings",
    )
    .persistent(false)
    .bind(names)
    .bind(values)
    .bind(role.map(Role::suffix))
    .execute(connection)
    .await?;
    Ok(())
}
