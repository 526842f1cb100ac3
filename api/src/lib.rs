//! The API of Bitácora: HTTP, GraphQL, webhooks and authentication, over the ports of
//! `commands` and `projections`.
//!
//! **Architecture invariant.** Nothing in this library knows `adapters` or SQL; the binary
//! (`main.rs` and `cli/`) puts the real ones in.

pub mod access;
pub mod app;
pub mod auth;
pub mod config;
pub mod graphql;
pub mod http;
pub mod telemetry;
pub mod usage;
