//! An event that a view cannot take stops its aggregate and nothing else.

use std::sync::atomic::Ordering;

use bitacora_domain::{Lane, Position, StreamId};
use bitacora_projections::ports::{ParkedEvent, ReadStore as _};
use bitacora_projections::runner::parking::{Retried, discard_parked, retry_parked};
use bitacora_projections::value::Cell;
use serde_json::{Value, json};

use crate::support::probe::{MIXED, PROBE, Probe};
use crate::support::{World, tenant};

async fn parked(world: &World) -> Vec<(i64, String, i32)> {
    let events: Vec<ParkedEvent> = world.store.parked(None).await.unwrap();
    events.into_iter().map(|e| (e.position.0, e.code, e.attempts)).collect()
}

fn alpha(id: &str) -> StreamId {
    StreamId::new("alpha", id)
}

fn k(key: &str) -> Value {
    json!({ "k": key, "a": "set" })
}

fn a(world: &World, key: &str) -> Option<Cell> {
    world.store.cell(&MIXED, tenant(0), key, "a")
}

#[tokio::test]
async fn one_bad_event_parks_its_aggregate_and_the_rest_moves_on() {
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Set", k("before"));
    world.log.append(tenant(0), ("alpha", "1"), "Bad", json!({}));
    world.log.append(tenant(0), ("alpha", "2"), "Set", k("other"));
    world.log.append(tenant(0), ("alpha", "1"), "Set", k("behind"));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    world.log.append(tenant(0), ("alpha", "1"), "Set", k("later"));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    let queued = |position| (position, "QUEUED".to_owned(), 0);
    assert_eq!(parked(&world).await, [(2, "EVENT_UNREADABLE".into(), 1), queued(4), queued(5)]);
    assert!(a(&world, "before").is_some() && a(&world, "other").is_some());
    assert!(a(&world, "behind").is_none() && a(&world, "later").is_none());
    assert_eq!(world.store.position(&MIXED, Lane(0)), Position(5));
}

#[tokio::test]
async fn a_panic_and_an_illegal_change_park_too() {
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Panic", json!({}));
    world.log.append(tenant(0), ("alpha", "2"), "Alien", k("x"));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    let codes: Vec<_> = parked(&world).await.into_iter().map(|(_, code, _)| code).collect();
    assert_eq!(codes, ["VIEW_PANICKED", "ILLEGAL_CHANGE"]);
}

#[tokio::test]
async fn a_poison_row_is_found_in_its_batch_tried_thrice_and_parked() {
    for place in [0, 17, 99] {
        let world = World::new();
        for i in 0..100 {
            let (kind, id) = if i == place { ("Poison", "bad") } else { ("Add", "good") };
            world.log.append(tenant(0), ("alpha", id), kind, k("x"));
        }
        world.runner(&PROBE, 64).catch_up().await.unwrap();
        assert_eq!(parked(&world).await, [(place + 1, "ROW_REFUSED".into(), 3)]);
        assert_eq!(world.store.cell(&MIXED, tenant(0), "x", "sum"), Some(Cell::Int(99)));
    }
}

/// Named after the incident: the parked event must be upcast when it is tried again, and not
/// kept in the form in which it failed.
#[tokio::test]
async fn parked_event_not_upcast() {
    static OLD: Probe = Probe::new(&MIXED);
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Old", json!({ "name": "x" }));
    world.log.append(tenant(0), ("alpha", "1"), "Set", json!({ "k": "x", "a": "newer" }));
    world.runner(&OLD, 64).catch_up().await.unwrap();
    let retry = || async { retry_parked(&world.ports(), &OLD, tenant(0), &alpha("1")).await };
    let still = retry().await.unwrap();
    assert_eq!((still.applied, still.failed.unwrap().0), (0, Position(1)));
    assert_eq!(parked(&world).await[0], (1, "EVENT_UNREADABLE".into(), 2), "attempts count on");

    OLD.upcaster_deployed.store(true, Ordering::SeqCst);
    assert_eq!(retry().await.unwrap(), Retried { applied: 2, failed: None });
    assert_eq!(parked(&world).await, []);
    assert_eq!(a(&world, "x"), Some("newer".into()), "in order: the old one first");
    assert_eq!(retry().await.unwrap_err().code(), "NOT_PARKED");
}

