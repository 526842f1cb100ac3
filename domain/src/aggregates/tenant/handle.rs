//! State, decisions and claims of a tenant.

use std::collections::BTreeSet;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::refusal::TenantRefusal;
use super::vocabulary::{AiMode, Plan, TenantCommand, TenantEvent, TenantStatus, TriageCategory};
use crate::text::trimmed;
use crate::{Claim, Directed, DomainAggregate, TenantId};

/// Kind of the claim on a slug; its owner text is the tenant's id.
pub const SLUG_CLAIM: &str = "tenant.slug";
/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Confidence from which the AI is believed until somebody says otherwise: 0.7.
const DEFAULT_THRESHOLD_BP: i64 = 7_000;

/// What is fixed by the registration, and the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Profile {
    tenant: TenantId,
    name: String,
    slug: String,
    plan: Plan,
    time_zone: String,
}

/// A business that uses Bitácora.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// `None` before it is registered.
    profile: Option<Profile>,
    status: TenantStatus,
    ai_mode: AiMode,
    autopilot: BTreeSet<TriageCategory>,
    threshold_bp: i64,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            profile: None,
            status: TenantStatus::default(),
            ai_mode: AiMode::default(),
            autopilot: BTreeSet::new(),
            threshold_bp: DEFAULT_THRESHOLD_BP,
        }
    }
}

type Decision = Result<Vec<TenantEvent>, TenantRefusal>;

impl Aggregate for Tenant {
    const TYPE: &'static str = "tenant";
    type Command = Directed<TenantCommand>;
    type Event = TenantEvent;
    type Error = TenantRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let (of, body) = command.split();
        for event in self.decide(&of, body)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        use TenantEvent as E;
        match event {
            E::TenantRegistered { tenant, name, slug, plan, time_zone } => {
                self.profile = Some(Profile { tenant, name, slug, plan, time_zone });
                self.status = TenantStatus::Trial;
            }
            E::TenantSettingsChanged { name, time_zone } => {
                if let Some(profile) = &mut self.profile {
                    profile.name = name;
                    profile.time_zone = time_zone;
                }
            }
            E::TenantActivated { .. } => self.status = TenantStatus::Active,
            E::PlanChanged { to, .. } => {
                if let Some(profile) = &mut self.profile {
                    profile.plan = to;
                }
            }
            E::AiModeChanged { to, .. } => self.ai_mode = to,
            E::AutopilotCategoriesChanged { categories } => self.autopilot = categories,
            E::ConfidenceThresholdChanged { threshold_bp } => self.threshold_bp = threshold_bp,
            E::TenantSuspended { .. } => self.status = TenantStatus::Suspended,
            E::TenantBanned { .. } => self.status = TenantStatus::Banned,
        }
    }
}

impl Tenant {
    /// Its state; `None` before it is registered.
    pub fn status(&self) -> Option<TenantStatus> {
        self.profile.as_ref().map(|_| self.status)
    }

    /// Its name.
    pub fn name(&self) -> Option<&str> {
        self.profile.as_ref().map(|profile| profile.name.as_str())
    }

    /// Its short name for addresses.
    pub fn slug(&self) -> Option<&str> {
        self.profile.as_ref().map(|profile| profile.slug.as_str())
    }

    /// Its plan.
    pub fn plan(&self) -> Option<Plan> {
        self.profile.as_ref().map(|profile| profile.plan)
    }

    /// Its IANA time zone.
    pub fn time_zone(&self) -> Option<&str> {
        self.profile.as_ref().map(|profile| profile.time_zone.as_str())
    }

    /// How far the AI may go by itself.
    pub const fn ai_mode(&self) -> AiMode {
        self.ai_mode
    }

    /// Categories in which the AI may answer by itself.
    pub const fn autopilot_categories(&self) -> &BTreeSet<TriageCategory> {
        &self.autopilot
    }

    /// Confidence from which the AI is believed, basis points.
    pub const fn confidence_threshold_bp(&self) -> i64 {
        self.threshold_bp
    }

