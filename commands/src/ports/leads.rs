//! What leads need outside: the forms behind ads, the tenant's systems that take leads, and the
//! number that writes to them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::delivery::{DeliveryTarget, TargetKind};
use bitacora_domain::aggregates::offer::AdKey;
use bitacora_domain::{ChannelAccountId, ContactId, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The outside of leads, in one handful.
#[derive(Clone)]
pub struct LeadPorts {
    /// Fetches forms.
    pub forms: Arc<dyn LeadForms>,
    /// Knows the tenant's systems that take leads.
    pub targets: Arc<dyn DeliveryTargets>,
    /// Tells them.
    pub receiver: Arc<dyn LeadReceiver>,
    /// Knows which number writes to whom.
    pub outreach: Arc<dyn Outreach>,
}

impl LeadPorts {
    /// With nothing connected: nothing comes in by them and nothing leaves.
    pub fn none() -> Self {
        let none = Arc::new(NoLeadPorts);
        Self { forms: none.clone(), targets: none.clone(), receiver: none.clone(), outreach: none }
    }
}

/// The forms behind ads. Implementations bound their own time and memory.
#[async_trait]
pub trait LeadForms: Send + Sync + 'static {
    /// The form that the source calls `external_id`, as it was filled in.
    ///
    /// # Errors
    /// [`FormFault`] says whether asking again is of use.
    async fn fetch(&self, external_id: &str) -> Result<FilledForm, FormFault>;
}

/// A form as it was filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct FilledForm {
    /// Ad, form and campaign, as far as the source tells.
    pub ads: Vec<AdKey>,
    /// Question and answers, in order.
    pub fields: Vec<(String, Vec<String>)>,
}

impl fmt::Debug for FilledForm {
    /// Masked: what was filled in is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilledForm({} fields)", self.fields.len())
    }
}

/// A form could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// No answer, or one that is nobody's fault for good.
    #[error("the source gave no form: {0}")]
    Passing(&'static str),
    /// Somebody has to mend something on our side; asking again is of use then.
    #[error("the source does not let us: {0}")]
    Forbidden(&'static str),
    /// There is no such form, or no more.
    #[error("the source has no such form: {0}")]
    Gone(&'static str),
}

impl FormFault {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Passing(code) | Self::Forbidden(code) | Self::Gone(code) => code,
        }
    }

    /// Would another attempt be of use?
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Passing(_) | Self::Forbidden(_) => true,
            Self::Gone(_) => false,
        }
    }
}

/// Something of these ports cannot be reached; trying again may work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store cannot be reached: {0}")]
pub struct LookupError(pub String);

/// A system of a tenant that takes leads.
#[derive(Clone, PartialEq, Eq)]
pub struct TargetRow {
    /// Id, as deliveries name it.
    pub id: Uuid,
    /// What it is.
    pub kind: TargetKind,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What signs what it is told: the newest first, the one before it while it is replaced.
    /// Bytes, as in Standard Webhooks.
    pub secrets: Vec<Vec<u8>>,
    /// Leads go there.
    pub enabled: bool,
    /// When it was connected.
    pub connected_at: DateTime<Utc>,
}

impl fmt::Debug for TargetRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetRow")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

impl TargetRow {
    /// As a delivery names it.
    pub fn target(&self) -> DeliveryTarget {
        DeliveryTarget { id: self.id, kind: self.kind, name: self.name.clone() }
    }
}

/// What became of connecting a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetOutcome {
    /// It is so now.
    Done,
    /// The tenant has no such system.
    NotFound,
    /// The tenant has as many as it can have.
    TooMany,
}

