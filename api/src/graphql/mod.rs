//! The GraphQL API: schema, execution and the rules that hold for all of it.
//!
//! [`modules`] holds one file per concept; everything else here is machinery that they share.
//! `docs/GRAPHQL.md` is the page for callers.

pub mod access;
pub mod announced;
pub mod caller;
mod cells;
pub mod document;
pub mod engine;
pub mod enums;
pub mod fault;
pub mod filters;
pub mod ids;
mod limits;
mod lists;
pub mod modules;
pub mod mutation;
pub mod paging;
pub mod refusals;
pub mod rows;
pub mod scalars;
pub mod veil;
pub mod vocabulary;
mod waiting;

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder};

pub use engine::Engine;
pub use limits::GraphqlLimits;
pub use modules::{Mutation, Query, Subscription};

/// The schema of the API.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .register_output_type::<modules::node::Node>()
        .register_output_type::<mutation::UserError>()
        .disable_suggestions()
}

/// The schema with the limits that the engine itself enforces; the rest is
/// [`document::prepare`]'s. No extensions: any one of them slows down every field.
pub fn schema(limits: &GraphqlLimits) -> ApiSchema {
    builder().limit_complexity(limits.cost).limit_recursive_depth(128).finish()
}

/// The schema as text: what `schema.graphql` holds and `/schema.graphql` serves.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    let sdl = builder().finish().sdl_with_options(options);
    format!("{}\n", sdl.trim())
}
