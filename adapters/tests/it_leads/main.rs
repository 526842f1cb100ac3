//! The effects of leads: forms that are fetched, first contacts, deliveries; against servers that
//! misbehave by script.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "an id is as good as a text, by value or not")]

mod contacting;
mod delivering;
mod forms;
mod known_faults;
mod server;
mod stage;
#[path = "../it_effects/support.rs"]
#[allow(dead_code, reason = "shared with the tests of effects, which use more of it")]
mod support;
mod targets;
