//! Time and fresh ids, so that nothing but one adapter reads a clock or draws randomness.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where time and fresh ids come from. Tests put their own in.
pub trait Clock: Send + Sync + 'static {
    /// The current time, UTC, cut to microseconds (what Postgres keeps).
    fn now(&self) -> DateTime<Utc>;
    /// A fresh id (UUIDv7, RFC 9562 §5.7).
    fn fresh_id(&self) -> Uuid;
}
