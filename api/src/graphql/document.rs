//! The pre-pass over a document: what the engine would otherwise do too late or not at all.
//!
//! 1. *Budgets before validation.* The engine walks fragment spreads without memory before it
//!    validates, so 1.5 kB of nested fragments cost it 2³⁰ visits. Here every fragment is
//!    measured once, and an operation's true size follows by addition.
//! 2. *Merging before execution.* The engine runs every occurrence of a field and merges the
//!    results afterwards, so a field in two fragments would be read twice and a mutation
//!    written twice done twice. Here equal selections become one (GraphQL §6.3.2,
//!    `CollectFields`), as far as types are known without values.
//!
//! A document that is not valid stays not valid: what cannot be merged is left for the engine's
//! validation to name.

mod budget;
mod merge;
mod tokens;
mod types;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::parser::{self};

use super::GraphqlLimits;

pub use types::TypeMap;

/// A document that may be executed.
#[derive(Debug)]
pub struct Prepared {
    /// The document with its selections merged.
    pub document: ExecutableDocument,
}

/// Why a document is not executed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is not GraphQL.
    #[error("{0}")]
    Parse(#[from] parser::Error),
    /// A fragment uses itself.
    #[error("fragment \"{0}\" spreads itself")]
    Cycle(String),
    /// It is larger than allowed.
    #[error("the query has too many {what}: {found} or more, {limit} allowed")]
    TooLarge {
        /// What is too many.
        what: &'static str,
        /// How many there are, as far as was counted.
        found: usize,
        /// How many may be.
        limit: usize,
    },
}

impl DocumentError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Parse(_) => "GRAPHQL_PARSE_FAILED",
            Self::Cycle(_) => "GRAPHQL_VALIDATION_FAILED",
            Self::TooLarge { .. } => "QUERY_TOO_LARGE",
        }
    }
}

/// Parses, measures and merges.
///
/// # Errors
/// [`DocumentError`] when the text is not GraphQL or exceeds a limit.
pub fn prepare(
    text: &str,
    limits: &GraphqlLimits,
    types: &TypeMap,
) -> Result<Prepared, DocumentError> {
    tokens::check(text, limits.tokens)?;
    let document = parser::parse_query(text)?;
    budget::check(&document, limits)?;
    Ok(Prepared { document: merge::merge(document, types) })
}

/// The operation that a request would run; `None` when its name fits none (the engine says so
/// then).
pub fn operation<'a>(
    document: &'a ExecutableDocument,
    operation_name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (&document.operations, operation_name) {
        (DocumentOperations::Single(operation), _) => Some(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(_), None) => None,
    }
}

/// Gives every optional variable of the operation that has no value the value null, and names a
/// required one that is missing. The engine fails in the middle of counting the cost when an
/// argument is a variable without a value; for our arguments absent and null mean the same.
///
/// # Errors
/// The name of a required variable without a value.
pub fn complete_variables(
    operation: &OperationDefinition,
    variables: &mut serde_json::Map<String, serde_json::Value>,
) -> Result<(), String> {
    for definition in &operation.variable_definitions {
        let (definition, name) = (&definition.node, definition.node.name.node.as_str());
        let missing = !variables.contains_key(name);
        if missing && definition.default_value.is_some() {
            continue;
        }
        if definition.var_type.node.nullable {
            variables.entry(name).or_insert(serde_json::Value::Null);
        } else if missing || variables.get(name).is_some_and(serde_json::Value::is_null) {
            return Err(name.to_owned());
        }
    }
    Ok(())
}
