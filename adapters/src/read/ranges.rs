//! What the planner of Postgres does not see by itself, so that a page is a range of an index:
//! which rows a filter leaves out, and which columns it leaves one value.

use bitacora_projections::query::{Filter, Op};
use bitacora_projections::{Cell, Table};

/// Does the filter hold for no row whose `column` is NULL?
pub(super) fn leaves_nulls_out(filter: &Filter, column: &str) -> bool {
    match filter {
        Filter::IsNull(name, wanted) => *name == column && !wanted,
        Filter::Compare(name, op, value) => {
            *name == column && (*op == Op::Ne) == (*value == Cell::Null)
        }
        Filter::In(name, values) => *name == column && !values.contains(&Cell::Null),
        Filter::And(parts) => parts.iter().any(|part| leaves_nulls_out(part, column)),
        Filter::Or(parts) => parts.iter().all(|part| leaves_nulls_out(part, column)),
        Filter::Not(_) => false,
    }
}

/// Has the table an index in which the column goes from large to small?
pub(super) fn falls_in_an_index(table: &Table, name: &str) -> bool {
    let mut columns = table.indexes.iter().flat_map(|index| index.columns);
    columns.any(|column| column.strip_prefix('-') == Some(name))
}

/// Columns that are NULL in all rows of the filter and stand before `first` in an index of which
/// a page ordered by `first` is a range, and whether that index is read from its beginning.
/// Postgres takes `a = 1` for a constant and does not need `a` in the order; of `a is null` it
/// only learns when `a` is in the order.
pub(super) fn nulls_before(
    table: &Table,
    filter: &Filter,
    (first, ascending): (&str, bool),
) -> Option<(Vec<&'static str>, bool)> {
    table.indexes.iter().find_map(|index| {
        let place = index.columns.iter().position(|column| bare(column) == first)?;
        let (before, rest) = index.columns.split_at(place);
        if !before.iter().all(|column| pin(filter, column).is_some()) {
            return None;
        }
        let is_null = |column: &&&str| pin(filter, column) == Some(Pin::Null);
        let nulls: Vec<_> = before.iter().filter(is_null).copied().collect();
        let rises = !rest.first()?.starts_with('-');
        (!nulls.is_empty()).then_some((nulls, rises == ascending))
    })
}

/// The one value that a filter leaves a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    Null,
    Value,
}

fn pin(filter: &Filter, column: &str) -> Option<Pin> {
    match filter {
        Filter::IsNull(name, true) if *name == column => Some(Pin::Null),
        Filter::Compare(name, Op::Eq, value) if *name == column => {
            Some(if *value == Cell::Null { Pin::Null } else { Pin::Value })
        }
        Filter::And(parts) => parts.iter().find_map(|part| pin(part, column)),
        Filter::Compare(..)
        | Filter::In(..)
        | Filter::IsNull(..)
        | Filter::Or(_)
        | Filter::Not(_) => None,
    }
}

fn bare(declared: &str) -> &str {
    declared.strip_prefix('-').unwrap_or(declared)
}
