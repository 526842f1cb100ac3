//! DML of one generation of a read table, made once and kept.

use std::collections::HashMap;
use std::fmt::Write as _;

use bitacora_domain::{Position, TenantId};
use bitacora_projections::ports::{ReadError, StoredRow};
use bitacora_projections::{ColumnType, Key, Row, Table};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::cells::{self, PgQuery};
use super::ddl::{key_columns, physical, quote};
use super::error::{refused, store_error};

/// The statements. Arrays are `tenant_id`, then columns in the order of the declaration.
#[derive(Debug)]
pub(super) struct TableSql {
    /// Rows by `unnest` of keys.
    pub(super) load: String,
    /// Rows by `unnest` of (tenant, value), per column.
    pub(super) matching: HashMap<&'static str, String>,
    /// Makes or replaces rows.
    pub(super) upsert: String,
    /// Removes rows by key.
    pub(super) delete: String,
    /// First page in the order of tenant and key.
    pub(super) scan: String,
    /// A later page, behind a tenant and key.
    pub(super) scan_after: String,
}

impl TableSql {
    pub(super) fn new(table: &'static Table, generation: i32) -> Self {
        let name = physical(table, generation);
        let columns = stored_columns(table);
        let read = columns.iter().map(|c| format!("t.{c}")).collect::<Vec<_>>().join(", ");
        let keys = key_columns(table);
        let on_key =
            keys.iter().map(|k| format!("t.{k} = w.{k}")).collect::<Vec<_>>().join(" and ");
        let given = format!("unnest({}) as w({})", arrays(key_types(table)), keys.join(", "));
        let order = keys.join(", ");
        let matching = table.columns.iter().map(|c| {
            let values = arrays([ColumnType::Uuid, c.ty]);
            let column = quote(c.name);
            let sql = format!(
                "select {read} from unnest({values}) as w(tenant_id, v) \
                 join {name} t on t.tenant_id = w.tenant_id and t.{column} = w.v"
            );
            (c.name, sql)
        });
        let bounds: Vec<_> = (1..=keys.len()).map(|n| format!("${n}")).collect();
        let (bounds, limit) = (bounds.join(", "), keys.len() + 1);
        Self {
            load: format!("select {read} from {given} join {name} t on {on_key}"),
            matching: matching.collect(),
            upsert: upsert(table, &name, &columns, &keys),
            delete: format!("delete from {name} t using {given} where {on_key}"),
            scan: format!("select {read} from {name} t order by {order} limit $1"),
            scan_after: format!(
                "select {read} from {name} t where ({order}) > ({bounds}) order by {order} limit ${limit}"
            ),
        }
    }

    /// All statement texts.
    pub(super) fn all(self) -> Vec<String> {
        let named = [self.load, self.upsert, self.delete, self.scan, self.scan_after];
        named.into_iter().chain(self.matching.into_values()).collect()
    }
}

fn upsert(table: &Table, name: &str, columns: &[String], keys: &[String]) -> String {
    let hidden = table.positioned().map(|_| ColumnType::Int);
    let types =
        std::iter::once(ColumnType::Uuid).chain(table.columns.iter().map(|c| c.ty)).chain(hidden);
    let mut sql = format!(
        "insert into {name} ({}) select * from unnest({}) on conflict ({}) do ",
        columns.join(", "),
        arrays(types),
        keys.join(", ")
    );
    let others: Vec<_> = columns
        .iter()
        .filter(|c| !keys.contains(c))
        .map(|c| format!("{c} = excluded.{c}"))
        .collect();
    if others.is_empty() {
        sql.push_str("nothing");
    } else {
        let _ = write!(sql, "update set {}", others.join(", "));
    }
    sql
}

/// Columns as stored: tenant, declared ones, hidden positions; quoted.
fn stored_columns(table: &Table) -> Vec<String> {
    let hidden = table.positioned().map(|c| quote(&Table::position_column(c.name)));
    std::iter::once("tenant_id".to_owned())
        .chain(table.columns.iter().map(|c| quote(c.name)))
        .chain(hidden)
        .collect()
}

/// Types of tenant and key.
fn key_types(table: &Table) -> Vec<ColumnType> {
    let keys = table.key.iter().filter_map(|k| table.column(k)).map(|c| c.ty);
    std::iter::once(ColumnType::Uuid).chain(keys).collect()
}

/// `$1::uuid[], $2::text[] …`
fn arrays(types: impl IntoIterator<Item = ColumnType>) -> String {
    let arrays: Vec<_> = types
        .into_iter()
        .enumerate()
        .map(|(i, ty)| format!("${}::{}[]", i + 1, ty.sql()))
        .collect();
    arrays.join(", ")
}

/// Binds tenants and keys as arrays.
pub(super) fn bind_keys<'q>(
    query: PgQuery<'q>,
    table: &Table,
    keys: &[&'q (TenantId, Key)],
) -> Result<PgQuery<'q>, ReadError> {
    if let Some((_, key)) = keys.iter().find(|(_, key)| key.0.len() != table.key.len()) {
        let (got, want) = (key.0.len(), table.key.len());
        return Err(refused(format!("a key of {} has {got} parts instead of {want}", table.name)));
    }
    let tenants: Vec<_> = keys.iter().map(|(tenant, _)| tenant.as_uuid()).collect();
    let mut query = query.bind(tenants);
    for (i, name) in table.key.iter().enumerate() {
        let column = table.column(name).ok_or_else(|| refused(format!("no column {name}")))?;
        query = cells::bind_array(query, column.ty, keys.iter().filter_map(|(_, k)| k.0.get(i)))?;
    }
    Ok(query)
}

/// Binds whole rows as arrays.
pub(super) fn bind_rows<'q>(
    query: PgQuery<'q>,
    table: &Table,
    rows: &'q [StoredRow],
) -> Result<PgQuery<'q>, ReadError> {
    let hidden = table.positioned().count();
    let fits = |r: &StoredRow| r.row.0.len() == table.columns.len() && r.positions.len() == hidden;
    if !rows.iter().all(fits) {
        return Err(refused(format!("a row of {} does not have its columns", table.name)));
    }
    let mut query = query.bind(rows.iter().map(|r| r.tenant.as_uuid()).collect::<Vec<_>>());
    for (i, column) in table.columns.iter().enumerate() {
        query = cells::bind_array(query, column.ty, rows.iter().filter_map(|r| r.row.0.get(i)))?;
    }
    for i in 0..hidden {
        let positions: Vec<Option<i64>> =
            rows.iter().map(|r| r.positions.get(i).copied().flatten().map(|p| p.0)).collect();
        query = query.bind(positions);
    }
    Ok(query)
}

/// Reads a row that was selected as stored.
pub(super) fn stored_row(table: &Table, row: &PgRow) -> Result<StoredRow, ReadError> {
    let tenant = row.try_get::<uuid::Uuid, _>(0).map_err(store_error)?;
    let cells = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| cells::read_cell(row, i + 1, column.ty))
        .collect::<Result<_, _>>()?;
    let first = table.columns.len() + 1;
    let positions = (first..first + table.positioned().count())
        .map(|i| row.try_get::<Option<i64>, _>(i).map(|p| p.map(Position)).map_err(store_error))
        .collect::<Result<_, _>>()?;
    Ok(StoredRow { tenant: TenantId::new(tenant), row: Row(cells), positions })
}
