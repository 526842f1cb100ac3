//! Tests of the domain, from the outside.
// A test may fail loudly, look for one event among many, and print what it counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout
)]

#[path = "../model/mod.rs"]
mod model;
mod support;

mod api_key;
mod billing_order;
mod calendar;
mod call_session;
mod channel_account;
mod contact;
mod conversation;
mod credit_ledger;
mod delivery;
mod golden;
mod knowledge_document;
mod lead;
mod membership;
mod offer;
mod properties;
mod registry;
mod tenant;
mod ticket;
mod upcasting;
mod user;
