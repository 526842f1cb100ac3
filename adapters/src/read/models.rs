//! Questions of the API to read tables.
//!
//! Every one runs in a transaction that first says whose it is, so row security answers for one
//! tenant only, whatever the rest of the statement says. The tenant is a condition besides,
//! because planners use indexes for conditions and not for policies.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use bitacora_domain::{Lane, Position, StreamId, TenantId};
use bitacora_projections::ports::{ReadError, ReadModels};
use bitacora_projections::query::{Filter, Page, TableRow};
use bitacora_projections::{Cell, Key, Row, Table};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Postgres, QueryBuilder, Row as _, Transaction};

use super::bookkeeping::schema;
use super::cells::{push_array, read_cell};
use super::ddl::{current, quote};
use super::error::{query_error, refused};
use super::{filter, keyset, per_parent, sql};

/// The longest page, whatever a caller asks for.
pub(super) const MAX_PAGE: i64 = 10_001;

/// The read tables as the API sees them.
#[derive(Debug)]
pub struct PgReadModels {
    pool: PgPool,
    schemas: HashMap<&'static str, i32>,
}

impl PgReadModels {
    /// Asks with the API's connections; `views` says which schema versions it was compiled for.
    pub fn new(api: PgPool, views: impl IntoIterator<Item = &'static Table>) -> Self {
        Self { pool: api, schemas: views.into_iter().map(|t| (t.name, schema(t))).collect() }
    }

    async fn begin(&self, tenant: TenantId) -> Result<Transaction<'static, Postgres>, ReadError> {
        let mut tx = self.pool.begin().await.map_err(query_error)?;
        sqlx::query(sql::SET_TENANT)
            .bind(tenant.to_string())
            .execute(&mut *tx)
            .await
            .map_err(query_error)?;
        Ok(tx)
    }

    async fn fetch(
        &self,
        tenant: TenantId,
        mut sql: QueryBuilder<'_, Postgres>,
    ) -> Result<Vec<PgRow>, ReadError> {
        let mut tx = self.begin(tenant).await?;
        let rows = sql.build().fetch_all(&mut *tx).await.map_err(query_error)?;
        tx.commit().await.map_err(query_error)?;
        Ok(rows)
    }
}

#[async_trait]
impl ReadModels for PgReadModels {
    async fn page(&self, tenant: TenantId, page: &Page) -> Result<Vec<TableRow>, ReadError> {
        table_rows(page.table, &self.fetch(tenant, page_sql(tenant, page)?).await?)
    }

    async fn page_per(
        &self,
        tenant: TenantId,
        page: &Page,
        column: &'static str,
        parents: &[Cell],
    ) -> Result<Vec<Vec<TableRow>>, ReadError> {
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.fetch(tenant, per_parent::sql(tenant, page, column, parents)?).await?;
        per_parent::grouped(page.table, &rows, parents.len())
    }

    async fn count(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: &Filter,
        limit: i64,
    ) -> Result<i64, ReadError> {
        let mut sql = QueryBuilder::new("select count(*) from (select from ");
        sql.push(current(table));
        belongs_to(&mut sql, tenant);
        sql.push(" and (");
        filter::push(&mut sql, table, filter)?;
        sql.push(") limit ").push_bind(limit.max(0)).push(") counted");
        let mut tx = self.begin(tenant).await?;
        let count = sql.build_query_scalar().fetch_one(&mut *tx).await.map_err(query_error)?;
        tx.commit().await.map_err(query_error)?;
        Ok(count)
    }

