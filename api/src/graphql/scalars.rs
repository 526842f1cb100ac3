//! Scalars of the schema beyond those of the engine.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use bitacora_domain as domain;
use chrono::NaiveDate;

/// A position in the tenant's log: returned in receipts, given as `atLeast`. The text of an
/// event's cursor is one too. Opaque, such as `1-2-4711`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub domain::Cursor);

/// A position in the tenant's log: returned in receipts, given as `atLeast`. The text of an
/// event's cursor is one too. Opaque, such as `1-2-4711`.
#[Scalar(name = "Position")]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        text.parse().map(Self).map_err(InputValueError::custom)
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A place in a list or stream, to go on from. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A place in a list or in the stream of events, to go on from with `after` (or `before`):
/// exclusive. Opaque; do not make one up.
#[Scalar(name = "Cursor")]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else {
            return Err(InputValueError::expected_type(value));
        };
        if text.len() > 2048 {
            return Err(InputValueError::custom("not a cursor: too long"));
        }
        Ok(Self(text))
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl From<domain::Cursor> for Cursor {
    fn from(cursor: domain::Cursor) -> Self {
        Self(cursor.to_string())
    }
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A day of the calendar, `YYYY-MM-DD`, such as `2026-11-20`.
#[Scalar(name = "Date", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        text.parse().map(Self).map_err(InputValueError::custom)
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// A JSON document, served as it is.
pub type Json = async_graphql::Json<serde_json::Value>;
