//! Every view of the registry: however a lane of real events is cut into batches, its table
//! comes out the same as one event at a time.

use std::path::Path;

use bitacora_projections::digest::Digest;
use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::{Projection, views};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{World, tenant};

/// An event as its golden file has it.
struct Golden {
    aggregate: String,
    event_type: String,
    payload: Value,
}

/// The golden files of all aggregates: one event of every shape.
fn golden() -> Vec<Golden> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/golden");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let aggregate = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let (event_type, version) = name.split_once('.').unwrap();
            if event_type == "state" || !version.starts_with("v1.") {
                continue;
            }
            let payload = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let (aggregate, event_type) = (aggregate.clone(), event_type.to_owned());
            found.push(Golden { aggregate, event_type, payload });
        }
    }
    found.sort_by(|a, b| (&a.aggregate, &a.event_type).cmp(&(&b.aggregate, &b.event_type)));
    found
}

/// The table of a view after the log, in batches of one size; what was parked, too.
async fn table(
    events: &[&Golden],
    streams: &[u128],
    view: &'static dyn Projection,
    batch: i64,
) -> (Digest, usize) {
    let world = World::new();
    for (event, stream) in events.iter().zip(streams) {
        let id = Uuid::from_u128(*stream).to_string();
        let stream = (event.aggregate.as_str(), id.as_str());
        world.log.append(tenant(0), stream, &event.event_type, event.payload.clone());
    }
    world.runner(view, batch).catch_up().await.unwrap();
    let parked = world.store.parked(None).await.unwrap();
    assert!(parked.is_empty(), "{}: {:?}", view.table().name, parked.first());
    let rows = world.store.rows(view.table());
    (Digest::of(rows.values()), rows.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_a_lane_is_cut_every_view_comes_out_the_same(
        drawn in vec((any::<prop::sample::Index>(), 1..3u128), 1..80),
        batch in 2..40_i64,
    ) {
        let golden = golden();
        let events: Vec<_> = drawn.iter().map(|(index, _)| index.get(&golden)).collect();
        let streams: Vec<_> = drawn.iter().map(|(_, stream)| *stream).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for view in views::all() {
                let one_by_one = table(&events, &streams, view, 1).await;
                assert_eq!(table(&events, &streams, view, batch).await, one_by_one);
            }
        });
    }
}

#[tokio::test]
async fn no_view_parks_a_golden_event() {
    let golden = golden();
    let events: Vec<_> = golden.iter().collect();
    let streams = vec![1; events.len()];
    for view in views::all() {
        let (_, rows) = table(&events, &streams, view, 10).await;
        let wanted = view.interest();
        assert!(rows > 0 || wanted.is_empty(), "{} is empty", view.table().name);
    }
}
