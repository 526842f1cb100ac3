//! Rebuilding beside the live generation.

use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Lane, Position};
use bitacora_projections::ports::{ReadError, ReadModels as _, ReadStore as _, StoredRow};
use bitacora_projections::{Cell, Key};

use crate::support::{
    A, B, Side, THINGS, all, bare, claim, execute, full, key, number, side, store,
};

async fn rebuilt(side: &Side, live: Vec<StoredRow>, next: Vec<StoredRow>) -> (i32, i32) {
    let from = side.store.ensure(&THINGS).await.unwrap();
    store(side, from, 1, live, 8).await;
    let to = side.store.start_generation(&THINGS).await.unwrap();
    store(side, to, 1, next, 8).await;
    side.store.build_indexes(&THINGS, to).await.unwrap();
    (from, to)
}

async fn seen(side: &Side) -> usize {
    let keys: Vec<Key> = (0..10).map(key).collect();
    side.models.rows(A, &THINGS, &keys).await.unwrap().len()
}

#[tokio::test]
async fn equal_generations_are_swapped() {
    let db = TestDb::new().await;
    let side = side(&db);
    let rows = vec![full(A, 1), bare(A, 2), full(B, 1)];
    let reversed = rows.iter().rev().cloned().collect();
    let (from, to) = rebuilt(&side, rows, reversed).await;
    let swapped = side.store.swap(&THINGS, from, to, false).await.unwrap();
    assert!(swapped.equal && swapped.swapped && swapped.differences.is_empty());
    assert_eq!(swapped.rows, (3, 3));
    assert_eq!(side.store.live_generation(&THINGS).await.unwrap(), Some(to));
    assert_eq!(seen(&side).await, 2);
    // the old one is kept, but nobody works on it, until told otherwise
    assert!(side.store.claim(&THINGS, from, Lane(1)).await.unwrap().is_none());
    assert_eq!(all(&side, from).await.len(), 3);
    assert_eq!(side.store.drop_retired(&THINGS).await.unwrap(), [from]);
    assert_eq!(side.store.drop_retired(&THINGS).await.unwrap(), Vec::<i32>::new());
    assert_eq!(seen(&side).await, 2);
    assert_eq!(number(&db, "select count(*) from ops.checkpoints").await, 4);
    // numbers are not used twice, and what was dropped left no rule behind
    assert_eq!(side.store.start_generation(&THINGS).await.unwrap(), to + 1);
    execute(&db, "select ops.apply_access()").await;
}

#[tokio::test]
async fn different_generations_are_swapped_on_the_operators_word_only() {
    let db = TestDb::new().await;
    let side = side(&db);
    let mut changed = full(A, 1);
    changed.row.0[2] = Cell::Null;
    changed.positions[0] = Some(Position(4));
    let live = vec![full(A, 1), bare(A, 2), full(B, 1)];
    let (from, to) = rebuilt(&side, live, vec![changed, full(B, 1), bare(A, 3), bare(A, 4)]).await;

    let compared = side.store.swap(&THINGS, from, to, false).await.unwrap();
    assert!(!compared.equal && !compared.swapped);
    assert_eq!(compared.rows, (3, 4));
    let difference = |name: &str, count| (name.to_owned(), count);
    assert_eq!(
        compared.differences,
        [
            difference("rows only in generation 1", 1),
            difference("rows only in generation 2", 2),
            difference("column name", 1),
            difference("column made_at__position", 1),
        ]
    );
    assert_eq!(side.store.live_generation(&THINGS).await.unwrap(), Some(from));
    assert_eq!(seen(&side).await, 2);

    assert!(side.store.swap(&THINGS, from, to, true).await.unwrap().swapped);
    assert_eq!(side.store.live_generation(&THINGS).await.unwrap(), Some(to));
    assert_eq!(seen(&side).await, 3);
}

#[tokio::test]
async fn generations_at_different_positions_are_not_compared() {
    let db = TestDb::new().await;
    let side = side(&db);
    let (from, to) = rebuilt(&side, vec![full(A, 1)], vec![full(A, 1)]).await;
    store(&side, from, 2, vec![], 1).await;
    let refused = side.store.swap(&THINGS, from, to, true).await;
    assert!(matches!(&refused, Err(ReadError::Refused(e)) if e.contains("positions differ")));
    store(&side, to, 2, vec![], 1).await;
    assert!(side.store.swap(&THINGS, from, to, false).await.unwrap().swapped);
    // not twice, not backwards
    let refused = side.store.swap(&THINGS, from, to, true).await;
    assert!(matches!(refused, Err(ReadError::Refused(_))));
}

