//! The runner: exactly once, whatever fails wherever.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bitacora_domain::{Lane, Position};
use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::runner::{Options, Ports, Runner};
use bitacora_projections::value::Cell;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::log::ends;
use crate::support::probe::{MIXED, PROBE};
use crate::support::{World, tenant};

const SOON: Duration = Duration::from_secs(30);

/// Adds spread over tenants, lanes and aggregates: every event counts once in `sum`.
fn adds(world: &World, n: usize) {
    for i in 0..n {
        let owner = if i % 3 == 0 { "beta" } else { "alpha" };
        let of = tenant(u128::try_from(i % 4).unwrap());
        world.log.append(of, (owner, "1"), "Add", json!({ "k": "x" }));
    }
}

fn sum(world: &World) -> i64 {
    (0..4).filter_map(|n| world.store.cell(&MIXED, tenant(n), "x", "sum")?.as_int()).sum()
}

#[tokio::test]
async fn an_empty_log_is_caught_up_and_holds_no_claim() {
    let world = World::new();
    world.runner(&PROBE, 8).catch_up().await.unwrap();
    assert_eq!(world.store.claims_held(), 0);
    assert_eq!(world.store.position(&MIXED, Lane(0)), Position(0));
}

#[tokio::test]
async fn every_batch_size_gives_the_same_tables() {
    let mut outcomes = vec![];
    for batch in [1, 3, 1_000] {
        let world = World::new();
        adds(&world, 60);
        world.runner(&PROBE, batch).catch_up().await.unwrap();
        assert_eq!(sum(&world), 60);
        outcomes.push(world.store.rows(&MIXED));
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Named after the incident: a worker that is one of several, and sees only some of the events,
/// must still say exactly how far *its* rows are.
#[tokio::test]
async fn filtered_or_parallel_projector_reports_max_position_as_applied() {
    let world = World::new();
    for i in 0..10 {
        // Mostly events that the view does not want.
        let owner = if i == 4 { "alpha" } else { "gamma" };
        world.log.append(tenant(0), (owner, "1"), "Add", json!({ "k": "x" }));
    }
    let runner = world.runner(&PROBE, 3);
    let mut seen = world.store.progress("probes", Lane(0));
    while runner.run_once().await.unwrap() > 0 {
        let position = *seen.borrow_and_update();
        let applied = world.store.cell(&MIXED, tenant(0), "x", "sum").is_some();
        assert_eq!(applied, position >= Position(5), "at {position}");
        assert_eq!(position, world.store.position(&MIXED, Lane(0)));
    }
    assert_eq!(world.store.position(&MIXED, Lane(0)), Position(10));
    assert_eq!(world.store.position(&MIXED, Lane(1)), Position(0), "lanes are told apart");
}

#[tokio::test]
async fn stopped_at_every_operation_each_event_counts_once() {
    let mut stops = 0;
    for n in 1.. {
        let world = World::new();
        adds(&world, 30);
        world.store.fail_at(n);
        let first = world.runner(&PROBE, 4).catch_up().await;
        if first.is_ok() && world.store.fault_is_pending() {
            break;
        }
        stops += usize::from(first.is_err());
        assert_eq!(world.store.claims_held(), 0, "a failed step lets its lane go");
        world.runner(&PROBE, 7).catch_up().await.unwrap();
        assert_eq!(sum(&world), 30, "stopped at operation {n}");
    }
    assert!(stops > 20, "only {stops} stops");
}

#[tokio::test]
async fn two_runners_share_the_lanes_and_count_nothing_twice() {
    let world = World::new();
    adds(&world, 200);
    let (one, two) = (world.runner(&PROBE, 5), world.runner(&PROBE, 3));
    let (a, b) = tokio::join!(one.catch_up(), two.catch_up());
    a.unwrap();
    b.unwrap();
    assert_eq!(sum(&world), 200);
    let mut last = std::collections::HashMap::new();
    for (_, lane, position) in world.store.commits() {
        let before = last.insert(lane, position).unwrap_or(Position(0));
        assert!(position > before, "a position was committed twice");
    }
}

#[tokio::test]
async fn unavailable_storm_parks_nothing_and_loses_nothing() {
    let world = World::new();
    world.store.unavailable(6);
    world.log.unavailable.store(5, Ordering::SeqCst);
    adds(&world, 40);
    let (token, runner) = (CancellationToken::new(), world.runner(&PROBE, 8));
    let (stop, store, ends) = (token.clone(), world.store.clone(), ends(&world.log));
    let watch = async move {
        for (lane, end) in ends {
            store.progress("probes", lane).wait_for(|p| *p >= end).await.unwrap();
        }
        stop.cancel();
    };
    timeout(SOON, async { tokio::join!(runner.run(token), watch) }).await.unwrap();
    assert_eq!(sum(&world), 40);
    assert!(world.store.parked(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_running_runner_follows_the_log_and_holds_nothing_while_idle() {
    let world = World::new();
    let (token, runner) = (CancellationToken::new(), Arc::new(world.runner(&PROBE, 8)));
    let run = tokio::spawn({
        let (runner, token) = (Arc::clone(&runner), token.clone());
        async move { runner.run(token).await }
    });
    for round in 1..=3 {
        adds(&world, 12);
        let ends = ends(&world.log);
        for (lane, end) in ends {
            let mut progress = world.store.progress("probes", lane);
            timeout(SOON, progress.wait_for(|p| *p >= end)).await.unwrap().unwrap();
        }
        assert_eq!(sum(&world), 12 * round);
    }
    tokio::time::sleep(Duration::from_millis(2)).await;
    let idle = async {
        while world.store.claims_held() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(SOON, idle).await.unwrap();
    token.cancel();
    timeout(SOON, run).await.unwrap().unwrap();
}

/// Appends events to one lane, each behind the one before it by `apart`, under a runner that has
/// taken in something before; how many commits they cost.
async fn commits_of(event: &str, count: usize, apart: Duration, gather: Duration) -> usize {
    let world = World::new();
    let Ports { reader, store, search } = world.ports();
    let options = Options { gather, ..World::options(&PROBE, 64) };
    let (token, runner) = (CancellationToken::new(), Runner::new(reader, store, search, options));
    let drive = async {
        let append = |event: &str| {
            world.log.append(tenant(1), ("alpha", "1"), event, json!({ "k": "x" }));
        };
        let seen = async || {
            for (lane, end) in ends(&world.log) {
                let mut progress = world.store.progress("probes", lane);
                timeout(SOON, progress.wait_for(|p| *p >= end)).await.unwrap().unwrap();
            }
        };
        append("Add");
        seen().await;
        let before = world.store.commits().len();
        for _ in 0..count {
            append(event);
            tokio::time::sleep(apart).await;
        }
        seen().await;
        token.cancel();
        world.store.commits().len() - before
    };
    tokio::join!(runner.run(token.clone()), drive).1
}

#[tokio::test]
async fn what_changes_nothing_is_passed_over_without_a_transaction() {
    let apart = Duration::from_millis(5);
    let commits = commits_of("Nothing", 40, apart, Duration::ZERO).await;
    assert!(commits <= 4, "{commits} commits: only the checkpoint follows, once a second");
    let commits = commits_of("Add", 40, apart, Duration::ZERO).await;
    assert!(commits > 4, "{commits} commits of events that do change something");
}

#[tokio::test]
async fn what_comes_right_behind_a_commit_is_gathered() {
    let apart = Duration::from_millis(5);
    let commits = commits_of("Add", 40, apart, Duration::from_millis(100)).await;
    assert!(commits <= 40 / 4, "{commits} commits for 40 events within {:?}", apart * 40);
}

#[tokio::test]
async fn the_index_acknowledges_before_the_checkpoint_moves() {
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Index", json!({ "text": "hola" }));
    world.search.unavailable.store(1, Ordering::SeqCst);
    let runner: Runner = world.runner(&PROBE, 8);
    assert!(runner.catch_up().await.is_err());
    assert_eq!(world.store.position(&MIXED, Lane(0)), Position(0));
    runner.catch_up().await.unwrap();
    assert_eq!(world.search.said(), ["index hola", "index hola"], "told again, idempotent");
    assert_eq!(world.search.flushed.load(Ordering::SeqCst), 2);
    assert_eq!(world.store.position(&MIXED, Lane(0)), Position(1));
}

#[tokio::test]
async fn a_refused_row_never_reaches_the_index() {
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Poison", json!({ "k": "x" }));
    world.log.append(tenant(0), ("beta", "2"), "Index", json!({ "text": "fine" }));
    world.runner(&PROBE, 8).catch_up().await.unwrap();
    assert_eq!(world.search.said(), ["index fine"], "once, although the batch was tried often");
    assert_eq!(world.store.cell(&MIXED, tenant(0), "x", "a"), None::<Cell>);
}
