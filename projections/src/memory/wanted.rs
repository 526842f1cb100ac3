//! Which stored rows a batch of changes may touch.

use std::collections::HashSet;

use crate::Change;
use crate::change::Sourced;
use crate::ports::Wanted;

impl Wanted {
    /// The rows that must be loaded before `changes` are folded: every row that a change names
    /// (also an insert's, whose row may be there already), and every row that a
    /// [`Change::PatchWhere`] matches *now*. A row that comes to match only during the batch was
    /// changed by the batch, so it is loaded anyway.
    pub fn of(changes: &[Sourced]) -> Self {
        let mut wanted = Self::default();
        let (mut keys, mut matches) = (HashSet::new(), HashSet::new());
        for Sourced { tenant, change, .. } in changes {
            if let Some(key) = change.key() {
                if keys.insert((*tenant, key)) {
                    wanted.keys.push((*tenant, key.clone()));
                }
            } else if let Change::PatchWhere { column, value, .. } = change
                && matches.insert((*tenant, *column, value))
            {
                wanted.matches.push((*tenant, *column, value.clone()));
            }
        }
        wanted
    }

    /// Nothing needs to be loaded.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.matches.is_empty()
    }
}

impl crate::ports::Writes {
    /// Nothing needs to be written.
    pub fn is_empty(&self) -> bool {
        self.upserts.is_empty() && self.deletes.is_empty()
    }
}
