//! Tenants do not see each other, whatever the statement says.

use std::str::FromStr as _;

use bitacora_adapters::migrate::migrate_with;
use bitacora_adapters::pools::Pools;
use bitacora_adapters::read::{LaneSignals, PgReadModels, PgReadStore};
use bitacora_adapters::testing::{ADMIN_URL, TEST_POOLS, TestDb};
use bitacora_domain::{Lane, Position};
use bitacora_projections::ports::{ParkedEvent, ReadModels as _, ReadStore as _, Writes};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::support::{A, B, THINGS, append, claim, execute, full, id, key, side, store};

const FAULTS: &str = "select relation || ': ' || fault from ops.isolation_faults()";
/// Everything that the API role may read.
const READABLE: &str = "select c.oid::regclass::text from pg_class c \
     where relnamespace::regnamespace::text in ('log', 'inbox', 'ops', 'read_store', 'read') \
     and relkind in ('r', 'v', 'm', 'p') and has_table_privilege(c.oid, 'select') order by 1";

async fn faults(db: &TestDb) -> Vec<String> {
    sqlx::query_scalar(FAULTS).fetch_all(&db.pools().admin).await.unwrap()
}

/// Rows of both tenants in every table that the API role may read.
async fn filled() -> TestDb {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    append(&db, 1, A, "x", 2).await;
    append(&db, 1, B, "y", 2).await;
    for (tenant, stream) in [(A, "x"), (B, "y")] {
        execute(
            &db,
            &format!(
                "insert into log.stream_heads values ('thing', '{stream}', '{tenant}', 2, 2, '{}')",
                id(9)
            ),
        )
        .await;
    }
    store(&side, 1, 1, vec![full(A, 1), full(B, 2)], 3).await;
    let mut lane = claim(&side, 1, 1).await;
    let parked = |tenant, position| ParkedEvent {
        projection: "things".into(),
        lane: Lane(1),
        position: Position(position),
        tenant,
        stream: bitacora_domain::StreamId::new("thing", "x"),
        code: "QUEUED".into(),
        reason: String::new(),
        attempts: 0,
        parked_at: chrono::DateTime::UNIX_EPOCH,
    };
    lane.park(&[parked(A, 1), parked(B, 2)]).await.unwrap();
    lane.commit(Position(4)).await.unwrap();
    db
}

#[tokio::test]
async fn a_session_without_a_tenant_sees_nothing_and_gets_no_error() {
    let db = filled().await;
    let api = &db.pools().api;
    let readable: Vec<String> = sqlx::query_scalar(READABLE).fetch_all(api).await.unwrap();
    let expected = [
        "log.events",
        "ops.parked",
        "read.things",
        "read_store.things_v1",
        "read_store.things_v1_g1",
    ];
    for name in expected {
        assert!(readable.iter().any(|r| r == name), "{name} is not among {readable:?}");
    }
    for relation in readable {
        let all = format!("select count(*) from {relation}");
        let count: i64 = sqlx::query_scalar(&all).fetch_one(api).await.unwrap();
        assert_eq!(count, 0, "{relation}");
        let mut tx = api.begin().await.unwrap();
        sqlx::query("select set_config('app.tenant_id', $1, true)")
            .bind(A.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        let foreign = format!("select count(*) from {relation} where tenant_id <> '{A}'");
        let foreign: i64 = sqlx::query_scalar(&foreign).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(foreign, 0, "{relation}");
        let own: i64 = sqlx::query_scalar(&all).fetch_one(&mut *tx).await.unwrap();
        assert!(own > 0 || relation.starts_with("inbox."), "{relation} shows nothing to its owner");
        drop(tx);
        // and the tenant went with the transaction
        let count: i64 = sqlx::query_scalar(&all).fetch_one(api).await.unwrap();
        assert_eq!(count, 0, "{relation}");
    }
}

#[tokio::test]
async fn the_api_role_cannot_write_a_read_table() {
    let db = filled().await;
    let mut session = db.pools().api.acquire().await.unwrap();
    sqlx::query("set default_transaction_read_only = off").execute(&mut *session).await.unwrap();
    for write in [
        "delete from read_store.things_v1_g1",
        "update read_store.things_v1 set parts = 1",
        "update ops.checkpoints set position = 0",
        "delete from ops.parked",
        "select * from ops.checkpoints",
    ] {
        let refused = sqlx::query(write).execute(&mut *session).await.unwrap_err();
        let code = refused.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "42501", "{write}: {refused}");
    }
}

