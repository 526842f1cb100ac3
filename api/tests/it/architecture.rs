//! Who may depend on whom: `docs/ARCHITECTURE.md`, "Crates". Read from `cargo metadata`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use std::process::Command;

use serde_json::Value;

/// A crate, the crates of ours that it may depend on, and what it must not know.
struct Rule {
    name: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

const WIRES: &[&str] = &["sqlx", "reqwest", "async-graphql", "axum", "postgres-es"];

const RULES: &[Rule] = &[
    Rule {
        name: "bitacora-domain",
        ours: &[],
        never: &["sqlx", "reqwest", "async-graphql", "axum", "postgres-es", "tokio", "rand"],
    },
    Rule { name: "bitacora-commands", ours: &["bitacora-domain"], never: WIRES },
    Rule { name: "bitacora-projections", ours: &["bitacora-domain"], never: WIRES },
    Rule {
        name: "bitacora-adapters",
        ours: &["bitacora-domain", "bitacora-commands", "bitacora-projections"],
        never: &["async-graphql", "axum"],
    },
    Rule {
        name: "bitacora-api",
        ours: &[
            "bitacora-domain",
            "bitacora-commands",
            "bitacora-projections",
            "bitacora-adapters",
        ],
        never: &["sqlx", "postgres-es"],
    },
];

/// What cargo says of the packages of the workspace.
fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
    cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"));
    let said = cargo.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    said["packages"].as_array().unwrap().clone()
}

/// Names of what a package needs to run; what only its tests or its build need is not looked at.
fn needs(package: &Value) -> BTreeSet<&str> {
    let normal = package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().unwrap()).collect()
}

/// What breaks a rule, as sentences.
fn violations(rule: &Rule, needs: &BTreeSet<&str>) -> Vec<String> {
    let ours = needs.iter().filter(|n| n.starts_with("bitacora-") && !rule.ours.contains(*n));
    let never = needs.iter().filter(|n| rule.never.contains(*n));
    ours.chain(never).map(|need| format!("{} must not depend on {need}", rule.name)).collect()
}

#[test]
fn crates_depend_only_on_what_they_may() {
    let packages = packages();
    let mut found = Vec::new();
    for rule in RULES {
        let package = packages.iter().find(|package| package["name"] == rule.name);
        found.extend(violations(rule, &needs(package.expect(rule.name))));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_forbidden_edge_would_be_noticed() {
    let needs = BTreeSet::from(["bitacora-domain", "bitacora-adapters", "sqlx", "serde"]);
    let commands = RULES.iter().find(|rule| rule.name == "bitacora-commands").unwrap();
    assert_eq!(
        violations(commands, &needs),
        [
            "bitacora-commands must not depend on bitacora-adapters",
            "bitacora-commands must not depend on sqlx"
        ]
    );
}

/// Source files below `folder`.
fn sources(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn only_the_binary_knows_the_adapters_and_only_its_output_module_prints() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut composed = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let path = file.strip_prefix(&src).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let names_adapters = code.clone().any(|line| line.contains("bitacora_adapters"));
        let may = path.starts_with("cli") || path == Path::new("main.rs");
        assert!(may || !names_adapters, "{} names bitacora_adapters", path.display());
        composed += usize::from(names_adapters);
        let prints = code.clone().any(|line| line.contains("io::stdout()"));
        assert!(
            !prints || path == Path::new("cli/output.rs"),
            "{} writes to standard output",
            path.display()
        );
    }
    assert!(composed > 0, "the search finds what it looks for");
}
