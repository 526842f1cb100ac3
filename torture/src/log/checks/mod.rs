//! What must hold at the end, asked of the tables themselves and computed apart from the code
//! that wrote them.

pub mod book;
pub mod decisions;
pub mod projections;
pub mod tables;

use sqlx::PgPool;

use super::ledger::Ledger;
use crate::report::Report;

/// Runs every check.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(report: &mut Report, admin: &PgPool, ledger: &Ledger) -> anyhow::Result<()> {
    tables::check(report, admin).await?;
    tables::reservations(report, admin).await?;
    book::check(report, admin, ledger).await?;
    decisions::check(report, admin).await?;
    projections::check(report, admin).await?;
    Ok(())
}
