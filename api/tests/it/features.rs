//! `docs/FEATURES.md` names every feature of the reference systems, and what it names is there.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rows of the inventory that are domain behaviour or an integration. A row is never taken
/// away; a new one of the inventory is added here first.
const IDS: &str = "\
    EVA-1 EVA-4 EVA-5 EVA-7 EVA-8 EVA-9 \
    CS-1 CS-4 CS-5 CS-6 CS-7 CS-8 CS-9 CS-10 CS-11 CS-12 CS-13 CS-14 CS-15 CS-16 CS-17 CS-18 CS-19 \
    CS-20 CS-25 CS-26 CS-28 CS-35 CS-36 CS-37 CS-38 CS-39 CS-40 \
    CALL-1 CALL-5 CALL-6 CALL-7 CALL-15 CALL-16 CALL-17 CALL-18 CALL-19 \
    CONV-1 CONV-3 CONV-4 CONV-5 CONV-6 CONV-7 CONV-8 CONV-9 CONV-10 CONV-11 CONV-12 CONV-13 \
    CONV-14 CONV-15 CONV-16 CONV-17 CONV-18 CONV-19 CONV-20 CONV-21 CONV-22 \
    CHATI-1 CHATI-7 CHATI-8 CHATI-9 CHATI-10 CHATI-11 CHATI-12 CHATI-13 CHATI-14 CHATI-15 CHATI-16 \
    CHATI-17 CHATI-18 CHATI-19 CHATI-21 CHATI-22 CHATI-23 CHATI-24 CHATI-25 CHATI-27 CHATI-28 \
    CHATI-29 CHATI-30 CHATI-31 CHATI-32 CHATI-33 CHATI-34 CHATI-35 CHATI-36 CHATI-37 CHATI-38 \
    CHATI-39 CHATI-40 CHATI-41";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What is wrong with the page; empty when nothing is.
fn faults(page: &str, root: &Path) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [id, _kind, _what, place, shown] = cells.as_slice() else {
            faults.push(format!("not five cells: {row}"));
            continue;
        };
        if !IDS.split_whitespace().any(|known| known == *id) {
            faults.push(format!("{id} is no row of the inventory"));
        }
        if !seen.insert((*id).to_owned()) {
            faults.push(format!("{id} twice"));
        }
        faults.extend(
            row_faults(place, shown, root).into_iter().map(|fault| format!("{id}: {fault}")),
        );
    }
    let missing = IDS.split_whitespace().filter(|id| !seen.contains(*id));
    faults.extend(missing.map(|id| format!("{id} is missing")));
    faults
}

fn row_faults(place: &str, shown: &str, root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let paths: Vec<_> = quoted(place).filter(|text| text.contains('/')).collect();
    let tests: Vec<_> = quoted(shown).collect();
    if place.starts_with("not yet") {
        let quiet = paths.is_empty() && tests.is_empty();
        return if quiet { faults } else { vec!["not yet, and yet somewhere".into()] };
    }
    if paths.is_empty() || tests.is_empty() {
        faults.push("neither done (a file and a test) nor `not yet`".into());
    }
    let gone = paths.iter().filter(|path| !root.join(path).exists());
    faults.extend(gone.map(|path| format!("there is no {path}")));
    faults.extend(
        tests
            .iter()
            .filter(|test| !is_test(test, root))
            .map(|test| format!("there is no test {test}")),
    );
    faults
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Is `test` (`file::name`) a function of that file with a test's attribute above it?
fn is_test(test: &str, root: &Path) -> bool {
    let Some((file, name)) = test.split_once("::") else { return false };
    let Ok(source) = std::fs::read_to_string(root.join(file)) else { return false };
    let Some(at) = source.find(&format!("fn {name}(")) else { return false };
    let above = source.get(..at).unwrap_or_default().lines().rev().take(4);
    above
        .map(str::trim)
        .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}

#[test]
fn every_feature_has_a_place_and_a_test_or_is_said_to_be_missing() {
    let page = std::fs::read_to_string(root().join("docs/FEATURES.md")).unwrap();
    assert_eq!(faults(&page, &root()), Vec::<String>::new());
}

#[test]
fn a_page_that_promises_what_is_not_there_is_noticed() {
    let page = std::fs::read_to_string(root().join("docs/FEATURES.md")).unwrap();
    let with = |from: &str, to: &str| {
        assert!(page.contains(from), "{from}");
        faults(&page.replacen(from, to, 1), &root()).join("\n")
    };
    assert!(with("| CS-8 |", "| CS-888 |").contains("CS-8 is missing"));
    assert!(with("| CS-8 |", "| CS-9 |").contains("CS-9 twice"));
    assert!(
        with("`adapters/src/blobs/`", "`adapters/src/clouds/`")
            .contains("there is no adapters/src/clouds/")
    );
    assert!(
        with("::a_bucket_keeps_what_a_directory_would", "::a_bucket_leaks")
            .contains("there is no test")
    );
    let unproven = "`adapters/tests/it_blobs/bucket.rs::a_bucket_keeps_what_a_directory_would`";
    assert!(with(unproven, "").contains("EVA-9: neither done"));
}
