//! Questions to read tables, as data: the API builds them, an adapter makes SQL of them.

use crate::value::{Cell, Row};
use crate::{Key, Table};

/// Comparison of a column with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal (NULL counts as different).
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Text contains, without regard to case.
    Contains,
    /// Text starts with.
    StartsWith,
    /// A JSON array of texts contains the text.
    Has,
}

/// A condition over the columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Compare a column.
    Compare(&'static str, Op, Cell),
    /// Column is one of the values; none of them for an empty list.
    In(&'static str, Vec<Cell>),
    /// Column is NULL (or is not).
    IsNull(&'static str, bool),
    /// All hold; true when empty.
    And(Vec<Filter>),
    /// At least one holds; false when empty.
    Or(Vec<Filter>),
    /// Does not hold.
    Not(Box<Filter>),
}

/// Direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first; NULL last.
    Asc,
    /// Largest first; NULL last.
    Desc,
}

/// One part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Column.
    pub column: &'static str,
    /// Direction.
    pub direction: Direction,
}

/// A page of a table in keyset order. The adapter appends the key to `order`, so that the order
/// is total; the key goes in the direction of the last column before it, as in an index that ends
/// with the key.
#[derive(Clone, Debug)]
pub struct Page {
    /// Table to read.
    pub table: &'static Table,
    /// Condition.
    pub filter: Filter,
    /// Order.
    pub order: Vec<Order>,
    /// Start behind the row with these values of the order columns and key.
    pub after: Option<Vec<Cell>>,
    /// Number of rows; ask for one more than the page to know whether there is a next.
    pub limit: i64,
    /// Read the order backwards (`last`/`before`); rows come in reversed order.
    pub backwards: bool,
}

impl Page {
    /// Columns whose values make the cursor of a row: the order, then the rest of the key.
    pub fn cursor_columns(&self) -> Vec<&'static str> {
        let mut columns: Vec<_> = self.order.iter().map(|o| o.column).collect();
        columns
            .extend(self.table.key.iter().filter(|k| !self.order.iter().any(|o| o.column == **k)));
        columns
    }
}

/// A row that knows its table.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// Table that it is of.
    pub table: &'static Table,
    /// Its cells.
    pub row: Row,
}

impl TableRow {
    /// The cell of a column; NULL for a column that the table does not have.
    pub fn cell(&self, column: &str) -> &Cell {
        self.table.index_of(column).and_then(|i| self.row.0.get(i)).unwrap_or(&Cell::Null)
    }
    /// The key of the row.
    pub fn key(&self) -> Key {
        Key(self.table.key.iter().map(|k| self.cell(k).clone()).collect())
    }
}
