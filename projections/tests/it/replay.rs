//! Rows as they were.

use std::sync::atomic::Ordering;

use bitacora_domain::{Position, StreamId, Version};
use bitacora_projections::digest::Digest;
use bitacora_projections::replay::{AsOf, replay_stream, replay_tenant};
use bitacora_projections::value::Cell;
use bitacora_projections::{Key, MemTable};
use serde_json::json;

use crate::support::probe::{MIXED, PROBE};
use crate::support::{World, at, tenant};

fn world() -> World {
    let world = World::new();
    for n in 1..=4 {
        let set = json!({ "k": "x", "a": n.to_string() });
        world.log.append(tenant(0), ("alpha", "1"), "Set", set);
        world.log.append(tenant(0), ("beta", "2"), "Add", json!({ "k": "x" }));
        world.log.append(tenant(2), ("alpha", "3"), "Add", json!({ "k": "x" }));
    }
    world
}

fn cells(table: &MemTable) -> Option<(Cell, Cell)> {
    let row = table.row(tenant(0), &Key::from("x"))?;
    let cell = |name| row.row.0[MIXED.index_of(name).unwrap()].clone();
    Some((cell("a"), cell("sum")))
}

#[tokio::test]
async fn a_tenants_table_as_of_a_position_a_time_and_now() {
    let world = world();
    let as_of = |bound| {
        let log = &*world.log;
        async move { replay_tenant(log, &PROBE, tenant(0), bound, 1_000).await.unwrap() }
    };
    let row = |a: &str, sum: i64| Some((Cell::from(a), Cell::Int(sum)));
    assert_eq!(cells(&as_of(AsOf::Position(Position(0))).await.table), None);
    assert_eq!(cells(&as_of(AsOf::Position(Position(4))).await.table), row("2", 1));
    assert_eq!(cells(&as_of(AsOf::Time(at(5))).await.table), row("2", 2), "inclusive");
    assert_eq!(cells(&as_of(AsOf::Version(Version(3))).await.table), row("3", 3));
    let now = as_of(AsOf::Now).await;
    assert_eq!((cells(&now.table), now.events), (row("4", 4), 8));
    assert!(now.table.rows().all(|row| row.tenant == tenant(0)), "nobody else's");
}

#[tokio::test]
async fn a_replay_equals_the_live_table() {
    let world = world();
    world.runner(&PROBE, 3).catch_up().await.unwrap();
    let live = world.store.rows(&MIXED);
    let replay = replay_tenant(&*world.log, &PROBE, tenant(0), AsOf::Now, 1_000).await.unwrap();
    let of = live.values().filter(|row| row.tenant == tenant(0));
    assert_eq!(Digest::of(replay.table.rows()), Digest::of(of));
    assert_ne!(Digest::of(replay.table.rows()), Digest::of(live.values()));
}

#[tokio::test]
async fn one_aggregates_rows_as_of_a_version() {
    let world = world();
    let stream = StreamId::new("alpha", "1");
    let bound = AsOf::Version(Version(2));
    let replay =
        replay_stream(&*world.log, &PROBE, tenant(0), &stream, bound, 1_000).await.unwrap();
    assert_eq!(cells(&replay.table), Some(("2".into(), Cell::Int(0))));
    let foreign =
        replay_stream(&*world.log, &PROBE, tenant(1), &stream, bound, 1_000).await.unwrap();
    assert_eq!(foreign.events, 0);
}

#[tokio::test]
async fn an_event_that_fails_stops_its_aggregate_as_parking_would() {
    let world = world();
    world.log.append(tenant(0), ("alpha", "1"), "Bad", json!({}));
    world.log.append(tenant(0), ("alpha", "1"), "Set", json!({ "k": "x", "a": "behind" }));
    let replay = replay_tenant(&*world.log, &PROBE, tenant(0), AsOf::Now, 1_000).await.unwrap();
    assert_eq!(cells(&replay.table), Some(("4".into(), Cell::Int(4))));
    assert_eq!(replay.failed[&StreamId::new("alpha", "1")].0, "EVENT_UNREADABLE");
}

/// Named after the incident.
#[tokio::test]
async fn replay_ends_ok_but_truncated_when_the_database_drops() {
    let world = world();
    world.log.unavailable.store(1, Ordering::SeqCst);
    let cut = replay_tenant(&*world.log, &PROBE, tenant(0), AsOf::Now, 1_000).await;
    assert_eq!(cut.unwrap_err().code(), "LOG_UNAVAILABLE");
    let long = replay_tenant(&*world.log, &PROBE, tenant(0), AsOf::Now, 7).await;
    assert_eq!(long.unwrap_err().code(), "REPLAY_TOO_LONG");
}
