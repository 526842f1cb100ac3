//! Tests of the read side against doubles of its ports that live only here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::wildcard_enum_match_arm)] // tests

mod batches;
mod credits;
mod feed;
mod memory;
mod parking;
mod rebuild;
mod registry;
mod replay;
mod runner;
mod support;
mod views;
mod wait;
