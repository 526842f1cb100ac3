//! Incidents of other systems that need a broken wire or a crashed server to be replayed. Each
//! test is named after its row; the others stand beside what they test.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::managed::{ManagedPostgres, Settings};
use bitacora_adapters::migrate::migrate;
use bitacora_adapters::pools::{Pools, admin_pool};
use bitacora_adapters::read::{LaneSignals, PgLogReader};
use bitacora_adapters::testing::{TEST_POOLS, TestDb};
use bitacora_commands::ports::{Clock, EventLog};
use bitacora_commands::{Append, AppendOutcome, Expected, InstallationKey, NewEvent};
use bitacora_domain::{Actor, CommandId, Cursor, Epoch, Metadata, StreamId, TenantId};
use bitacora_projections::feed::Feed;
use bitacora_torture::proxy::{Odds, Proxy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;

const KEY: InstallationKey = InstallationKey::new([9; 32]);
const CALM: Odds =
    Odds { cut_before_commit: 0, cut_after_commit: 0, stall_commit: 0, cut_elsewhere: 0, stall: 0 };

/// A folder that goes away with the test; short, since it holds sockets.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bit-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

async fn log(options: &PgConnectOptions, pools: &Pools) -> (Arc<PgLog>, TenantId) {
    let options_of_log = AppenderOptions::default();
    let log = PgLog::start(options, pools, Arc::new(|_, _| ()), KEY, options_of_log).await.unwrap();
    let tenant = TenantId::new(SystemClock.fresh_id());
    log.assign_lane(tenant).await.unwrap();
    (log, tenant)
}

fn append(tenant: TenantId) -> Append {
    let command_id = CommandId::new(SystemClock.fresh_id());
    let metadata = Metadata {
        event_id: command_id.event(0),
        command_id,
        correlation_id: command_id.as_uuid(),
        causation_id: command_id.as_uuid(),
        actor: Actor::system("test"),
        occurred_at: SystemClock.now(),
        traceparent: None,
    };
    let event = NewEvent {
        event_type: "Raw".into(),
        event_version: "1".into(),
        payload: json!({ "Raw": {} }),
        metadata,
        number: None,
        effects: Vec::new(),
    };
    Append {
        tenant,
        stream: StreamId::new("raw", SystemClock.fresh_id()),
        expected: Expected::NONE,
        events: vec![event],
        claims: Vec::new(),
        counts: Vec::new(),
        command_id,
        fingerprint: KEY.fingerprint(&json!(command_id.to_string())).unwrap(),
        verify_only: false,
    }
}

fn position(outcome: &AppendOutcome) -> i64 {
    let AppendOutcome::Appended(landed) = outcome else { panic!("{outcome:?}") };
    landed.cursor.position.0
}

#[tokio::test]
async fn commit_outcome_unknown_retried() {
    // The connection breaks after COMMIT was sent: found committed, and not written again.
    // It breaks before: found absent, and written once.
    let db = TestDb::new().await;
    for (name, odds) in [
        ("after", Odds { cut_after_commit: 10_000, ..CALM }),
        ("before", Odds { cut_before_commit: 10_000, ..CALM }),
    ] {
        let folder = Scratch::new(name);
        let proxy = Proxy::start(&folder.0, &db.options(), 1, odds).unwrap();
        let through = db.options().socket(&folder.0);
        let (log, tenant) = log(&through, db.pools()).await;
        proxy.arm(true);
        let append = append(tenant);
        let disarm = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            proxy.arm(false);
        };
        let (outcome, ()) = tokio::join!(log.append(append.clone()), disarm);
        let first = position(&outcome.unwrap());
        let stats = log.stats();
        let (committed, absent) = (
            stats.unknown_committed.load(Ordering::Relaxed),
            stats.unknown_absent.load(Ordering::Relaxed),
        );
        if name == "after" {
            assert_eq!((committed, absent), (1, 0));
        } else {
            assert!(committed == 0 && absent >= 1, "{committed} committed, {absent} absent");
        }
        let again = log.append(append.clone()).await.unwrap();
        let AppendOutcome::Replayed(landed) = again else { panic!("{again:?}") };
        assert_eq!(landed.cursor.position.0, first);
        let stored: i64 =
            sqlx::query_scalar("select count(*) from log.events where aggregate_id = $1")
                .bind(&append.stream.aggregate_id)
                .fetch_one(&db.pools().admin)
                .await
                .unwrap();
        assert_eq!(stored, 1, "{name}");
    }
}

async fn server(state: &Path) -> (ManagedPostgres, PgConnectOptions, Pools) {
    let settings = Settings { state_dir: state.to_owned(), ephemeral: false };
    let server = ManagedPostgres::start(&settings).await.unwrap();
    server.ensure_database("bitacora").await.unwrap();
    let options = server.connect_options("bitacora");
    let admin = admin_pool(&options, 1).await.unwrap();
    migrate(&admin).await.unwrap();
    let pools = Pools::connect(options.clone(), TEST_POOLS).await.unwrap();
    (server, options, pools)
}

async fn text(pools: &Pools, sql: &str) -> String {
    sqlx::query_scalar(sql).fetch_one(&pools.admin).await.unwrap()
}

#[tokio::test]
async fn sequence_jumps_after_crash_then_falls_back() {
    // A crash leaves no hole and takes nothing back; after a restore, cursors of before are
    // refused instead of pointing at other events.
    let folder = Scratch::new("crash");
    let (owner, options, pools) = server(&folder.0).await;
    let (before, tenant) = log(&options, &pools).await;
    for expected in 1..=5 {
        assert_eq!(position(&before.append(append(tenant)).await.unwrap()), expected);
    }
    let data = PathBuf::from(text(&pools, "show data_directory").await);
    let sockets = text(&pools, "show unix_socket_directories").await;
    let pid_file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let pid: i32 = pid_file.lines().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    pools.close().await;
    drop((before, owner));

    let (owner, options, pools) = server(&folder.0).await;
    let (after, other) = log(&options, &pools).await;
    assert_ne!(tenant, other);
    let outcome = after.append(append(tenant)).await.unwrap();
    assert_eq!(position(&outcome), 6, "the next position, not one 32 further");
    let AppendOutcome::Appended(landed) = outcome else { unreachable!() };

    let epoch: i32 =
        sqlx::query_scalar("select ops.begin_epoch()").fetch_one(&pools.admin).await.unwrap();
    let reader = Arc::new(PgLogReader::new(pools.reader.clone(), LaneSignals::new()));
    let feed = Feed::new(reader);
    let refused = feed.subscribe(tenant, Some(landed.cursor), 16).await;
    let code = refused.err().map(|error| error.code().to_owned());
    assert_eq!(code.as_deref(), Some("FOREIGN_EPOCH"));
    let of_now = Cursor { epoch: Epoch(epoch), ..landed.cursor };
    assert!(feed.subscribe(tenant, Some(of_now), 16).await.is_ok());
    let AppendOutcome::Appended(next) = after.append(append(tenant)).await.unwrap() else {
        panic!("the log goes on")
    };
    assert_eq!((next.cursor.epoch, next.cursor.position.0), (of_now.epoch, 7));

    pools.close().await;
    owner.stop().await.unwrap();
    std::fs::remove_dir_all(data.parent().unwrap().parent().unwrap()).ok();
    std::fs::remove_dir_all(sockets).ok();
}
