//! Cells of a row as values of fields.

use bitacora_projections::query::TableRow;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Typed access to the columns of a row. A missing or differently typed cell is `None`; a test
/// compares the columns that the schema names with the tables.
pub(super) trait Cells {
    /// A text.
    fn text(&self, column: &str) -> Option<String>;
    /// A number; 0 when there is none.
    fn int(&self, column: &str) -> i64;
    /// A truth value; false when there is none.
    fn truth(&self, column: &str) -> bool;
    /// A time.
    fn time(&self, column: &str) -> Option<DateTime<Utc>>;
    /// A day.
    fn day(&self, column: &str) -> Option<NaiveDate>;
    /// An id.
    fn uuid(&self, column: &str) -> Option<Uuid>;
    /// A JSON document.
    fn json(&self, column: &str) -> Option<Value>;
    /// The texts of a JSON array.
    fn texts(&self, column: &str) -> Vec<String>;
}

impl Cells for TableRow {
    fn text(&self, column: &str) -> Option<String> {
        self.cell(column).as_text().map(str::to_owned)
    }
    fn int(&self, column: &str) -> i64 {
        self.cell(column).as_int().unwrap_or_default()
    }
    fn truth(&self, column: &str) -> bool {
        self.cell(column).as_bool().unwrap_or_default()
    }
    fn time(&self, column: &str) -> Option<DateTime<Utc>> {
        self.cell(column).as_time()
    }
    fn day(&self, column: &str) -> Option<NaiveDate> {
        self.cell(column).as_date()
    }
    fn uuid(&self, column: &str) -> Option<Uuid> {
        self.cell(column).as_uuid()
    }
    fn json(&self, column: &str) -> Option<Value> {
        self.cell(column).as_json().cloned()
    }
    fn texts(&self, column: &str) -> Vec<String> {
        let items = self.cell(column).as_json().and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}
