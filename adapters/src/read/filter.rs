//! [`Filter`] → SQL with parameters.
//!
//! Truth has two values here, as it has for whoever asks: a comparison with a NULL column does
//! not hold, so its negation does (`Not` becomes `is not true`), and `Eq`/`Ne` with a NULL value
//! ask for NULL.

use bitacora_projections::ports::ReadError;
use bitacora_projections::query::{Filter, Op};
use bitacora_projections::{Cell, Column, ColumnType, Table};
use sqlx::{Postgres, QueryBuilder};

use super::cells::{check, push_array, push_cell};
use super::ddl::quote;
use super::error::refused;

/// How deep conditions may be nested.
const MAX_DEPTH: usize = 16;

/// Appends the condition.
pub(super) fn push(
    sql: &mut QueryBuilder<'_, Postgres>,
    table: &'static Table,
    filter: &Filter,
) -> Result<(), ReadError> {
    push_nested(sql, table, filter, 0)
}

fn push_nested(
    sql: &mut QueryBuilder<'_, Postgres>,
    table: &'static Table,
    filter: &Filter,
    depth: usize,
) -> Result<(), ReadError> {
    if depth > MAX_DEPTH {
        return Err(refused("the filter is nested too deeply"));
    }
    match filter {
        Filter::Compare(name, op, value) => compare(sql, column(table, name)?, *op, value),
        Filter::In(name, values) => one_of(sql, column(table, name)?, values),
        Filter::IsNull(name, yes) => {
            let test = if *yes { " is null" } else { " is not null" };
            sql.push(quote(column(table, name)?.name)).push(test);
            Ok(())
        }
        Filter::And(parts) => join(sql, table, parts, (" and ", "true"), depth),
        Filter::Or(parts) => join(sql, table, parts, (" or ", "false"), depth),
        Filter::Not(inner) => {
            sql.push("(");
            push_nested(sql, table, inner, depth + 1)?;
            sql.push(") is not true");
            Ok(())
        }
    }
}

fn join(
    sql: &mut QueryBuilder<'_, Postgres>,
    table: &'static Table,
    parts: &[Filter],
    (word, empty): (&str, &str),
    depth: usize,
) -> Result<(), ReadError> {
    if parts.is_empty() {
        sql.push(empty);
    }
    for (i, part) in parts.iter().enumerate() {
        sql.push(if i == 0 { "" } else { word }).push("(");
        push_nested(sql, table, part, depth + 1)?;
        sql.push(")");
    }
    Ok(())
}

/// A column by name, as declared.
pub(super) fn column(table: &'static Table, name: &str) -> Result<&'static Column, ReadError> {
    table.column(name).ok_or_else(|| refused(format!("{} has no column {name}", table.name)))
}

fn compare(
    sql: &mut QueryBuilder<'_, Postgres>,
    column: &Column,
    op: Op,
    value: &Cell,
) -> Result<(), ReadError> {
    let name = quote(column.name);
    if op == Op::Has {
        check(&Cell::Json(serde_json::Value::Null), column.ty)?;
        check(value, ColumnType::Text)?;
    } else {
        check(value, column.ty)?;
    }
    if *value == Cell::Null {
        sql.push(match op {
            Op::Eq => format!("{name} is null"),
            Op::Ne => format!("{name} is not null"),
            Op::Lt | Op::Lte | Op::Gt | Op::Gte | Op::Contains | Op::StartsWith | Op::Has => {
                "false".into()
            }
        });
        return Ok(());
    }
    let operator = match op {
        Op::Eq => "=",
        Op::Ne => "is distinct from",
        Op::Lt => "<",
        Op::Lte => "<=",
        Op::Gt => ">",
        Op::Gte => ">=",
        Op::Contains | Op::StartsWith => return like(sql, column, op, value),
        Op::Has => {
            sql.push(name).push(" @> jsonb_build_array(");
            push_cell(sql, value);
            sql.push("::text)");
            return Ok(());
        }
    };
    sql.push(format!("{name} {operator} "));
    push_cell(sql, value);
    Ok(())
}

/// Case is folded by the rules of Unicode whatever the database's locale is.
fn like(
    sql: &mut QueryBuilder<'_, Postgres>,
    column: &Column,
    op: Op,
    value: &Cell,
) -> Result<(), ReadError> {
    let text = value.as_text().ok_or_else(|| refused(format!("{} is not a text", column.name)))?;
    let escaped = escape_like(text);
    let name = quote(column.name);
    if op == Op::Contains {
        sql.push(format!("{name} collate \"und-x-icu\" ilike "));
        sql.push_bind(format!("%{escaped}%"));
    } else {
        sql.push(format!("{name} like "));
        sql.push_bind(format!("{escaped}%"));
    }
    sql.push(" escape '\\'");
    Ok(())
}

fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn one_of(
    sql: &mut QueryBuilder<'_, Postgres>,
    column: &Column,
    values: &[Cell],
) -> Result<(), ReadError> {
    let name = quote(column.name);
    let known: Vec<&Cell> = values.iter().filter(|v| **v != Cell::Null).collect();
    sql.push(format!("{name} = any("));
    push_array(sql, column.ty, &known)?;
    sql.push(")");
    if known.len() < values.len() {
        sql.push(format!(" or {name} is null"));
    }
    Ok(())
}
