//! A read table in memory, with the exact semantics of every [`Change`].
//!
//! The runner folds a batch in it and writes the outcome as whole rows; `replay` and "as of"
//! keep a table of their own in it. That all of them share this one interpreter is why a batch
//! of a thousand events gives the same rows as a thousand batches of one.

mod fold;
mod legal;
mod wanted;

use std::collections::HashMap;

use bitacora_domain::{RecordedEvent, TenantId};

pub use legal::check;

use crate::change::Sourced;
use crate::ports::{StoredRow, Writes};
use crate::{Change, Key, ProjectionError, Table};

/// A table, or the part of one that a batch touches.
#[derive(Debug)]
pub struct MemTable {
    table: &'static Table,
    rows: HashMap<(TenantId, Key), Slot>,
}

/// What is known of one key.
#[derive(Debug)]
struct Slot {
    /// The row; `None` when it was removed here.
    now: Option<StoredRow>,
    /// It was loaded, so removing it must be written.
    stored: bool,
    /// It differs from what was loaded.
    dirty: bool,
}

impl MemTable {
    /// An empty table.
    pub fn new(table: &'static Table) -> Self {
        Self { table, rows: HashMap::new() }
    }

    /// The declaration.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Takes in rows as stored. A row that is here already stays as it is, so the same row may
    /// come twice (by key and by match).
    pub fn load(&mut self, rows: impl IntoIterator<Item = StoredRow>) {
        for row in rows {
            let key = self.key_of(&row);
            self.rows.entry((row.tenant, key)).or_insert(Slot {
                now: Some(row),
                stored: true,
                dirty: false,
            });
        }
    }

    /// Applies one change.
    ///
    /// # Errors
    /// [`ProjectionError::Illegal`] when the table does not allow it; nothing is changed then.
    pub fn apply(&mut self, sourced: Sourced) -> Result<(), ProjectionError> {
        check(self.table, &sourced.aggregate_type, &sourced.change)?;
        self.fold(sourced.tenant, sourced.position, sourced.change);
        Ok(())
    }

    /// Applies all changes of an event, or none.
    ///
    /// # Errors
    /// [`ProjectionError::Illegal`] when the table does not allow one of them.
    pub fn apply_event(
        &mut self,
        event: &RecordedEvent,
        changes: Vec<Change>,
    ) -> Result<(), ProjectionError> {
        for change in &changes {
            check(self.table, &event.stream.aggregate_type, change)?;
        }
        for change in changes {
            self.fold(event.tenant, event.position, change);
        }
        Ok(())
    }

    /// One row.
    pub fn row(&self, tenant: TenantId, key: &Key) -> Option<&StoredRow> {
        self.rows.get(&(tenant, key.clone())).and_then(|slot| slot.now.as_ref())
    }

    /// All rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &StoredRow> {
        self.rows.values().filter_map(|slot| slot.now.as_ref())
    }

    /// What must be written so that the stored table becomes this one. Sorted by tenant and key,
    /// so that the same batch always makes the same statement.
    pub fn into_writes(self) -> Writes {
        let mut writes = Writes::default();
        let mut touched: Vec<_> = self.rows.into_iter().filter(|(_, slot)| slot.dirty).collect();
        touched.sort_unstable_by(|((a, ka), _), ((b, kb), _)| a.cmp(b).then_with(|| ka.order(kb)));
        for ((tenant, key), slot) in touched {
            match slot.now {
                Some(row) => writes.upserts.push(row),
                None if slot.stored => writes.deletes.push((tenant, key)),
                None => {}
            }
        }
        writes
    }

    fn key_of(&self, row: &StoredRow) -> Key {
        let cell = |name| self.table.index_of(name).and_then(|i| row.row.0.get(i)).cloned();
        Key(self.table.key.iter().filter_map(|name| cell(name)).collect())
    }
}
