//! The feed: no gap and no duplicate, wherever scan meets live.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bitacora_domain::{Cursor, Epoch, Lane, Position, TenantId};
use bitacora_projections::feed::{Feed, FeedError, FeedOptions, FeedStream};
use futures::StreamExt as _;
use serde_json::json;
use tokio::time::timeout;

use crate::support::log::FakeLog;
use crate::support::tenant;

const SOON: Duration = Duration::from_secs(10);

fn feed(log: &Arc<FakeLog>, options: FeedOptions) -> Feed {
    Feed::with_options(Arc::clone(log) as _, options)
}

fn small() -> FeedOptions {
    FeedOptions { ring: 4, page: 3, grace: SOON, patience: SOON, poll: Duration::from_millis(10) }
}

fn append(log: &FakeLog, of: TenantId) -> Position {
    log.append(of, ("alpha", "1"), "E", json!({}))
}

fn append_many(log: &FakeLog, n: usize) {
    for _ in 0..n {
        append(log, tenant(0));
    }
}

async fn take(stream: &mut FeedStream, n: usize) -> Vec<i64> {
    let mut positions = vec![];
    while positions.len() < n {
        let item = timeout(SOON, stream.next()).await.expect("an event in time").unwrap().unwrap();
        assert_eq!(item.cursor.position, item.event.position);
        positions.push(item.event.position.0);
    }
    positions
}

async fn nothing_comes(stream: &mut FeedStream) {
    assert!(timeout(Duration::from_millis(60), stream.next()).await.is_err());
}

fn cursor(lane: Lane, position: i64) -> Cursor {
    Cursor { epoch: Epoch(1), lane, position: Position(position) }
}

#[tokio::test]
async fn from_now_on_only_new_events_of_the_tenant_come() {
    let log = Arc::new(FakeLog::new(2));
    append(&log, tenant(0));
    let feed = feed(&log, small());
    let mut stream = feed.subscribe(tenant(0), None, 8).await.unwrap();
    nothing_comes(&mut stream).await;
    append(&log, tenant(2));
    append(&log, tenant(0));
    append(&log, tenant(1));
    append(&log, tenant(0));
    assert_eq!(take(&mut stream, 2).await, [3, 4]);
    nothing_comes(&mut stream).await;
}

/// Events are appended all the time while subscribers begin at every place of the log: each must
/// see every event of its tenant behind its cursor exactly once, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_seam_between_scan_and_live_has_no_gap_and_no_duplicate() {
    let log = Arc::new(FakeLog::new(2));
    let feed = Arc::new(feed(&log, small()));
    let writer = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            for n in 0..600u128 {
                append(&log, tenant(if n % 3 == 0 { 2 } else { 0 }));
                if n % 4 == 0 {
                    tokio::time::sleep(Duration::from_micros(200)).await;
                }
            }
        }
    });
    let mut readers = vec![];
    for n in 0..40 {
        let (log, feed) = (Arc::clone(&log), Arc::clone(&feed));
        readers.push(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(n)).await;
            let head = log.head_of(Lane(0)).0;
            let after = if n % 2 == 0 { head / 2 } else { head };
            let expected: Vec<_> = (after + 1..=600).filter(|p| (p - 1) % 3 != 0).collect();
            let mut stream =
                feed.subscribe(tenant(0), Some(cursor(Lane(0), after)), 8).await.unwrap();
            assert_eq!(take(&mut stream, expected.len()).await, expected, "behind {after}");
            nothing_comes(&mut stream).await;
        }));
    }
    writer.await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn a_subscriber_behind_the_ring_scans_and_comes_back() {
    let log = Arc::new(FakeLog::new(2));
    let feed = feed(&log, small());
    let mut stream = feed.subscribe(tenant(0), None, 8).await.unwrap();
    append(&log, tenant(0));
    assert_eq!(take(&mut stream, 1).await, [1]);
    // More than the ring holds while nobody asks, but not for longer than the grace.
    append_many(&log, 50);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(take(&mut stream, 50).await, (2..=51).collect::<Vec<_>>());
    append(&log, tenant(0));
    assert_eq!(take(&mut stream, 1).await, [52]);
}

