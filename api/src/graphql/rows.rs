//! Rows by key, batched: every row that one level of a query asks for comes with one read per
//! table.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use bitacora_projections::query::TableRow;
use bitacora_projections::{Key, Table};

use super::fault::Fault;
use crate::app::App;
use bitacora_domain::TenantId;

/// A row of a table, by the table's name and its key.
#[derive(Clone, Debug)]
pub struct RowKey {
    /// The table.
    pub table: &'static Table,
    /// The key within the tenant.
    pub key: Key,
}

impl PartialEq for RowKey {
    fn eq(&self, other: &Self) -> bool {
        self.table.name == other.table.name && self.key == other.key
    }
}
impl Eq for RowKey {}
impl std::hash::Hash for RowKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.table.name.hash(state);
        self.key.hash(state);
    }
}

/// Reads rows of one tenant for one request.
pub struct RowLoader {
    /// The application.
    pub app: App,
    /// The tenant of the request.
    pub tenant: TenantId,
}

impl Loader<RowKey> for RowLoader {
    type Value = TableRow;
    type Error = Fault;

    async fn load(&self, keys: &[RowKey]) -> Result<HashMap<RowKey, TableRow>, Fault> {
        let mut tables: HashMap<&'static str, (&'static Table, Vec<Key>)> = HashMap::new();
        for wanted in keys {
            let (_, of_table) =
                tables.entry(wanted.table.name).or_insert_with(|| (wanted.table, Vec::new()));
            of_table.push(wanted.key.clone());
        }
        let mut found = HashMap::with_capacity(keys.len());
        for (table, keys) in tables.into_values() {
            for row in self.app.models.rows(self.tenant, table, &keys).await? {
                found.insert(RowKey { table, key: row.key() }, row);
            }
        }
        Ok(found)
    }
}
