//! Static checks of a table's declaration. A test runs them over all views; the adapter may
//! trust the names in its statements.

use std::collections::HashSet;

use crate::table::{Floor, Merge, Writer};
use crate::value::ColumnType;
use crate::{Column, Table};

/// Everything that is wrong with a declaration; empty when nothing is.
pub fn validate(table: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    names(table, &mut faults);
    key(table, &mut faults);
    columns(table, &mut faults);
    indexes(table, &mut faults);
    faults
}

fn names(table: &Table, faults: &mut Vec<String>) {
    let mut seen = HashSet::new();
    let all = table.columns.iter().map(|c| c.name).chain([table.name]);
    for name in all.chain(table.indexes.iter().map(|i| i.name)) {
        if !snake_case(name) {
            faults.push(format!("`{name}` is no snake_case name of at most 40 characters"));
        }
    }
    for column in table.columns {
        if !seen.insert(column.name) {
            faults.push(format!("column `{}` is declared twice", column.name));
        }
        if column.name == "tenant_id" || column.name.ends_with("__position") {
            faults.push(format!("column `{}` has a reserved name", column.name));
        }
        if column.doc.is_empty() {
            faults.push(format!("column `{}` has no doc", column.name));
        }
    }
    if table.doc.is_empty() {
        faults.push("the table has no doc".into());
    }
    let mut indexes = HashSet::new();
    for index in table.indexes {
        if !indexes.insert(index.name) {
            faults.push(format!("index `{}` is declared twice", index.name));
        }
    }
}

fn key(table: &Table, faults: &mut Vec<String>) {
    if table.key.is_empty() {
        faults.push("the table has no key".into());
    }
    for name in table.key {
        match table.column(name) {
            None => faults.push(format!("key column `{name}` does not exist")),
            Some(column) if column.writer != Writer::Key => {
                faults.push(format!("key column `{name}` is not written as a key"));
            }
            Some(column) if column.nullable || column.ty == ColumnType::Json => {
                faults.push(format!("key column `{name}` cannot be compared"));
            }
            Some(_) => {}
        }
    }
}

fn columns(table: &Table, faults: &mut Vec<String>) {
    for column in table.columns {
        let name = column.name;
        if column.writer == Writer::Key && !table.key.contains(&name) {
            faults.push(format!("column `{name}` is written as a key and not in it"));
        }
        if column.writer == Writer::Shared(Merge::Sum)
            && (column.ty != ColumnType::Int || column.nullable)
        {
            faults.push(format!("counter `{name}` is not an integer that starts from 0"));
        }
        if let Some(floor) = column.floor
            && !floor_holds_integers(table, column, floor)
        {
            faults.push(format!("the floor of `{name}` is about something that is no integer"));
        }
        if column.keeps_position() && !column.nullable {
            faults.push(format!("column `{name}` has no value before the first event"));
        }
        // Rows that anybody may make start from initial values; an aggregate's identity or time
        // would then show a value that nobody said.
        let shared = table.columns.iter().any(|c| matches!(c.writer, Writer::Shared(_)));
        let owned = matches!(column.writer, Writer::Aggregate(_));
        let meaningless =
            matches!(column.ty, ColumnType::Uuid | ColumnType::Time | ColumnType::Date);
        if shared && owned && meaningless && !column.nullable {
            faults.push(format!("column `{name}` has no honest value in a row made by a merge"));
        }
        if shared && column.writer == Writer::Once {
            faults
                .push(format!("column `{name}` is set by an insert, which a merge may forestall"));
        }
    }
}

fn floor_holds_integers(table: &Table, column: &Column, floor: Floor) -> bool {
    let integer = |column: &Column| column.ty == ColumnType::Int;
    integer(column)
        && match floor {
            Floor::Zero => true,
            Floor::ZeroUnless(other) => table.column(other).is_some_and(integer),
        }
}

fn indexes(table: &Table, faults: &mut Vec<String>) {
    for index in table.indexes {
        if index.columns.is_empty() {
            faults.push(format!("index `{}` has no columns", index.name));
        }
        for name in index.columns {
            match table.column(name.trim_start_matches('-')) {
                None => faults.push(format!("index `{}`: no column `{name}`", index.name)),
                Some(column) if column.ty == ColumnType::Json => {
                    faults.push(format!("index `{}`: `{name}` has no order", index.name));
                }
                Some(_) => {}
            }
        }
    }
}

fn snake_case(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