    async fn tally(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: &Filter,
        columns: &[&'static str],
        limit: i64,
    ) -> Result<Vec<(Vec<Cell>, i64)>, ReadError> {
        let by = columns.iter().map(|name| filter::column(table, name));
        let by = by.collect::<Result<Vec<_>, _>>()?;
        let names = by.iter().map(|column| quote(column.name)).collect::<Vec<_>>().join(", ");
        let mut sql = QueryBuilder::new("select ");
        sql.push(&names).push(", count(*) from ").push(current(table));
        belongs_to(&mut sql, tenant);
        sql.push(" and (");
        filter::push(&mut sql, table, filter)?;
        sql.push(") group by ").push(&names).push(" order by ").push(&names);
        sql.push(" limit ").push_bind(limit.clamp(0, MAX_PAGE));
        let group = |row: &PgRow| {
            let cells = by.iter().enumerate().map(|(i, column)| read_cell(row, i, column.ty));
            let count: i64 = row.try_get(by.len()).map_err(query_error)?;
            Ok((cells.collect::<Result<Vec<_>, _>>()?, count))
        };
        self.fetch(tenant, sql).await?.iter().map(group).collect()
    }

    async fn rows(
        &self,
        tenant: TenantId,
        table: &'static Table,
        keys: &[Key],
    ) -> Result<Vec<TableRow>, ReadError> {
        if keys.iter().any(|key| key.0.len() != table.key.len()) {
            return Err(refused(format!("not a key of {}", table.name)));
        }
        let keys: HashSet<_> = keys.iter().collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<_> = table.key.iter().map(|name| quote(name)).collect();
        let names = names.join(", ");
        let mut sql = select(table);
        belongs_to(&mut sql, tenant);
        // One column is compared with the array itself: the join that many columns need was planned
        // by reading the tenant's whole table when its statistics were young (3 ms a row at 500
        // messages a second).
        let single = table.key.len() == 1;
        sql.push(if single {
            format!(" and {names} = any(")
        } else {
            format!(" and ({names}) in (select * from unnest(")
        });
        for (i, name) in table.key.iter().enumerate() {
            let cells: Vec<_> = keys.iter().filter_map(|key| key.0.get(i)).collect();
            sql.push(if i == 0 { "" } else { ", " });
            push_array(&mut sql, filter::column(table, name)?.ty, &cells)?;
        }
        sql.push(if single { ")" } else { "))" });
        table_rows(table, &self.fetch(tenant, sql).await?)
    }

    async fn is_parked(
        &self,
        tenant: TenantId,
        projections: &[&'static str],
        upto: Position,
        stream: Option<&StreamId>,
    ) -> Result<bool, ReadError> {
        let unknown = |name| refused(format!("{name} is not a view that this reader knows"));
        let schemas: Vec<i32> = projections
            .iter()
            .map(|name| self.schemas.get(name).copied().ok_or_else(|| unknown(name)))
            .collect::<Result<_, _>>()?;
        let mut tx = self.begin(tenant).await?;
        let parked = sqlx::query_scalar(sql::IS_PARKED)
            .bind(tenant.as_uuid())
            .bind(projections)
            .bind(schemas)
            .bind(upto.0)
            .bind(stream.map(|s| &s.aggregate_type))
            .bind(stream.map(|s| &s.aggregate_id))
            .fetch_one(&mut *tx)
            .await
            .map_err(query_error)?;
        tx.commit().await.map_err(query_error)?;
        Ok(parked)
    }

    async fn checkpoint(&self, table: &'static Table, lane: Lane) -> Result<Position, ReadError> {
        let position: Option<i64> = sqlx::query_scalar(sql::CHECKPOINT)
            .bind(table.name)
            .bind(schema(table))
            .bind(lane.0)
            .fetch_one(&self.pool)
            .await
            .map_err(query_error)?;
        let missing = || ReadError::Unavailable(format!("{} is not there yet", table.current()));
        position.map(Position).ok_or_else(missing)
    }
}

/// The statement of a page.
pub(super) fn page_sql(
    tenant: TenantId,
    page: &Page,
) -> Result<QueryBuilder<'static, Postgres>, ReadError> {
    let mut sql = select(page.table);
    belongs_to(&mut sql, tenant);
    sql.push(" and (");
    filter::push(&mut sql, page.table, &page.filter)?;
    sql.push(")");
    if let Some(after) = &page.after {
        sql.push(" and (");
        keyset::push_after(&mut sql, page, after)?;
        sql.push(")");
    }
    keyset::push_order(&mut sql, page)?;
    sql.push(" limit ").push_bind(page.limit.clamp(0, MAX_PAGE));
    Ok(sql)
}

/// `select <columns> from <name that the API reads>`
fn select(table: &Table) -> QueryBuilder<'static, Postgres> {
    let columns: Vec<_> = table.columns.iter().map(|c| quote(c.name)).collect();
    let mut sql = QueryBuilder::new("select ");
    sql.push(columns.join(", ")).push(" from ").push(current(table));
    sql
}

pub(super) fn belongs_to(sql: &mut QueryBuilder<'_, Postgres>, tenant: TenantId) {
    sql.push(" where tenant_id = ").push_bind(tenant.as_uuid());
}

pub(super) fn table_rows(
    table: &'static Table,
    rows: &[PgRow],
) -> Result<Vec<TableRow>, ReadError> {
    let read = |row| {
        let cells = table.columns.iter().enumerate().map(|(i, c)| read_cell(row, i, c.ty));
        Ok(TableRow { table, row: Row(cells.collect::<Result<_, _>>()?) })
    };
    rows.iter().map(read).collect()
}