#[tokio::test]
async fn the_check_finds_what_was_taken_away() {
    let db = filled().await;
    assert_eq!(faults(&db).await, Vec::<String>::new());
    let damages = [
        ("drop policy api on read_store.things_v1_g1", "no policy for api"),
        ("drop policy projector on ops.checkpoints", "no policy for projector"),
        ("alter table log.events no force row level security", "not forced"),
        ("alter table ops.parked disable row level security", "not forced"),
        ("alter view read.things set (security_invoker = false)", "reads as its owner"),
        ("create policy more on ops.parked using (true)", "shows other tenants"),
        (
            "create materialized view read.copy as select * from read_store.things_v1_g1; \
             do $$ begin execute format('grant select on read.copy to %I', ops.role_name('api')); end $$",
            "does not exist for this kind",
        ),
        (
            "do $$ begin execute format('alter role %I bypassrls', ops.role_name('api')); end $$",
            "ignores row security",
        ),
    ];
    for (number, (damage, fault)) in damages.iter().enumerate() {
        execute(&db, damage).await;
        let found = faults(&db).await;
        assert!(found.iter().any(|f| f.contains(fault)), "{damage}: {found:?}");
        assert!(found.len() > number, "each damage adds to {found:?}");
    }
}

#[tokio::test]
async fn a_copied_database_has_roles_and_policies_of_its_own() {
    let db = filled().await;
    let copy = format!("{}_c", db.name());
    let maintenance = PgConnectOptions::from_str(&std::env::var(ADMIN_URL).unwrap()).unwrap();
    let mut admin = PgConnection::connect_with(&maintenance).await.unwrap();
    db.pools().close().await;
    // A source may have no session, and the server may still hold one, of ours or of its own
    // (autovacuum): ends them until there is none.
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1";
    for _ in 0..500 {
        let ended: i64 =
            sqlx::query_scalar(end).bind(db.name()).fetch_one(&mut admin).await.unwrap();
        if ended == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let sql = format!("create database {copy} template {}", db.name());
    sqlx::raw_sql(&sql).execute(&mut admin).await.unwrap();
    migrate_with(&maintenance.clone().database(&copy)).await.unwrap();
    let pools = Pools::connect(maintenance.database(&copy), TEST_POOLS).await.unwrap();
    let models = PgReadModels::new(pools.api.clone(), [&THINGS]);
    let rows = models.rows(B, &THINGS, &[key(1), key(2)]).await.unwrap();
    assert_eq!(rows.len(), 1);
    let found: Vec<String> = sqlx::query_scalar(FAULTS).fetch_all(&pools.admin).await.unwrap();
    assert_eq!(found, Vec::<String>::new());
    let open: i64 =
        sqlx::query_scalar("select count(*) from read.things").fetch_one(&pools.api).await.unwrap();
    assert_eq!(open, 0);
    pools.close().await;
    drop_copy(&mut admin, &copy, "").await;
}

async fn drop_copy(admin: &mut PgConnection, database: &str, owner: &str) {
    for sql in [
        format!("drop database {database} with (force)"),
        format!(
            "drop role {database}_writer, {database}_projector, {database}_api, \
             {database}_analyst{owner}"
        ),
    ] {
        sqlx::raw_sql(&sql).execute(&mut *admin).await.unwrap();
    }
}

#[tokio::test]
async fn the_owner_may_be_an_ordinary_role() {
    let db = TestDb::new().await; // only for its unique name
    let name = format!("{}_o", db.name());
    let maintenance = PgConnectOptions::from_str(&std::env::var(ADMIN_URL).unwrap()).unwrap();
    let mut admin = PgConnection::connect_with(&maintenance).await.unwrap();
    for sql in [
        format!("create role {name} login createrole"),
        format!("create database {name} owner {name} template template0 encoding 'UTF8'"),
    ] {
        sqlx::raw_sql(&sql).execute(&mut admin).await.unwrap();
    }
    let options = maintenance.database(&name).username(&name);
    migrate_with(&options).await.unwrap();
    let pools = Pools::connect(options, TEST_POOLS).await.unwrap();
    let signals = LaneSignals::new();
    let read = PgReadStore::new(&pools, signals, [&THINGS]);
    let from = read.ensure(&THINGS).await.unwrap();
    let to = read.start_generation(&THINGS).await.unwrap();
    for generation in [from, to] {
        let mut lane = read.claim(&THINGS, generation, Lane(1)).await.unwrap().unwrap();
        let writes = Writes { upserts: vec![full(A, 1), full(B, 2)], deletes: vec![] };
        lane.store(&writes).await.unwrap();
        lane.commit(Position(2)).await.unwrap();
    }
    read.build_indexes(&THINGS, to).await.unwrap();
    let swapped = read.swap(&THINGS, from, to, false).await.unwrap();
    assert_eq!((swapped.rows, swapped.equal, swapped.swapped), ((2, 2), true, true));
    assert_eq!(read.drop_retired(&THINGS).await.unwrap(), [from]);
    let models = PgReadModels::new(pools.api.clone(), [&THINGS]);
    assert_eq!(models.rows(A, &THINGS, &[key(1), key(2)]).await.unwrap().len(), 1);
    assert_eq!(models.checkpoint(&THINGS, Lane(1)).await.unwrap(), Position(2));
    assert!(!models.is_parked(A, &["things"], Position(9), None).await.unwrap());
    let found: Vec<String> = sqlx::query_scalar(FAULTS).fetch_all(&pools.admin).await.unwrap();
    assert_eq!(found, Vec::<String>::new());
    pools.close().await;
    drop_copy(&mut admin, &name, &format!(", {name}")).await;
}
