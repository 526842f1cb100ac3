//! Migrations against real databases: from nothing, by an ordinary role, at once, edited, renamed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use bitacora_adapters::migrate::{
    MIGRATIONS, MigrateError, Migration, migrate, migrate_with, pending,
};
use bitacora_adapters::pools::{PoolSizes, Pools, PoolsError, Role, admin_pool, dedicated};
use bitacora_adapters::testing::{TEST_POOLS, TestDb};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};

/// A second database beside a test's own, and a login role that owns it and is no superuser.
struct Bare {
    beside: TestDb,
    name: String,
}

impl Bare {
    async fn new() -> Self {
        let beside = TestDb::new().await;
        let name = format!("{}_b", beside.name());
        let bare = Self { beside, name };
        let name = &bare.name;
        bare.admin(&format!(r#"create role "{name}" login createrole"#)).await;
        bare.admin(&format!(r#"create database "{name}" owner "{name}" template template0"#)).await;
        bare
    }

    fn owner(&self) -> PgConnectOptions {
        self.beside.options().database(&self.name).username(&self.name)
    }

    async fn admin(&self, sql: &str) {
        self.beside.pools().admin.execute(sqlx::raw_sql(sql)).await.unwrap();
    }

    /// Not in `Drop`: only tests that passed need to be tidy, the cluster is thrown away.
    async fn remove(self) {
        let name = &self.name;
        self.admin(&format!(r#"drop database "{name}" with (force)"#)).await;
        for suffix in ["_writer", "_projector", "_api", "_analyst", ""] {
            self.admin(&format!(r#"drop role if exists "{name}{suffix}""#)).await;
        }
    }
}

fn all() -> Vec<String> {
    MIGRATIONS.iter().map(Migration::label).collect()
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_migrate_and_take_the_roles() {
    let bare = Bare::new().await;
    let admin = admin_pool(&bare.owner(), 1).await.unwrap();
    assert_eq!(pending(&admin).await.unwrap(), all());
    assert_eq!(migrate(&admin).await.unwrap(), all());
    assert_eq!(migrate(&admin).await.unwrap(), Vec::<String>::new());
    assert_eq!(pending(&admin).await.unwrap(), Vec::<String>::new());

    let pools = Pools::connect(bare.owner(), TEST_POOLS).await.unwrap();
    let user: String =
        sqlx::query_scalar("select current_user::text").fetch_one(&pools.writer).await.unwrap();
    assert_eq!(user, format!("{}_writer", bare.name));
    pools.close().await;
    admin.close().await;
    bare.remove().await;
}

#[tokio::test]
async fn processes_that_migrate_at_once_apply_everything_once() {
    let bare = Bare::new().await;
    let owner = bare.owner();
    let applied = futures::future::join_all((0..4).map(|_| migrate_with(&owner))).await;
    let mut counts: Vec<usize> = applied.into_iter().map(|labels| labels.unwrap().len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [0, 0, 0, MIGRATIONS.len()]);
    bare.remove().await;
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    let db = TestDb::new().await;
    let admin = &db.pools().admin;
    admin.execute("update ops.migrations set checksum = 'other' where version = 2").await.unwrap();
    let error = migrate(admin).await.unwrap_err();
    assert!(matches!(error, MigrateError::ChecksumMismatch { version: 2, .. }), "{error}");
    assert!(matches!(pending(admin).await, Err(MigrateError::ChecksumMismatch { .. })));
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_binary_is_refused() {
    let db = TestDb::new().await;
    let admin = &db.pools().admin;
    admin.execute("insert into ops.migrations values (9999, 'later', 'x')").await.unwrap();
    let error = migrate(admin).await.unwrap_err();
    assert!(matches!(error, MigrateError::FromTheFuture { version: 9999, .. }), "{error}");
}

#[tokio::test]
async fn a_database_without_its_roles_gets_them_back() {
    let bare = Bare::new().await;
    migrate_with(&bare.owner()).await.unwrap();
    let (before, renamed) = (bare.name.clone(), format!("{}r", bare.name));
    bare.admin(&format!(r#"alter database "{before}" rename to "{renamed}""#)).await;
    let options = bare.owner().database(&renamed);
    let refused = Pools::connect(options.clone(), TEST_POOLS).await.unwrap_err();
    assert!(matches!(&refused, PoolsError::RolesMissing { database } if *database == renamed));

    assert!(migrate_with(&options).await.unwrap().is_empty());
    let mut writer = dedicated(&options, Role::Writer).await.unwrap();
    let heads: i64 = sqlx::query_scalar("select count(*) from log.lane_heads")
        .fetch_one(&mut writer)
        .await
        .unwrap();
    assert!(heads > 0, "the writer sees nothing");
    writer.close().await.unwrap();
    bare.admin(&format!(r#"alter database "{renamed}" rename to "{before}""#)).await;
    let mut owner = PgConnection::connect_with(&bare.owner()).await.unwrap();
    for suffix in ["writer", "projector", "api"] {
        let sql = format!(r#"drop owned by "{renamed}_{suffix}"; drop role "{renamed}_{suffix}""#);
        owner.execute(sqlx::raw_sql(&sql)).await.unwrap();
    }
    owner.close().await.unwrap();
    bare.remove().await;
}

#[tokio::test]
async fn sessions_have_the_limits_of_their_role() {
    let db = TestDb::new().await;
    let api_statement_timeout = std::time::Duration::from_millis(1_500);
    let sizes = PoolSizes { api_statement_timeout, ..TEST_POOLS };
    let pools = Pools::connect(db.options(), sizes).await.unwrap();
    for (pool, name, transaction, statement, read_only) in [
        (&pools.writer, "bitacora-writer", "2s", "10s", "off"),
        (&pools.projector, "bitacora-projector", "30s", "1min", "off"),
        (&pools.api, "bitacora-api", "10s", "1500ms", "on"),
        (&pools.admin, "bitacora-admin", "0", "0", "off"),
    ] {
        let found: (String, String, String, String, String) = sqlx::query_as(
            "select current_setting('application_name'), \
             current_setting('idle_in_transaction_session_timeout'), \
             current_setting('statement_timeout'), \
             current_setting('default_transaction_read_only'), current_setting('timezone')",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        let expected = [name, transaction, statement, read_only, "UTC"].map(str::to_owned);
        assert_eq!(<[String; 5]>::from(found), expected);
    }
    let slow = sqlx::query("select pg_sleep(10)").execute(&pools.api).await.unwrap_err();
    assert_eq!(slow.as_database_error().unwrap().code().as_deref(), Some("57014"));
    let write = sqlx::query("create temp table t (n int)").execute(&pools.api).await.unwrap_err();
    assert_eq!(write.as_database_error().unwrap().code().as_deref(), Some("25006"));
    pools.close().await;
}
