//! What leads need of the database: the tenant's systems that take them
//! (`migrations/0012_lead_targets.sql`), and which number writes to whom.

mod outreach;

use async_trait::async_trait;
use bitacora_commands::ports::{DeliveryTargets, LookupError, TargetOutcome, TargetRow};
use bitacora_domain::TenantId;
use bitacora_domain::aggregates::delivery::TargetKind;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

pub use outreach::ReadOutreach;

/// Most systems of a tenant: as many as a delivery can have targets.
const TARGETS_MAX: i64 = 10;

const LIST: &str = "select id, kind, name, url, secrets, enabled, connected_at \
     from auth.lead_targets where tenant_id = $1 order by connected_at, id";
const FIND: &str = "select id, kind, name, url, secrets, enabled, connected_at \
     from auth.lead_targets where tenant_id = $1 and id = $2";
const CONNECT: &str = "insert into auth.lead_targets \
     (tenant_id, id, kind, name, url, secrets, enabled, connected_at) \
     select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::bytea[], $7::boolean, \
     $8::timestamptz \
     where (select count(*) from auth.lead_targets where tenant_id = $1 and id <> $2) < $9::bigint \
     on conflict (tenant_id, id) do nothing";
const EXISTS: &str =
    "select exists (select from auth.lead_targets where tenant_id = $1 and id = $2)";
const ENABLE: &str = "update auth.lead_targets set enabled = $3 where tenant_id = $1 and id = $2";
const ROTATE: &str = "update auth.lead_targets set secrets = \
     case when secrets[1] = $3 then secrets else array[$3, secrets[1]] end \
     where tenant_id = $1 and id = $2";
// Who connects systems of one tenant at the same moment waits for the other.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended($1, 1652))";

/// The systems over Postgres.
#[derive(Clone, Debug)]
pub struct PgDeliveryTargets {
    writer: PgPool,
}

type Row = (Uuid, String, String, String, Vec<Vec<u8>>, bool, DateTime<Utc>);

impl PgDeliveryTargets {
    /// Over the writer's pool.
    pub const fn new(writer: PgPool) -> Self {
        Self { writer }
    }

    fn changed(changed: Result<u64, sqlx::Error>) -> Result<TargetOutcome, LookupError> {
        let rows = changed.map_err(|error| unavailable(&error))?;
        Ok(if rows > 0 { TargetOutcome::Done } else { TargetOutcome::NotFound })
    }
}

fn target((id, kind, name, url, secrets, enabled, connected_at): Row) -> Option<TargetRow> {
    Some(TargetRow { id, kind: kind_named(&kind)?, name, url, secrets, enabled, connected_at })
}

const fn name_of(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::GoogleSheets => "GOOGLE_SHEETS",
        TargetKind::TokkoCrm => "TOKKO_CRM",
        TargetKind::Webhook => "WEBHOOK",
    }
}

fn kind_named(name: &str) -> Option<TargetKind> {
    let all = [TargetKind::GoogleSheets, TargetKind::TokkoCrm, TargetKind::Webhook];
    all.into_iter().find(|kind| name_of(*kind) == name)
}

#[async_trait]
impl DeliveryTargets for PgDeliveryTargets {
    async fn list(&self, tenant: TenantId) -> Result<Vec<TargetRow>, LookupError> {
        let rows = sqlx::query_as::<_, Row>(LIST).bind(tenant.as_uuid());
        let rows = rows.fetch_all(&self.writer).await.map_err(|error| unavailable(&error))?;
        Ok(rows.into_iter().filter_map(target).collect())
    }

    async fn find(&self, tenant: TenantId, id: Uuid) -> Result<Option<TargetRow>, LookupError> {
        let row = sqlx::query_as::<_, Row>(FIND).bind(tenant.as_uuid()).bind(id);
        let row = row.fetch_optional(&self.writer).await.map_err(|error| unavailable(&error))?;
        Ok(row.and_then(target))
    }

    async fn connect(
        &self,
        tenant: TenantId,
        new: TargetRow,
    ) -> Result<TargetOutcome, LookupError> {
        let connected = async {
            let mut tx = self.writer.begin().await?;
            sqlx::query(LOCK).bind(tenant.to_string()).execute(&mut *tx).await?;
            let made = sqlx::query(CONNECT)
                .bind(tenant.as_uuid())
                .bind(new.id)
                .bind(name_of(new.kind))
                .bind(&new.name)
                .bind(&new.url)
                .bind(&new.secrets)
                .bind(new.enabled)
                .bind(new.connected_at)
                .bind(TARGETS_MAX)
                .execute(&mut *tx)
                .await?;
            let there: bool = sqlx::query_scalar(EXISTS)
                .bind(tenant.as_uuid())
                .bind(new.id)
                .fetch_one(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(made.rows_affected() > 0 || there)
        };
        let there = connected.await.map_err(|error: sqlx::Error| unavailable(&error))?;
        Ok(if there { TargetOutcome::Done } else { TargetOutcome::TooMany })
    }

    async fn enable(
        &self,
        tenant: TenantId,
        id: Uuid,
        enabled: bool,
    ) -> Result<TargetOutcome, LookupError> {
        let changed = sqlx::query(ENABLE).bind(tenant.as_uuid()).bind(id).bind(enabled);
        Self::changed(changed.execute(&self.writer).await.map(|done| done.rows_affected()))
    }

    async fn rotate(
        &self,
        tenant: TenantId,
        id: Uuid,
        secret: Vec<u8>,
    ) -> Result<TargetOutcome, LookupError> {
        let changed = sqlx::query(ROTATE).bind(tenant.as_uuid()).bind(id).bind(secret);
        Self::changed(changed.execute(&self.writer).await.map(|done| done.rows_affected()))
    }
}

/// Names what failed and no value of anybody.
fn unavailable(error: &sqlx::Error) -> LookupError {
    LookupError(match error.as_database_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().unwrap_or_default()),
        None => error.to_string(),
    })
}

/// Every statement about them, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    vec![LIST, FIND, CONNECT, EXISTS, ENABLE, ROTATE, LOCK]
}
