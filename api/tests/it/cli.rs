//! The command line: configuration faults, exit codes, doctor, and the operators' commands on a
//! database with events.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::PathBuf;
use std::process::{Command, Output};

use bitacora_adapters::testing::TestDb;
use bitacora_api::config::settings::SETTINGS;
use bitacora_api::config::{Config, Overrides};
use serde_json::Value;

/// A configuration for child processes: an external database and every secret.
pub(crate) struct Env {
    pub(crate) vars: Vec<(&'static str, String)>,
    pub(crate) state_dir: PathBuf,
}

impl Env {
    pub(crate) fn of(db: &TestDb) -> Self {
        let state_dir = std::env::temp_dir().join(format!("bitacora-cli-{}", db.name()));
        let vars = vec![
            ("DATABASE_URL", db.url()),
            ("BITACORA_STATE_DIR", state_dir.display().to_string()),
            ("BITACORA_BIND", "127.0.0.1:0".to_owned()),
            ("BITACORA_JWT_SECRET", "j".repeat(32)),
            ("BITACORA_INSTALLATION_KEY", "ab".repeat(32)),
            ("WHATSAPP_APP_SECRET", "app-secret-of-a-test".to_owned()),
            ("WHATSAPP_VERIFY_TOKEN", "verify-token-of-a-test".to_owned()),
        ];
        Self { vars, state_dir }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bitacora(arguments);
        command.envs(self.vars.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    /// Runs a subcommand with `--json` and returns exit code and printed documents.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let code = output.status.code().unwrap();
        if !matches!(code, 0 | 1) {
            eprintln!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        (code, documents(&output))
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        // Only key files and the like; whatever is left does no harm.
        let _ = std::fs::remove_dir_all(&self.state_dir);
    }
}

fn bitacora(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bitacora"));
    for setting in SETTINGS {
        command.env_remove(setting.name);
    }
    command.args(arguments);
    command
}

fn documents(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn all_faults_of_the_configuration_are_told_at_once_with_examples() {
    let output = bitacora(&["serve"])
        .envs([
            ("BITACORA_BIND", "localhost"),
            ("DATABASE_URL", "mysql://u:p4ssw0rd@db/x"),
            ("BITACORA_JWT_SECRET", "short"),
            ("BITACORA_INSTALLATION_KEY", "xyz"),
            ("WHATSAPP_APP_SECRET", "a,b"),
            ("WHATSAPP_ACCESS_TOKEN", "EAAG secreto"),
            ("WHATSAPP_GRAPH_URL", "http://graph.facebook.com"),
            ("WHATSAPP_GRAPH_VERSION", "24/../me"),
            ("BITACORA_LOG_FORMAT", "xml"),
            ("BITACORA_ROLES", "api,cook"),
            ("BITACORA_MAX_CONNECTIONS", "0"),
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for name in [
        "BITACORA_BIND",
        "DATABASE_URL",
        "BITACORA_JWT_SECRET",
        "BITACORA_INSTALLATION_KEY",
        "WHATSAPP_APP_SECRET",
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_GRAPH_URL",
        "WHATSAPP_GRAPH_VERSION",
        "BITACORA_LOG_FORMAT",
        "BITACORA_ROLES",
        "BITACORA_MAX_CONNECTIONS",
    ] {
        assert!(text.contains(&format!("{name}: ")), "{name} is not told:\n{text}");
        assert!(text.contains(&format!("example: {name}=")), "{name} has no example:\n{text}");
    }
    for secret in ["p4ssw0rd", "short", "xyz", "EAAG secreto"] {
        assert!(!text.contains(secret), "{secret} is shown:\n{text}");
    }
}

#[test]
fn serve_refuses_strangers_without_configured_secrets() {
    let output = bitacora(&["serve", "--bind", "0.0.0.0:0"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for name in ["BITACORA_JWT_SECRET", "BITACORA_INSTALLATION_KEY", "WHATSAPP_APP_SECRET"] {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn secrets_are_masked_in_debug() {
    let config = Config::from_lookup(
        &|name| {
            (name == "BITACORA_JWT_SECRET").then(|| "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t".into())
        },
        &Overrides::default(),
    )
    .unwrap();
    assert!(!format!("{config:?}").contains("s3cr3t"));
}

#[test]
fn the_readme_lists_every_setting() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for setting in SETTINGS {
        let line = format!("| `{}` | {} | {} |", setting.name, setting.default, setting.about);
        assert!(readme.contains(&line), "README.md lacks the line\n{line}");
    }
}

#[tokio::test]
async fn doctor_finds_nothing_wrong_with_a_fresh_database() {
    let db = TestDb::new().await;
    let env = Env::of(&db);
    let (code, findings) = env.run(&["doctor"]);
    assert_eq!(code, 0, "{findings:#?}");
    for check in [
        "version",
        "configuration",
        "secrets",
        "postgres",
        "migrations",
        "roles",
        "listener",
        "projections",
        "parked",
        "inbox",
        "search",
        "WhatsApp out",
    ] {
        assert!(findings.iter().any(|f| f["check"] == check), "{check}: {findings:#?}");
    }
}

#[tokio::test]
async fn doctor_names_a_database_that_cannot_be_reached() {
    let db = TestDb::new().await;
    let env = Env::of(&db);
    let output = env
        .command(&["doctor", "--json"])
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let findings = documents(&output);
    assert!(findings.iter().any(|f| f["check"] == "postgres" && f["verdict"] == "problem"));
}

#[tokio::test]
async fn a_tenant_is_created_listed_connected_and_looked_at() {
    let db = TestDb::new().await;
    let env = Env::of(&db);
    let (code, created) = env.run(&["tenant", "create", "optica-sol", "--name", "Óptica Sol"]);
    assert_eq!(code, 0);
    let tenant = created[0]["tenant"].as_str().unwrap().to_owned();
    assert_eq!(env.run(&["tenant", "create", "optica-sol", "--name", "Óptica Sol"]).0, 0);

    let (_, list) = env.run(&["tenant", "list"]);
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["slug"], &list[0]["status"]), (&"optica-sol".into(), &"ACTIVE".into()));

    let connect = [
        "tenant",
        "connect",
        "optica-sol",
        "--phone-number-id",
        "12345",
        "--display-phone",
        "+54 11 5555-0000",
    ];
    assert_eq!(env.run(&connect).0, 0);
    assert_eq!(env.run(&["tenant", "create", "otra", "--name", "Otra"]).0, 0);
    let mut taken = connect;
    taken[2] = "otra";
    assert_eq!(env.run(&taken).0, 4, "the number belongs to somebody else");

    let (_, history) = env.run(&["history", "tenant", &tenant]);
    let types: Vec<_> = history.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["TenantRegistered", "TenantActivated"]);
    let (_, at_1) = env.run(&["history", "Tenant", &tenant, "--at", "1"]);
    assert_eq!(at_1[0]["state"]["status"], "TRIAL");
    assert_eq!(env.run(&["history", "tenant", "00000000-0000-0000-0000-0000000000ff"]).0, 4);

    let (_, tail) = env.run(&["tail", "optica-sol", "--from-start", "--no-follow"]);
    assert_eq!(tail.len(), 3);
    let cursor = tail[1]["cursor"].as_str().unwrap();
    let (_, rest) = env.run(&["tail", "optica-sol", "--after", cursor, "--no-follow"]);
    assert_eq!(rest, tail[2..]);

    let (code, token) = env.run(&["token", "optica-sol", "--role", "viewer"]);
    assert_eq!((code, &token[0]["role"]), (0, &"VIEWER".into()));
    let auth = bitacora_api::auth::Auth::new("j".repeat(32).as_bytes());
    let principal = auth.verify(token[0]["token"].as_str().unwrap()).unwrap();
    assert_eq!(principal.tenant.to_string(), tenant);
}

#[tokio::test]
async fn replay_and_rebuild_agree_with_the_log_and_replay_notices_a_changed_row() {
    let db = TestDb::with_views().await;
    let env = Env::of(&db);
    let started = crate::serve::Server::start(&env, &["--demo"]);
    started.wait_for("demo-played");
    started.stop();
    let (code, summary) = env.run(&["replay"]);
    assert_eq!(code, 0, "{summary:#?}");
    let summary = summary.last().unwrap();
    assert!(summary["streams"].as_i64().unwrap() > 8 && summary["rows"].as_i64().unwrap() > 20);

    let (code, report) = env.run(&["rebuild", "messages"]);
    assert_eq!((code, &report[0]["equal"]), (0, &true.into()), "{report:#?}");
    assert_eq!(env.run(&["rebuild", "nothing"]).0, 2);
    let (code, _) = env.run(&["projections", "parked"]);
    assert_eq!(code, 0);

    let changed = sqlx::query(
        "update read_store.messages_v2_g2 set text = 'otra cosa' where text like 'Hola%'",
    );
    let changed = changed.execute(&db.pools().admin).await.unwrap();
    assert!(changed.rows_affected() > 0);
    let (code, differences) = env.run(&["replay", "messages"]);
    assert_eq!(code, 1);
    assert_eq!(differences[0]["difference"], "differs in text");
}
