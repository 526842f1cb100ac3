//! Reading the log in order.

use std::time::Duration;

use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Epoch, Lane, Position, StreamId, Version};
use bitacora_projections::ports::{LogReader, ReadError};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::support::{A, B, append, begin_append, execute, side};

async fn positions(reader: &dyn LogReader, lane: i16, after: i64, limit: i64) -> Vec<i64> {
    let events = reader.read_lane(Lane(lane), Position(after), limit).await.unwrap();
    events.iter().map(|e| e.position.0).collect()
}

#[tokio::test]
async fn events_come_back_as_written() {
    let db = TestDb::new().await;
    let reader = side(&db).reader;
    append(&db, 1, A, "x", 2).await;
    append(&db, 1, B, "y", 3).await;

    let events = reader.read_lane(Lane(1), Position(0), 10).await.unwrap();
    let last = &events[4];
    assert_eq!((last.epoch, last.lane, last.position), (Epoch(1), Lane(1), Position(5)));
    assert_eq!((last.tenant, last.version), (B, Version(3)));
    assert_eq!(last.stream, StreamId::new("thing", "y"));
    assert_eq!((last.event_type.as_str(), last.event_version.as_str()), ("Made", "1"));
    assert_eq!(last.payload, json!({"n": 5}));
    assert_eq!(last.metadata.actor.id, "u1");

    let head = reader.head(Lane(1)).await.unwrap();
    assert_eq!((head.epoch, head.position), (Epoch(1), Position(5)));
    assert_eq!(head.recorded_at, last.recorded_at);
    assert_eq!(*reader.watch(Lane(1)).borrow(), Position(5));
    assert_eq!(reader.lanes().await.unwrap(), [Lane(0), Lane(1), Lane(2), Lane(3)]);
    assert_eq!(reader.lane_of(B).await.unwrap(), Some(Lane(1)));

    let of_b = reader.read_tenant(B, Lane(1), Position(3), Position(4), 10).await.unwrap();
    assert_eq!(of_b.iter().map(|e| e.position.0).collect::<Vec<_>>(), [4]);
    let stream = StreamId::new("thing", "y");
    assert_eq!(reader.read_stream(B, &stream, Version(1), 1).await.unwrap()[0].version, Version(2));
    assert!(reader.read_stream(A, &stream, Version(0), 9).await.unwrap().is_empty());

    let picked = reader.read_positions(Lane(1), &[Position(5), Position(2)]).await.unwrap();
    assert_eq!(picked.iter().map(|e| e.position.0).collect::<Vec<_>>(), [2, 5]);
    let missing = reader.read_positions(Lane(1), &[Position(5), Position(6)]).await;
    assert!(matches!(missing, Err(ReadError::Corrupt(_))), "{missing:?}");
}

#[tokio::test]
async fn an_empty_lane_has_a_head() {
    let db = TestDb::new().await;
    let reader = side(&db).reader;
    let head = reader.head(Lane(2)).await.unwrap();
    assert_eq!((head.position, head.recorded_at.timestamp()), (Position(0), 0));
    assert!(positions(&*reader, 2, 0, 10).await.is_empty());
    assert!(matches!(reader.head(Lane(9)).await, Err(ReadError::Corrupt(_))));
    assert_eq!(reader.lane_of(A).await.unwrap(), None);
}

#[tokio::test]
async fn gap_at_the_cursor_itself() {
    let db = TestDb::new().await;
    append(&db, 1, A, "x", 6).await;
    // what cannot happen: a position that is gone
    execute(&db, "delete from log.events where lane = 1 and position = 4").await;
    let reader = side(&db).reader;
    assert_eq!(positions(&*reader, 1, 0, 10).await, [1, 2, 3]);
    let stuck = reader.read_lane(Lane(1), Position(3), 10).await;
    assert!(matches!(&stuck, Err(ReadError::Corrupt(e)) if e.contains("position 4")), "{stuck:?}");
}

