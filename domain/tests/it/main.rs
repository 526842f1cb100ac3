//! Tests of the domain, from the outside.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail loudly

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
