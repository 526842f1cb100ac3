//! A digest of rows that does not depend on their order: what two generations, or a table and
//! its replay, are compared by. The adapter computes its own in SQL; this one is for rows in
//! memory, and the two are never compared with each other.

use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::ports::StoredRow;
use crate::value::Cell;

/// Number and sum (mod 2^128) of the rows' hashes. Rows of a table have different keys, so no
/// row cancels another one out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Number of rows.
    pub rows: u64,
    sum: u128,
}

impl Digest {
    /// The digest of all `rows`.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a StoredRow>) -> Self {
        let mut digest = Self::default();
        for row in rows {
            digest.add(row);
        }
        digest
    }

    /// Takes one more row in.
    pub fn add(&mut self, row: &StoredRow) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hash(row));
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:032x}", self.rows, self.sum)
    }
}

fn hash(row: &StoredRow) -> u128 {
    let mut sha = Sha256::new();
    sha.update(row.tenant.as_uuid().as_bytes());
    for cell in &row.row.0 {
        write_cell(&mut sha, cell);
    }
    for position in &row.positions {
        sha.update(position.map_or([0; 8], |p| p.0.to_be_bytes()));
    }
    let hash = sha.finalize();
    hash.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

/// Type, length and bytes, so that no two rows run together to the same bytes.
fn write_cell(sha: &mut Sha256, cell: &Cell) {
    match cell {
        Cell::Null => sha.update([0]),
        Cell::Text(v) => tagged(sha, 1, v.as_bytes()),
        Cell::Int(v) => tagged(sha, 2, &v.to_be_bytes()),
        Cell::Bool(v) => tagged(sha, 3, &[u8::from(*v)]),
        // Postgres keeps microseconds.
        Cell::Time(v) => tagged(sha, 4, &v.timestamp_micros().to_be_bytes()),
        Cell::Date(v) => tagged(sha, 5, v.to_string().as_bytes()),
        Cell::Uuid(v) => tagged(sha, 6, v.as_bytes()),
        Cell::Json(v) => tagged(sha, 7, canonical(v).as_bytes()),
    }
}

fn tagged(sha: &mut Sha256, tag: u8, bytes: &[u8]) {
    sha.update([tag]);
    sha.update((bytes.len() as u64).to_be_bytes());
    sha.update(bytes);
}

/// JSON with sorted keys, whatever order the map keeps (a dependency may switch
/// `serde_json/preserve_order` on for the whole binary).
fn canonical(json: &Value) -> String {
    match json {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields = fields.into_iter().map(|(name, value)| {
                format!("{}:{}", Value::from(name.as_str()), canonical(value))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json.to_string(),
    }
}
