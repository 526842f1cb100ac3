//! Order and cursor of a [`Page`] → SQL.
//!
//! The key ends every order, in the direction of the column before it.
//!
//! NULL stands last in both directions. A column that has no NULLs, or whose NULLs the filter
//! leaves out, is ordered without saying where they would stand, because an index is only used
//! when that matches too, and a cursor in it is the start of a range.

use bitacora_projections::ports::ReadError;
use bitacora_projections::query::{Direction, Page};
use bitacora_projections::{Cell, Column};
use sqlx::{Postgres, QueryBuilder};

use super::cells::{check, push_cell};
use super::ddl::quote;
use super::error::refused;
use super::filter;
use super::ranges::{falls_in_an_index, leaves_nulls_out, nulls_before};

/// One part of the total order, in the direction in which the page is read.
struct Part {
    column: &'static Column,
    /// Read from small to large.
    ascending: bool,
    /// Read against the declared order: NULLs come first.
    backwards: bool,
    /// There may be NULLs among the rows of the page.
    nullable: bool,
}

fn parts(page: &Page) -> Result<Vec<Part>, ReadError> {
    let declared = page.order.iter().map(|o| (o.column, o.direction == Direction::Asc));
    // As in an index that ends with the key: one direction makes one range of it.
    let of_key = page.order.last().is_none_or(|o| o.direction == Direction::Asc);
    let directions = declared.chain(std::iter::repeat(("", of_key)));
    let of = |(name, (_, ascending)): (&str, (&str, bool))| {
        let column = filter::column(page.table, name)?;
        let backwards = page.backwards;
        let nullable = column.nullable && !leaves_nulls_out(&page.filter, name);
        Ok(Part { column, ascending: ascending != backwards, backwards, nullable })
    };
    page.cursor_columns().into_iter().zip(directions).map(of).collect()
}

/// Appends `order by …`.
pub(super) fn push_order(
    sql: &mut QueryBuilder<'_, Postgres>,
    page: &Page,
) -> Result<(), ReadError> {
    let parts = parts(page)?;
    sql.push(" order by ");
    let first = parts.first().map(|part| (part.column.name, part.ascending));
    let before = first.and_then(|first| nulls_before(page.table, &page.filter, first));
    if let Some((columns, forward)) = before {
        for column in columns {
            sql.push(quote(column)).push(if forward { ", " } else { " desc, " });
        }
    }
    for (i, part) in parts.iter().enumerate() {
        sql.push(if i == 0 { "" } else { ", " }).push(quote(part.column.name));
        sql.push(if part.ascending { "" } else { " desc" });
        if part.nullable {
            sql.push(if part.backwards { " nulls first" } else { " nulls last" });
        } else if part.column.nullable && falls_in_an_index(page.table, part.column.name) {
            // No NULL is among the rows; the words only name the index.
            sql.push(if part.ascending { " nulls first" } else { " nulls last" });
        }
    }
    Ok(())
}

/// Appends the condition "behind these values".
pub(super) fn push_after(
    sql: &mut QueryBuilder<'_, Postgres>,
    page: &Page,
    after: &[Cell],
) -> Result<(), ReadError> {
    let parts = parts(page)?;
    if parts.len() != after.len() {
        return Err(refused("the cursor belongs to another order"));
    }
    let bounds: Vec<_> = parts.iter().zip(after).collect();
    for (part, value) in &bounds {
        check(value, part.column.ty)?;
        if **value == Cell::Null && !part.nullable {
            return Err(refused(format!("{} is never NULL", part.column.name)));
        }
    }
    let same_way = |(part, _): &(&Part, &Cell)| {
        !part.nullable && part.ascending == bounds.first().is_none_or(|(p, _)| p.ascending)
    };
    if bounds.iter().all(same_way) {
        rowwise(sql, &bounds);
    } else {
        stepwise(sql, &bounds);
    }
    Ok(())
}

/// `(a, b) > ($1, $2)`: one range of an index.
fn rowwise(sql: &mut QueryBuilder<'_, Postgres>, bounds: &[(&Part, &Cell)]) {
    let columns: Vec<_> = bounds.iter().map(|(part, _)| quote(part.column.name)).collect();
    let ascending = bounds.first().is_none_or(|(part, _)| part.ascending);
    let operator = if ascending { ">" } else { "<" };
    sql.push(format!("({}) {operator} (", columns.join(", ")));
    for (i, (_, value)) in bounds.iter().enumerate() {
        sql.push(if i == 0 { "" } else { ", " });
        push_cell(sql, value);
    }
    sql.push(")");
}

/// `a behind x or a = x and (b behind y or b = y and …)`
fn stepwise(sql: &mut QueryBuilder<'_, Postgres>, bounds: &[(&Part, &Cell)]) {
    for (i, (part, value)) in bounds.iter().enumerate() {
        sql.push("(");
        behind(sql, part, value);
        sql.push(")");
        if i + 1 < bounds.len() {
            sql.push(" or (");
            equal(sql, part, value);
            sql.push(" and (");
        }
    }
    for _ in 1..bounds.len() {
        sql.push("))");
    }
}

fn behind(sql: &mut QueryBuilder<'_, Postgres>, part: &Part, value: &Cell) {
    let name = quote(part.column.name);
    match (value, part.backwards) {
        // NULLs are at the end that is read last …
        (Cell::Null, false) => {
            sql.push("false");
        }
        // … or first.
        (Cell::Null, true) => {
            sql.push(format!("{name} is not null"));
        }
        (_, backwards) => {
            sql.push(format!("{name} {} ", if part.ascending { ">" } else { "<" }));
            push_cell(sql, value);
            if part.nullable && !backwards {
                sql.push(format!(" or {name} is null"));
            }
        }
    }
}

fn equal(sql: &mut QueryBuilder<'_, Postgres>, part: &Part, value: &Cell) {
    let name = quote(part.column.name);
    if *value == Cell::Null {
        sql.push(format!("{name} is null"));
    } else {
        sql.push(format!("{name} = "));
        push_cell(sql, value);
    }
}
