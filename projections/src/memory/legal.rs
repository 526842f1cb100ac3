//! What a change may do to a table.
//!
//! Columns have one master (the events of one aggregate type) or are merged by a rule whose
//! result does not depend on the order. Workers, parked aggregates and retries apply events of
//! different aggregates in different orders; these checks are what makes that invisible.

use crate::change::Set;
use crate::table::{Merge, Writer};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Key, ProjectionError, Table, When};

/// The largest amount of one [`Change::Add`]: 2^53. A thousand of them fit into a counter.
const LARGEST_AMOUNT: u64 = 1 << 53;

/// May an event of `aggregate_type` ask for `change` on `table`?
///
/// # Errors
/// [`ProjectionError::Illegal`] with what is wrong.
pub fn check(
    table: &'static Table,
    aggregate_type: &str,
    change: &Change,
) -> Result<(), ProjectionError> {
    let rules = Rules { table, aggregate_type };
    if let Some(key) = change.key() {
        rules.key(key)?;
    }
    match change {
        Change::Insert { set, .. } => {
            rules.sole_master("insert")?;
            rules.set(set, true)
        }
        Change::Upsert { set, .. } => rules.set(set, false),
        Change::Patch { set, .. } => {
            rules.sole_master("patch")?;
            rules.set(set, false)
        }
        Change::PatchWhere { column, value, set } => {
            rules.indexed(column)?;
            rules.condition(column, value, false)?;
            rules.set(set, false)
        }
        Change::PatchIf { column, value, set, .. } => {
            rules.condition(column, value, true)?;
            rules.set(set, false)
        }
        Change::PatchWhen { when, set, .. } => {
            when.iter().try_for_each(|when| match when {
                When::Is(column, value) => rules.condition(column, value, true),
                // where there may be no time, none counts as any
                When::NotAfter(column, at) | When::NotBefore(column, at) => {
                    let none = rules.column(column)?.nullable;
                    let value = if none { Cell::Null } else { Cell::from(*at) };
                    rules.condition(column, &value, true)
                }
            })?;
            rules.set(set, false)
        }
        Change::Add { column, by, .. } => rules.add(column, *by),
        Change::KeepFirst { column, value, .. } | Change::KeepEarliest { column, value, .. } => {
            rules.keep(column, value, Merge::First)
        }
        Change::KeepLast { column, value, .. } | Change::KeepLatest { column, value, .. } => {
            rules.keep(column, value, Merge::Last)
        }
        Change::Include { column, value, .. } => rules.include(column, value),
        Change::Delete { .. } => rules.sole_master("delete"),
        Change::Index(_) | Change::Forget(_) => Ok(()),
    }
}

struct Rules<'a> {
    table: &'static Table,
    aggregate_type: &'a str,
}

