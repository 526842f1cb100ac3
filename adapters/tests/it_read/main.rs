//! The read side against a real Postgres: one test binary, a database per test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests: a failure is a panic, and an unexpected variant is a failure"
)]

mod analysts;
mod claiming;
mod ensuring;
mod floors;
mod isolation;
mod listening;
mod log;
mod measures;
mod paging;
mod plans;
mod questions;
mod statements;
mod support;
mod swapping;
