//! How much of what its plan limits a tenant has used (CHATI-9 … CHATI-13): the one answer for
//! GraphQL and the command line. What is used is the read side's, the limit the tenant's own.

use bitacora_commands::CommandBus;
use bitacora_commands::bus::LoadError;
use bitacora_domain::aggregates::tenant::{Tenant, day};
use bitacora_domain::{Meter, TenantId};
use bitacora_projections::Table;
use bitacora_projections::ports::{ReadError, ReadModels};
use bitacora_projections::views::usage;
use chrono::{DateTime, Utc};

/// The table that is read.
pub const TABLE: &Table = &usage::TABLE;

/// How much of one thing is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Of what.
    pub meter: Meter,
    /// How much. What providers tell is counted and never refused, so it may be more than the
    /// limit.
    pub used: i64,
    /// The most; `None` without limit.
    pub limit: Option<i64>,
    /// When a daily one starts again.
    pub resets_at: Option<DateTime<Utc>>,
}

/// Why usage cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The tenant cannot be read.
    #[error("the tenant cannot be read: {0}")]
    Tenant(#[from] LoadError),
    /// The read side does not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The usage of a tenant at `now`, in the order of [`Meter::LIMITED`].
///
/// # Errors
/// See [`UsageError`].
pub async fn of(
    bus: &CommandBus,
    models: &dyn ReadModels,
    tenant: TenantId,
    now: DateTime<Utc>,
) -> Result<Vec<Usage>, UsageError> {
    let loaded = bus.load::<Tenant>(tenant, &tenant.to_string()).await?;
    let state = loaded.map(|(state, _)| state).unwrap_or_default();
    let today = state.day(now);
    let mut all = Vec::with_capacity(Meter::LIMITED.len());
    for meter in Meter::LIMITED {
        let keys: Vec<_> = if meter.is_daily() {
            day::quarters(today.clone()).map(|at| usage::key(meter, at)).collect()
        } else {
            vec![usage::key(meter, now)]
        };
        let rows = models.rows(tenant, TABLE, &keys).await?;
        let used = rows.iter().filter_map(|row| row.cell("used").as_int()).sum();
        let resets_at = meter.is_daily().then_some(today.end);
        all.push(Usage { meter, used, limit: state.limit(meter), resets_at });
    }
    Ok(all)
}
