//! The tables as a page for people: `docs/ACCESS.md`. The text around them is
//! `api/src/access/page.md`.

use std::fmt::Write as _;

use bitacora_domain::{Capability, Role};

use super::matrix::{MATRIX, SHOWS, allows};
use super::operations::{self, OPERATIONS};
use super::routes::ROUTES;
use super::{Access, Kind};
use crate::graphql::ids::NodeType;
use crate::graphql::modules::node;

/// What people wrote. Each `<!-- name -->` gives way to the table of that name.
const PAGE: &str = include_str!("page.md");

/// The whole page.
pub fn markdown() -> String {
    let tables = [
        ("roles", roles()),
        ("shows", shows()),
        ("operations", operations()),
        ("nodes", nodes()),
        ("routes", routes()),
    ];
    tables.into_iter().fold(PAGE.to_owned(), |page, (name, table)| {
        page.replace(&format!("<!-- {name} -->"), table.trim_end())
    })
}

fn heading(first: &str) -> String {
    let roles = Role::ALL.map(Role::as_str).join(" | ");
    format!("| {first} | {roles} | key |\n|---|{}---|\n", "---|".repeat(Role::ALL.len()))
}

fn row(first: &str, roles: [bool; 8], key: &str) -> String {
    let cells = roles.map(|may| if may { "yes" } else { "" }).join(" | ");
    format!("| {first} | {cells} | {key} |\n")
}

fn roles() -> String {
    let scope = |capability: Capability| if capability.is_scope() { "scope" } else { "never" };
    let line = |(capability, row_of): (Capability, [bool; 8])| {
        row(&format!("`{}`", capability.as_str()), row_of, scope(capability))
    };
    heading("capability") + &MATRIX.map(line).concat()
}

fn shows() -> String {
    let mut table = String::from("| who has | sees in answers |\n|---|---|\n");
    for (capability, shown) in SHOWS {
        let shown: Vec<_> = shown.iter().map(|it| format!("`{}`", it.as_str())).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| `{}` | {} |", capability.as_str(), shown.join(", "));
    }
    table
}

fn operations() -> String {
    let mut page = String::new();
    for kind in [Kind::Query, Kind::Mutation, Kind::Subscription] {
        let count = operations::all().filter(|(of, ..)| *of == kind).count();
        let _ = writeln!(page, "### {} ({count})\n", kind.as_str());
        page.push_str(&heading("field"));
        for (_, access, fields) in OPERATIONS.iter().filter(|(of, ..)| *of == kind) {
            for field in *fields {
                page.push_str(&row(&format!("`{field}`"), by_role(*access), &by_key(*access)));
            }
        }
        page.push('\n');
    }
    page
}

fn by_role(access: Access) -> [bool; 8] {
    match access {
        Access::Needs(capability) | Access::PersonWith(capability) => {
            Role::ALL.map(|role| allows(role, capability))
        }
        Access::Public | Access::Signed | Access::Authenticated | Access::Person => [true; 8],
        Access::Operator => [false; 8],
    }
}

fn by_key(access: Access) -> String {
    match access {
        Access::Public | Access::Signed | Access::Authenticated => "any".to_owned(),
        Access::Needs(capability) if capability.is_scope() => format!("`{}`", capability.as_str()),
        Access::Person | Access::PersonWith(_) | Access::Needs(_) => "never".to_owned(),
        Access::Operator => "operator only".to_owned(),
    }
}

fn nodes() -> String {
    let mut table = String::from("| type | needs |\n|---|---|\n");
    for of in NodeType::ALL {
        let _ = writeln!(table, "| `{}` | `{}` |", of.as_str(), node::needs(of).as_str());
    }
    table
}

fn routes() -> String {
    let mut table = String::from("| route | needs | |\n|---|---|---|\n");
    for route in ROUTES {
        let (method, path) = (&route.method, route.path);
        let _ = writeln!(table, "| `{method} {path}` | {} | {} |", text(route.access), route.why);
    }
    table
}

fn text(access: Access) -> String {
    match access {
        Access::Public => "nothing".to_owned(),
        Access::Signed => "a signature".to_owned(),
        Access::Authenticated => "a token or a key".to_owned(),
        Access::Person => "a person's token".to_owned(),
        Access::Needs(capability) => format!("`{}`", capability.as_str()),
        Access::PersonWith(capability) => format!("a person with `{}`", capability.as_str()),
        Access::Operator => "the operator's token".to_owned(),
    }
}
