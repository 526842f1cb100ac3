//! Making read tables.

use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Lane, Position};
use bitacora_projections::ports::{ReadError, ReadModels as _, ReadStore as _};
use bitacora_projections::{Column, ColumnType, Index, Table};

use crate::support::{A, THINGS, all, bare, execute, full, number, side, store};

#[tokio::test]
async fn ensuring_again_changes_nothing() {
    let db = TestDb::new().await;
    let side = side(&db);
    assert_eq!(side.store.live_generation(&THINGS).await.unwrap(), None);
    assert!(matches!(
        side.models.checkpoint(&THINGS, Lane(1)).await,
        Err(ReadError::Unavailable(_))
    ));
    assert_eq!(side.store.ensure(&THINGS).await.unwrap(), 1);
    store(&side, 1, 1, vec![full(A, 1)], 4).await;
    let shape = "select coalesce(sum(c.oid::bigint), 0)::bigint from pg_class c \
                 where relnamespace in ('read_store'::regnamespace, 'read'::regnamespace)";
    let before = number(&db, shape).await;
    assert_eq!(side.store.ensure(&THINGS).await.unwrap(), 1);
    assert_eq!(number(&db, shape).await, before);
    assert_eq!(side.store.live_generation(&THINGS).await.unwrap(), Some(1));
    assert_eq!(all(&side, 1).await, [full(A, 1)]);
    assert_eq!(side.models.checkpoint(&THINGS, Lane(1)).await.unwrap(), Position(4));
    assert_eq!(side.models.checkpoint(&THINGS, Lane(2)).await.unwrap(), Position(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_ensure_at_once() {
    let db = TestDb::new().await;
    let sides = [side(&db), side(&db), side(&db), side(&db)];
    let [a, b, c, d] = &sides;
    let made = tokio::join!(
        a.store.ensure(&THINGS),
        b.store.ensure(&THINGS),
        c.store.ensure(&THINGS),
        d.store.ensure(&THINGS)
    );
    assert_eq!((made.0.unwrap(), made.1.unwrap(), made.2.unwrap(), made.3.unwrap()), (1, 1, 1, 1));
    assert_eq!(number(&db, "select count(*) from ops.checkpoints").await, 4);
    assert_eq!(number(&db, "select count(*) from ops.read_models").await, 1);
}

#[tokio::test]
async fn everything_is_described_and_indexed() {
    let db = TestDb::new().await;
    side(&db).store.ensure(&THINGS).await.unwrap();
    let undescribed = "select count(*) from pg_class c join pg_attribute a on a.attrelid = c.oid \
         where c.relnamespace in ('read_store'::regnamespace, 'read'::regnamespace) \
         and c.relkind in ('r', 'v') and a.attnum > 0 \
         and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)";
    assert_eq!(number(&db, undescribed).await, 0);
    let described = "select count(*) from pg_class where relname in ('things', 'things_v1', 'things_v1_g1') \
         and obj_description(oid) = 'things of a test; ''quoted'''";
    assert_eq!(number(&db, described).await, 3);
    let indexes = "select count(*) from pg_indexes where tablename = 'things_v1_g1' \
         and indexdef like '%(tenant_id, %'";
    assert_eq!(number(&db, indexes).await, 5);
}

/// [`THINGS`] with other columns, descriptions or indexes.
const fn other(schema: u32, columns: &'static [Column], indexes: &'static [Index]) -> Table {
    Table { name: "small", schema, doc: "small things", columns, key: &["id"], indexes }
}

static SMALL: Table = other(1, &[Column::key("id", ColumnType::Uuid, "id")], &[]);
static DESCRIBED: Table = other(
    1,
    &[Column::key("id", ColumnType::Uuid, "which one")],
    &[Index { name: "again", columns: &["-id"] }],
);
static WIDER: Table = other(
    1,
    &[
        Column::key("id", ColumnType::Uuid, "id"),
        Column::of("thing", "name", ColumnType::Text, "name"),
    ],
    &[],
);
static NEXT: Table = other(
    2,
    &[
        Column::key("id", ColumnType::Uuid, "id"),
        Column::of("thing", "name", ColumnType::Text, "name"),
    ],
    &[],
);
static BROKEN: Table = other(3, &[Column::key("id", ColumnType::Text, "id")], &[]);

#[tokio::test]
async fn other_columns_need_another_schema_version() {
    let db = TestDb::new().await;
    let store = side(&db).store;
    store.ensure(&SMALL).await.unwrap();
    let refused = store.ensure(&WIDER).await;
    assert!(matches!(&refused, Err(ReadError::Refused(e)) if e.contains("schema version")));
    // descriptions and indexes follow the declaration
    assert_eq!(store.ensure(&DESCRIBED).await.unwrap(), 1);
    let described = "select count(*) from pg_attribute \
         where col_description(attrelid, attnum) = 'which one'";
    assert_eq!(number(&db, described).await, 3);
    assert_eq!(
        number(&db, "select count(*) from pg_class where relname = 'small_v1_g1_again'").await,
        1
    );
    // a new version lives beside the old one, and analysts follow the newest
    assert_eq!(store.ensure(&NEXT).await.unwrap(), 1);
    store.ensure(&SMALL).await.unwrap();
    let columns = "select count(*) from pg_attribute where attrelid = 'read.small'::regclass";
    assert_eq!(number(&db, columns).await, 3);
    // analysts' columns may not change under them
    let refused = store.ensure(&BROKEN).await;
    assert!(
        matches!(&refused, Err(ReadError::Refused(e)) if e.contains("new name")),
        "{refused:?}"
    );
    assert_eq!(store.live_generation(&BROKEN).await.unwrap(), None);
}

#[tokio::test]
async fn a_lost_table_is_not_replaced_by_an_empty_one() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    store(&side, 1, 1, vec![bare(A, 1)], 4).await;
    execute(&db, "drop table read_store.things_v1_g1 cascade").await;
    assert!(matches!(side.store.ensure(&THINGS).await, Err(ReadError::Corrupt(_))));
}

#[tokio::test]
async fn declarations_that_do_not_hold_are_refused() {
    static QUOTE: Table = other(1, &[Column::key("id\"; drop", ColumnType::Uuid, "")], &[]);
    static NO_KEY: Table = other(1, &[Column::key("name", ColumnType::Text, "")], &[]);
    static NO_COLUMN: Table = other(
        1,
        &[Column::key("id", ColumnType::Uuid, "")],
        &[Index { name: "x", columns: &["y"] }],
    );
    static LONG: Table = Table {
        name: "a_name_that_is_so_long_that_postgres_would_cut_it_without_telling",
        ..other(1, &[Column::key("id", ColumnType::Uuid, "")], &[])
    };
    let db = TestDb::new().await;
    let store = side(&db).store;
    for table in [&QUOTE, &NO_KEY, &NO_COLUMN, &LONG] {
        assert!(matches!(store.ensure(table).await, Err(ReadError::Refused(_))));
        assert!(matches!(store.claim(table, 1, Lane(0)).await, Err(ReadError::Refused(_))));
    }
}
