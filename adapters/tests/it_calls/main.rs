//! Calls that leave the house: the handlers over a real log and queue, and the clients against a
//! server that misbehaves on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod after;
mod attempts;
mod clients;
mod dispatch;
mod fake;
mod stage;
#[path = "../it_effects/support.rs"]
#[allow(dead_code, reason = "shared with the tests of effects, which use more of it")]
mod support;