#[tokio::test]
async fn a_slow_consumer_is_cut_off_and_resumes_where_it_was() {
    let log = Arc::new(FakeLog::new(2));
    let options = FeedOptions { grace: Duration::from_millis(20), ..small() };
    let feed = feed(&log, options);
    let mut stream = feed.subscribe(tenant(0), None, 2).await.unwrap();
    append(&log, tenant(0));
    assert_eq!(take(&mut stream, 1).await, [1]);
    append_many(&log, 6);
    tokio::time::sleep(Duration::from_millis(80)).await;
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), "SLOW_CONSUMER");
    let FeedError::SlowConsumer { resume } = error else { panic!("{error}") };
    assert_eq!(resume.position, Position(1));
    assert!(stream.next().await.is_none(), "the error is the last");
    let mut again = feed.subscribe(tenant(0), Some(resume), 2).await.unwrap();
    assert_eq!(take(&mut again, 6).await, [2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_consumer_that_lets_little_wait_is_cut_off_only_after_its_patience() {
    let log = Arc::new(FakeLog::new(2));
    let (grace, patience) = (Duration::from_millis(1), Duration::from_millis(150));
    let feed = feed(&log, FeedOptions { grace, patience, ..small() });
    let mut stream = feed.subscribe(tenant(0), None, 3).await.unwrap();
    append(&log, tenant(0));
    assert_eq!(take(&mut stream, 1).await, [1]);
    append(&log, tenant(0));
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(take(&mut stream, 1).await, [2]);
    // A long silence is no slowness.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (item, _) = tokio::join!(take(&mut stream, 1), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        append(&log, tenant(0))
    });
    assert_eq!(item, [3]);
    append(&log, tenant(0));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(stream.next().await.unwrap().unwrap_err().code(), "SLOW_CONSUMER");
}

#[tokio::test]
async fn thousands_of_subscribers_cost_one_reader_and_foreign_events_wake_none() {
    let log = Arc::new(FakeLog::new(2));
    let feed = feed(&log, FeedOptions { poll: SOON, ..small() });
    let mut streams = vec![];
    for _ in 0..2_000 {
        streams.push(feed.subscribe(tenant(0), None, 8).await.unwrap());
    }
    // All wait.
    let waiting = futures::future::join_all(streams.iter_mut().map(|s| take(s, 1)));
    let foreign = async {
        for _ in 0..200 {
            append(&log, tenant(2));
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
        let reads = log.lane_reads.load(Ordering::SeqCst);
        assert!(reads < 450, "{reads} pages of the lane");
        append(&log, tenant(0));
    };
    let (got, ()) = tokio::join!(waiting, foreign);
    assert!(got.iter().all(|positions| *positions == [201]));
    assert_eq!(log.tenant_reads.load(Ordering::SeqCst), 0, "nobody asked the log by itself");
}

#[tokio::test]
async fn an_unreachable_log_is_waited_for() {
    let log = Arc::new(FakeLog::new(2));
    append_many(&log, 5);
    let feed = feed(&log, small());
    let mut stream = feed.subscribe(tenant(0), Some(cursor(Lane(0), 0)), 8).await.unwrap();
    log.unavailable.store(3, Ordering::SeqCst);
    assert_eq!(take(&mut stream, 5).await, [1, 2, 3, 4, 5]);
    log.unavailable.store(2, Ordering::SeqCst);
    append(&log, tenant(0));
    assert_eq!(take(&mut stream, 1).await, [6]);
}

/// Named after the incident: a cursor from before a restore must not be misread.
#[tokio::test]
async fn an_epoch_check_refuses_an_old_cursor_and_others_that_do_not_fit() {
    let log = Arc::new(FakeLog::new(2));
    append(&log, tenant(0));
    let feed = feed(&log, small());
    let code = |of, cursor| {
        let feed = &feed;
        async move { feed.subscribe(of, Some(cursor), 8).await.map(drop).unwrap_err().code() }
    };
    let good = Cursor { epoch: Epoch(1), lane: Lane(0), position: Position(1) };
    assert_eq!(code(tenant(0), Cursor { epoch: Epoch(2), ..good }).await, "FOREIGN_EPOCH");
    assert_eq!(code(tenant(0), Cursor { lane: Lane(1), ..good }).await, "FOREIGN_LANE");
    assert_eq!(code(tenant(0), Cursor { position: Position(2), ..good }).await, "CURSOR_AHEAD");
    assert_eq!(code(tenant(0xFFFF), good).await, "TENANT_UNKNOWN");
}
