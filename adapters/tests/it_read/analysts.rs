//! Analysts see the rows of their tenant in `read.<view>`, whatever they write, and nothing else.

use std::str::FromStr as _;

use bitacora_adapters::analysts::{self, Analyst, AnalystError};
use bitacora_adapters::migrate::{MIGRATIONS, migrate, migrate_with};
use bitacora_adapters::pools::Pools;
use bitacora_adapters::read::{LaneSignals, PgReadStore, listener};
use bitacora_adapters::testing::{ADMIN_URL, TEST_POOLS, TestDb};
use bitacora_domain::{Lane, Position, TenantId};
use bitacora_projections::ports::{ReadStore, StoredRow, Writes};
use bitacora_projections::{Cell, ColumnType, Projection, Table, views};
use chrono::{DateTime, NaiveDate};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};

use crate::support::{A, B, THINGS, execute, full, id};

const FAULTS: &str = "select relation || ': ' || fault from ops.isolation_faults()";

async fn faults(owner: &PgPool) -> Vec<String> {
    sqlx::query_scalar(FAULTS).fetch_all(owner).await.unwrap()
}

fn tables() -> Vec<&'static Table> {
    views::all().into_iter().map(Projection::table).collect()
}

/// A row of any table: its key is made up, the rest is what a new row has.
fn some_row(table: &'static Table, tenant: TenantId) -> StoredRow {
    let mut row = table.initial_row();
    for (cell, column) in row.0.iter_mut().zip(table.columns) {
        if table.key.contains(&column.name) {
            *cell = match column.ty {
                ColumnType::Text => "k".into(),
                ColumnType::Int => Cell::Int(7),
                ColumnType::Bool => true.into(),
                ColumnType::Time => DateTime::UNIX_EPOCH.into(),
                ColumnType::Date => NaiveDate::from_ymd_opt(2026, 3, 2).unwrap().into(),
                ColumnType::Uuid => id(7).into(),
                ColumnType::Json => serde_json::json!({}).into(),
            };
        }
    }
    StoredRow { tenant, row, positions: table.positioned().map(|_| None).collect() }
}

async fn fill(store: &PgReadStore, table: &'static Table, generation: i32, rows: Vec<StoredRow>) {
    let mut lane = store.claim(table, generation, Lane(1)).await.unwrap().unwrap();
    lane.store(&Writes { upserts: rows, deletes: vec![] }).await.unwrap();
    lane.commit(Position(1)).await.unwrap();
}

/// A row of each of two tenants in every view of the registry.
async fn filled() -> TestDb {
    let db = TestDb::new().await;
    let store = PgReadStore::new(db.pools(), LaneSignals::new(), tables());
    for table in tables() {
        let generation = store.ensure(table).await.unwrap();
        let rows = vec![some_row(table, A), some_row(table, B)];
        fill(&store, table, generation, rows).await;
    }
    db
}

/// A session of a new analyst, who logs in as what it is.
async fn analyst(db: &TestDb, name: &str, tenant: TenantId) -> PgConnection {
    let role = analysts::add(&db.pools().admin, name, tenant, "secret").await.unwrap();
    assert_eq!(role, format!("{}_analyst_{name}", db.name()));
    log_in(&db.options(), &role).await.unwrap()
}

async fn log_in(options: &PgConnectOptions, role: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect_with(&options.clone().username(role).password("secret")).await
}