    fn decide(&self, of: &Directed<()>, body: TenantCommand) -> Decision {
        use TenantCommand as C;
        if self.status == TenantStatus::Banned {
            return Err(TenantRefusal::Banned);
        }
        let Some(profile) = &self.profile else { return register(of, body) };
        match body {
            C::Register { name, slug, plan, time_zone } => {
                let again = checked(profile.tenant, &name, slug, plan, time_zone)?;
                if *profile == again { Ok(vec![]) } else { Err(TenantRefusal::AlreadyRegistered) }
            }
            C::UpdateSettings { name, time_zone } => update(profile, name, time_zone),
            C::Activate => Ok(match self.status {
                TenantStatus::Trial | TenantStatus::Suspended => {
                    vec![TenantEvent::TenantActivated { from: self.status }]
                }
                TenantStatus::Active | TenantStatus::Banned => vec![],
            }),
            C::ChangePlan { plan } if plan == profile.plan => Ok(vec![]),
            C::ChangePlan { plan } => {
                Ok(vec![TenantEvent::PlanChanged { from: profile.plan, to: plan }])
            }
            C::SetAiMode { mode } if mode == self.ai_mode => Ok(vec![]),
            C::SetAiMode { mode } => {
                Ok(vec![TenantEvent::AiModeChanged { from: self.ai_mode, to: mode }])
            }
            C::SetAutopilotCategories { categories } => {
                if categories.iter().any(|category| category.is_high_risk()) {
                    return Err(TenantRefusal::HighRiskCategory);
                }
                if categories == self.autopilot {
                    return Ok(vec![]);
                }
                Ok(vec![TenantEvent::AutopilotCategoriesChanged { categories }])
            }
            C::SetConfidenceThreshold { threshold_bp } => {
                if !(0..=10_000).contains(&threshold_bp) {
                    return Err(TenantRefusal::InvalidThreshold);
                }
                if threshold_bp == self.threshold_bp {
                    return Ok(vec![]);
                }
                Ok(vec![TenantEvent::ConfidenceThresholdChanged { threshold_bp }])
            }
            C::Suspend { reason } => {
                let reason = trimmed(&reason, REASON_MAX).ok_or(TenantRefusal::InvalidReason)?;
                Ok(match self.status {
                    TenantStatus::Trial | TenantStatus::Active => {
                        vec![TenantEvent::TenantSuspended { from: self.status, reason }]
                    }
                    TenantStatus::Suspended | TenantStatus::Banned => vec![],
                })
            }
            C::Ban { reason } => {
                let reason = trimmed(&reason, REASON_MAX).ok_or(TenantRefusal::InvalidReason)?;
                Ok(vec![TenantEvent::TenantBanned { from: self.status, reason }])
            }
        }
    }
}

fn register(of: &Directed<()>, body: TenantCommand) -> Decision {
    let TenantCommand::Register { name, slug, plan, time_zone } = body else {
        return Err(TenantRefusal::NotFound);
    };
    let tenant = of.aggregate_id.parse().map_err(|_| TenantRefusal::InvalidId)?;
    let Profile { tenant, name, slug, plan, time_zone } =
        checked(tenant, &name, slug, plan, time_zone)?;
    Ok(vec![TenantEvent::TenantRegistered { tenant, name, slug, plan, time_zone }])
}

fn update(profile: &Profile, name: Option<String>, time_zone: Option<String>) -> Decision {
    let name = match name {
        Some(name) => trimmed(&name, NAME_MAX).ok_or(TenantRefusal::InvalidName)?,
        None => profile.name.clone(),
    };
    let time_zone = time_zone.map_or_else(|| Ok(profile.time_zone.clone()), known_time_zone)?;
    if (&name, &time_zone) == (&profile.name, &profile.time_zone) {
        return Ok(vec![]);
    }
    Ok(vec![TenantEvent::TenantSettingsChanged { name, time_zone }])
}

fn checked(
    tenant: TenantId,
    name: &str,
    slug: String,
    plan: Plan,
    time_zone: String,
) -> Result<Profile, TenantRefusal> {
    let name = trimmed(name, NAME_MAX).ok_or(TenantRefusal::InvalidName)?;
    if !is_slug(&slug) {
        return Err(TenantRefusal::InvalidSlug);
    }
    Ok(Profile { tenant, name, slug, plan, time_zone: known_time_zone(time_zone)? })
}

fn is_slug(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=40).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn known_time_zone(name: String) -> Result<String, TenantRefusal> {
    match name.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(name),
        Err(_) => Err(TenantRefusal::InvalidTimeZone),
    }
}

impl DomainAggregate for Tenant {
    type Body = TenantCommand;
    type Refusal = TenantRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "TenantRegistered",
        "TenantSettingsChanged",
        "TenantActivated",
        "PlanChanged",
        "AiModeChanged",
        "AutopilotCategoriesChanged",
        "ConfidenceThresholdChanged",
        "TenantSuspended",
        "TenantBanned",
    ];
    const STATE_SCHEMA: u32 = 1;

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        use TenantEvent as E;
        match event {
            E::TenantRegistered { tenant, slug, .. } => {
                vec![Claim::take(SLUG_CLAIM, slug, tenant).installation_wide()]
            }
            E::TenantSettingsChanged { .. }
            | E::TenantActivated { .. }
            | E::PlanChanged { .. }
            | E::AiModeChanged { .. }
            | E::AutopilotCategoriesChanged { .. }
            | E::ConfidenceThresholdChanged { .. }
            | E::TenantSuspended { .. }
            | E::TenantBanned { .. } => Vec::new(),
        }
    }
}
