//! State of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::plan::{LimitRule, Plan};
use super::vocabulary::{AiMode, TenantEvent, TenantStatus, TriageCategory};
use crate::calendar::BusinessHours;
use crate::calendar::day::day_of;
use crate::{Meter, TenantId};

/// Confidence from which the AI is believed until somebody says otherwise: 0.7.
const DEFAULT_THRESHOLD_BP: i64 = 7_000;

/// What is fixed by the registration, and the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) tenant: TenantId,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) plan: Plan,
    pub(super) time_zone: String,
}

/// A business that uses Bitácora.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// `None` before it is registered.
    pub(super) profile: Option<Profile>,
    pub(super) status: TenantStatus,
    trial_ends_at: Option<DateTime<Utc>>,
    pub(super) ai_mode: AiMode,
    pub(super) autopilot: BTreeSet<TriageCategory>,
    pub(super) threshold_bp: i64,
    /// Only meters whose rule is not the plan.
    limits: BTreeMap<Meter, LimitRule>,
    pub(super) hours: BusinessHours,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            profile: None,
            status: TenantStatus::default(),
            trial_ends_at: None,
            ai_mode: AiMode::default(),
            autopilot: BTreeSet::new(),
            threshold_bp: DEFAULT_THRESHOLD_BP,
            limits: BTreeMap::new(),
            hours: BusinessHours::default(),
        }
    }
}

impl Tenant {
    pub(super) fn take(&mut self, event: TenantEvent) {
        use TenantEvent as E;
        match event {
            E::TenantRegistered { tenant, name, slug, plan, time_zone, trial_ends_at } => {
                self.profile = Some(Profile { tenant, name, slug, plan, time_zone });
                self.status = TenantStatus::Trial;
                self.trial_ends_at = trial_ends_at;
            }
            E::TenantSettingsChanged { name, time_zone } => {
                if let Some(profile) = &mut self.profile {
                    profile.name = name;
                    profile.time_zone = time_zone;
                }
            }
            E::PlanChanged { to, .. } => {
                if let Some(profile) = &mut self.profile {
                    profile.plan = to;
                }
            }
            E::AiModeChanged { to, .. } => self.ai_mode = to,
            E::AutopilotCategoriesChanged { categories } => self.autopilot = categories,
            E::ConfidenceThresholdChanged { threshold_bp } => self.threshold_bp = threshold_bp,
            E::BusinessHoursChanged { hours } => self.hours = hours,
            E::LimitOverridden { meter, to: LimitRule::Plan, .. } => {
                self.limits.remove(&meter);
            }
            E::LimitOverridden { meter, to, .. } => {
                self.limits.insert(meter, to);
            }
            E::TenantActivated { .. } | E::TenantReactivated { .. } => {
                self.status = TenantStatus::Active;
            }
            E::TrialEnded { .. } | E::TenantSuspended { .. } => {
                self.status = TenantStatus::Suspended;
            }
            E::TenantBanned { .. } => self.status = TenantStatus::Banned,
        }
    }

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

    /// When its trial ends, or ended; `None` when it has no end.
    pub const fn trial_ends_at(&self) -> Option<DateTime<Utc>> {
        self.trial_ends_at
    }

    /// When people work there.
    pub const fn business_hours(&self) -> &BusinessHours {
        &self.hours
    }

    /// Its day that `now` lies in, from midnight to midnight of its zone (UTC before it is
    /// registered).
    pub fn day(&self, now: DateTime<Utc>) -> Range<DateTime<Utc>> {
        let zone = self.time_zone().and_then(|name| name.parse().ok());
        day_of(now, zone.unwrap_or(Tz::UTC))
    }

    /// What bounds a meter.
    pub fn limit_rule(&self, meter: Meter) -> LimitRule {
        self.limits.get(&meter).copied().unwrap_or_default()
    }

    /// The most that a meter may come to; `None` is no limit.
    pub fn limit(&self, meter: Meter) -> Option<i64> {
        self.limit_rule(meter).limit(self.plan()?, meter)
    }
}
