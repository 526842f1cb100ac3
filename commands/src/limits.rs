//! What a tenant's plan allows, as the bus believes it for a moment.

use bitacora_domain::aggregates::tenant::{Tenant, TenantStatus};
use bitacora_domain::{ActorKind, Meter, Tally, TenantId};
use chrono_tz::Tz;

use crate::bus::LoadError;
use crate::{CommandBus, Count, Envelope};

/// What guards the commands of a tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TenantFacts {
    pub(crate) status: TenantStatus,
    zone: Tz,
    /// In the order of [`Meter::ALL`].
    limits: [Option<i64>; Meter::ALL.len()],
}

impl TenantFacts {
    /// Of a registered tenant.
    pub(crate) fn of(tenant: &Tenant) -> Option<Self> {
        let zone = tenant.time_zone().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
        let limits = Meter::ALL.map(|meter| tenant.limit(meter));
        Some(Self { status: tenant.status()?, zone, limits })
    }

    fn limit(&self, meter: Meter) -> Option<i64> {
        let place = Meter::ALL.iter().position(|other| *other == meter)?;
        self.limits.get(place).copied().flatten()
    }
}

impl CommandBus {
    /// The tallies of a command against what the tenant may have today. What a provider tells
    /// is counted and never refused: no message is lost because a plan is used up.
    pub(crate) async fn counts(
        &self,
        envelope: &Envelope,
        tallies: &[Tally],
    ) -> Result<Vec<Count>, LoadError> {
        if tallies.is_empty() || envelope.tenant == TenantId::SYSTEM {
            return Ok(Vec::new());
        }
        let facts = self.tenant_facts(envelope.tenant).await?;
        let zone = facts.map_or(Tz::UTC, |facts| facts.zone);
        let told = match envelope.actor.kind {
            ActorKind::Provider | ActorKind::Contact => true,
            ActorKind::User | ActorKind::ApiKey | ActorKind::Ai | ActorKind::System => false,
        };
        let mut counts: Vec<Count> = Vec::new();
        for Tally { meter, by } in tallies {
            if let Some(count) = counts.iter_mut().find(|count| count.meter == *meter) {
                count.by += by;
                continue;
            }
            let limit = facts.filter(|_| !told).and_then(|facts| facts.limit(*meter));
            let counter = meter.counter(envelope.now, zone);
            counts.push(Count { meter: *meter, counter, by: *by, limit });
        }
        Ok(counts)
    }
}
