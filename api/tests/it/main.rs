//! Tests of the API crate, in one binary.

mod graphql_engine;
mod architecture;
mod cli;
mod serve;