/// The systems of tenants that take leads. Addresses and secrets must be forgotten one day and
/// therefore are not in the log.
#[async_trait]
pub trait DeliveryTargets: Send + Sync + 'static {
    /// All of a tenant, in the order in which they were connected.
    async fn list(&self, tenant: TenantId) -> Result<Vec<TargetRow>, LookupError>;

    /// One of a tenant.
    async fn find(&self, tenant: TenantId, id: Uuid) -> Result<Option<TargetRow>, LookupError>;

    /// Connects a system, at most ten of a tenant. One that is there already stays as it is.
    async fn connect(
        &self,
        tenant: TenantId,
        target: TargetRow,
    ) -> Result<TargetOutcome, LookupError>;

    /// Leads go there, or no more.
    async fn enable(
        &self,
        tenant: TenantId,
        id: Uuid,
        enabled: bool,
    ) -> Result<TargetOutcome, LookupError>;

    /// Another secret signs from now on; beside it the last one, until the next rotation.
    async fn rotate(
        &self,
        tenant: TenantId,
        id: Uuid,
        secret: Vec<u8>,
    ) -> Result<TargetOutcome, LookupError>;
}

/// What a system is told.
#[derive(Clone)]
pub struct Notice {
    /// The same on every attempt: the receiver's idempotency key.
    pub id: String,
    /// Of this attempt.
    pub at: DateTime<Utc>,
    /// JSON.
    pub body: Vec<u8>,
}

/// A system took a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What it calls it, if it says so.
    pub reference: Option<String>,
}

/// A system did not say that it took a lead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    /// It certainly has not got it; another attempt may help.
    #[error("the system did not take it: {0}")]
    Failed(String),
    /// It certainly has not got it and never will.
    #[error("the system takes no more: {0}")]
    Refused(String),
    /// The request left and no answer came.
    #[error("nobody knows whether the system has it: {0}")]
    Unknown(&'static str),
}

/// Tells systems of leads.
#[async_trait]
pub trait LeadReceiver: Send + Sync + 'static {
    /// May `url` be told of leads?
    ///
    /// # Errors
    /// [`NoticeFault::Refused`] says why not.
    fn check(&self, url: &str) -> Result<(), NoticeFault>;

    /// Tells `target`, once.
    ///
    /// # Errors
    /// [`NoticeFault`] says what is known.
    async fn tell(&self, target: &TargetRow, notice: Notice) -> Result<Taken, NoticeFault>;
}

/// Which number writes to whom.
#[async_trait]
pub trait Outreach: Send + Sync + 'static {
    /// The channel account over which `contact` is written to: the one of its last conversation,
    /// else the tenant's first that works. `None` when there is none.
    async fn channel_for(
        &self,
        tenant: TenantId,
        contact: ContactId,
    ) -> Result<Option<ChannelAccountId>, LookupError>;
}

/// Stands where nothing is connected.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLeadPorts;

#[async_trait]
impl LeadForms for NoLeadPorts {
    async fn fetch(&self, _: &str) -> Result<FilledForm, FormFault> {
        Err(FormFault::Forbidden("NO_FORMS"))
    }
}

#[async_trait]
impl DeliveryTargets for NoLeadPorts {
    async fn list(&self, _: TenantId) -> Result<Vec<TargetRow>, LookupError> {
        Ok(Vec::new())
    }
    async fn find(&self, _: TenantId, _: Uuid) -> Result<Option<TargetRow>, LookupError> {
        Ok(None)
    }
    async fn connect(&self, _: TenantId, _: TargetRow) -> Result<TargetOutcome, LookupError> {
        Err(LookupError("no systems can be connected here".into()))
    }
    async fn enable(&self, _: TenantId, _: Uuid, _: bool) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::NotFound)
    }
    async fn rotate(&self, _: TenantId, _: Uuid, _: Vec<u8>) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::NotFound)
    }
}

#[async_trait]
impl LeadReceiver for NoLeadPorts {
    fn check(&self, _: &str) -> Result<(), NoticeFault> {
        Err(NoticeFault::Refused("NO_RECEIVER".into()))
    }
    async fn tell(&self, _: &TargetRow, _: Notice) -> Result<Taken, NoticeFault> {
        Err(NoticeFault::Failed("NO_RECEIVER".into()))
    }
}

#[async_trait]
impl Outreach for NoLeadPorts {
    async fn channel_for(
        &self,
        _: TenantId,
        _: ContactId,
    ) -> Result<Option<ChannelAccountId>, LookupError> {
        Ok(None)
    }
}
