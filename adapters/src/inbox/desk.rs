//! What an operator sees of the inbox: kept facts and anomalies.

use bitacora_commands::ports::{InboxCounts, NotedAnomaly, PendingFact, PendingState};
use bitacora_domain::TenantId;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::facts::{pending, state};

const KEPT: &str = "\
select f.delivery, f.ordinal, f.key, f.source, f.tenant_id, f.waits_for, f.state, f.reason, \
       f.attempts, f.next_attempt_at, ''::bytea as body, null::jsonb as request, d.received_at \
from (select * from inbox.facts where $1::text is null or state = $1 \
      order by kept_at desc, delivery desc, ordinal desc limit $2) f \
join inbox.deliveries d on d.id = f.delivery \
order by f.kept_at desc, f.delivery desc, f.ordinal desc";

const ANOMALIES: &str = "\
select delivery, key, tenant_id, kind, noted_at from inbox.anomalies \
order by noted_at desc, delivery desc, kind limit $1";

const BACKLOG: &str = "select count(*) from inbox.deliveries where processed_at is null";
const KEPT_BY_STATE: &str = "select state, count(*) from inbox.facts group by state order by state";
const ANOMALIES_BY_KIND: &str =
    "select kind, count(*) from inbox.anomalies group by kind order by kind";

pub(super) async fn kept(
    pool: &PgPool,
    state: Option<PendingState>,
    limit: i64,
) -> Result<Vec<PendingFact>, sqlx::Error> {
    let name = state.map(PendingState::name);
    let rows = sqlx::query(KEPT).bind(name).bind(limit).fetch_all(pool).await?;
    rows.iter().map(pending).collect()
}

pub(super) async fn anomalies(pool: &PgPool, limit: i64) -> Result<Vec<NotedAnomaly>, sqlx::Error> {
    let rows = sqlx::query(ANOMALIES).bind(limit).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(NotedAnomaly {
                delivery: row.try_get("delivery")?,
                key: row.try_get("key")?,
                tenant: row.try_get::<Option<Uuid>, _>("tenant_id")?.map(TenantId::new),
                kind: row.try_get("kind")?,
                noted_at: row.try_get("noted_at")?,
            })
        })
        .collect()
}

pub(super) async fn counts(pool: &PgPool) -> Result<InboxCounts, sqlx::Error> {
    let backlog = sqlx::query_scalar(BACKLOG).fetch_one(pool).await?;
    let by_state: Vec<(String, i64)> = sqlx::query_as(KEPT_BY_STATE).fetch_all(pool).await?;
    let kept = by_state
        .into_iter()
        .map(|(name, count)| Ok((state(&name)?, count)))
        .collect::<Result<_, sqlx::Error>>()?;
    let anomalies = sqlx::query_as(ANOMALIES_BY_KIND).fetch_all(pool).await?;
    Ok(InboxCounts { backlog, kept, anomalies })
}

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] =
    &[KEPT, ANOMALIES, BACKLOG, KEPT_BY_STATE, ANOMALIES_BY_KIND];
