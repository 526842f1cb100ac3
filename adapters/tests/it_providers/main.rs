//! Providers that messages leave through, against hand-written wire formats and a server that
//! misbehaves on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod checkout;
mod cloud;
mod errors;
mod fake;
mod handler;
mod offline;
mod request;
mod stage;
mod stripe;
#[path = "../it_effects/support.rs"]
#[allow(dead_code, reason = "shared with the tests of effects, which use more of it")]
mod support;
