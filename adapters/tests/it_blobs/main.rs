//! The blob store over real Postgres, with bytes in a directory and in a bucket that is played.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests say what is wrong by failing")]

mod bucket;
mod deleting;
#[path = "../it_effects/support.rs"]
#[allow(dead_code, reason = "shared with the tests of effects, which use more of it")]
mod effects;
mod keeping;
mod recordings;
mod support;
mod twilio;
