//! Declaration of a read table. From it come the DDL, the grants, the policies, the data
//! dictionary, the GraphQL filters and the check that columns do not have two masters.

use crate::value::{Cell, ColumnType, Row};

/// A read table, `read_store.<name>_v<schema>_g<generation>`. `tenant_id uuid` comes first in
/// the table, in its key and in every index; it is not declared.
#[derive(Debug)]
pub struct Table {
    /// Name of the view, plural, `snake_case`.
    pub name: &'static str,
    /// Version of the table's shape; raising it builds a new table beside the old one.
    pub schema: u32,
    /// What a row is, for analysts.
    pub doc: &'static str,
    /// Columns in order; only ever added at the end.
    pub columns: &'static [Column],
    /// Key within the tenant.
    pub key: &'static [&'static str],
    /// Further indexes.
    pub indexes: &'static [Index],
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Name, `snake_case`.
    pub name: &'static str,
    /// Type.
    pub ty: ColumnType,
    /// May it be NULL? A column that may not starts from the zero of its type.
    pub nullable: bool,
    /// Who writes it.
    pub writer: Writer,
    /// Carries personal data.
    pub personal: bool,
    /// What the database itself refuses to store here, whatever a view computed.
    pub floor: Option<Floor>,
    /// Meaning and unit, for analysts and for the API.
    pub doc: &'static str,
}

/// A lower bound of an integer column, as a constraint of the table. A row below it is refused,
/// and its aggregate is parked for the view: wrong figures are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Never below 0.
    Zero,
    /// Never below 0 unless this column of the row, an integer too, is above 0.
    ZeroUnless(&'static str),
}

/// Who may write a column. One aggregate's events, or anybody by changes whose order does not
/// matter: that is what makes parallel workers and parking safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Part of the key: set once, by whatever makes the row.
    Key,
    /// Set once by the [`crate::Change::Insert`] that makes the row, of whatever aggregate, and
    /// never again. For tables whose key contains the id of an event, so that no two events make
    /// the same row and the order does not matter.
    Once,
    /// Only events of this aggregate type.
    Aggregate(&'static str),
    /// Any event, by this merge.
    Shared(Merge),
}

/// A merge whose result does not depend on the order of application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Sum of integers.
    Sum,
    /// The value with the lowest position wins.
    First,
    /// The value with the highest position wins.
    Last,
}

/// An index; `tenant_id` is put in front.
#[derive(Debug)]
pub struct Index {
    /// Name within the table.
    pub name: &'static str,
    /// Columns in order; a leading `-` means descending.
    pub columns: &'static [&'static str],
}

impl Column {
    /// A column of the key.
    pub const fn key(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Self { name, ty, nullable: false, writer: Writer::Key, personal: false, floor: None, doc }
    }
    /// A column written by one aggregate's events, never NULL.
    pub const fn of(
        aggregate: &'static str,
        name: &'static str,
        ty: ColumnType,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            ty,
            nullable: false,
            writer: Writer::Aggregate(aggregate),
            personal: false,
            floor: None,
            doc,
        }
    }
    /// A column set once with its row, never NULL ([`Writer::Once`]).
    pub const fn once(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Self { name, ty, nullable: false, writer: Writer::Once, personal: false, floor: None, doc }
    }
    /// A column that anybody may write by `merge`.
    pub const fn shared(
        merge: Merge,
        name: &'static str,
        ty: ColumnType,
        doc: &'static str,
    ) -> Self {
        let nullable = !matches!(merge, Merge::Sum);
        Self {
            name,
            ty,
            nullable,
            writer: Writer::Shared(merge),
            personal: false,
            floor: None,
            doc,
        }
    }
    /// The same, NULL allowed.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { nullable: true, ..self }
    }
    /// The same, carrying personal data.
    #[must_use]
    pub const fn personal(self) -> Self {
        Self { personal: true, ..self }
    }
    /// The same, with a constraint.
    #[must_use]
    pub const fn floored(self, floor: Floor) -> Self {
        Self { floor: Some(floor), ..self }
    }

    /// Value of the column in a new row that does not say otherwise.
    pub fn initial(&self) -> Cell {
        if self.nullable {
            return Cell::Null;
        }
        match self.ty {
            ColumnType::Text => Cell::Text(String::new()),
            ColumnType::Int => Cell::Int(0),
            ColumnType::Bool => Cell::Bool(false),
            ColumnType::Time => Cell::Time(chrono::DateTime::UNIX_EPOCH),
            ColumnType::Date => Cell::Date(chrono::DateTime::UNIX_EPOCH.date_naive()),
            ColumnType::Uuid => Cell::Uuid(uuid::Uuid::nil()),
            ColumnType::Json => Cell::Json(serde_json::Value::Null),
        }
    }

    /// First/Last merges remember the position of their value in a hidden column.
    pub const fn keeps_position(&self) -> bool {
        matches!(self.writer, Writer::Shared(Merge::First | Merge::Last))
    }
}

impl Table {
    /// Place of a column, by name.
    pub fn index_of(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }
    /// A column, by name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }
    /// A row in which every column has its initial value.
    pub fn initial_row(&self) -> Row {
        Row(self.columns.iter().map(Column::initial).collect())
    }
    /// Columns that keep a position beside their value, in order; their hidden columns are
    /// named [`Table::position_column`].
    pub fn positioned(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|c| c.keeps_position())
    }
    /// Name of the hidden position column of `column`.
    pub fn position_column(column: &str) -> String {
        format!("{column}__position")
    }
    /// Physical table of a generation, without its schema.
    pub fn physical(&self, generation: i32) -> String {
        format!("{}_v{}_g{generation}", self.name, self.schema)
    }
    /// Name that the API reads (a view that always points at the live generation).
    pub fn current(&self) -> String {
        format!("{}_v{}", self.name, self.schema)
    }
}
