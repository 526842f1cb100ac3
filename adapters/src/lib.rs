//! Everything with a wire: the Postgres log, read store and inbox, and managed Postgres.

pub mod admin;
pub mod clock;
pub mod inbox;
pub mod log;
pub mod managed;
pub mod migrate;
pub mod pools;
pub mod read;
pub mod testing;
