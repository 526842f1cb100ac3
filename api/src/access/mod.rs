//! Who may do what: the one table of it, and the one place that asks it.
//!
//! [`matrix`] says which role has which capability; [`operations`] says which capability every
//! query, mutation, subscription and route needs. The engine looks at the root fields of a
//! document and the router at the matched route *before* anything runs, so a resolver cannot
//! forget to ask, and what is not in the table is refused. Rendered as `docs/ACCESS.md`.
//!
//! Root fields are enough because what hangs below them is no more than what they stand for: no
//! type that a weaker root field leads to shows what needs a stronger one (a test walks the
//! schema).

pub mod authenticate;
pub mod matrix;
pub mod operations;
pub mod render;
pub mod routes;

pub use bitacora_domain::Capability;
pub use operations::Kind;

use crate::auth::{Authority, Principal};

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// A signature over the body that the provider's secret made.
    Signed,
    /// A token or a key, whatever it allows.
    Authenticated,
    /// A person's token: what it is about is the caller's own, and a key has none of it.
    Person,
    /// A capability.
    Needs(Capability),
    /// A person's token that has the capability: it is about the caller as a person.
    PersonWith(Capability),
    /// A token of whoever runs the installation: no role of a tenant may it.
    Operator,
}

/// May the caller do what needs this?
pub fn may(principal: &Principal, access: Access) -> bool {
    match access {
        Access::Public | Access::Signed | Access::Authenticated => true,
        Access::Person => principal.user().is_some(),
        Access::Needs(capability) => has(principal, capability),
        Access::PersonWith(capability) => principal.user().is_some() && has(principal, capability),
        Access::Operator => is_operator(principal),
    }
}

/// Does the caller run the installation?
pub fn is_operator(principal: &Principal) -> bool {
    principal.authority == Authority::Operator
}

/// Has the caller the capability?
pub fn has(principal: &Principal, capability: Capability) -> bool {
    match &principal.authority {
        Authority::Role(role) => matrix::allows(*role, capability),
        Authority::Scopes(scopes) => scopes.contains(&capability),
        Authority::Operator => true,
    }
}

/// Why a caller is turned away, for the developer of the client.
pub fn refusal(principal: &Principal, what: &str) -> String {
    match &principal.authority {
        Authority::Role(role) => format!("the role {} does not allow {what}", role.as_str()),
        Authority::Scopes(_) => format!("the scopes of the API key do not allow {what}"),
        Authority::Operator => format!("the operator cannot do {what}"),
    }
}
