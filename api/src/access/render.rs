//! The tables as a page for people: `docs/ACCESS.md`.

use std::fmt::Write as _;

use bitacora_domain::{Capability, Role};

use super::matrix::MATRIX;
use super::operations::OPERATIONS;
use super::routes::ROUTES;
use super::{Access, Kind};

const HEAD: &str = "# Access\n\n\
    Generated from `api/src/access/`; a test fails on drift (`BLESS=1` rewrites it).\n\n\
    Everything is refused that is not in these tables: root fields before a document runs, routes \
    before their handler does. *Authenticated* is any good token or key, *a person* any good token \
    of a user, *signed* a provider's signature. 401: no good token; 403: a good one that does not \
    allow it.\n\n\
    ## Roles\n\n";
const KEYS: &str = "\nAn API key has the capabilities that it was issued with (its scopes) and no \
    role; `MEMBERS` and `API_KEYS` cannot be scopes. Only an OWNER makes or unmakes an OWNER, and \
    the last one cannot leave.\n";

/// The whole page.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    // Writing to a String cannot fail.
    let roles = Role::ALL.map(Role::as_str).join(" | ");
    let _ = writeln!(page, "| capability | {roles} |\n|---|{}", "---|".repeat(Role::ALL.len()));
    for (capability, row) in MATRIX {
        let cells = row.map(|may| if may { "yes" } else { "" }).join(" | ");
        let _ = writeln!(page, "| `{}` | {cells} |", capability.as_str());
    }
    page.push_str(KEYS);
    for kind in [Kind::Query, Kind::Mutation, Kind::Subscription] {
        let _ = writeln!(page, "\n## {}\n\n| needs | fields |\n|---|---|", kind.as_str());
        for (_, access, fields) in OPERATIONS.iter().filter(|(of, _, _)| *of == kind) {
            let _ = writeln!(page, "| {} | `{}` |", text(*access), fields.join("`, `"));
        }
    }
    let _ = writeln!(page, "\n## Routes\n\n| route | needs | |\n|---|---|---|");
    for route in ROUTES {
        let (method, path) = (&route.method, route.path);
        let _ = writeln!(page, "| `{method} {path}` | {} | {} |", text(route.access), route.why);
    }
    page
}

fn text(access: Access) -> String {
    match access {
        Access::Public => "nothing".to_owned(),
        Access::Signed => "signed".to_owned(),
        Access::Authenticated => "authenticated".to_owned(),
        Access::Person => "a person".to_owned(),
        Access::Needs(capability) => format!("`{}`", Capability::as_str(capability)),
    }
}
