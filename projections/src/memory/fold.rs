//! The interpreter of the algebra. Everything here was checked by [`super::check`] before, so
//! nothing can fail half-way.

use std::collections::hash_map::Entry;

use bitacora_domain::{Position, TenantId};
use serde_json::Value;

use super::{MemTable, Slot};
use crate::change::Set;
use crate::ports::StoredRow;
use crate::value::Cell;
use crate::{Change, Key, Table, When};

impl MemTable {
    /// Applies a change that is known to be legal.
    pub(super) fn fold(&mut self, tenant: TenantId, position: Position, change: Change) {
        match change {
            Change::Insert { key, set } => {
                if self.row(tenant, &key).is_none() {
                    self.made(tenant, key, |table, row| assign(table, row, set));
                }
            }
            Change::Upsert { key, set } => {
                self.made(tenant, key, |table, row| assign(table, row, set));
            }
            Change::Patch { key, set } => self.patch(tenant, key, set, |_, _| true),
            Change::PatchIf { key, column, value, set } => {
                self.patch(tenant, key, set, |table, row| cell_is(table, row, column, &value));
            }
            Change::PatchWhen { key, when, set } => {
                self.patch(tenant, key, set, |table, row| {
                    when.iter().all(|when| meets(table, row, when))
                });
            }
            Change::PatchWhere { column, value, set } => {
                self.patch_where(tenant, column, &value, &set);
            }
            Change::Add { key, column, by } => {
                self.made(tenant, key, |table, row| add(table, row, column, by));
            }
            Change::KeepFirst { key, column, value } => {
                self.made(tenant, key, |table, row| {
                    keep(table, row, column, value, position, |kept| kept >= position)
                });
            }
            Change::KeepLast { key, column, value } => {
                self.made(tenant, key, |table, row| {
                    keep(table, row, column, value, position, |kept| kept <= position)
                });
            }
            Change::KeepEarliest { key, column, value, at } => {
                let at = Position(at.timestamp_micros());
                self.made(tenant, key, |table, row| {
                    keep(table, row, column, value, at, |kept| kept > at)
                });
            }
            Change::KeepLatest { key, column, value, at } => {
                let at = Position(at.timestamp_micros());
                self.made(tenant, key, |table, row| {
                    keep(table, row, column, value, at, |kept| kept <= at)
                });
            }
            Change::Include { key, column, value } => {
                self.made(tenant, key, |table, row| include(table, row, column, value));
            }
            Change::Delete { key } => self.delete(tenant, key),
            // These concern the search index, which is not a table.
            Change::Index(_) | Change::Forget(_) => {}
        }
    }

    /// Changes the row, which is made if need be. `change` says whether it changed anything.
    fn made(
        &mut self,
        tenant: TenantId,
        key: Key,
        change: impl FnOnce(&'static Table, &mut StoredRow) -> bool,
    ) {
        let table = self.table;
        let entry = self.rows.entry((tenant, key));
        let new = match &entry {
            Entry::Occupied(slot) if slot.get().now.is_some() => None,
            Entry::Occupied(_) | Entry::Vacant(_) => Some(blank(table, tenant, &entry.key().1)),
        };
        let slot = entry.or_insert(Slot { now: None, stored: false, dirty: false });
        slot.dirty |= new.is_some();
        if let Some(row) = slot.now.as_mut() {
            slot.dirty |= change(table, row);
        } else if let Some(mut row) = new {
            change(table, &mut row);
            slot.now = Some(row);
        }
    }

    fn patch(
        &mut self,
        tenant: TenantId,
        key: Key,
        set: Set,
        when: impl FnOnce(&'static Table, &StoredRow) -> bool,
    ) {
        let table = self.table;
        let Some(slot) = self.rows.get_mut(&(tenant, key)) else { return };
        let Some(row) = slot.now.as_mut() else { return };
        if when(table, row) {
            slot.dirty |= assign(table, row, set);
        }
    }

    fn patch_where(&mut self, tenant: TenantId, column: &str, value: &Cell, set: &Set) {
        let table = self.table;
        for ((of, _), slot) in &mut self.rows {
            if *of != tenant {
                continue;
            }
            if let Some(row) = slot.now.as_mut()
                && cell_is(table, row, column, value)
            {
                slot.dirty |= assign(table, row, set.clone());
            }
        }
    }

    fn delete(&mut self, tenant: TenantId, key: Key) {
        if let Some(slot) = self.rows.get_mut(&(tenant, key))
            && slot.now.take().is_some()
        {
            slot.dirty = true;
        }
    }
}

fn blank(table: &'static Table, tenant: TenantId, key: &Key) -> StoredRow {
    let mut row = table.initial_row();
    for (name, cell) in table.key.iter().zip(&key.0) {
        if let Some(place) = table.index_of(name).and_then(|i| row.0.get_mut(i)) {
            place.clone_from(cell);
        }
    }
    StoredRow { tenant, row, positions: vec![None; table.positioned().count()] }
}

fn cell<'a>(table: &Table, row: &'a mut StoredRow, column: &str) -> Option<&'a mut Cell> {
    table.index_of(column).and_then(|i| row.row.0.get_mut(i))
}

fn cell_is(table: &Table, row: &StoredRow, column: &str, value: &Cell) -> bool {
    table.index_of(column).and_then(|i| row.row.0.get(i)) == Some(value)
}

fn meets(table: &Table, row: &StoredRow, when: &When) -> bool {
    let time = |column: &str| match table.index_of(column).and_then(|i| row.row.0.get(i)) {
        Some(Cell::Time(at)) => Some(*at),
        Some(_) | None => None,
    };
    match when {
        When::Is(column, value) => cell_is(table, row, column, value),
        When::NotAfter(column, at) => time(column).is_none_or(|known| known <= *at),
        When::NotBefore(column, at) => time(column).is_none_or(|known| known >= *at),
    }
}

fn assign(table: &Table, row: &mut StoredRow, set: Set) -> bool {
    let mut changed = false;
    for (name, value) in set {
        if let Some(place) = cell(table, row, name)
            && *place != value
        {
            *place = value;
            changed = true;
        }
    }
    changed
}

fn add(table: &Table, row: &mut StoredRow, column: &str, by: i64) -> bool {
    let Some(place) = cell(table, row, column) else { return false };
    // A thousand of the largest amounts fit, so the end of the range is out of reach.
    *place = Cell::Int(place.as_int().unwrap_or(0).saturating_add(by));
    by != 0
}

/// Puts the value with its position in, when there is none yet or `wins` says so of the
/// position that is there.
fn keep(
    table: &Table,
    row: &mut StoredRow,
    column: &str,
    value: Cell,
    position: Position,
    wins: impl FnOnce(Position) -> bool,
) -> bool {
    let Some(hidden) = table.positioned().position(|c| c.name == column) else { return false };
    let Some(kept) = row.positions.get_mut(hidden) else { return false };
    if kept.is_some_and(|kept| !wins(kept)) {
        return false;
    }
    *kept = Some(position);
    if let Some(place) = cell(table, row, column) {
        *place = value;
    }
    true
}

fn include(table: &Table, row: &mut StoredRow, column: &str, value: Value) -> bool {
    let Some(place) = cell(table, row, column) else { return false };
    if let Cell::Json(Value::Array(list)) = place {
        if list.contains(&value) {
            return false;
        }
        list.push(value);
    } else {
        *place = Cell::Json(Value::Array(vec![value]));
    }
    true
}