#[tokio::test]
async fn an_unfinished_rebuild_is_found_again() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let to = side.store.start_generation(&THINGS).await.unwrap();
    store(&side, to, 3, vec![full(A, 1)], 5).await;
    assert_eq!(side.store.start_generation(&THINGS).await.unwrap(), to);
    assert_eq!(claim(&side, to, 3).await.position(), Position(5));
    let refused = side.store.swap(&THINGS, 1, to, true).await;
    assert!(matches!(&refused, Err(ReadError::Refused(e)) if e.contains("no indexes")));
    // after a restore of the log it is worth nothing
    execute(&db, "update log.epoch set epoch = 2").await;
    let fresh = side.store.start_generation(&THINGS).await.unwrap();
    assert_eq!(fresh, to + 1);
    assert_eq!(claim(&side, fresh, 3).await.position(), Position(0));
    assert_eq!(
        number(&db, "select count(*) from pg_class where relname = 'things_v1_g2'").await,
        0
    );
    // and the live one, from before, is replaced on the operator's word
    side.store.build_indexes(&THINGS, fresh).await.unwrap();
    assert!(!side.store.swap(&THINGS, 1, fresh, false).await.unwrap().swapped);
    assert!(side.store.swap(&THINGS, 1, fresh, true).await.unwrap().swapped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_waits_for_workers_and_they_for_it() {
    let db = TestDb::new().await;
    let side = side(&db);
    let (from, to) = rebuilt(&side, vec![full(A, 1)], vec![full(A, 1)]).await;
    let held = claim(&side, from, 1).await;
    let swap = side.store.swap(&THINGS, from, to, false);
    let finish = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        // lane 0 of the old generation is held by the swap that waits
        assert!(side.store.claim(&THINGS, from, Lane(0)).await.unwrap().is_none());
        held.commit(Position(9)).await.unwrap();
    };
    let (swapped, ()) = tokio::join!(swap, finish);
    // it compares what the worker committed meanwhile
    assert!(matches!(&swapped, Err(ReadError::Refused(e)) if e.contains("positions differ")));
}

#[tokio::test]
async fn rebuild_of_one_view_leaves_the_other_alone() {
    static OTHERS: bitacora_projections::Table = bitacora_projections::Table {
        name: "others",
        schema: 1,
        doc: "others",
        columns: THINGS.columns,
        key: THINGS.key,
        indexes: &[],
    };
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&OTHERS).await.unwrap();
    let mut lane = side.store.claim(&OTHERS, 1, Lane(1)).await.unwrap().unwrap();
    let writes = bitacora_projections::ports::Writes { upserts: vec![full(A, 5)], deletes: vec![] };
    lane.store(&writes).await.unwrap();
    lane.commit(Position(3)).await.unwrap();
    for _ in 0..3 {
        let live = side.store.ensure(&THINGS).await.unwrap();
        let to = side.store.start_generation(&THINGS).await.unwrap();
        side.store.build_indexes(&THINGS, to).await.unwrap();
        assert!(side.store.swap(&THINGS, live, to, false).await.unwrap().swapped);
        side.store.drop_retired(&THINGS).await.unwrap();
    }
    assert_eq!(side.store.scan(&OTHERS, 1, None, 10).await.unwrap(), [full(A, 5)]);
    assert_eq!(side.store.live_generation(&OTHERS).await.unwrap(), Some(1));
    assert_eq!(side.store.live_generation(&THINGS).await.unwrap(), Some(4));
}

/// A view's code has no version: what another build began may hold rows computed differently.
#[tokio::test]
async fn a_rebuild_of_another_program_is_not_gone_on_with() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let to = side.store.start_generation(&THINGS).await.unwrap();
    store(&side, to, 3, vec![full(A, 1)], 5).await;
    execute(&db, "update ops.read_models set builder = 'yesterday' where state = 'building'").await;
    let fresh = side.store.start_generation(&THINGS).await.unwrap();
    assert_eq!(fresh, to + 1);
    assert_eq!(claim(&side, fresh, 3).await.position(), Position(0));
    assert!(all(&side, fresh).await.is_empty());
}

/// An analyst's long query must not make the API's queries wait behind the swap, which waits
/// with the view's lock asked for.
#[tokio::test]
async fn a_swap_does_not_keep_readers_waiting_behind_a_long_query() {
    let db = TestDb::new().await;
    let side = side(&db);
    let (from, to) = rebuilt(&side, vec![full(A, 1)], vec![full(A, 1)]).await;
    let mut analyst = db.pools().admin.begin().await.unwrap();
    sqlx::query("select count(*) from read.things").execute(&mut *analyst).await.unwrap();
    let reads = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        seen(&side).await
    };
    let swap = side.store.swap(&THINGS, from, to, false);
    let (swapped, seen_meanwhile) = tokio::join!(swap, reads);
    assert!(matches!(&swapped, Err(ReadError::Refused(e)) if e.contains("reader")), "{swapped:?}");
    assert_eq!(seen_meanwhile, 1);
    analyst.rollback().await.unwrap();
    assert!(side.store.swap(&THINGS, from, to, false).await.unwrap().swapped);
}
