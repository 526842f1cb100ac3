//! Constraints of read tables: what the database itself refuses, whatever a view computed.

use bitacora_adapters::read::{LaneSignals, PgReadStore};
use bitacora_adapters::testing::TestDb;
use bitacora_domain::Lane;
use bitacora_projections::ports::{ReadError, ReadStore as _, StoredRow, Writes};
use bitacora_projections::views::credit_ledgers::TABLE;

use crate::support::{A, id, number};

/// A ledger with these credits.
fn ledger(available: i64, held: i64, debt: i64) -> StoredRow {
    let mut row = TABLE.initial_row();
    row.0[0] = id(1).into();
    for (column, value) in [("available", available), ("held", held), ("debt", debt)] {
        row.0[TABLE.index_of(column).unwrap()] = value.into();
    }
    StoredRow { tenant: A, row, positions: Vec::new() }
}

async fn stores(store: &PgReadStore, row: StoredRow) -> Result<(), ReadError> {
    for _ in 0..200 {
        if let Some(mut lane) = store.claim(&TABLE, 1, Lane(1)).await? {
            return lane.store(&Writes { upserts: vec![row], deletes: vec![] }).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("somebody holds the lane")
}

#[tokio::test]
async fn a_ledger_has_available_credits_or_a_debt() {
    let db = TestDb::new().await;
    let store = PgReadStore::new(db.pools(), LaneSignals::new(), [&TABLE]);
    store.ensure(&TABLE).await.unwrap();
    for (available, held, debt) in [(0, 0, 0), (5, 3, 0), (0, 3, 7), (-1, 0, 1)] {
        stores(&store, ledger(available, held, debt)).await.unwrap();
    }
    for (available, held, debt) in [(-1, 0, 0), (-1, 0, -1), (5, -1, 0), (0, 0, -1)] {
        let refused = stores(&store, ledger(available, held, debt)).await;
        let told = format!("{available} {held} {debt}: {refused:?}");
        assert!(matches!(refused, Err(ReadError::Refused(_))), "{told}");
    }
    let checks = "select count(*) from pg_constraint where contype = 'c' \
                  and conrelid = 'read_store.credit_ledgers_v1_g1'::regclass \
                  and conname like '%_floor'";
    assert_eq!(number(&db, checks).await, 4);
}
