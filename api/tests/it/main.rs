//! Tests of the API crate, in one binary.

mod architecture;
mod authorisation;
mod cli;
mod effects;
mod graphql_api;
mod graphql_docs;
mod graphql_engine;
mod graphql_facts;
mod graphql_http;
mod graphql_inbox;
mod graphql_live;
mod graphql_mutations;
mod graphql_mutations_several;
mod graphql_schema;
mod graphql_socket;
mod mutation_stage;
mod people;
mod people_keys;
mod people_members;
mod serve;
mod support;