#[tokio::test]
async fn rolled_back_positions_wedge_readers() {
    let db = TestDb::new().await;
    let reader = side(&db).reader;
    for _ in 0..3 {
        begin_append(&db, 1, A, "x", 5).await.0.rollback().await.unwrap();
    }
    assert!(positions(&*reader, 1, 0, 10).await.is_empty());
    append(&db, 1, A, "x", 1).await;
    assert_eq!(positions(&*reader, 1, 0, 10).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_statements_three_snapshots() {
    let db = TestDb::new().await;
    let reader = side(&db).reader;
    let total = 40;
    let write = async {
        let writer = |lane: i16, seed: u64| {
            let db = &db;
            async move {
                let mut rng = StdRng::seed_from_u64(seed);
                let mut done = 0;
                while done < total {
                    let (tenant, stream) = if seed.is_multiple_of(2) { (A, "x") } else { (B, "y") };
                    let stream = format!("{stream}{lane}{seed}");
                    let events = rng.random_range(1..4);
                    let (tx, _) = begin_append(db, lane, tenant, &stream, events).await;
                    tokio::time::sleep(Duration::from_millis(rng.random_range(0..4))).await;
                    if rng.random_bool(0.3) {
                        tx.rollback().await.unwrap();
                    } else {
                        tx.commit().await.unwrap();
                        done += 1;
                    }
                }
            }
        };
        tokio::join!(writer(1, 1), writer(1, 2), writer(2, 3));
    };
    let stop = tokio::sync::watch::channel(false);
    let read = |lane: i16| {
        let (reader, mut stop) = (reader.clone(), stop.1.clone());
        async move {
            let mut seen = 0;
            loop {
                let last_round = *stop.borrow_and_update();
                // one call, one statement: never past a hole, never a position twice
                let page = positions(&*reader, lane, seen, 7).await;
                for position in &page {
                    assert_eq!(*position, seen + 1);
                    seen = *position;
                }
                if page.is_empty() && last_round {
                    return seen;
                }
            }
        }
    };
    let reads = async { tokio::join!(read(1), read(2), read(1)) };
    let done = async {
        write.await;
        stop.0.send(true).unwrap();
    };
    let ((first, second, third), ()) = tokio::join!(reads, done);
    assert_eq!(first, reader.head(Lane(1)).await.unwrap().position.0);
    assert_eq!(second, reader.head(Lane(2)).await.unwrap().position.0);
    assert_eq!(first, third);
    assert!(first > total && second >= total);
}

#[tokio::test]
async fn a_shared_tail_answers_like_the_table() {
    let db = TestDb::new().await;
    let side = side(&db);
    let mut rng = StdRng::seed_from_u64(7);
    let mut head = 0;
    for round in 0..120 {
        if rng.random_bool(0.4) {
            head = append(&db, 1, A, "x", rng.random_range(1..6)).await;
            if rng.random_bool(0.7) {
                side.signals.appended(Lane(1), Position(head));
            }
        }
        let after = rng.random_range(0..=head + 1);
        let limit = rng.random_range(1..12);
        let page = positions(&*side.reader, 1, after, limit).await;
        let want: Vec<i64> = (after + 1..=head).take(usize::try_from(limit).unwrap()).collect();
        // what was not announced may come with the next page, but never a hole
        assert!(want.starts_with(&page), "round {round}: {page:?} of {want:?}");
        assert!(!page.is_empty() || want.is_empty(), "round {round}: nothing of {want:?}");
        if *side.reader.watch(Lane(1)).borrow() == Position(head) {
            let far_behind = page.len() < want.len();
            assert!(!far_behind, "round {round}: {page:?} of {want:?}");
        }
    }
}

#[tokio::test]
async fn readers_share_decoded_events() {
    let db = TestDb::new().await;
    let reader = side(&db).reader;
    append(&db, 1, A, "x", 5).await;
    let one = reader.read_lane(Lane(1), Position(0), 5).await.unwrap();
    let other = reader.read_lane(Lane(1), Position(2), 5).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&one[2], &other[0]));
}

#[tokio::test]
async fn replay_ends_ok_but_truncated_when_the_database_drops() {
    let db = TestDb::new().await;
    let reader = side(&db).reader;
    append(&db, 1, A, "x", 5).await;
    db.pools().reader.close().await;
    let cut = reader.read_lane(Lane(1), Position(0), 5).await;
    assert!(matches!(cut, Err(ReadError::Unavailable(_))), "{cut:?}");
}