#[tokio::test]
async fn a_retry_stops_at_the_first_that_fails_and_keeps_what_went_in() {
    static OLD: Probe = Probe::new(&MIXED);
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Old", json!({ "name": "x" }));
    world.log.append(tenant(0), ("alpha", "1"), "Add", k("x"));
    world.log.append(tenant(0), ("alpha", "1"), "Poison", k("x"));
    world.log.append(tenant(0), ("alpha", "1"), "Add", k("x"));
    world.runner(&OLD, 64).catch_up().await.unwrap();
    OLD.upcaster_deployed.store(true, Ordering::SeqCst);
    let retried = retry_parked(&world.ports(), &OLD, tenant(0), &alpha("1")).await.unwrap();
    let (position, code, _) = retried.failed.unwrap();
    assert_eq!((retried.applied, position, code.as_str()), (2, Position(3), "ROW_REFUSED"));
    assert_eq!(parked(&world).await, [(3, "ROW_REFUSED".into(), 1), (4, "QUEUED".into(), 0)]);
    assert_eq!(world.store.cell(&MIXED, tenant(0), "x", "sum"), Some(Cell::Int(1)));
}

#[tokio::test]
async fn retried_late_shared_columns_come_out_as_if_in_order() {
    static OLD: Probe = Probe::new(&MIXED);
    let keep = |v: i64| json!({ "k": "x", "v": v });
    let late = World::new();
    let in_time = World::new();
    for world in [&late, &in_time] {
        world.log.append(tenant(0), ("alpha", "1"), "Old", json!({ "name": "y" }));
        world.log.append(tenant(0), ("alpha", "1"), "Keep", keep(1));
        world.log.append(tenant(0), ("beta", "2"), "Keep", keep(2));
        world.log.append(tenant(0), ("alpha", "1"), "Add", k("x"));
        world.log.append(tenant(0), ("beta", "2"), "Add", k("x"));
    }
    late.runner(&OLD, 2).catch_up().await.unwrap();
    assert_eq!(parked(&late).await.len(), 3);
    OLD.upcaster_deployed.store(true, Ordering::SeqCst);
    in_time.runner(&OLD, 2).catch_up().await.unwrap();
    retry_parked(&late.ports(), &OLD, tenant(0), &alpha("1")).await.unwrap();
    assert_eq!(late.store.rows(&MIXED), in_time.store.rows(&MIXED));
    assert_eq!(late.store.cell(&MIXED, tenant(0), "x", "first"), Some("1".into()));
}

#[tokio::test]
async fn discarded_events_never_come_and_later_ones_do() {
    let world = World::new();
    world.log.append(tenant(0), ("alpha", "1"), "Bad", json!({}));
    world.log.append(tenant(0), ("alpha", "1"), "Set", k("queued"));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    let gone = discard_parked(&world.ports(), &PROBE, tenant(0), &alpha("1")).await.unwrap();
    world.log.append(tenant(0), ("alpha", "1"), "Set", k("new"));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    assert_eq!(gone, 2);
    assert!(a(&world, "queued").is_none() && a(&world, "new").is_some());
}

/// Named after the incident.
#[tokio::test]
async fn admin_op_crosses_tenants() {
    let world = World::new();
    // Same lane, same aggregate id.
    for of in [tenant(0), tenant(2)] {
        world.log.append(of, ("alpha", "1"), "Bad", json!({}));
    }
    world.log.append(tenant(0), ("alpha", "9"), "Bad", json!({}));
    world.runner(&PROBE, 64).catch_up().await.unwrap();
    let ports = world.ports();
    let other = discard_parked(&ports, &PROBE, tenant(2), &alpha("9")).await;
    assert_eq!(other.unwrap_err().code(), "NOT_PARKED");
    let other = retry_parked(&ports, &PROBE, tenant(1), &alpha("9")).await;
    assert_eq!(other.unwrap_err().code(), "NOT_PARKED");
    assert_eq!(parked(&world).await.len(), 3);
}

#[tokio::test]
async fn a_retry_that_fails_anywhere_can_be_repeated() {
    static OLD: Probe = Probe::new(&MIXED);
    for n in 1.. {
        OLD.upcaster_deployed.store(false, Ordering::SeqCst);
        let world = World::new();
        world.log.append(tenant(0), ("alpha", "1"), "Old", json!({ "name": "y" }));
        for _ in 0..3 {
            world.log.append(tenant(0), ("alpha", "1"), "Add", k("x"));
        }
        world.runner(&OLD, 64).catch_up().await.unwrap();
        OLD.upcaster_deployed.store(true, Ordering::SeqCst);
        world.store.fail_at(n);
        let first = retry_parked(&world.ports(), &OLD, tenant(0), &alpha("1")).await;
        if first.is_err() {
            retry_parked(&world.ports(), &OLD, tenant(0), &alpha("1")).await.ok();
        }
        assert_eq!(world.store.cell(&MIXED, tenant(0), "x", "sum"), Some(Cell::Int(3)), "at {n}");
        assert_eq!(parked(&world).await, []);
        if first.is_ok() && world.store.fault_is_pending() {
            assert!(n > 4, "the fault was never in the way");
            break;
        }
    }
}
