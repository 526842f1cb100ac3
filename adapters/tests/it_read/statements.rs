//! Every statement of the read side is understood by Postgres.

use bitacora_adapters::read::{generated, sql};
use bitacora_adapters::testing::TestDb;
use bitacora_projections::ports::ReadStore as _;
use sqlx::Executor as _;

use crate::support::{THINGS, side};

#[tokio::test]
async fn prepares() {
    let db = TestDb::new().await;
    assert!(sql::ALL.len() > 30);
    for (name, text) in sql::ALL {
        let prepared = db.pools().admin.prepare(text).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn generated_statements_of_every_view_prepare() {
    let db = TestDb::new().await;
    let side = side(&db);
    let views = bitacora_projections::views::all();
    for table in views.iter().map(|view| view.table()).chain([&THINGS]) {
        let generation = side.store.ensure(table).await.unwrap();
        for text in generated(table, generation).unwrap() {
            let prepared = db.pools().projector.prepare(&text).await;
            assert!(prepared.is_ok(), "{}: {text}: {:?}", table.name, prepared.err());
        }
    }
}
