//! Statistics of young tables.
//!
//! Prepared statements keep the plan of their first executions until statistics change, and a table
//! that was empty then is read as a whole, or by any index, for as long. Autovacuum looks once a
//! minute; a table that begins to fill has thousands of rows by then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sqlx::PgPool;

/// Numbers of rows written at which a table is analysed; what is larger is autovacuum's.
const AT: [usize; 3] = [500, 4_000, 32_000];

/// Counts rows written to tables by this process.
#[derive(Debug)]
pub(super) struct Growth {
    /// The owner's connections: nobody else may analyse.
    owner: PgPool,
    written: Mutex<HashMap<String, usize>>,
}

impl Growth {
    pub(super) fn new(owner: PgPool) -> Self {
        Self { owner, written: Mutex::default() }
    }

    /// `rows` of a table (its quoted name) have been committed. Analyses it in the background when
    /// that is worth it; a failure costs speed only.
    pub(super) fn wrote(&self, table: &str, rows: usize) {
        if !self.is_due(table, rows) {
            return;
        }
        let (owner, table) = (self.owner.clone(), table.to_owned());
        tokio::spawn(async move {
            if let Err(error) = sqlx::raw_sql(&format!("analyze {table}")).execute(&owner).await {
                tracing::warn!(table, %error, "a young table was not analysed");
            }
        });
    }

    /// Whether one of the numbers was crossed.
    fn is_due(&self, table: &str, rows: usize) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let before = written.get(table).copied().unwrap_or_default();
        if rows == 0 || before >= AT[AT.len() - 1] {
            return false;
        }
        written.insert(table.to_owned(), before + rows);
        AT.iter().any(|at| before < *at && before + rows >= *at)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgConnectOptions;

    use super::*;

    #[tokio::test]
    async fn a_table_is_analysed_as_it_grows_and_then_left_alone() {
        let growth = Growth::new(PgPool::connect_lazy_with(PgConnectOptions::default()));
        let steps = [0, 499, 1, 1, 3_498, 1, 50_000, 50_000].map(|rows| growth.is_due("t", rows));
        assert_eq!(steps, [false, false, true, false, false, true, true, false]);
        assert!(!growth.is_due("u", 499), "tables are counted by themselves");
    }
}
