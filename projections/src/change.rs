//! The algebra: everything that a view may ask for.

use std::cmp::Ordering;

use bitacora_domain::{Position, StreamId, Subject, TenantId};
use chrono::{DateTime, Utc};

use crate::value::Cell;

/// Key of a row within its tenant: cells in the order of `Table::key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub Vec<Cell>);

impl Key {
    /// A total order of the keys of one table, for deterministic statements.
    pub fn order(&self, other: &Self) -> Ordering {
        let parts = self.0.iter().zip(&other.0).map(|(a, b)| a.order(b));
        parts.fold(Ordering::Equal, Ordering::then).then(self.0.len().cmp(&other.0.len()))
    }
}

impl<T: Into<Cell>> From<T> for Key {
    fn from(cell: T) -> Self {
        Self(vec![cell.into()])
    }
}

/// Column assignments.
pub type Set = Vec<(&'static str, Cell)>;

/// What a row must be like for [`Change::PatchWhen`].
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// The column has this value.
    Is(&'static str, Cell),
    /// The column has no time, or one that is not after this one.
    NotAfter(&'static str, DateTime<Utc>),
    /// The column has no time, or one that is not before this one.
    NotBefore(&'static str, DateTime<Utc>),
}

/// One change of a view's own table or of the search index. The tenant is the event's.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Makes a row that does not exist; unnamed columns get their initial value. If the row is
    /// there already, nothing happens (the first one stands).
    Insert {
        /// Key of the row.
        key: Key,
        /// Its columns.
        set: Set,
    },
    /// Makes the row or changes the named columns of the one there.
    Upsert {
        /// Key of the row.
        key: Key,
        /// Columns to set.
        set: Set,
    },
    /// Changes the named columns if the row is there.
    Patch {
        /// Key of the row.
        key: Key,
        /// Columns to set.
        set: Set,
    },
    /// Changes the named columns of every row whose *indexed* `column` equals `value`.
    PatchWhere {
        /// First column of a declared index.
        column: &'static str,
        /// Value to match.
        value: Cell,
        /// Columns to set.
        set: Set,
    },
    /// Changes the named columns if the row is there and its `column` equals `value`.
    PatchIf {
        /// Key of the row.
        key: Key,
        /// Column to look at.
        column: &'static str,
        /// Value to match.
        value: Cell,
        /// Columns to set.
        set: Set,
    },
    /// Changes the named columns if the row is there and meets every condition. For facts that
    /// may come late: what is known to be newer stands.
    PatchWhen {
        /// Key of the row.
        key: Key,
        /// Conditions.
        when: Vec<When>,
        /// Columns to set.
        set: Set,
    },
    /// Adds to a counter; makes the row if need be.
    Add {
        /// Key of the row.
        key: Key,
        /// Counter ([`crate::Merge::Sum`] or owned by the aggregate).
        column: &'static str,
        /// Amount, may be negative.
        by: i64,
    },
    /// Sets a [`crate::Merge::First`] column unless a value of a lower position is there;
    /// makes the row if need be.
    KeepFirst {
        /// Key of the row.
        key: Key,
        /// Column.
        column: &'static str,
        /// Value.
        value: Cell,
    },
    /// Sets a [`crate::Merge::Last`] column unless a value of a higher position is there;
    /// makes the row if need be.
    KeepLast {
        /// Key of the row.
        key: Key,
        /// Column.
        column: &'static str,
        /// Value.
        value: Cell,
    },
    /// As [`Self::KeepFirst`], by a time instead of the position.
    KeepEarliest {
        /// Key of the row.
        key: Key,
        /// Column.
        column: &'static str,
        /// Value.
        value: Cell,
        /// Its time.
        at: DateTime<Utc>,
    },
    /// As [`Self::KeepLast`], by a time instead of the position.
    KeepLatest {
        /// Key of the row.
        key: Key,
        /// Column.
        column: &'static str,
        /// Value.
        value: Cell,
        /// Its time.
        at: DateTime<Utc>,
    },
    /// Puts a value into a JSON array that the aggregate owns, unless an equal one is in it
    /// already; makes the row if need be. For events that carry one element of a set.
    Include {
        /// Key of the row.
        key: Key,
        /// Column of type [`crate::value::ColumnType::Json`].
        column: &'static str,
        /// Element.
        value: serde_json::Value,
    },
    /// Removes the row.
    Delete {
        /// Key of the row.
        key: Key,
    },
    /// Puts a document into the search index, replacing an older one of the same id.
    Index(SearchDocument),
    /// Takes documents out of the search index.
    Forget(Forget),
}

impl Change {
    /// The row that the change names, if it names one.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Insert { key, .. }
            | Self::Upsert { key, .. }
            | Self::Patch { key, .. }
            | Self::PatchIf { key, .. }
            | Self::Add { key, .. }
            | Self::KeepFirst { key, .. }
            | Self::KeepLast { key, .. }
            | Self::KeepEarliest { key, .. }
            | Self::KeepLatest { key, .. }
            | Self::PatchWhen { key, .. }
            | Self::Include { key, .. }
            | Self::Delete { key } => Some(key),
            Self::PatchWhere { .. } | Self::Index(_) | Self::Forget(_) => None,
        }
    }
}

/// A text for the search index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDocument {
    /// Deterministic id of the point.
    pub id: uuid::Uuid,
    /// Kind of document: `message`, `chunk`, `transcript`, `note`.
    pub kind: &'static str,
    /// Thing that the document belongs to (conversation, document, call), for filters.
    pub entity: StreamId,
    /// Whose words they are; erasing the subject forgets the document.
    pub subject: Option<Subject>,
    /// The text.
    pub text: String,
}

/// What to take out of the search index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// One document.
    Document(uuid::Uuid),
    /// Everything of one entity.
    Entity(StreamId),
    /// Everything of one data subject.
    Subject(Subject),
}

/// A change together with the event that asked for it.
#[derive(Clone, Debug)]
pub struct Sourced {
    /// Tenant of the event.
    pub tenant: TenantId,
    /// Position of the event.
    pub position: Position,
    /// Aggregate type of the event.
    pub aggregate_type: String,
    /// What it asked for.
    pub change: Change,
}
