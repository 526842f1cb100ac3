//! The databases that tests clone.

use std::time::Duration;

use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::{Projection, Table, views};
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use super::{TEST_POOLS, clone_database, drop_database, give_roles, now_seconds, run};
use crate::migrate;
use crate::pools::Pools;
use crate::read::{self, LaneSignals, PgReadStore};

/// Clones older than this without a connection belong to tests that were killed.
const STALE_AFTER: Duration = Duration::from_hours(1);
/// Key of the advisory lock on the maintenance database.
const TEMPLATE_LOCK: i64 = 0x6269_7463_7470_6c31;

/// What databases are cloned from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Template {
    /// As the migrations leave it.
    Migrated,
    /// With the read tables of all views.
    Viewed,
}

impl Template {
    /// Says what is in it: another state of migrations or views is another template.
    fn name(self) -> String {
        let migrated = migrate::checksum();
        let migrated = migrated.get(..8).unwrap_or(&migrated);
        match self {
            Self::Migrated => format!("bitacora_tpl_{migrated}"),
            Self::Viewed => {
                let views = read::fingerprint(&tables());
                format!("bitacora_tpl_{migrated}_{}", views.get(..8).unwrap_or(&views))
            }
        }
    }

    /// Its name, once it is ready to be cloned. A finished one is marked as a template that admits
    /// no connections; one without the mark was left half done and is made again.
    pub(super) async fn ensure(
        self,
        admin: &mut PgConnection,
        maintenance: &PgConnectOptions,
    ) -> String {
        let name = self.name();
        if template_state(admin, &name).await == Some(true) {
            return name;
        }
        if matches!(self, Self::Viewed) {
            // Before the lock, which it takes for itself.
            Box::pin(Self::Migrated.ensure(admin, maintenance)).await;
        }
        let locked = "cannot lock the template";
        sqlx::query("select pg_advisory_lock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut *admin)
            .await
            .expect(locked);
        match template_state(admin, &name).await {
            Some(true) => {}
            Some(false) => {
                drop_database(admin, &name).await.expect("cannot drop a half-made template");
                self.make(admin, maintenance, &name).await;
            }
            None => self.make(admin, maintenance, &name).await,
        }
        sqlx::query("select pg_advisory_unlock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut *admin)
            .await
            .expect(locked);
        name
    }

    async fn make(self, admin: &mut PgConnection, maintenance: &PgConnectOptions, name: &str) {
        let options = maintenance.clone().database(name);
        match self {
            Self::Migrated => {
                drop_stale_clones(admin).await;
                run(
                    admin,
                    format!(r#"create database "{name}" template template0 encoding 'UTF8'"#),
                )
                .await
                .expect("cannot create the template database");
                migrate::migrate_with(&options)
                    .await
                    .expect("cannot migrate the template database");
            }
            Self::Viewed => {
                clone_database(admin, &Self::Migrated.name(), name).await;
                give_roles(&options).await;
                make_views(options).await;
            }
        }
        run(
            admin,
            format!(r#"alter database "{name}" with is_template true allow_connections false"#),
        )
        .await
        .expect("cannot finish the template database");
    }
}

fn tables() -> Vec<&'static Table> {
    views::all().into_iter().map(Projection::table).collect()
}

async fn make_views(options: PgConnectOptions) {
    let pools = Pools::connect(options, TEST_POOLS).await.expect("cannot connect to the template");
    let store = PgReadStore::new(&pools, LaneSignals::new(), tables());
    for table in tables() {
        store.ensure(table).await.expect("cannot make a read table");
    }
    pools.close().await;
}

async fn template_state(admin: &mut PgConnection, name: &str) -> Option<bool> {
    sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
        .bind(name)
        .fetch_optional(admin)
        .await
        .expect("cannot look for the template")
}

/// Clones that killed tests left behind. Their age is in their name.
async fn drop_stale_clones(admin: &mut PgConnection) {
    let oldest = now_seconds().saturating_sub(STALE_AFTER.as_secs());
    let names: Vec<String> = sqlx::query_scalar(
        r"select datname::text from pg_database d where datname like 'bt\_%'
          and not exists (select from pg_stat_activity a where a.datid = d.oid)",
    )
    .fetch_all(&mut *admin)
    .await
    .expect("cannot list databases");
    for name in names {
        let born = name.split('_').nth(1).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        if born.is_some_and(|born| born < oldest) {
            // another process may be dropping it too; what fails now is tried by the next run
            drop_database(admin, &name).await.ok();
        }
    }
}
