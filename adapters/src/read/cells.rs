//! Cells ↔ Postgres values.

use bitacora_projections::ports::ReadError;
use bitacora_projections::{Cell, ColumnType};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder, Row as _};

use super::error::{query_error, refused};

/// A query under construction.
pub(super) type PgQuery<'q> = Query<'q, Postgres, PgArguments>;

/// Binds one array parameter: the cells of a column, row by row.
pub(super) fn bind_array<'q, 'c: 'q>(
    query: PgQuery<'q>,
    ty: ColumnType,
    cells: impl Iterator<Item = &'c Cell>,
) -> Result<PgQuery<'q>, ReadError> {
    Ok(match ty {
        ColumnType::Text => query.bind(values(cells, ty, Cell::as_text)?),
        ColumnType::Int => query.bind(values(cells, ty, Cell::as_int)?),
        ColumnType::Bool => query.bind(values(cells, ty, Cell::as_bool)?),
        ColumnType::Time => query.bind(values(cells, ty, Cell::as_time)?),
        ColumnType::Date => query.bind(values(cells, ty, Cell::as_date)?),
        ColumnType::Uuid => query.bind(values(cells, ty, Cell::as_uuid)?),
        ColumnType::Json => query.bind(values(cells, ty, |c| c.as_json().map(Json))?),
    })
}

/// Pushes one array parameter into a statement under construction; no NULLs among the cells.
pub(super) fn push_array(
    sql: &mut QueryBuilder<'_, Postgres>,
    ty: ColumnType,
    cells: &[&Cell],
) -> Result<(), ReadError> {
    let cells = cells.iter().copied();
    match ty {
        ColumnType::Text => sql.push_bind(owned(values(cells, ty, Cell::as_text)?)),
        ColumnType::Int => sql.push_bind(values(cells, ty, Cell::as_int)?),
        ColumnType::Bool => sql.push_bind(values(cells, ty, Cell::as_bool)?),
        ColumnType::Time => sql.push_bind(values(cells, ty, Cell::as_time)?),
        ColumnType::Date => sql.push_bind(values(cells, ty, Cell::as_date)?),
        ColumnType::Uuid => sql.push_bind(values(cells, ty, Cell::as_uuid)?),
        ColumnType::Json => sql.push_bind(values(cells, ty, |c| c.as_json().cloned().map(Json))?),
    };
    sql.push("::").push(ty.sql()).push("[]");
    Ok(())
}

/// Pushes one parameter.
pub(super) fn push_cell(sql: &mut QueryBuilder<'_, Postgres>, cell: &Cell) {
    match cell {
        Cell::Null => sql.push("null"),
        Cell::Text(v) => sql.push_bind(v.clone()),
        Cell::Int(v) => sql.push_bind(*v),
        Cell::Bool(v) => sql.push_bind(*v),
        Cell::Time(v) => sql.push_bind(*v),
        Cell::Date(v) => sql.push_bind(*v),
        Cell::Uuid(v) => sql.push_bind(*v),
        Cell::Json(v) => sql.push_bind(Json(v.clone())),
    };
}

/// Binds one parameter of a column.
pub(super) fn bind_cell<'q>(
    query: PgQuery<'q>,
    ty: ColumnType,
    cell: &'q Cell,
) -> Result<PgQuery<'q>, ReadError> {
    check(cell, ty)?;
    Ok(match ty {
        ColumnType::Text => query.bind(cell.as_text()),
        ColumnType::Int => query.bind(cell.as_int()),
        ColumnType::Bool => query.bind(cell.as_bool()),
        ColumnType::Time => query.bind(cell.as_time()),
        ColumnType::Date => query.bind(cell.as_date()),
        ColumnType::Uuid => query.bind(cell.as_uuid()),
        ColumnType::Json => query.bind(cell.as_json().map(Json)),
    })
}

/// Reads a column of a row.
pub(super) fn read_cell(row: &PgRow, index: usize, ty: ColumnType) -> Result<Cell, ReadError> {
    let cell = match ty {
        ColumnType::Text => row.try_get::<Option<String>, _>(index).map(Cell::from),
        ColumnType::Int => row.try_get::<Option<i64>, _>(index).map(Cell::from),
        ColumnType::Bool => row.try_get::<Option<bool>, _>(index).map(Cell::from),
        ColumnType::Time => {
            row.try_get::<Option<chrono::DateTime<chrono::Utc>>, _>(index).map(Cell::from)
        }
        ColumnType::Date => row.try_get::<Option<chrono::NaiveDate>, _>(index).map(Cell::from),
        ColumnType::Uuid => row.try_get::<Option<uuid::Uuid>, _>(index).map(Cell::from),
        ColumnType::Json => row.try_get::<Option<serde_json::Value>, _>(index).map(Cell::from),
    };
    cell.map_err(query_error)
}

/// Fails when the cell cannot stand in a column of that type.
pub(super) fn check(cell: &Cell, ty: ColumnType) -> Result<(), ReadError> {
    if cell.fits(ty) {
        Ok(())
    } else {
        Err(refused(format!("the value is not of type {}", ty.sql())))
    }
}

fn values<'a, T>(
    cells: impl Iterator<Item = &'a Cell>,
    ty: ColumnType,
    get: impl Fn(&'a Cell) -> Option<T>,
) -> Result<Vec<Option<T>>, ReadError> {
    cells.map(|cell| check(cell, ty).map(|()| get(cell))).collect()
}

fn owned(texts: Vec<Option<&str>>) -> Vec<Option<String>> {
    texts.into_iter().map(|text| text.map(str::to_owned)).collect()
}
