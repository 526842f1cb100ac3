//! Values of read tables.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Type of a column, as in SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `bigint`
    Int,
    /// `boolean`
    Bool,
    /// `timestamptz`
    Time,
    /// `date`
    Date,
    /// `uuid`
    Uuid,
    /// `jsonb`
    Json,
}

impl ColumnType {
    /// The SQL name of the type.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "bigint",
            Self::Bool => "boolean",
            Self::Time => "timestamptz",
            Self::Date => "date",
            Self::Uuid => "uuid",
            Self::Json => "jsonb",
        }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// SQL NULL.
    Null,
    /// Text.
    Text(String),
    /// Integer.
    Int(i64),
    /// Truth value.
    Bool(bool),
    /// Time, UTC, microseconds.
    Time(DateTime<Utc>),
    /// Day.
    Date(NaiveDate),
    /// UUID.
    Uuid(Uuid),
    /// JSON document.
    Json(Value),
}

impl Cell {
    /// May this value stand in a column of type `ty`? NULL may in any.
    pub fn fits(&self, ty: ColumnType) -> bool {
        match self {
            Self::Null => true,
            Self::Text(_) => ty == ColumnType::Text,
            Self::Int(_) => ty == ColumnType::Int,
            Self::Bool(_) => ty == ColumnType::Bool,
            Self::Time(_) => ty == ColumnType::Time,
            Self::Date(_) => ty == ColumnType::Date,
            Self::Uuid(_) => ty == ColumnType::Uuid,
            Self::Json(_) => ty == ColumnType::Json,
        }
    }

    /// A total order: NULL first, then values of one type as they are ordered; values of
    /// different types (which no column mixes) in the order of the types.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Json(a), Self::Json(b)) => a.to_string().cmp(&b.to_string()),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Text(_) => 1,
            Self::Int(_) => 2,
            Self::Bool(_) => 3,
            Self::Time(_) => 4,
            Self::Date(_) => 5,
            Self::Uuid(_) => 6,
            Self::Json(_) => 7,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(v) = self { Some(v) } else { None }
    }
    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(v) = self { Some(*v) } else { None }
    }
    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(v) = self { Some(*v) } else { None }
    }
    /// The time, if it is one.
    pub fn as_time(&self) -> Option<DateTime<Utc>> {
        if let Self::Time(v) = self { Some(*v) } else { None }
    }
    /// The day, if it is one.
    pub fn as_date(&self) -> Option<NaiveDate> {
        if let Self::Date(v) = self { Some(*v) } else { None }
    }
    /// The UUID, if it is one.
    pub fn as_uuid(&self) -> Option<Uuid> {
        if let Self::Uuid(v) = self { Some(*v) } else { None }
    }
    /// The JSON document, if it is one.
    pub fn as_json(&self) -> Option<&Value> {
        if let Self::Json(v) = self { Some(v) } else { None }
    }
}

macro_rules! into_cell {
    ($($from:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$from> for Cell { fn from(value: $from) -> Self { Self::$variant(value) } }
    )+};
}
into_cell! { String => Text, i64 => Int, bool => Bool, DateTime<Utc> => Time, NaiveDate => Date, Uuid => Uuid, Value => Json }

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of a read table: cells in the order of [`crate::Table::columns`]. The tenant is not
/// a cell; it stands beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Vec<Cell>);
