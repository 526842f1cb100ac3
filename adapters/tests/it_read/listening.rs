//! Signals between processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bitacora_adapters::read::{LaneSignals, listener};
use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Lane, Position};
use bitacora_projections::ports::{LogReader as _, ReadStore as _};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{A, THINGS, append, bare, execute, number, side, store};

const SOON: Duration = Duration::from_secs(10);
const LISTENERS: &str = "select count(*) from pg_stat_activity \
     where application_name = 'bitacora-listener' and datname = current_database()";

/// Runs the listener of a process until the guard goes.
fn listen(db: &TestDb, signals: &Arc<LaneSignals>) -> tokio_util::sync::DropGuard {
    let stop = CancellationToken::new();
    tokio::spawn(listener::run(signals.clone(), db.options(), stop.clone()));
    stop.drop_guard()
}

async fn reaches(mut watch: watch::Receiver<Position>, position: i64) {
    let wait = watch.wait_for(|p| *p >= Position(position));
    tokio::time::timeout(SOON, wait).await.expect("nobody said so").unwrap();
}

async fn listeners(db: &TestDb, count: i64) {
    let until = async {
        while number(db, LISTENERS).await != count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, until).await.expect("the listeners do not come");
}

/// The listener answered a first poll, so it listens.
async fn listening(db: &TestDb, signals: &Arc<LaneSignals>, lane: i16) {
    let last = append(db, lane, A, "warm-up", 1).await;
    reaches(signals.watch(Lane(lane)), last).await;
}

#[tokio::test]
async fn one_process_hears_another() {
    let db = TestDb::new().await;
    let (here, there) = (side(&db), side(&db));
    let _guards = (listen(&db, &here.signals), listen(&db, &there.signals));
    listening(&db, &here.signals, 3).await;
    listening(&db, &there.signals, 3).await;
    // positions that no table holds: only an announcement can have brought them
    for n in 0..50 {
        here.signals.appended(Lane(1), Position(1000 + n));
        here.signals.progressed("things_v1", Lane(2), Position(2000 + n));
    }
    reaches(there.reader.watch(Lane(1)), 1049).await;
    reaches(there.store.progress("things", Lane(2)), 2049).await;
    assert_eq!(*there.reader.watch(Lane(2)).borrow(), Position(0));
}

#[tokio::test]
async fn a_commit_announces_progress_of_the_live_generation_only() {
    let db = TestDb::new().await;
    let (here, there) = (side(&db), side(&db));
    let _guards = (listen(&db, &here.signals), listen(&db, &there.signals));
    let live = here.store.ensure(&THINGS).await.unwrap();
    let next = here.store.start_generation(&THINGS).await.unwrap();
    store(&here, next, 1, vec![bare(A, 1)], 9).await;
    store(&here, live, 1, vec![bare(A, 1)], 5).await;
    assert_eq!(*here.store.progress("things", Lane(1)).borrow(), Position(5));
    reaches(there.store.progress("things", Lane(1)), 5).await;
    assert_eq!(*there.store.progress("things", Lane(1)).borrow(), Position(5));
}

#[tokio::test]
async fn the_poll_finds_what_nobody_announced() {
    let db = TestDb::new().await;
    let here = side(&db);
    here.store.ensure(&THINGS).await.unwrap();
    let _guard = listen(&db, &here.signals);
    listening(&db, &here.signals, 3).await;
    let last = append(&db, 1, A, "x", 4).await;
    execute(&db, "update ops.checkpoints set position = 3 where lane = 1").await;
    reaches(here.signals.watch(Lane(1)), last).await;
    reaches(here.store.progress("things", Lane(1)), 3).await;
}

/// Counts one metric.
struct Restarts(Arc<AtomicU64>);

impl metrics::Recorder for Restarts {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        if key.name() == "bitacora_listener_restarts" {
            return metrics::Counter::from_arc(self.0.clone());
        }
        metrics::Counter::noop()
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }
    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

#[tokio::test]
async fn listen_failure_kills_the_loop() {
    let restarts = Arc::new(AtomicU64::new(0));
    let recorder = Restarts(restarts.clone());
    let db = TestDb::new().await;
    let (here, there) = (side(&db), side(&db));
    metrics::set_global_recorder(recorder).ok().unwrap();
    let _guards = (listen(&db, &here.signals), listen(&db, &there.signals));
    listeners(&db, 2).await;
    for round in 1..=3 {
        let last = append(&db, 1, A, "x", 1).await;
        execute(
            &db,
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where application_name = 'bitacora-listener' and datname = current_database()",
        )
        .await;
        // appended while nobody listened
        reaches(there.signals.watch(Lane(1)), last).await;
        listeners(&db, 2).await;
        // and announcements come through again
        here.signals.appended(Lane(2), Position(1000 * round));
        reaches(there.signals.watch(Lane(2)), 1000 * round).await;
    }
    assert!(restarts.load(Ordering::Relaxed) >= 6);
}
