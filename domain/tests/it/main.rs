//! Tests of the domain, from the outside.
// A test may fail loudly, look for one event among many, and print what it counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout
)]

mod support;

mod api_key;
mod channel_account;
mod contact;
mod conversation;
mod golden;
mod membership;
mod properties;
mod registry;
mod tenant;
mod upcasting;
mod user;
