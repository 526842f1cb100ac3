//! One worker per lane, and its transaction.

use std::time::Duration;

use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Lane, Position, StreamId};
use bitacora_projections::ports::{
    LogReader as _, ParkedEvent, ReadError, ReadModels as _, ReadStore as _, Wanted, Writes,
};
use bitacora_projections::{Cell, Key};
use chrono::DateTime;
use tokio_util::sync::CancellationToken;

use crate::support::{A, B, THINGS, all, append, bare, claim, execute, full, id, key, side, store};

#[tokio::test]
async fn rows_come_back_as_stored() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let rows = vec![bare(A, 1), full(A, 2), full(B, 2)];
    store(&side, generation, 1, rows.clone(), 5).await;

    let mut lane = claim(&side, generation, 1).await;
    assert_eq!(lane.position(), Position(5));
    let by_key = Wanted {
        keys: vec![(A, key(1)), (B, key(2)), (A, key(1)), (B, key(1)), (A, key(9))],
        matches: vec![],
    };
    let mut found = lane.load(&by_key).await.unwrap();
    found.sort_by_key(|row| row.tenant);
    assert_eq!(found, [rows[0].clone(), rows[2].clone()]);

    let owner = |tenant| (tenant, "owner", Cell::Uuid(id(77)));
    let matches = vec![owner(A), owner(A), (A, "word", "".into()), (B, "kind", "bag".into())];
    let both = Wanted { keys: vec![(A, key(2))], matches };
    assert_eq!(lane.load(&both).await.unwrap(), [rows[1].clone()]);

    let mut changed = bare(A, 2);
    changed.positions = vec![Some(Position(1)), None];
    let writes = Writes { upserts: vec![changed.clone()], deletes: vec![(A, key(1)), (A, key(9))] };
    lane.store(&writes).await.unwrap();
    lane.commit(Position(6)).await.unwrap();
    assert_eq!(all(&side, generation).await, [changed, rows[2].clone()]);
}

#[tokio::test]
async fn a_scan_goes_through_all_rows_in_pages() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let rows: Vec<_> = [A, B].iter().flat_map(|t| (0..25).map(|n| bare(*t, n))).collect();
    store(&side, generation, 1, rows.iter().rev().cloned().collect(), 1).await;
    let (mut scanned, mut after) = (Vec::new(), None);
    loop {
        let page = side.store.scan(&THINGS, generation, after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.tenant, Key(last.row.0[..2].to_vec())));
        scanned.extend(page);
    }
    assert_eq!(scanned, rows);
}

