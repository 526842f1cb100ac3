//! Effects and timers on real Postgres: claiming, order, crashes, failures, operators, and a week
//! of a virtual clock.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests say what is wrong by failing")]
#![allow(clippy::print_stdout, reason = "figures of a run, beside its verdict")]

mod claiming;
mod commands;
mod crashes;
mod emitting;
mod failing;
mod load;
mod operators;
mod support;
mod week;
