//! May a tenant's messages leave the house? The one place that says so, for everything that
//! queues something outbound: mutations, reactors, imports.
//!
//! A tenant that was suspended or banned a moment ago may still be believed active for as long as
//! [`BELIEVED_FOR`]; a refusal is never decided on what is remembered.

use bitacora_domain::aggregates::tenant::{Tenant, TenantStatus};
use bitacora_domain::{CommandId, TenantId};
use chrono::TimeDelta;

use crate::CommandBus;
use crate::bus::LoadError;
use crate::limits::TenantFacts;
use crate::memory::Memory;
use crate::ports::LogError;

/// How long a tenant's state is believed.
const BELIEVED_FOR: TimeDelta = TimeDelta::seconds(2);
/// Tenants remembered.
const REMEMBERED: usize = 20_000;

/// Why nothing may leave.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OutboundError {
    /// The tenant was never registered.
    #[error("there is no such tenant")]
    NotFound,
    /// The tenant is suspended: what comes in is recorded, nothing goes out.
    #[error("the tenant is suspended")]
    Suspended,
    /// The tenant is banned.
    #[error("the tenant is banned")]
    Banned,
    /// The tenant's state cannot be read; trying again may work.
    #[error(transparent)]
    Unavailable(#[from] LogError),
    /// The tenant's stream cannot be decoded.
    #[error("the tenant cannot be read: {0}")]
    Unreadable(String),
}

impl OutboundError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "TENANT_NOT_FOUND",
            Self::Suspended => "TENANT_SUSPENDED",
            Self::Banned => "TENANT_BANNED",
            Self::Unavailable(_) => "LOG_UNAVAILABLE",
            Self::Unreadable(_) => "STREAM_UNREADABLE",
        }
    }

    /// Is it a refusal, and no failure to find out?
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound | Self::Suspended | Self::Banned => true,
            Self::Unavailable(_) | Self::Unreadable(_) => false,
        }
    }
}

impl From<LoadError> for OutboundError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Log(error) => error.into(),
            LoadError::Unreadable(error) => Self::Unreadable(error.to_string()),
        }
    }
}

/// What the bus remembers of tenants.
pub(crate) struct Tenants(Memory<TenantId, TenantFacts>);

impl Tenants {
    pub(crate) fn new() -> Self {
        Self(Memory::new(REMEMBERED, BELIEVED_FOR))
    }
}

impl CommandBus {
    /// May `tenant` queue something outbound by `command` now? A command that was done before
    /// may: its first outcome stands, whatever became of the tenant since.
    ///
    /// # Errors
    /// See [`OutboundError`].
    pub async fn require_outbound(
        &self,
        tenant: TenantId,
        command: CommandId,
    ) -> Result<(), OutboundError> {
        let believed = self.tenants().0.get(&tenant, self.clock().now());
        if believed.is_some_and(|facts| facts.status.accepts_outbound()) {
            return Ok(());
        }
        let refusal = match self.tenant_status(tenant).await? {
            Some(TenantStatus::Trial | TenantStatus::Active) => return Ok(()),
            Some(TenantStatus::Suspended) => OutboundError::Suspended,
            Some(TenantStatus::Banned) => OutboundError::Banned,
            None => OutboundError::NotFound,
        };
        match self.log().outcome(tenant, command).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(LogError::UnknownTenant) => Err(refusal),
            Err(error) => Err(error.into()),
        }
    }

    /// Are facts that providers tell about `tenant` recorded? Believed for a moment, either way.
    pub(crate) async fn accepts_inbound(&self, tenant: TenantId) -> Result<bool, LoadError> {
        let facts = self.tenant_facts(tenant).await?;
        Ok(facts.is_none_or(|facts| facts.status.accepts_inbound()))
    }

    /// What is believed of the tenant, for a moment; `None` when it was never registered.
    pub(crate) async fn tenant_facts(
        &self,
        tenant: TenantId,
    ) -> Result<Option<TenantFacts>, LoadError> {
        match self.tenants().0.get(&tenant, self.clock().now()) {
            Some(facts) => Ok(Some(facts)),
            None => self.fresh_tenant_facts(tenant).await,
        }
    }

    /// The tenant's state as the log has it now; `None` when it was never registered.
    async fn tenant_status(&self, tenant: TenantId) -> Result<Option<TenantStatus>, LoadError> {
        Ok(self.fresh_tenant_facts(tenant).await?.map(|facts| facts.status))
    }

    async fn fresh_tenant_facts(&self, tenant: TenantId) -> Result<Option<TenantFacts>, LoadError> {
        let asked_at = self.clock().now();
        let loaded = self.load::<Tenant>(tenant, &tenant.to_string()).await?;
        let facts = loaded.and_then(|(state, _)| TenantFacts::of(&state));
        if let Some(facts) = facts {
            self.tenants().0.put(tenant, facts, asked_at);
        }
        Ok(facts)
    }
}
