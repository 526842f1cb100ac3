//! Migrations of the database, embedded in the binary and applied in order, each in a transaction.
//!
//! Several processes may start at once: an advisory lock on a connection of its own lets one of
//! them work while the others wait. An applied migration is remembered with the checksum of its
//! text, so a migration that was edited after release is an error instead of a silent difference.
//! Read tables are not here: they come from the views' own column lists.

use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};

/// One file of `migrations/`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Number in the file's name; order of application.
    pub version: i32,
    /// Rest of the file's name.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal $file:literal;)*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $file)),
        }),*]
    };
}

/// Every migration, in order. A new one is one file and one line.
pub const MIGRATIONS: &[Migration] = migrations! {
    1 "access" "0001_access.sql";
    2 "log" "0002_log.sql";
    3 "inbox" "0003_inbox.sql";
    4 "read" "0004_read.sql";
    5 "effects" "0005_effects.sql";
    6 "people" "0006_people.sql";
    7 "analysts" "0007_analysts.sql";
    8 "inbox_request" "0008_inbox_request.sql";
    9 "reactors" "0009_reactors.sql";
    10 "blobs" "0010_blobs.sql";
    12 "lead_targets" "0012_lead_targets.sql";
};

/// Key of the advisory lock, scoped to the database by Postgres.
const LOCK_KEY: i64 = 0x6269_7461_636f_7261; // "bitacora"

/// Why a database cannot be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A migration was edited after it had been applied here.
    #[error(
        "migration {version} ({name}) was applied with another text: restore the file and add a new migration instead"
    )]
    ChecksumMismatch {
        /// The migration's number.
        version: i32,
        /// The migration's name.
        name: String,
    },
    /// The database has a migration that this binary does not know.
    #[error(
        "the database has migration {version} ({name}), which this binary does not know: run a newer bitacora"
    )]
    FromTheFuture {
        /// The migration's number.
        version: i32,
        /// The migration's name.
        name: String,
    },
    /// A migration failed; its transaction was rolled back.
    #[error("migration {version} ({name}) failed: {source}")]
    Failed {
        /// The migration's number.
        version: i32,
        /// The migration's name.
        name: &'static str,
        /// What Postgres said.
        source: sqlx::Error,
    },
    /// Postgres cannot be reached, or another process held the lock for a minute.
    #[error("cannot migrate: {0}")]
    Database(#[from] sqlx::Error),
}

impl MigrateError {
    /// Stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ChecksumMismatch { .. } => "MIGRATION_CHANGED",
            Self::FromTheFuture { .. } => "MIGRATION_UNKNOWN",
            Self::Failed { .. } => "MIGRATION_FAILED",
            Self::Database(_) => "DATABASE_UNREACHABLE",
        }
    }
}

impl Migration {
    /// Hex SHA-256 of the text.
    pub fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.sql.as_bytes()))
    }

    /// The file's name without its ending, such as `0002_log`.
    pub fn label(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }
}

/// Hex SHA-256 over all migrations: names a schema (test templates use it).
pub fn checksum() -> String {
    let mut all = Sha256::new();
    for migration in MIGRATIONS {
        all.update(migration.label());
        all.update(migration.checksum());
    }
    hex::encode(all.finalize())
}

/// Applies what is missing and returns the labels of what it applied (empty: was up to date).
/// Creates the roles of this database when it was cloned, renamed or restored without them.
///
/// Needs to own the database and may be an ordinary role with `CREATEROLE`.
pub async fn migrate(admin: &PgPool) -> Result<Vec<String>, MigrateError> {
    migrate_with(&admin.connect_options()).await
}

/// [`migrate`] over a connection of its own, closed afterwards.
pub async fn migrate_with(options: &PgConnectOptions) -> Result<Vec<String>, MigrateError> {
    // Its own connection: when this future is dropped the connection closes and the lock is free.
    let mut connection = PgConnection::connect_with(options).await?;
    connection
        .execute(
            "set client_min_messages = warning; set lock_timeout = '60s'; set timezone = 'UTC'",
        )
        .await?;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK_KEY).execute(&mut connection).await?;
    let applied = apply_missing(&mut connection).await?;
    if applied.is_empty() && !roles_are_complete(&mut connection).await? {
        connection.execute("select ops.apply_access()").await?;
    }
    connection.close().await?;
    Ok(applied)
}

/// Labels of the migrations that [`migrate`] would apply; writes nothing.
pub async fn pending(admin: &PgPool) -> Result<Vec<String>, MigrateError> {
    let mut connection = admin.acquire().await?;
    let done = check_applied(&mut connection).await?;
    Ok(MIGRATIONS.iter().filter(|m| !done.contains(&m.version)).map(Migration::label).collect())
}

async fn apply_missing(connection: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    let done = check_applied(connection).await?;
    if done.is_empty() {
        connection
            .execute(
                "create schema if not exists ops; \
                 create table if not exists ops.migrations ( \
                   version integer primary key, name text not null, checksum text not null, \
                   applied_at timestamptz not null default now())",
            )
            .await?;
    }
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|m| !done.contains(&m.version)) {
        apply(connection, migration).await.map_err(|source| MigrateError::Failed {
            version: migration.version,
            name: migration.name,
            source,
        })?;
        tracing::info!(migration = migration.label(), "migration applied");
        applied.push(migration.label());
    }
    Ok(applied)
}

async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    (&mut *transaction).execute(sqlx::raw_sql(migration.sql)).await?;
    sqlx::query("insert into ops.migrations (version, name, checksum) values ($1, $2, $3)")
        .bind(migration.version)
        .bind(migration.name)
        .bind(migration.checksum())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Versions applied before, after comparing their checksums with ours.
async fn check_applied(connection: &mut PgConnection) -> Result<Vec<i32>, MigrateError> {
    let exists: bool = sqlx::query_scalar("select to_regclass('ops.migrations') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    let rows: Vec<(i32, String, String)> =
        sqlx::query_as("select version, name, checksum from ops.migrations order by version")
            .fetch_all(&mut *connection)
            .await?;
    for (version, name, checksum) in &rows {
        let Some(known) = MIGRATIONS.iter().find(|m| m.version == *version) else {
            return Err(MigrateError::FromTheFuture { version: *version, name: name.clone() });
        };
        if known.checksum() != *checksum {
            return Err(MigrateError::ChecksumMismatch { version: *version, name: name.clone() });
        }
    }
    Ok(rows.into_iter().map(|(version, _, _)| version).collect())
}

/// Whether the roles named after this database exist and may do their work.
async fn roles_are_complete(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select bool_and(coalesce(has_table_privilege( \
                  to_regrole(quote_ident(ops.role_name(suffix)))::oid, 'log.events', 'select'), false) \
                and coalesce(pg_has_role(to_regrole(quote_ident(ops.role_name(suffix)))::oid, 'member'), false)) \
           and to_regrole(quote_ident(ops.role_name('analyst'))) is not null \
         from unnest(array['writer', 'projector', 'api']) suffix",
    )
    .fetch_one(connection)
    .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::MIGRATIONS;

    #[test]
    fn every_file_of_the_folder_is_embedded_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| std::path::Path::new(name).extension().is_some_and(|e| e == "sql"))
            .collect();
        files.sort();
        let embedded: Vec<String> =
            MIGRATIONS.iter().map(|m| format!("{}.sql", m.label())).collect();
        assert_eq!(files, embedded);
    }
}
