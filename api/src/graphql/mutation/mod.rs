//! From a mutation's input to a command, and from its outcome to a payload.
//!
//! Expected failures are data: `errors` of the payload, typed, sharing the interface
//! `UserError`. Only what is nobody's input (the log does not answer) is a top-level error.

mod declare;
mod errors;
mod inputs;
mod payload;
mod run;

pub use errors::{
    ConflictError, IdempotencyError, NotFoundError, RefusedError, Unmet, UserError,
    ValidationError, failure, user_error,
};
pub use inputs::{Common, MutationInput, Target, argument};
pub use payload::{Entity, Payload, Receipt, Receipted, reread};
pub use run::{Outcome, Run, answer, answer_prepared};

pub(in crate::graphql) use declare::{
    mutation_errors, mutation_input, mutation_payload, mutation_types,
};
