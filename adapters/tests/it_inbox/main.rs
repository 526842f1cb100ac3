//! The inbox and the way from a delivery to commands, on real Postgres with the real log.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests say what is wrong by failing")]

mod crashes;
mod inbox;
mod orders;
mod preferences;
mod routing;
mod support;
mod waiting;
