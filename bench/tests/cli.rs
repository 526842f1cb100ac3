//! The bench starts without a database when it is only asked what it can do.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

const BENCH: &str = env!("CARGO_BIN_EXE_bitacora-bench");

#[test]
fn every_part_of_the_makefile_exists() {
    let output = Command::new(BENCH).arg("--help").output().unwrap();
    let help = String::from_utf8_lossy(&output.stdout);
    let makefile = include_str!("../../Makefile");
    let rule = makefile.lines().find(|line| line.starts_with("bench bench-append")).unwrap();
    let targets = rule.split(':').next().unwrap().split(' ');
    let parts: Vec<_> = targets.filter_map(|target| target.strip_prefix("bench-")).collect();
    assert_eq!(parts.len(), 6, "{parts:?}");
    for part in parts {
        assert!(help.contains(&format!("- {part}")), "bench-{part} is not in {help}");
    }
}
