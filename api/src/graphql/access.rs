//! What the operations of a document need, before anything of it runs.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};

use super::fault::{Code, Fault};
use crate::access::{self, Access, Kind, operations};
use crate::auth::Principal;

pub use crate::access::Capability;

/// A root field of the operation that will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootField {
    kind: Kind,
    name: String,
}

/// The root fields of an operation, fragments included.
pub fn root_fields(
    document: &ExecutableDocument,
    operation: OperationType,
    set: &SelectionSet,
) -> Vec<RootField> {
    let kind = match operation {
        OperationType::Query => Kind::Query,
        OperationType::Mutation => Kind::Mutation,
        OperationType::Subscription => Kind::Subscription,
    };
    let mut found = Vec::new();
    collect(document, set, &mut |name| {
        let field = RootField { kind, name: name.to_owned() };
        if !found.contains(&field) {
            found.push(field);
        }
    });
    found
}

/// The document has passed its budget: no fragment is within itself.
fn collect(document: &ExecutableDocument, set: &SelectionSet, take: &mut impl FnMut(&str)) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => take(&field.node.name.node),
            Selection::InlineFragment(fragment) => {
                collect(document, &fragment.node.selection_set.node, &mut *take);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &fragment.node.selection_set.node, &mut *take);
                }
            }
        }
    }
}

/// Lets those through who may have all of `fields`. `exists` tells the fields of the schema:
/// what is none of them is left for the validation to name.
///
/// # Errors
/// A `FORBIDDEN` fault that names the first field.
pub fn authorise(
    principal: &Principal,
    fields: &[RootField],
    exists: impl Fn(Kind, &str) -> bool,
) -> Result<(), Fault> {
    for RootField { kind, name } in fields {
        // The schema itself is no secret: it is served as a file.
        if name.starts_with("__") || !exists(*kind, name) {
            continue;
        }
        let Some(needed) = operations::needs(*kind, name) else {
            tracing::error!(field = name, "a root field is missing from the table of accesses");
            return Err(Fault::new(Code::Forbidden, format!("`{name}` is open to nobody")));
        };
        demand(principal, needed, name)?;
    }
    Ok(())
}

fn demand(principal: &Principal, needed: Access, name: &str) -> Result<(), Fault> {
    if access::may(principal, needed) {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden, access::refusal(principal, &format!("`{name}`"))))
}

/// Lets those through who have the capability: for what a root field's name does not say.
///
/// # Errors
/// A `FORBIDDEN` fault for the others.
pub fn require(principal: &Principal, capability: Capability) -> Result<(), Fault> {
    if access::has(principal, capability) {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden, access::refusal(principal, "this")))
}
