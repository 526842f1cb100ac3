//! The event log against real Postgres. Tests that replay an incident of another system are
//! named after its row in the incidents page.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may panic

mod bus;
mod contract;
mod credits;
mod guard;
mod history;
mod idempotency;
mod order;
mod outcomes;
mod quotas;
mod support;
mod uniqueness;
