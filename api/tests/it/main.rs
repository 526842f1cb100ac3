//! Tests of the API crate, in one binary.

mod graphql_engine;
mod architecture;
mod cli;
mod serve;
mod graphql_api;
mod graphql_http;
mod graphql_schema;
mod graphql_socket;
mod support;
