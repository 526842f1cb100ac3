//! The managed Postgres, with real servers, as whatever user runs the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bitacora_adapters::managed::{ManagedError, ManagedPostgres, Search, Settings};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Tells the re-executed test binary to be a process that owns a server.
const OWNER: &str = "BITACORA_TEST_OWN_POSTGRES_IN";

/// A state directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("bitacora-test-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Fast, and the last stop removes the data.
    fn settings(&self) -> Settings {
        Settings { state_dir: self.0.clone(), ephemeral: true }
    }

    /// Durable: the data survives a stop.
    fn durable(&self) -> Settings {
        Settings { state_dir: self.0.clone(), ephemeral: false }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Stops a durable server and removes its data, which for root is not in the state directory.
async fn finish(server: ManagedPostgres) {
    let base = data_directory(&server).await.parent().unwrap().parent().unwrap().to_owned();
    let sockets = text(&server, "show unix_socket_directories").await;
    server.stop().await.unwrap();
    std::fs::remove_dir_all(base).unwrap();
    std::fs::remove_dir_all(sockets).unwrap();
}

async fn connect(server: &ManagedPostgres) -> PgConnection {
    PgConnection::connect_with(&server.connect_options("postgres")).await.unwrap()
}

async fn text(server: &ManagedPostgres, sql: &str) -> String {
    sqlx::query_scalar(sql).fetch_one(&mut connect(server).await).await.unwrap()
}

async fn data_directory(server: &ManagedPostgres) -> PathBuf {
    PathBuf::from(text(server, "show data_directory").await)
}

fn server_pid(data: &Path) -> Pid {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap()).unwrap()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < Duration::from_mins(1), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_gone(pid: Pid) -> bool {
    // an orphan's zombie may wait for an init that collects it
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    test_kill_process(pid).is_err() || state.is_ok_and(|stat| stat.contains(") Z "))
}

/// A process of its own that starts the server and then sits there.
fn spawn_owner(scratch: &Scratch, ready: &Path, ephemeral: bool) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner_process", "--nocapture"])
        .env(OWNER, &scratch.0)
        .env("BITACORA_TEST_READY_FILE", ready)
        .envs(ephemeral.then_some(("BITACORA_TEST_EPHEMERAL", "1")))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test of its own: what [`spawn_owner`] runs. Without the variable it does nothing.
#[tokio::test]
async fn owner_process() {
    let Some(state_dir) = std::env::var_os(OWNER) else { return };
    let ephemeral = std::env::var_os("BITACORA_TEST_EPHEMERAL").is_some();
    let settings = Settings { state_dir: state_dir.into(), ephemeral };
    let server = ManagedPostgres::start(&settings).await.unwrap();
    std::fs::write(std::env::var_os("BITACORA_TEST_READY_FILE").unwrap(), "ready").unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn data_survives_stop_and_start() {
    let scratch = Scratch::new("restart");
    let first = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert!(!first.adopted());
    let pid = server_pid(&data_directory(&first).await);
    first.ensure_database("one \"odd\" name").await.unwrap();
    first.ensure_database("one \"odd\" name").await.unwrap();
    connect(&first).await.execute("create table kept as select 42 as answer").await.unwrap();
    first.stop().await.unwrap();
    assert!(is_gone(pid), "the server runs after stop()");

    let second = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert_eq!(text(&second, "select answer::text from kept").await, "42");
    let odd = second.connect_options("one \"odd\" name");
    PgConnection::connect_with(&odd).await.unwrap().close().await.unwrap();
    finish(second).await;
}

#[tokio::test]
async fn the_server_is_private_durable_and_in_utf8() {
    let scratch = Scratch::new("settings");
    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    for (setting, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("max_connections", "200"),
    ] {
        assert_eq!(text(&server, &format!("show {setting}")).await, value, "{setting}");
    }
    finish(server).await;
}

#[tokio::test]
async fn an_ephemeral_server_leaves_nothing() {
    let scratch = Scratch::new("ephemeral");
    let server = ManagedPostgres::start(&scratch.settings()).await.unwrap();
    let data = data_directory(&server).await;
    let sockets = PathBuf::from(text(&server, "show unix_socket_directories").await);
    assert!(data.exists() && sockets.exists());
    drop(server); // instead of stop()
    assert!(!data.exists() && !sockets.exists());
}

#[tokio::test]
async fn durable_data_is_never_used_by_an_ephemeral_server_nor_the_other_way_round() {
    let scratch = Scratch::new("kinds");
    let durable = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    let refused = ManagedPostgres::start(&scratch.settings()).await.unwrap_err();
    assert!(matches!(refused, ManagedError::OtherKind { .. }), "{refused}");
    finish(durable).await;

    let ephemeral = ManagedPostgres::start(&scratch.settings()).await.unwrap();
    let refused = ManagedPostgres::start(&scratch.durable()).await.unwrap_err();
    assert!(matches!(refused, ManagedError::OtherKind { .. }), "{refused}");
    ephemeral.stop().await.unwrap();
}

#[tokio::test]
async fn the_orphan_of_a_killed_owner_is_adopted() {
    let scratch = Scratch::new("orphan");
    let ready = scratch.0.join("ready");
    let mut owner = spawn_owner(&scratch, &ready, false);
    wait_until("the owner's start", || ready.exists());
    owner.kill().unwrap(); // SIGKILL
    owner.wait().unwrap();

    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert!(server.adopted(), "the orphan was not adopted");
    let pid = server_pid(&data_directory(&server).await);
    server.stop().await.unwrap();
    assert!(is_gone(pid), "an adopted server runs after stop()");
    finish(ManagedPostgres::start(&scratch.durable()).await.unwrap()).await;
}

#[tokio::test]
async fn only_the_last_user_stops_the_server() {
    let scratch = Scratch::new("last");
    let ready = scratch.0.join("ready");
    let mut owner = spawn_owner(&scratch, &ready, false);
    wait_until("the owner's start", || ready.exists());
    let second = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    let pid = server_pid(&data_directory(&second).await);
    second.stop().await.unwrap();
    assert!(!is_gone(pid), "the server was taken from under its other user");
    owner.kill().unwrap();
    owner.wait().unwrap();
    finish(ManagedPostgres::start(&scratch.durable()).await.unwrap()).await;
    assert!(is_gone(pid));
}

#[tokio::test]
async fn what_a_killed_test_run_left_is_removed_by_the_next() {
    let killed = Scratch::new("killed");
    let ready = killed.0.join("ready");
    let mut owner = spawn_owner(&killed, &ready, true);
    wait_until("the owner's start", || ready.exists());
    let probe = ManagedPostgres::start(&killed.settings()).await.unwrap();
    let data = data_directory(&probe).await;
    let pid = server_pid(&data);
    probe.stop().await.unwrap();

    let scratch = Scratch::new("next");
    let beside = ManagedPostgres::start(&scratch.settings()).await.unwrap();
    assert!(!is_gone(pid), "a server in use was removed");
    beside.stop().await.unwrap();

    owner.kill().unwrap();
    owner.wait().unwrap();
    let next = ManagedPostgres::start(&scratch.settings()).await.unwrap();
    assert!(is_gone(pid) && !data.exists(), "the abandoned server is still there");
    next.stop().await.unwrap();
}

#[tokio::test]
async fn an_orphan_without_a_socket_is_replaced() {
    let scratch = Scratch::new("unreachable");
    let ready = scratch.0.join("ready");
    let mut owner = spawn_owner(&scratch, &ready, false);
    wait_until("the owner's start", || ready.exists());
    let probe = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    let sockets = PathBuf::from(text(&probe, "show unix_socket_directories").await);
    let pid = server_pid(&data_directory(&probe).await);
    probe.stop().await.unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    // what a cleaner of /tmp does
    std::fs::remove_dir_all(&sockets).unwrap();

    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert!(!server.adopted());
    assert!(is_gone(pid), "two servers on the same data");
    finish(server).await;
}

#[tokio::test]
async fn a_killed_server_starts_again_with_its_data() {
    let scratch = Scratch::new("crash");
    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    connect(&server).await.execute("create table kept as select 42 as answer").await.unwrap();
    let data = data_directory(&server).await;
    let pid = server_pid(&data);
    kill_process(pid, Signal::KILL).unwrap();
    wait_until("the end of the server", || is_gone(pid));
    assert!(data.join("postmaster.pid").exists(), "no stale pid file to test with");
    server.stop().await.unwrap();

    let again = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert!(!again.adopted());
    assert_eq!(text(&again, "select answer::text from kept").await, "42");
    finish(again).await;
}

#[tokio::test]
async fn a_pid_file_that_names_another_program_is_removed() {
    let scratch = Scratch::new("stale");
    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    let data = data_directory(&server).await;
    let pid_file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    server.stop().await.unwrap();
    // The number was given to another program: this one.
    let (_, rest) = pid_file.split_once('\n').unwrap();
    std::fs::write(data.join("postmaster.pid"), format!("{}\n{rest}", std::process::id())).unwrap();

    let again = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert!(!again.adopted());
    finish(again).await;
}

#[tokio::test]
async fn an_interrupted_initdb_is_done_again() {
    let scratch = Scratch::new("initdb");
    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    let data = data_directory(&server).await;
    server.stop().await.unwrap();
    // As far as a killed initdb comes: files are there, the final name is not.
    let unfinished = data.with_file_name("data.unfinished");
    std::fs::rename(&data, &unfinished).unwrap();
    std::fs::remove_file(unfinished.join("PG_VERSION")).unwrap();

    let again = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    assert!(!unfinished.exists());
    finish(again).await;
}

#[tokio::test]
async fn a_state_directory_of_two_hundred_characters_works() {
    let scratch = Scratch::new("long");
    let state_dir = scratch.0.join("d".repeat(100)).join("e".repeat(100));
    let settings = Settings { state_dir, ephemeral: true };
    let server = ManagedPostgres::start(&settings).await.unwrap();
    assert_eq!(text(&server, "select 'hola'").await, "hola");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn starts_at_the_same_time_share_one_server() {
    let scratch = Scratch::new("together");
    let settings = scratch.settings();
    let servers = futures::future::join_all((0..4).map(|_| ManagedPostgres::start(&settings)))
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    assert_eq!(servers.iter().filter(|server| !server.adopted()).count(), 1);
    let data = data_directory(&servers[0]).await;
    let pid = server_pid(&data);
    for (stopped, server) in servers.into_iter().enumerate() {
        assert!(!is_gone(pid), "stopped for all after {stopped}");
        server.stop().await.unwrap();
    }
    assert!(is_gone(pid) && !data.exists());
}

#[tokio::test]
async fn a_socket_directory_that_others_can_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("untrusted");
    let server = ManagedPostgres::start(&scratch.durable()).await.unwrap();
    let sockets = PathBuf::from(text(&server, "show unix_socket_directories").await);
    server.stop().await.unwrap();
    std::fs::set_permissions(&sockets, std::fs::Permissions::from_mode(0o755)).unwrap();
    let refused = ManagedPostgres::start(&scratch.durable()).await.unwrap_err();
    assert!(matches!(&refused, ManagedError::Untrusted { path, .. } if *path == sockets));

    std::fs::remove_dir(&sockets).unwrap();
    std::os::unix::fs::symlink(&scratch.0, &sockets).unwrap();
    let refused = ManagedPostgres::start(&scratch.durable()).await.unwrap_err();
    assert!(matches!(&refused, ManagedError::Untrusted { path, .. } if *path == sockets));
    std::fs::remove_file(&sockets).unwrap();
    finish(ManagedPostgres::start(&scratch.durable()).await.unwrap()).await;
}

#[tokio::test]
async fn missing_servers_are_named_with_the_command_that_installs_them() {
    let scratch = Scratch::new("missing");
    let nowhere = Search { path: "/nonexistent".into(), roots: vec!["/nonexistent".into()] };
    let error = ManagedPostgres::start_with(&scratch.settings(), &nowhere).await.unwrap_err();
    assert!(matches!(error, ManagedError::BinariesMissing { .. }));
    assert_eq!(error.code(), "POSTGRES_MISSING");
    assert!(error.to_string().contains("install"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("old");
    let bin = scratch.0.join("14/bin");
    std::fs::create_dir_all(&bin).unwrap();
    for program in ["initdb", "postgres"] {
        std::fs::write(bin.join(program), "#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
            .unwrap();
        std::fs::set_permissions(bin.join(program), std::fs::Permissions::from_mode(0o755))
            .unwrap();
    }
    let search = Search { path: "".into(), roots: vec![scratch.0.clone()] };
    let error = ManagedPostgres::start_with(&scratch.settings(), &search).await.unwrap_err();
    assert!(matches!(error, ManagedError::TooOld { found: 14, .. }), "{error}");
}
