//! The tenant: plan, state and settings. Read from its stream itself, so it is never behind.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_domain::aggregates::tenant::{self as domain, Tenant as Aggregate};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::business_hours::BusinessHours;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{Entity, Receipted};

/// Plan of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Plan")]
pub enum Plan {
    /// Free of charge.
    Free,
    /// For small teams.
    Starter,
    /// For larger teams.
    Pro,
    /// By agreement.
    Enterprise,
}

/// State of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TenantStatus")]
pub enum TenantStatus {
    /// Trying it out.
    Trial,
    /// In use.
    Active,
    /// Inbound is recorded; outbound is refused.
    Suspended,
    /// Inbound is rejected too.
    Banned,
}

/// How far the AI may go by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AiMode")]
pub enum AiMode {
    /// It suggests, a person approves.
    Assisted,
    /// It answers by itself in the allowed categories.
    Autopilot,
}

/// Category of triage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TriageCategory")]
pub enum TriageCategory {
    /// Complaint; high risk, never for the AI alone.
    Reclamo,
    /// Information.
    Info,
    /// Billing.
    Facturacion,
    /// Tracking of a shipment.
    Tracking,
    /// Quotation.
    Cotizacion,
    /// Anything else.
    Otro,
}

/// A tenant with its version.
#[derive(Clone, Debug)]
pub struct Tenant {
    uuid: Uuid,
    state: Aggregate,
    version: i64,
}

/// The business that the caller works for.
#[Object]
impl Tenant {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Tenant.id(self.uuid)
    }
    /// The id in raw events and in the history.
    async fn uuid(&self) -> Uuid {
        self.uuid
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.version
    }
    /// Name.
    async fn name(&self) -> Option<&str> {
        self.state.name()
    }
    /// Short name for addresses.
    async fn slug(&self) -> Option<&str> {
        self.state.slug()
    }
    /// Plan.
    async fn plan(&self) -> Option<Plan> {
        self.state.plan().map(Into::into)
    }
    /// State.
    async fn status(&self) -> Option<TenantStatus> {
        self.state.status().map(Into::into)
    }
    /// IANA time zone, such as `America/Argentina/Buenos_Aires`.
    async fn time_zone(&self) -> Option<&str> {
        self.state.time_zone()
    }
    /// How far the AI may go by itself.
    async fn ai_mode(&self) -> AiMode {
        self.state.ai_mode().into()
    }
    /// Categories in which the AI may answer by itself.
    async fn autopilot_categories(&self) -> Vec<TriageCategory> {
        self.state.autopilot_categories().iter().map(|category| (*category).into()).collect()
    }
    /// Confidence from which the AI is believed, in basis points (0.7 = 7,000).
    async fn confidence_threshold_bp(&self) -> i64 {
        self.state.confidence_threshold_bp()
    }
    /// When the trial ends, or ended; null when it has no end. Then nothing goes out until the
    /// tenant is activated.
    async fn trial_ends_at(&self) -> Option<DateTime<Utc>> {
        self.state.trial_ends_at()
    }
    /// When people work there.
    async fn business_hours(&self) -> BusinessHours {
        self.state.business_hours().into()
    }
}

impl Tenant {
    /// The caller's tenant; `None` before it is registered.
    ///
    /// # Errors
    /// When the log does not answer.
    pub async fn load(caller: &Caller) -> Result<Option<Self>, Fault> {
        let uuid = caller.tenant().as_uuid();
        let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &uuid.to_string()).await;
        let loaded = loaded.map_err(Fault::unavailable)?;
        Ok(loaded.map(|(state, version)| Self { uuid, state, version: version.0 }))
    }
}

impl Entity for Tenant {
    async fn after(caller: &Caller, _: &Receipted) -> Option<Self> {
        Self::load(caller).await.ok().flatten()
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct TenantQueries;

#[Object]
impl TenantQueries {
    /// The tenant that the caller works for; null before it is registered. Never behind, so
    /// there is no `atLeast`.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Option<Tenant>> {
        Ok(Tenant::load(Caller::of(ctx)?).await?)
    }
}