async fn number(session: &mut PgConnection, sql: &str) -> i64 {
    let counted = sqlx::query_scalar(sql).persistent(false).fetch_one(session).await;
    counted.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

async fn code(session: &mut PgConnection, sql: &str) -> String {
    match session.execute(sqlx::raw_sql(sql)).await {
        Ok(_) => "done".to_owned(),
        Err(error) => error.as_database_error().unwrap().code().unwrap().into_owned(),
    }
}

/// The rows that a session sees in a view: of its tenant, and of all others.
async fn seen(session: &mut PgConnection, view: &str, own: TenantId) -> (i64, i64) {
    let own = format!("select count(*) from {view} where tenant_id = '{own}'");
    let all = number(session, &format!("select count(*) from {view}")).await;
    let own = number(session, &own).await;
    (own, all - own)
}

#[tokio::test]
async fn an_analyst_sees_its_tenant_in_every_view_and_no_other() {
    let db = filled().await;
    assert!(tables().len() >= 7);
    for (name, tenant) in [("ana", A), ("beto", B)] {
        let mut session = analyst(&db, name, tenant).await;
        for table in tables() {
            let view = format!("read.{}", table.name);
            assert_eq!(seen(&mut session, &view, tenant).await, (1, 0), "{view} of {name}");
        }
        // search_path leads there
        assert_eq!(number(&mut session, "select count(*) from conversations").await, 1);
    }
    assert_eq!(faults(&db.pools().admin).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_that_an_analyst_can_set_shows_another_tenant() {
    let db = filled().await;
    let mut session = analyst(&db, "ana", A).await;
    analysts::add(&db.pools().admin, "beto", B, "secret").await.unwrap();
    let name = db.name();
    for trick in [
        format!("set app.tenant_id = '{B}'"),
        format!("select set_config('app.tenant_id', '{B}', false)"),
        "set search_path = read_store, ops, read".to_owned(),
        "set row_security = on".to_owned(),
        "reset role; reset session authorization".to_owned(),
    ] {
        assert_eq!(code(&mut session, &trick).await, "done", "{trick}");
        for table in tables() {
            let view = format!("read.{}", table.name);
            assert_eq!(seen(&mut session, &view, A).await, (1, 0), "{view} after {trick}");
        }
    }
    for role in ["writer", "projector", "api", "analyst_beto"] {
        assert_eq!(code(&mut session, &format!("set role {name}_{role}")).await, "42501", "{role}");
        let taking = format!("set session authorization {name}_{role}");
        assert_eq!(code(&mut session, &taking).await, "42501", "{role}");
    }
    // without row security there is an error, not a row
    let off = "set row_security = off; select * from read.conversations";
    assert_eq!(code(&mut session, off).await, "42501");
    session.execute("set row_security = on").await.unwrap();
    // the group is no analyst, and belongs to nobody
    let group = format!("set role {name}_analyst");
    if code(&mut session, &group).await == "done" {
        assert_eq!(number(&mut session, "select count(*) from read.conversations").await, 0);
    }
}

#[tokio::test]
async fn an_analyst_reaches_the_views_and_nothing_else() {
    let db = filled().await;
    let mut session = analyst(&db, "ana", A).await;
    let reachable = "select n.nspname || '.' || c.relname from pg_class c \
         join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind <> 'i' \
           and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') \
         order by 1";
    let reachable: Vec<String> =
        sqlx::query_scalar(reachable).fetch_all(&mut session).await.unwrap();
    let mut expected: Vec<_> = tables().iter().map(|t| format!("read.{}", t.name)).collect();
    expected.sort();
    assert_eq!(reachable, expected);
    for view in &expected {
        let table = view.strip_prefix("read.").unwrap();
        let version = tables().iter().find(|t| t.name == table).unwrap().current();
        let direct = format!("select * from read_store.{version}");
        assert_eq!(code(&mut session, &direct).await, "42501", "{direct}");
        let one = format!("select * from read_store.{version}_g1");
        assert_eq!(code(&mut session, &one).await, "42501", "{one}");
    }
    for reading in [
        "select * from log.events",
        "select * from log.counters",
        "select * from inbox.facts",
        "select * from effects.queue",
        "select * from ops.analysts",
        "select * from ops.parked",
        "select ops.analyst_tenant('x')",
        "select ops.add_analyst('x', gen_random_uuid(), 'x')",
        "select * from pg_authid",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
    ] {
        assert_eq!(code(&mut session, reading).await, "42501", "{reading}");
    }
}

#[tokio::test]
async fn an_analyst_writes_nothing() {
    let db = filled().await;
    let mut session = analyst(&db, "ana", A).await;
    let role = format!("{}_analyst_ana", db.name());
    let writes = [
        format!("insert into read.tenant_stats (tenant_id, day) values ('{A}', '2026-01-01')"),
        "update read.conversations set status = 'OPEN'".to_owned(),
        "delete from read.conversations".to_owned(),
        // nobody can truncate a view
        format!("truncate read_store.{}", tables()[0].physical(1)),
        "create table read.mine (n int)".to_owned(),
        "create table public.mine (n int)".to_owned(),
        "create view read.mine as select 1".to_owned(),
        "create temporary table mine (n int)".to_owned(),
        "create schema mine".to_owned(),
        "create role mine".to_owned(),
        format!("alter role {role} connection limit 50"),
        format!("alter role {role} createrole"),
        format!("create policy mine on read_store.{}_g1 using (true)", tables()[0].current()),
        format!("grant {}_writer to {role}", db.name()),
    ];
    assert_eq!(code(&mut session, "create temporary table mine (n int)").await, "25006");
    session.execute("set default_transaction_read_only = off").await.unwrap();
    for write in &writes {
        assert_eq!(code(&mut session, write).await, "42501", "{write}");
    }
    // A control: the projector may what the analyst may not.
    let table = views::find("conversations").unwrap().table().physical(1);
    let control = format!("set role {}_projector; delete from read_store.{table}", db.name());
    let mut projector = db.pools().admin.acquire().await.unwrap().detach();
    assert_eq!(code(&mut projector, &control).await, "done");
}

#[tokio::test]
async fn the_sessions_of_an_analyst_are_bounded() {
    let db = filled().await;
    let mut session = analyst(&db, "ana", A).await;
    for (setting, value) in [
        ("default_transaction_read_only", "on"),
        ("statement_timeout", "1min"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("idle_session_timeout", "1h"),
        ("lock_timeout", "5s"),
        ("temp_file_limit", "2GB"),
        ("timezone", "UTC"),
    ] {
        let shown: String =
            sqlx::query_scalar(&format!("show {setting}")).fetch_one(&mut session).await.unwrap();
        assert_eq!(shown, value, "{setting}");
    }
    assert_eq!(code(&mut session, "set temp_file_limit = -1").await, "42501");
    let role = format!("{}_analyst_ana", db.name());
    let mut more = Vec::new();
    for _ in 0..4 {
        more.push(log_in(&db.options(), &role).await.unwrap());
    }
    let sixth = log_in(&db.options(), &role).await.unwrap_err();
    assert_eq!(sixth.as_database_error().unwrap().code().unwrap(), "53300");
}

#[tokio::test]
async fn tables_made_later_and_rebuilt_ones_are_the_analysts_too() {
    let db = filled().await;
    let mut session = analyst(&db, "ana", A).await;
    let store = PgReadStore::new(db.pools(), LaneSignals::new(), [&THINGS]);
    let from = store.ensure(&THINGS).await.unwrap();
    let rows = || vec![full(A, 1), full(A, 2), full(B, 3)];
    fill(&store, &THINGS, from, rows()).await;
    assert_eq!(seen(&mut session, "read.things", A).await, (2, 0));
    let to = store.start_generation(&THINGS).await.unwrap();
    fill(&store, &THINGS, to, rows()).await;
    store.build_indexes(&THINGS, to).await.unwrap();
    assert!(store.swap(&THINGS, from, to, false).await.unwrap().swapped);
    store.drop_retired(&THINGS).await.unwrap();
    assert_eq!(seen(&mut session, "read.things", A).await, (2, 0));
    assert_eq!(faults(&db.pools().admin).await, Vec::<String>::new());
}

#[tokio::test]
async fn analysts_come_and_go() {
    let db = filled().await;
    let owner = &db.pools().admin;
    let mut session = analyst(&db, "ana", A).await;
    analysts::add(owner, "ana", A, "another").await.unwrap();
    let taken = analysts::add(owner, "ana", B, "x").await.unwrap_err();
    assert!(matches!(taken, AnalystError::NameTaken), "{taken:?}");
    assert_eq!(seen(&mut session, "read.contacts", A).await, (1, 0), "still whose it was");
    for bad in ["", "Ana", "9na", "a-b", "a\"; drop role x", "a23456789012345678901"] {
        let refused = analysts::add(owner, bad, A, "x").await.unwrap_err();
        assert!(matches!(refused, AnalystError::InvalidName), "{bad:?}: {refused:?}");
    }
    let role = format!("{}_analyst_ana", db.name());
    let listed: Vec<_> = analysts::list(owner).await.unwrap();
    let [Analyst { name, tenant, can_log_in: true, .. }] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!((name.as_str(), *tenant), ("ana", A));
    assert!(analysts::remove(owner, "ana").await.unwrap());
    assert!(!analysts::remove(owner, "ana").await.unwrap());
    assert!(session.execute("select 1").await.is_err(), "its session was ended");
    assert!(log_in(&db.options(), &role).await.is_err());
    assert_eq!(analysts::list(owner).await.unwrap(), []);
    assert_eq!(faults(owner).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_check_knows_analysts() {
    let db = filled().await;
    analyst(&db, "ana", A).await;
    let owner = &db.pools().admin;
    assert_eq!(faults(owner).await, Vec::<String>::new());
    let table = tables()[0].physical(1);
    let group = format!("{}_analyst", db.name());
    let damages = [
        (
            format!("create policy more on read_store.{table} to {group} using (true)"),
            "shows other tenants to analysts",
        ),
        (
            format!("create policy most on read_store.{table} to {group}_ana using (true)"),
            "the policy most shows other tenants to analysts",
        ),
        (format!("grant select on log.events to {group}"), "analysts can reach it"),
        (format!("grant update on read_store.{table} to {group}_ana"), "analysts can write it"),
        (format!("grant usage on schema ops to {group}"), "analysts can look into the schema"),
        (format!("grant {}_writer to {group}_ana", db.name()), "is also a member of"),
        (format!("alter role {group}_ana bypassrls"), "ignores row security"),
        (format!("create role {group}_stray; grant {group} to {group}_stray"), "analyst of nobody"),
        (
            format!("drop policy analyst on read_store.{}", tables()[1].physical(1)),
            "no policy for analyst",
        ),
    ];
    for (number, (damage, fault)) in damages.iter().enumerate() {
        execute(&db, damage).await;
        let found = faults(owner).await;
        assert!(found.iter().any(|f| f.contains(fault)), "{damage}: {found:?}");
        assert!(found.len() > number, "each damage adds to {found:?}");
    }
}

/// A database beside a test's own, as the cluster's superuser makes it.
struct Beside {
    db: TestDb,
    name: String,
    admin: PgConnection,
}

impl Beside {
    async fn new(db: TestDb, sql: &str) -> Self {
        let name = format!("{}_b", db.name());
        let maintenance = PgConnectOptions::from_str(&std::env::var(ADMIN_URL).unwrap()).unwrap();
        let mut admin = PgConnection::connect_with(&maintenance).await.unwrap();
        admin.execute(sqlx::raw_sql(&sql.replace("{name}", &name))).await.unwrap();
        Self { db, name, admin }
    }

    fn options(&self) -> PgConnectOptions {
        self.db.options().database(&self.name)
    }

    /// Its roles go with it; what a failed test leaves is thrown away with the cluster.
    async fn remove(mut self) {
        let roles = "select rolname::text from pg_roles where rolname ~ ('^' || $1 || '(_.*)?$')";
        let roles: Vec<String> =
            sqlx::query_scalar(roles).bind(&self.name).fetch_all(&mut self.admin).await.unwrap();
        let drop = format!("drop database {} with (force)", self.name);
        self.admin.execute(drop.as_str()).await.unwrap();
        for role in roles {
            self.admin.execute(format!("drop role {role}").as_str()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn read_tables_of_before_are_the_analysts_from_the_migration_on() {
    let db = TestDb::new().await; // only for its unique name
    let beside = Beside::new(db, "create database {name} template template0 encoding 'UTF8'").await;
    let mut owner = PgConnection::connect_with(&beside.options()).await.unwrap();
    let table = "create schema ops; create table ops.migrations (version integer primary key, \
         name text not null, checksum text not null, applied_at timestamptz not null default now())";
    owner.execute(sqlx::raw_sql(table)).await.unwrap();
    for migration in MIGRATIONS.iter().filter(|migration| migration.version < 7) {
        let mut tx = owner.begin().await.unwrap();
        tx.execute(sqlx::raw_sql(migration.sql)).await.unwrap();
        sqlx::query("insert into ops.migrations values ($1, $2, $3)")
            .bind(migration.version)
            .bind(migration.name)
            .bind(migration.checksum())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let pools = Pools::connect(beside.options(), TEST_POOLS).await.unwrap();
    let store = PgReadStore::new(&pools, LaneSignals::new(), [&THINGS]);
    let generation = store.ensure(&THINGS).await.unwrap();
    fill(&store, &THINGS, generation, vec![full(A, 1), full(B, 2)]).await;
    assert!(migrate(&pools.admin).await.unwrap().contains(&"0007_analysts".to_owned()));
    let role = analysts::add(&pools.admin, "ana", A, "secret").await.unwrap();
    let mut session = log_in(&beside.options(), &role).await.unwrap();
    assert_eq!(seen(&mut session, "read.things", A).await, (1, 0));
    assert_eq!(faults(&pools.admin).await, Vec::<String>::new());
    drop(session);
    pools.close().await;
    beside.remove().await;
}

#[tokio::test]
async fn a_copied_database_has_analysts_of_its_own() {
    let db = filled().await;
    drop(analyst(&db, "ana", A).await);
    db.pools().close().await;
    let (source, of_source) = (db.name().to_owned(), format!("{}_analyst_ana", db.name()));
    let copy = format!(
        "do $$ begin for n in 1..500 loop \
           exit when not exists (select pg_terminate_backend(pid) from pg_stat_activity \
                                 where datname = '{source}'); \
           perform pg_sleep(0.02); perform pg_stat_clear_snapshot(); end loop; end $$"
    );
    let mut beside = Beside::new(db, &copy).await;
    let sql = format!("create database {} template {source}", beside.name);
    beside.admin.execute(sql.as_str()).await.unwrap();
    migrate_with(&beside.options()).await.unwrap();
    let pools = Pools::connect(beside.options(), TEST_POOLS).await.unwrap();
    assert_eq!(faults(&pools.admin).await, Vec::<String>::new());
    // The source's analyst is nobody here.
    let mut stranger = log_in(&beside.options(), &of_source).await.unwrap();
    for table in tables() {
        let view = format!("read.{}", table.name);
        assert_eq!(seen(&mut stranger, &view, A).await, (0, 0), "{view}");
    }
    // The copy knows whose its analysts are, but nobody has a password for it.
    let known = analysts::list(&pools.admin).await.unwrap();
    assert!(
        matches!(known.as_slice(), [Analyst { tenant: A, can_log_in: false, .. }]),
        "{known:?}"
    );
    let own = format!("{}_analyst_ana", beside.name);
    assert!(log_in(&beside.options(), &own).await.is_err());
    assert_eq!(analysts::add(&pools.admin, "ana", A, "secret").await.unwrap(), own);
    let mut session = log_in(&beside.options(), &own).await.unwrap();
    for table in tables() {
        let view = format!("read.{}", table.name);
        assert_eq!(seen(&mut session, &view, A).await, (1, 0), "{view}");
    }
    drop((stranger, session));
    pools.close().await;
    beside.remove().await;
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_add_analysts() {
    let db = TestDb::new().await; // only for its unique name
    let owner = "create role {name} login createrole";
    let mut beside = Beside::new(db, owner).await;
    let name = beside.name.clone();
    let sql = format!("create database {name} owner {name} template template0 encoding 'UTF8'");
    beside.admin.execute(sql.as_str()).await.unwrap();
    let options = beside.options().username(&name);
    migrate_with(&options).await.unwrap();
    let pools = Pools::connect(options.clone(), TEST_POOLS).await.unwrap();
    let store = PgReadStore::new(&pools, LaneSignals::new(), [&THINGS]);
    let generation = store.ensure(&THINGS).await.unwrap();
    fill(&store, &THINGS, generation, vec![full(A, 1), full(B, 2)]).await;
    let role = analysts::add(&pools.admin, "ana", A, "secret").await.unwrap();
    let mut session = log_in(&options, &role).await.unwrap();
    assert_eq!(seen(&mut session, "read.things", A).await, (1, 0));
    assert_eq!(faults(&pools.admin).await, Vec::<String>::new());
    assert!(analysts::remove(&pools.admin, "ana").await.unwrap());
    let rows = session.execute("select * from read.things").await;
    assert!(rows.is_err() || rows.unwrap().rows_affected() == 0, "a left session sees nothing");
    drop(session);
    pools.close().await;
    beside.remove().await;
}

#[tokio::test]
async fn statements_prepare() {
    let db = TestDb::new().await;
    for text in analysts::STATEMENTS {
        let prepared = db.pools().admin.prepare(text).await;
        assert!(prepared.is_ok(), "{text}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn an_analyst_hears_nothing_of_others_and_announces_nothing() {
    let db = filled().await;
    let role = analysts::add(&db.pools().admin, "ana", A, "secret").await.unwrap();
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(db.options().username(&role).password("secret")).await.unwrap();
    let mut ear = sqlx::postgres::PgListener::connect_with(&pool).await.unwrap();
    ear.listen_all(["bitacora_log", "bitacora_progress", "bitacora_typing"]).await.unwrap();
    let (ours, stop) = (LaneSignals::new(), tokio_util::sync::CancellationToken::new());
    let (theirs, options) = (LaneSignals::new(), db.options());
    let sides = [ours.clone(), theirs.clone()]
        .map(|signals| tokio::spawn(listener::run(signals, options.clone(), stop.clone())));
    for channel in ["bitacora_log", "bitacora_progress"] {
        let forged = format!("select pg_notify('{channel}', 'conversations_v2:1:999999')");
        sqlx::query(&forged).execute(&mut ear).await.unwrap();
        sqlx::query(&format!("select pg_notify('{channel}', '1:999999')"))
            .execute(&mut ear)
            .await
            .unwrap();
    }
    // A control: what one process announces, the other hears.
    let mut heard = theirs.watch(Lane(2));
    for position in 1_000.. {
        ours.appended(Lane(2), Position(position));
        let wait = heard.wait_for(|position| position.0 >= 1_000);
        let patience = std::time::Duration::from_millis(200);
        if tokio::time::timeout(patience, wait).await.is_ok() {
            break;
        }
        assert!(position < 1_050, "nothing was heard");
    }
    for side in [&ours, &theirs] {
        assert!(side.lane(Lane(1)).0 < 999_999, "a forged announcement was believed");
        assert!(side.progress("conversations_v2", Lane(1)).borrow().0 < 999_999);
    }
    // The analyst hears itself (a control), and nobody else.
    for _ in 0..4 {
        assert!(ear.recv().await.unwrap().payload().ends_with("1:999999"));
    }
    let more = tokio::time::timeout(std::time::Duration::from_millis(100), ear.recv()).await;
    assert!(more.is_err(), "{more:?}");
    stop.cancel();
    for side in sides {
        side.await.unwrap();
    }
}
