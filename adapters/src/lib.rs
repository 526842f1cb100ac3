//! Everything with a wire: the Postgres log, read store and inbox, and managed Postgres.

pub mod admin;
pub mod analysts;
pub mod blobs;
pub mod calls;
pub mod clock;
pub mod effects;
pub mod inbox;
pub mod leads;
pub mod log;
pub mod managed;
pub mod migrate;
pub mod people;
pub mod pools;
pub mod providers;
pub mod reactors;
pub mod read;
pub mod testing;
pub mod web;
