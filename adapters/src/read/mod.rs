//! The read side over Postgres: reading the log in order, keeping read tables, answering
//! questions to them, and waking those who wait.
//!
//! Read tables have no migrations: their DDL comes from the views' declarations ([`ddl`]), so a
//! view stays one file. Identifiers in generated SQL come only from static declarations, are
//! checked and quoted; values are always parameters.

mod bookkeeping;
mod cells;
mod claimed;
mod ddl;
mod ensure;
mod error;
mod event_row;
mod filter;
mod growth;
mod keyset;
pub mod listener;
mod log_reader;
mod models;
pub mod notify;
mod per_parent;
mod ranges;
pub mod signals;
pub mod sql;
mod statements;
mod store;
mod swap;
mod tail;

use sha2::{Digest as _, Sha256};

pub(crate) use error::store_error;
pub use log_reader::PgLogReader;
pub use models::PgReadModels;
pub use notify::LaneSignals;
pub use store::PgReadStore;

/// Hex SHA-256 over all that these tables are made from (test templates use it).
pub(crate) fn fingerprint(tables: &[&bitacora_projections::Table]) -> String {
    let mut all = Sha256::new();
    for table in tables {
        all.update(ddl::fingerprint(table));
    }
    hex::encode(all.finalize())
}

/// The text of the statement that reads a page: what a test explains.
pub fn page_statement(
    tenant: bitacora_domain::TenantId,
    page: &bitacora_projections::query::Page,
) -> Result<String, bitacora_projections::ports::ReadError> {
    models::page_sql(tenant, page).map(sqlx::QueryBuilder::into_sql)
}

/// Statements of a view that are made from its declaration: what a test prepares.
pub fn generated(
    table: &'static bitacora_projections::Table,
    generation: i32,
) -> Result<Vec<String>, bitacora_projections::ports::ReadError> {
    ddl::check(table)?;
    Ok(statements::TableSql::new(table, generation).all())
}
