//! Rows by key and first pages below parents, batched: what one level of a query asks for comes
//! with one read per table, or per list.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use bitacora_projections::query::{Page, TableRow};
use bitacora_projections::{Cell, Key, Table};

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

/// The first page of a list below a parent. Lists of one field of a document differ in the parent
/// only, and are read together.
#[derive(Clone, Debug)]
pub struct Below {
    /// What is asked below every parent, without the parent.
    pub page: Page,
    /// Column that names the parent.
    pub column: &'static str,
    /// The parent.
    pub parent: Cell,
    /// `page` and `column` as text, for comparison.
    asked: String,
}

impl Below {
    /// A page below a parent.
    pub fn new(page: Page, column: &'static str, parent: Cell) -> Self {
        let Page { table, filter, order, limit, backwards, after: _ } = &page;
        let name = table.current();
        let asked = format!("{name}|{column}|{filter:?}|{order:?}|{limit}|{backwards}");
        Self { page, column, parent, asked }
    }
}

impl PartialEq for Below {
    fn eq(&self, other: &Self) -> bool {
        self.asked == other.asked && self.parent == other.parent
    }
}
impl Eq for Below {}
impl std::hash::Hash for Below {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.asked.hash(state);
        self.parent.hash(state);
    }
}

impl Loader<Below> for RowLoader {
    type Value = Vec<TableRow>;
    type Error = Fault;

    async fn load(&self, wanted: &[Below]) -> Result<HashMap<Below, Vec<TableRow>>, Fault> {
        let mut lists: HashMap<&str, Vec<&Below>> = HashMap::new();
        for below in wanted {
            lists.entry(&below.asked).or_default().push(below);
        }
        let mut found = HashMap::with_capacity(wanted.len());
        for list in lists.into_values() {
            let Some(first) = list.first() else { continue };
            let parents: Vec<_> = list.iter().map(|below| below.parent.clone()).collect();
            let models = &self.app.models;
            let pages = models.page_per(self.tenant, &first.page, first.column, &parents).await?;
            found.extend(list.into_iter().cloned().zip(pages));
        }
        Ok(found)
    }
}
