//! Tests of the API crate, in one binary.

mod architecture;
mod cli;
mod graphql_api;
mod graphql_engine;
mod graphql_facts;
mod graphql_http;
mod graphql_schema;
mod graphql_socket;
mod serve;
mod support;
