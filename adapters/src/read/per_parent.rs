//! The first rows below each of many parents, in one statement: what lists inside a list need.

use bitacora_domain::TenantId;
use bitacora_projections::ports::ReadError;
use bitacora_projections::query::{Page, TableRow};
use bitacora_projections::{Cell, Table};
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row as _};

use super::cells::push_array;
use super::ddl::{current, quote};
use super::error::{query_error, refused};
use super::models::{MAX_PAGE, belongs_to, table_rows};
use super::{filter, keyset};

/// `select r.…, parents.place from unnest($1) … cross join lateral (<page of the parent>) r`.
/// Tenant and filter stand in the inner statement, so each parent costs one range of an index.
pub(super) fn sql(
    tenant: TenantId,
    page: &Page,
    column: &'static str,
    parents: &[Cell],
) -> Result<QueryBuilder<'static, Postgres>, ReadError> {
    if page.after.is_some() {
        return Err(refused("a cursor stands below one parent"));
    }
    let parent = filter::column(page.table, column)?;
    let list = |prefix: &str| {
        let names = page.table.columns.iter().map(|c| format!("{prefix}{}", quote(c.name)));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut sql = QueryBuilder::new("select ");
    sql.push(list("r.")).push(", parents.place from unnest(");
    push_array(&mut sql, parent.ty, &parents.iter().collect::<Vec<_>>())?;
    sql.push(") with ordinality as parents (id, place) cross join lateral (select ");
    sql.push(list("")).push(", row_number() over (");
    keyset::push_order(&mut sql, page)?;
    sql.push(") as \"rank of the row\" from ").push(current(page.table));
    belongs_to(&mut sql, tenant);
    sql.push(format!(" and {} = parents.id and (", quote(parent.name)));
    filter::push(&mut sql, page.table, &page.filter)?;
    sql.push(")");
    keyset::push_order(&mut sql, page)?;
    sql.push(" limit ").push_bind(page.limit.clamp(0, MAX_PAGE));
    sql.push(") r order by parents.place, r.\"rank of the row\"");
    Ok(sql)
}

/// The rows by parent, in the order in which the parents were given.
pub(super) fn grouped(
    table: &'static Table,
    rows: &[PgRow],
    parents: usize,
) -> Result<Vec<Vec<TableRow>>, ReadError> {
    let mut groups = vec![Vec::new(); parents];
    for (row, found) in rows.iter().zip(table_rows(table, rows)?) {
        let place: i64 = row.try_get(table.columns.len()).map_err(query_error)?;
        let group = usize::try_from(place - 1).ok().and_then(|place| groups.get_mut(place));
        group.ok_or_else(|| ReadError::Corrupt("a row of no parent".into()))?.push(found);
    }
    Ok(groups)
}
