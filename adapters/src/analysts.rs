//! Analysts: roles of Postgres that read the rows of one tenant in `read.<view>` and nothing
//! else. What they may do is in `migrations/0007_analysts.sql`; here is how they come and go.
//! Everything here is done by the owner of the database.

use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::{FromRow as _, PgPool, Row as _};

/// An analyst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analyst {
    /// Its name; unique in the database.
    pub name: String,
    /// Its role in Postgres.
    pub role: String,
    /// Whose rows it sees.
    pub tenant: TenantId,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// It has a password here. A copy of a database has none until it is added again.
    pub can_log_in: bool,
}

/// Why an analyst could not be added or removed.
#[derive(Debug, thiserror::Error)]
pub enum AnalystError {
    /// Not a name.
    #[error("an analyst's name has 1 to 20 of a-z, 0-9 and _, and begins with a letter")]
    InvalidName,
    /// The role would be longer than Postgres allows.
    #[error("the name of the role would be longer than 63 bytes: choose a shorter one")]
    NameTooLong,
    /// Another tenant has an analyst of that name.
    #[error("another tenant has an analyst of that name: choose another one")]
    NameTaken,
    /// The owner of the database may not make roles.
    #[error("the database's user may not make roles: give it CREATEROLE")]
    NotAllowed,
    /// The database cannot be reached.
    #[error("cannot work on analysts: {0}")]
    Database(sqlx::Error),
}

impl AnalystError {
    /// Stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidName => "INVALID_ANALYST_NAME",
            Self::NameTooLong => "ANALYST_NAME_TOO_LONG",
            Self::NameTaken => "ANALYST_NAME_TAKEN",
            Self::NotAllowed => "CREATEROLE_MISSING",
            Self::Database(_) => "DATABASE_UNREACHABLE",
        }
    }
}

impl From<sqlx::Error> for AnalystError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("23514") => Self::InvalidName,
            Some("42622") => Self::NameTooLong,
            Some("23505") => Self::NameTaken,
            Some("42501") => Self::NotAllowed,
            _ => Self::Database(error),
        }
    }
}

/// Adds an analyst of `tenant`, or gives one that is there another password, and returns its
/// role. `verifier` is the SCRAM-SHA-256 verifier of the password: Postgres, whose log may keep
/// statements, never sees the password itself.
///
/// # Errors
/// See [`AnalystError`].
pub async fn add(
    owner: &PgPool,
    name: &str,
    tenant: TenantId,
    verifier: &str,
) -> Result<String, AnalystError> {
    let added = sqlx::query(ADD).bind(name).bind(tenant.as_uuid()).bind(verifier);
    added.execute(owner).await?;
    Ok(sqlx::query_scalar(ROLE).bind(name).fetch_one(owner).await?)
}

/// Removes an analyst and ends its sessions; `false` when there was none.
///
/// # Errors
/// See [`AnalystError`].
pub async fn remove(owner: &PgPool, name: &str) -> Result<bool, AnalystError> {
    Ok(sqlx::query_scalar(REMOVE).bind(name).fetch_one(owner).await?)
}

/// All analysts, by name.
///
/// # Errors
/// [`AnalystError::Database`].
pub async fn list(owner: &PgPool) -> Result<Vec<Analyst>, AnalystError> {
    let rows = sqlx::query(LIST).fetch_all(owner).await?;
    Ok(rows.iter().map(Analyst::from_row).collect::<Result<_, _>>()?)
}

impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for Analyst {
    fn from_row(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            name: row.try_get(0)?,
            role: row.try_get(1)?,
            tenant: TenantId::new(row.try_get(2)?),
            added_at: row.try_get(3)?,
            can_log_in: row.try_get(4)?,
        })
    }
}

const ADD: &str = "select ops.add_analyst($1, $2, $3)";

const ROLE: &str = "select ops.analyst_role($1)";

const REMOVE: &str = "select ops.remove_analyst($1)";

const LIST: &str = "select a.name, ops.analyst_role(a.name), a.tenant_id, a.added_at, \
     coalesce(r.rolcanlogin, false) from ops.analysts a \
     left join pg_roles r on r.rolname = ops.analyst_role(a.name) order by a.name";

/// Every statement of this file, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[ADD, ROLE, REMOVE, LIST];
