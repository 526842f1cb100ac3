//! A small seed count of every torture, for `make test`. The figures that count are those of
//! `make torture`; here every fault must only fire, and every property hold.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const TORTURE: &str = env!("CARGO_BIN_EXE_bitacora-torture");

/// Runs a subcommand and returns its report, which must say that everything held.
fn torture(arguments: &[&str]) -> Value {
    let output =
        Command::new(TORTURE).arg("--json").args(arguments).output().expect("cannot run it");
    let errors = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report of {arguments:?}: {errors}"));
    let violations = &report["violations"];
    assert_eq!(report["passed"], true, "{violations:#}\n{report:#}\n{errors}");
    report
}

/// The server's binary, which the workspace builds into the same directory.
fn server() -> PathBuf {
    Path::new(TORTURE).with_file_name("bitacora")
}

#[test]
fn the_log_survives_cuts_around_commit_a_freeze_and_strangers() {
    let report = torture(&[
        "log",
        "--seed",
        "7",
        "--seconds",
        "10",
        "--min-unknown",
        "3",
        "--freezes",
        "1",
        "--tasks",
        "12",
        "--fault-rate",
        "3",
    ]);
    for fault in ["connection cut before COMMIT", "connection cut after COMMIT", "process frozen"] {
        assert!(report["faults"][fault].as_u64() >= Some(1), "{fault} never fired: {report:#}");
    }
}

#[test]
fn a_server_killed_under_load_keeps_what_it_acknowledged() {
    let server = server();
    let report =
        torture(&["kill", "--rounds", "3", "--seed", "7", "--binary", server.to_str().unwrap()]);
    assert_eq!(report["faults"]["server killed with -9"], 3);
}

#[test]
fn the_credit_ledger_agrees_with_a_naive_one() {
    let report = torture(&["ledger", "--seed", "7", "--commands", "20000"]);
    assert_eq!(report["figures"]["commands"], 20_000.0);
    assert!(report["figures"]["event DebtRecorded"].as_f64() >= Some(20.0), "{report:#}");
}

#[test]
fn every_view_is_rebuilt_under_load() {
    let report = torture(&["rebuild", "--seed", "7", "--commands", "1500", "--stops", "2"]);
    assert!(report["figures"]["queries asked meanwhile"].as_f64() > Some(0.0), "{report:#}");
}

#[test]
fn messages_leave_at_most_once_through_faults_and_kills() {
    let server = server();
    let report = torture(&[
        "send",
        "--seed",
        "7",
        "--conversations",
        "24",
        "--messages",
        "5",
        "--kills",
        "3",
        "--breaker",
        "5",
        "--binary",
        server.to_str().unwrap(),
    ]);
    assert_eq!(report["faults"]["server killed with -9"], 3);
    for fault in [
        "… while requests were under way",
        "attempts that a kill cut off after they began",
        "connection reset before anything was read",
        "connection reset after the request was read",
        "request never answered (time-out)",
        "502 of something in between",
        "200 that cannot be read",
        "200 without end",
        "503 in the API's words",
        "429 with Retry-After",
        "refused for good",
    ] {
        assert!(report["faults"][fault].as_u64() >= Some(1), "{fault} never fired: {report:#}");
    }
    for property in [
        "the provider took each message at most once",
        "no request follows one that may have been taken",
        "what was unknown and taken is reconciled by its statuses",
    ] {
        assert_eq!(report["properties"][property], 0, "{property} was not looked at: {report:#}");
    }
    assert!(report["figures"]["messages unknown for a while"].as_f64() > Some(0.0), "{report:#}");
    assert!(report["figures"]["… reconciled by a status"].as_f64() > Some(0.0), "{report:#}");
    assert_eq!(report["figures"]["messages queued"], 120.0);
}

#[test]
fn money_moves_exactly_once_through_kills() {
    let server = server();
    let report = torture(&[
        "sagas",
        "--seed",
        "7",
        "--orders",
        "8",
        "--leads",
        "14",
        "--kills",
        "3",
        "--binary",
        server.to_str().unwrap(),
    ]);
    assert_eq!(report["faults"]["server killed with -9"], 3);
    assert_eq!(report["figures"]["orders paid"], 8.0);
    assert_eq!(report["figures"]["leads delivered"], 14.0);
    for fault in ["lead answered by 503", "connection broken after the lead was read"] {
        assert!(report["faults"][fault].as_u64() >= Some(1), "{fault} never fired: {report:#}");
    }
}

#[test]
fn nobody_is_called_twice_through_faults_and_kills() {
    let server = server();
    let report = torture(&[
        "calls",
        "--seed",
        "7",
        "--calls",
        "20",
        "--tenants",
        "3",
        "--kills",
        "3",
        "--binary",
        server.to_str().unwrap(),
    ]);
    assert_eq!(report["faults"]["server killed with -9"], 3);
    assert_eq!(report["figures"]["calls wanted"], 20.0);
    for fault in [
        "… while it dialled",
        "attempts that a kill cut off after they began",
        "connection reset after the request was read",
        "request never answered (time-out)",
        "502 of something in between",
        "503 in the API's words",
        "201 that cannot be read",
        "429",
        "refused for good",
    ] {
        assert!(report["faults"][fault].as_u64() >= Some(1), "{fault} never fired: {report:#}");
    }
    for property in [
        "nobody's phone rang twice for one attempt",
        "no attempt is asked for twice, whatever became of the first",
        "what was unknown and made is reconciled",
        "the read tables say the same",
    ] {
        assert_eq!(report["properties"][property], 0, "{property} was not looked at: {report:#}");
    }
    assert!(report["figures"]["attempts unknown for a while"].as_f64() > Some(0.0), "{report:#}");
}