#[tokio::test]
async fn two_workers_and_only_one_claims() {
    let db = TestDb::new().await;
    let (here, there) = (side(&db), side(&db));
    let generation = here.store.ensure(&THINGS).await.unwrap();
    let held = claim(&here, generation, 1).await;
    assert!(there.store.claim(&THINGS, generation, Lane(1)).await.unwrap().is_none());
    let other_lane = claim(&there, generation, 2).await;
    drop((held, other_lane));
    claim(&there, generation, 1).await.commit(Position(0)).await.unwrap();
    // a generation that does not exist cannot be had
    assert!(there.store.claim(&THINGS, 9, Lane(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_killed_worker_leaves_nothing_half_written() {
    let db = TestDb::new().await;
    let (here, there) = (side(&db), side(&db));
    let generation = here.store.ensure(&THINGS).await.unwrap();
    let mut held = claim(&here, generation, 1).await;
    held.store(&Writes { upserts: vec![full(A, 1)], deletes: vec![] }).await.unwrap();
    execute(
        &db,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
         and application_name = 'bitacora-projector' and state = 'idle in transaction'",
    )
    .await;
    let error = held.commit(Position(3)).await.unwrap_err();
    assert!(matches!(error, ReadError::Unavailable(_)), "{error:?}");
    assert_eq!(claim(&there, generation, 1).await.position(), Position(0));
    assert!(all(&there, generation).await.is_empty());
}

#[tokio::test]
async fn a_dropped_claim_rolls_back() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let mut held = claim(&side, generation, 1).await;
    held.store(&Writes { upserts: vec![full(A, 1)], deletes: vec![] }).await.unwrap();
    drop(held);
    assert_eq!(claim(&side, generation, 1).await.position(), Position(0));
    assert!(all(&side, generation).await.is_empty());
}

#[tokio::test]
async fn what_the_database_cannot_hold_is_refused_and_nothing_else() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let with = |column: usize, cell: Cell| {
        let mut row = bare(A, 1);
        row.row.0[column] = cell;
        row
    };
    // incompressible, so that it is too long for an index
    let mut long = String::new();
    for n in 0..2000_u128 {
        long.push_str(&uuid::Uuid::new_v5(&uuid::Uuid::nil(), &n.to_be_bytes()).to_string());
    }
    let bad = [
        vec![with(2, "a\0b".into())],                    // no NUL in text
        vec![with(8, serde_json::json!("a\0b").into())], // nor in json
        vec![with(4, Cell::Null)],                       // not null
        vec![with(4, "true".into())],                    // another type
        vec![with(10, Cell::Text(long))],                // no index page holds it
        vec![bare(A, 1), bare(A, 1)],                    // one row twice
    ];
    for rows in bad {
        let mut lane = claim(&side, generation, 1).await;
        let refused = lane.store(&Writes { upserts: rows, deletes: vec![] }).await;
        assert!(matches!(refused, Err(ReadError::Refused(_))), "{refused:?}");
    }
    let mut lane = claim(&side, generation, 1).await;
    let foreign = Wanted { keys: vec![], matches: vec![(A, "nothing", Cell::Null)] };
    assert!(matches!(lane.load(&foreign).await, Err(ReadError::Refused(_))));
    drop(lane);
    assert!(all(&side, generation).await.is_empty());
}

#[tokio::test]
async fn a_checkpoint_belongs_to_an_epoch_of_the_log_and_never_goes_back() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    store(&side, generation, 1, vec![], 7).await;
    let back = claim(&side, generation, 1).await.commit(Position(6)).await;
    assert!(matches!(back, Err(ReadError::Refused(_))));
    execute(&db, "update log.epoch set epoch = 2").await;
    let restored = side.store.claim(&THINGS, generation, Lane(1)).await;
    assert!(matches!(restored, Err(ReadError::ForeignEpoch)));
}

#[tokio::test]
async fn parked_events_wait_with_their_aggregate() {
    let db = TestDb::new().await;
    let side = side(&db);
    append(&db, 1, A, "x", 9).await;
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let stream = StreamId::new("thing", "x");
    let event = |position, code: &str| ParkedEvent {
        projection: "things".into(),
        lane: Lane(1),
        position: Position(position),
        tenant: A,
        stream: stream.clone(),
        code: code.into(),
        reason: "because".into(),
        attempts: 1,
        parked_at: DateTime::UNIX_EPOCH,
    };
    let mut lane = claim(&side, generation, 1).await;
    lane.park(&[event(3, "EVENT_UNREADABLE"), event(5, "QUEUED")]).await.unwrap();
    lane.commit(Position(6)).await.unwrap();

    let listed = side.store.parked(Some(A)).await.unwrap();
    assert_eq!(listed.iter().map(|e| e.position.0).collect::<Vec<_>>(), [3, 5]);
    assert_eq!((listed[0].code.as_str(), &listed[0].stream), ("EVENT_UNREADABLE", &stream));
    assert!(side.store.parked(Some(B)).await.unwrap().is_empty());
    let info = side.store.checkpoints().await.unwrap();
    let info = info.iter().find(|c| c.lane == Lane(1)).unwrap();
    assert_eq!((info.position, info.head, info.parked), (Position(6), Position(9), 2));
    assert!(info.live && info.generation == generation && info.projection == "things");

    let asks = |tenant, upto, stream| {
        let models = &side.models;
        async move { models.is_parked(tenant, &["things"], Position(upto), stream).await.unwrap() }
    };
    assert!(asks(A, 3, None).await && asks(A, 9, Some(&stream)).await);
    assert!(!asks(A, 2, None).await, "parked later");
    assert!(!asks(B, 9, None).await, "another tenant's");
    assert!(!asks(A, 9, Some(&StreamId::new("thing", "y"))).await, "another aggregate's");

    let mut lane = claim(&side, generation, 1).await;
    assert_eq!(lane.parked_streams().await.unwrap(), std::slice::from_ref(&stream));
    assert_eq!(lane.parked_of(&stream).await.unwrap().len(), 2);
    let again = ParkedEvent { attempts: 2, ..event(3, "ROW_REFUSED") };
    lane.park(&[again]).await.unwrap();
    assert_eq!(lane.parked_of(&stream).await.unwrap()[0].attempts, 2);
    lane.unpark(&[Position(3), Position(5)]).await.unwrap();
    lane.commit(Position(6)).await.unwrap();
    assert!(side.store.parked(None).await.unwrap().is_empty());
    assert_eq!(side.reader.head(Lane(1)).await.unwrap().position, Position(9));
}

/// A worker that never pauses, as on a lane under write load: it commits and claims again at
/// once. Whoever waits in the database's queue gets a turn all the same, many times over.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_gets_a_turn_on_a_busy_lane() {
    let db = TestDb::new().await;
    let (worker, operator) = (side(&db), side(&db));
    let generation = worker.store.ensure(&THINGS).await.unwrap();
    let stop = CancellationToken::new();
    let busy = tokio::spawn({
        let stop = stop.clone();
        async move {
            let mut batches = 0;
            while !stop.is_cancelled() {
                let claimed = worker.store.claim(&THINGS, generation, Lane(1)).await.unwrap();
                let Some(mut lane) = claimed else { continue };
                let next = lane.position().next();
                lane.store(&Writes { upserts: vec![full(A, 1)], deletes: vec![] }).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
                lane.commit(next).await.unwrap();
                batches += 1;
            }
            batches
        }
    });
    let mut last = Position(0);
    for _ in 0..30 {
        let patience = Duration::from_secs(2);
        let claimed = operator.store.claim_within(&THINGS, generation, Lane(1), patience).await;
        let claimed = claimed.unwrap().expect("starved");
        assert!(claimed.position() >= last, "not the position of before the wait");
        last = claimed.position();
        claimed.release().await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    stop.cancel();
    let batches = busy.await.unwrap();
    assert!(batches > 10 && last > Position(10), "there was load: {batches} batches, {last}");
}

#[tokio::test]
async fn a_lane_that_is_not_given_up_in_time_is_not_had() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let held = claim(&side, generation, 1).await;
    let within = Duration::from_millis(100);
    let begin = std::time::Instant::now();
    let late = side.store.claim_within(&THINGS, generation, Lane(1), within).await.unwrap();
    assert!(late.is_none() && begin.elapsed() >= within);
    let lanes: Vec<_> = (0..4).map(Lane).collect();
    assert!(side.store.hold(&THINGS, generation, &lanes, within).await.unwrap().is_none());
    held.commit(Position(7)).await.unwrap();
    let all = side.store.hold(&THINGS, generation, &lanes, within).await.unwrap().unwrap();
    let positions: Vec<_> = all.positions.iter().map(|(lane, at)| (lane.0, at.0)).collect();
    assert_eq!(positions, [(0, 0), (1, 7), (2, 0), (3, 0)]);
    for lane in lanes {
        assert!(side.store.claim(&THINGS, generation, lane).await.unwrap().is_none());
    }
    drop(all);
    claim(&side, generation, 2).await.release().await.unwrap();
    // given up for certain: no wait for a rollback in the background
    assert!(side.store.claim(&THINGS, generation, Lane(2)).await.unwrap().is_some());
}

/// Whoever waited through a swap must not get the generation that it retired.
#[tokio::test]
async fn a_generation_that_was_retired_during_the_wait_is_not_had() {
    let db = TestDb::new().await;
    let side = side(&db);
    let generation = side.store.ensure(&THINGS).await.unwrap();
    let mut swap = db.pools().admin.begin().await.unwrap();
    for sql in [
        "select from ops.checkpoints where lane = 1 for update",
        "update ops.read_models set state = 'retired'",
    ] {
        sqlx::query(sql).execute(&mut *swap).await.unwrap();
    }
    let patience = Duration::from_secs(5);
    let waiting = side.store.claim_within(&THINGS, generation, Lane(1), patience);
    let finish = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        swap.commit().await.unwrap();
    };
    let (claimed, ()) = tokio::join!(waiting, finish);
    assert!(claimed.unwrap().is_none());
}
