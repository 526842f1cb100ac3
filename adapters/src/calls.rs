//! How many calls were made lately, counted in the read tables once they have seen everything
//! that was recorded before the question.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{CallTraffic, EventLog, TrafficError};
use bitacora_domain::{CallId, ContactId, TenantId};
use bitacora_projections::ports::ReadModels;
use bitacora_projections::query::{Filter, Op};
use bitacora_projections::views::{call_attempts, calls};
use bitacora_projections::wait::ReadGate;
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};

/// How long the tables are waited for; a call that waits for longer is looked at again later.
const PATIENCE: Duration = Duration::from_secs(5);

/// Counts in the read tables.
pub struct ReadTraffic {
    log: Arc<dyn EventLog>,
    models: Arc<dyn ReadModels>,
    gate: ReadGate,
}

impl ReadTraffic {
    /// Over the API's questions; `gate` waits for what they ask.
    pub fn new(log: Arc<dyn EventLog>, models: Arc<dyn ReadModels>, gate: ReadGate) -> Self {
        Self { log, models, gate }
    }

    async fn count(
        &self,
        tenant: TenantId,
        table: &'static Table,
        filter: Filter,
        most: i64,
    ) -> Result<i64, TrafficError> {
        let tip = self.log.tip(tenant).await.map_err(|error| TrafficError(error.to_string()))?;
        let seen = self.gate.wait(tenant, tip, &[table], None, PATIENCE).await;
        seen.map_err(|error| TrafficError(error.to_string()))?;
        let counted = self.models.count(tenant, table, &filter, most).await;
        counted.map_err(|error| TrafficError(error.to_string()))
    }
}

#[async_trait]
impl CallTraffic for ReadTraffic {
    async fn to_contact(
        &self,
        tenant: TenantId,
        contact: ContactId,
        but: CallId,
        since: DateTime<Utc>,
        most: i64,
    ) -> Result<i64, TrafficError> {
        let filter = Filter::And(vec![
            Filter::Compare("contact_id", Op::Eq, Cell::Uuid(contact.as_uuid())),
            Filter::Compare("last_attempt_at", Op::Gte, Cell::Time(since)),
            Filter::Compare("origin", Op::Eq, Cell::Text("OUTBOUND".into())),
            Filter::Compare("id", Op::Ne, Cell::Uuid(but.as_uuid())),
        ]);
        self.count(tenant, &calls::TABLE, filter, most).await
    }

    async fn has_nameless(
        &self,
        tenant: TenantId,
        contact: ContactId,
        but: CallId,
        since: DateTime<Utc>,
    ) -> Result<bool, TrafficError> {
        let nameless = ["IN_FLIGHT", "UNKNOWN"].map(|known| Cell::Text(known.into())).to_vec();
        let filter = Filter::And(vec![
            Filter::Compare("contact_id", Op::Eq, Cell::Uuid(contact.as_uuid())),
            Filter::Compare("last_attempt_at", Op::Gte, Cell::Time(since)),
            Filter::In("placement", nameless),
            Filter::Compare("id", Op::Ne, Cell::Uuid(but.as_uuid())),
        ]);
        Ok(self.count(tenant, &calls::TABLE, filter, 1).await? > 0)
    }

    async fn of_tenant(
        &self,
        tenant: TenantId,
        since: DateTime<Utc>,
        most: i64,
    ) -> Result<i64, TrafficError> {
        let filter = Filter::And(vec![
            Filter::Compare("begun_at", Op::Gte, Cell::Time(since)),
            Filter::Compare("dialled", Op::Eq, Cell::Bool(true)),
        ]);
        self.count(tenant, &call_attempts::TABLE, filter, most).await
    }
}
