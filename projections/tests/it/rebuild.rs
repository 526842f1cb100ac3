//! Rebuilding while the log grows and readers read.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitacora_domain::Lane;
use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::rebuild::{OnProgress, RebuildError, RebuildOptions, rebuild};
use bitacora_projections::value::Cell;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::probe::{MIXED, PROBE, Probe, SOLO};
use crate::support::{World, tenant};

const SOON: Duration = Duration::from_secs(30);

fn quiet() -> OnProgress {
    Arc::new(|_| {})
}

fn add(world: &World, n: u128) {
    world.log.append(tenant(n % 4), ("alpha", "1"), "Add", json!({ "k": "x" }));
}

fn sum(world: &World) -> i64 {
    (0..4).filter_map(|n| world.store.cell(&MIXED, tenant(n), "x", "sum")?.as_int()).sum()
}

#[tokio::test]
async fn a_rebuilt_view_is_equal_and_the_old_one_stays_until_told_otherwise() {
    let world = World::new();
    (0..500).for_each(|n| add(&world, n));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    let seen = Arc::new(Mutex::new(vec![]));
    let progress: OnProgress = {
        let seen = Arc::clone(&seen);
        Arc::new(move |p| seen.lock().unwrap().push((p.done, p.total)))
    };
    let report =
        rebuild(&world.ports(), &PROBE, RebuildOptions::default(), progress).await.unwrap();
    assert_eq!((report.from, report.to, report.events), (1, 2, 500));
    assert!(report.comparison.equal && report.comparison.swapped);
    let seen = seen.lock().unwrap().clone();
    assert!(seen.len() > 4 && seen.windows(2).all(|w| w[0].0 <= w[1].0), "{seen:?}");
    assert_eq!(*seen.last().unwrap(), (500, 500));
    assert!(world.search.said().is_empty());
    assert_eq!(world.store.drop_retired(&MIXED).await.unwrap(), [1]);
    add(&world, 0);
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    assert_eq!(sum(&world), 501, "workers follow the new generation");
}

/// Named after the incident: the last part, between catching up and the swap, while somebody
/// appends and the live workers take it in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuild_finishes_while_an_append_already_skipped_the_inline_row() {
    let world = Arc::new(World::new());
    (0..300).for_each(|n| add(&world, n));
    let (token, runner) = (CancellationToken::new(), world.runner(&PROBE, 64));
    let live = tokio::spawn({
        let token = token.clone();
        async move { runner.run(token).await }
    });
    let appended = Arc::new(AtomicI64::new(300));
    let writer = tokio::spawn({
        let (world, token, appended) = (Arc::clone(&world), token.clone(), Arc::clone(&appended));
        async move {
            while !token.is_cancelled() {
                let n = appended.fetch_add(1, Ordering::SeqCst);
                add(&world, u128::try_from(n).unwrap());
                tokio::time::sleep(Duration::from_micros(300)).await;
            }
        }
    });
    for generation in 2..5 {
        let ports = world.ports();
        let done = rebuild(&ports, &PROBE, RebuildOptions::default(), quiet());
        let report = timeout(SOON, done).await.unwrap().unwrap();
        assert!(report.comparison.equal, "digests are equal at the swap");
        assert_eq!(report.to, generation);
    }
    token.cancel();
    writer.await.unwrap();
    live.await.unwrap();
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    assert_eq!(sum(&world), appended.load(Ordering::SeqCst), "every event once");
}

/// Named after the incident: two views over the same streams, rebuilt again and again, stopped
/// at every operation.
#[tokio::test]
async fn rebuild_of_b_wipes_b_or_loses_a() {
    static SECOND: Probe = Probe::new(&SOLO);
    let set = |world: &World, n: i64| {
        let key = format!("k{}", n % 5);
        let payload = json!({ "k": key, "a": n.to_string() });
        world.log.append(tenant(0), ("alpha", "1"), "Set", payload);
    };
    let mut stops = 0;
    for n in 1.. {
        let world = World::new();
        (0..90).for_each(|n| set(&world, n));
        world.runner(&PROBE, 16).catch_up().await.unwrap();
        world.runner(&SECOND, 16).catch_up().await.unwrap();
        let (a, b) = (world.store.rows(&MIXED), world.store.rows(&SOLO));
        world.store.fail_at(n);
        let first = rebuild(&world.ports(), &SECOND, RebuildOptions::default(), quiet()).await;
        let unhurt = first.is_ok() && world.store.fault_is_pending();
        world.store.fail_at(0);
        if first.is_err() {
            stops += 1;
            assert_eq!(world.store.rows(&SOLO), b, "readers still have the old one");
            rebuild(&world.ports(), &SECOND, RebuildOptions::default(), quiet()).await.unwrap();
        }
        rebuild(&world.ports(), &PROBE, RebuildOptions::default(), quiet()).await.unwrap();
        assert_eq!((world.store.rows(&MIXED), world.store.rows(&SOLO)), (a, b), "stopped at {n}");
        if unhurt {
            break;
        }
    }
    assert!(stops > 15, "only {stops} stops");
}

#[tokio::test]
async fn a_difference_is_told_and_only_swapped_when_accepted() {
    let world = World::new();
    (0..10).for_each(|n| add(&world, n));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    world.store.tamper(&MIXED, |rows| {
        let row = rows.values_mut().next().unwrap();
        row.row.0[MIXED.index_of("sum").unwrap()] = Cell::Int(1_000);
    });
    let refused = rebuild(&world.ports(), &PROBE, RebuildOptions::default(), quiet()).await;
    let Err(error @ RebuildError::Differs(_)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), "REBUILD_DIFFERS");
    assert!(sum(&world) > 1_000);
    let options = RebuildOptions { accept_difference: true, ..RebuildOptions::default() };
    let report = rebuild(&world.ports(), &PROBE, options, quiet()).await.unwrap();
    assert_eq!((report.to, report.events, sum(&world)), (2, 0, 10), "went on with what was built");
}

#[tokio::test]
async fn the_new_generation_never_passes_the_live_one() {
    let world = World::new();
    (0..40).for_each(|n| add(&world, n));
    let half = [(Lane(0), bitacora_domain::Position(7)), (Lane(1), bitacora_domain::Position(3))];
    let runner = world.runner(&PROBE, 64);
    world.store.ensure(&MIXED).await.unwrap();
    runner.catch_up_to(&half).await.unwrap();
    world.store.refuse_swaps(3);
    let tries = Arc::new(AtomicUsize::new(0));
    let ports = world.ports();
    let report = rebuild(&ports, &PROBE, RebuildOptions::default(), {
        let tries = Arc::clone(&tries);
        Arc::new(move |_| {
            tries.fetch_add(1, Ordering::SeqCst);
        })
    });
    let report = timeout(SOON, report).await.unwrap().unwrap();
    assert_eq!(report.events, 10);
    assert!(tries.load(Ordering::SeqCst) > 4, "rounds until the lanes were level");
    assert_eq!(world.store.position(&MIXED, Lane(0)), half[0].1);
}