impl Rules<'_> {
    fn illegal(&self, reason: String) -> ProjectionError {
        ProjectionError::Illegal { view: self.table.name, reason }
    }

    fn column(&self, name: &str) -> Result<&'static Column, ProjectionError> {
        self.table.column(name).ok_or_else(|| self.illegal(format!("there is no column {name}")))
    }

    fn fits(&self, column: &Column, value: &Cell) -> Result<(), ProjectionError> {
        if !value.fits(column.ty) {
            let reason = format!("{} is of type {}", column.name, column.ty.sql());
            return Err(self.illegal(reason));
        }
        if *value == Cell::Null && !column.nullable {
            return Err(self.illegal(format!("{} may not be null", column.name)));
        }
        Ok(())
    }

    fn key(&self, key: &Key) -> Result<(), ProjectionError> {
        if key.0.len() != self.table.key.len() {
            return Err(self.illegal(format!("the key has {} parts", self.table.key.len())));
        }
        for (name, cell) in self.table.key.iter().zip(&key.0) {
            self.fits(self.column(name)?, cell)?;
        }
        Ok(())
    }

    fn set(&self, set: &Set, inserting: bool) -> Result<(), ProjectionError> {
        for (name, value) in set {
            let column = self.column(name)?;
            self.fits(column, value)?;
            match column.writer {
                Writer::Aggregate(owner) if owner == self.aggregate_type => {}
                Writer::Once if inserting => {}
                Writer::Aggregate(_) | Writer::Once | Writer::Key | Writer::Shared(_) => {
                    return Err(self.not_yours(column));
                }
            }
        }
        Ok(())
    }

    fn not_yours(&self, column: &Column) -> ProjectionError {
        let may = match column.writer {
            Writer::Key => "only the key sets it".to_owned(),
            Writer::Once => "only an insert sets it".to_owned(),
            Writer::Aggregate(owner) => format!("only events of {owner} set it"),
            Writer::Shared(merge) => format!("only {merge:?} changes it"),
        };
        self.illegal(format!("{} of an event of {}: {may}", column.name, self.aggregate_type))
    }

    /// A column by which events of others may make a row.
    fn foreign(&self) -> Option<&'static Column> {
        self.table.columns.iter().find(|column| match column.writer {
            Writer::Key | Writer::Once => false,
            Writer::Aggregate(owner) => owner != self.aggregate_type,
            Writer::Shared(_) => true,
        })
    }

    /// Whether a row is there decides what an insert, a patch and a delete do. Where others make
    /// rows of the same key too (by `Add`, `KeepFirst` …), that would depend on who came first;
    /// such tables are written by upserts.
    fn sole_master(&self, what: &str) -> Result<(), ProjectionError> {
        self.foreign().map_or(Ok(()), |column| {
            let name = column.name;
            Err(self.illegal(format!("{what} although others may make the row for {name}")))
        })
    }

    /// A condition may look only at what does not change behind the event's back.
    fn condition(&self, name: &str, value: &Cell, null: bool) -> Result<(), ProjectionError> {
        let column = self.column(name)?;
        self.fits(column, value)?;
        if *value == Cell::Null && !null {
            return Err(self.illegal(format!("{name} cannot be matched with null")));
        }
        match column.writer {
            Writer::Key | Writer::Once => self.sole_master("a condition that any row meets"),
            // A row that others made has the initial value; ours to set makes it ours.
            Writer::Aggregate(owner) if owner == self.aggregate_type => {
                if *value == column.initial() {
                    self.sole_master("a condition of no value")
                } else {
                    Ok(())
                }
            }
            Writer::Aggregate(_) | Writer::Shared(_) => {
                Err(self.illegal(format!("a condition on {name}, which others write")))
            }
        }
    }

    fn indexed(&self, name: &str) -> Result<(), ProjectionError> {
        let first = |columns: &[&str]| columns.first().map(|c| c.trim_start_matches('-') == name);
        let indexed = first(self.table.key).unwrap_or(false)
            || self.table.indexes.iter().any(|index| first(index.columns).unwrap_or(false));
        if indexed {
            return Ok(());
        }
        Err(self.illegal(format!("no index begins with {name}")))
    }

    fn add(&self, name: &str, by: i64) -> Result<(), ProjectionError> {
        let column = self.column(name)?;
        self.fits(column, &Cell::Int(by))?;
        if by.unsigned_abs() > LARGEST_AMOUNT {
            return Err(self.illegal(format!("{name} changes by more than 2^53")));
        }
        match column.writer {
            Writer::Shared(Merge::Sum) => Ok(()),
            Writer::Aggregate(owner) if owner == self.aggregate_type => Ok(()),
            Writer::Key | Writer::Once | Writer::Aggregate(_) | Writer::Shared(_) => {
                Err(self.not_yours(column))
            }
        }
    }

    fn keep(&self, name: &str, value: &Cell, merge: Merge) -> Result<(), ProjectionError> {
        let column = self.column(name)?;
        self.fits(column, value)?;
        if column.writer == Writer::Shared(merge) { Ok(()) } else { Err(self.not_yours(column)) }
    }

    fn include(&self, name: &str, value: &serde_json::Value) -> Result<(), ProjectionError> {
        let column = self.column(name)?;
        if column.ty != ColumnType::Json || value.is_null() {
            return Err(self.illegal(format!("{name} is no list of values")));
        }
        match column.writer {
            Writer::Aggregate(owner) if owner == self.aggregate_type => Ok(()),
            Writer::Key | Writer::Once | Writer::Aggregate(_) | Writer::Shared(_) => {
                Err(self.not_yours(column))
            }
        }
    }
}
