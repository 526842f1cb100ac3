//! Commands and events of a tenant.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::plan::{LimitRule, Plan};
use crate::calendar::BusinessHours;
use crate::{Meter, TenantId};

/// State (CHATI-8, aggregates §2.8). BANNED is final but for the platform's operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum TenantStatus {
    #[default]
    Trial,
    Active,
    /// Inbound is still recorded; outbound is refused.
    Suspended,
    /// Inbound is rejected too.
    Banned,
}

impl TenantStatus {
    /// Are facts from providers recorded? Only a ban turns them away: a suspended business
    /// loses no message.
    pub const fn accepts_inbound(self) -> bool {
        match self {
            Self::Trial | Self::Active | Self::Suspended => true,
            Self::Banned => false,
        }
    }

    /// May messages leave, and may the AI act?
    pub const fn accepts_outbound(self) -> bool {
        match self {
            Self::Trial | Self::Active => true,
            Self::Suspended | Self::Banned => false,
        }
    }
}

/// How far the AI by itself (CS-35, CS-36).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AiMode {
    /// It suggests, a person approves.
    #[default]
    Assisted,
    /// It answers by itself in the allowed categories.
    Autopilot,
}

/// Category of triage (X-CS-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum TriageCategory {
    Reclamo,
    Info,
    Facturacion,
    Tracking,
    Cotizacion,
    Otro,
}

impl TriageCategory {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Reclamo,
        Self::Info,
        Self::Facturacion,
        Self::Tracking,
        Self::Cotizacion,
        Self::Otro,
    ];

    /// Stable text, as in JSON and keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reclamo => "RECLAMO",
            Self::Info => "INFO",
            Self::Facturacion => "FACTURACION",
            Self::Tracking => "TRACKING",
            Self::Cotizacion => "COTIZACION",
            Self::Otro => "OTRO",
        }
    }

    /// Must a person always approve the answer (CS-38)?
    pub const fn is_high_risk(self) -> bool {
        match self {
            Self::Reclamo => true,
            Self::Info | Self::Facturacion | Self::Tracking | Self::Cotizacion | Self::Otro => {
                false
            }
        }
    }
}

/// Commands of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TenantCommand {
    /// Makes the tenant, in TRIAL.
    Register {
        /// Name, 1–120 characters.
        name: String,
        /// Short name for addresses: 3–40 of `a–z 0–9 -`; unique across the installation.
        slug: String,
        /// Plan.
        plan: Plan,
        /// IANA time zone, such as `America/Argentina/Buenos_Aires`.
        time_zone: String,
    },
    /// Another name or time zone.
    UpdateSettings {
        /// Name; unchanged when absent.
        name: Option<String>,
        /// IANA time zone; unchanged when absent.
        time_zone: Option<String>,
    },
    /// Ends the trial or a suspension.
    Activate,
    /// Another plan.
    ChangePlan {
        /// Plan.
        plan: Plan,
    },
    /// Another AI mode.
    SetAiMode {
        /// Mode.
        mode: AiMode,
    },
    /// Categories in which the AI may answer by itself. High-risk ones (RECLAMO) are refused
    /// (CS-38).
    SetAutopilotCategories {
        /// Categories.
        categories: BTreeSet<TriageCategory>,
    },
    /// Confidence from which the AI is believed.
    SetConfidenceThreshold {
        /// In basis points, 0–10,000 (0.7 = 7,000).
        threshold_bp: i64,
    },
    /// When people work there, in its time zone.
    SetBusinessHours {
        /// Hours and holidays.
        hours: BusinessHours,
    },
    /// Another limit than the plan's (CHATI-9). The platform's to give, never the tenant's.
    OverrideLimit {
        /// Of which meter; one that plans limit.
        meter: Meter,
        /// What bounds it from now on.
        rule: LimitRule,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// The trial is over: until it is activated nothing goes out. Means nothing after the trial.
    EndTrial,
    /// Suspends it.
    Suspend {
        /// Why.
        reason: String,
    },
    /// Bans it.
    Ban {
        /// Why.
        reason: String,
    },
    /// Ends a suspension or lifts a ban. The platform's to give, never the tenant's.
    Reactivate {
        /// Why, 1–500 characters.
        reason: String,
    },
}

/// Events of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum TenantEvent {
    /// `tenant` is its own id, which claims name as owner. Those who registered before trials
    /// had an end have none.
    TenantRegistered {
        tenant: TenantId,
        name: String,
        slug: String,
        plan: Plan,
        time_zone: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trial_ends_at: Option<DateTime<Utc>>,
    },
    TenantSettingsChanged {
        name: String,
        time_zone: String,
    },
    TenantActivated {
        from: TenantStatus,
    },
    PlanChanged {
        from: Plan,
        to: Plan,
    },
    AiModeChanged {
        from: AiMode,
        to: AiMode,
    },
    AutopilotCategoriesChanged {
        categories: BTreeSet<TriageCategory>,
    },
    ConfidenceThresholdChanged {
        threshold_bp: i64,
    },
    BusinessHoursChanged {
        hours: BusinessHours,
    },
    LimitOverridden {
        meter: Meter,
        from: LimitRule,
        to: LimitRule,
        reason: String,
    },
    /// It is suspended now.
    TrialEnded {
        at: DateTime<Utc>,
    },
    TenantSuspended {
        from: TenantStatus,
        reason: String,
    },
    TenantBanned {
        from: TenantStatus,
        reason: String,
    },
    TenantReactivated {
        from: TenantStatus,
        reason: String,
    },
}

impl DomainEvent for TenantEvent {
    fn event_type(&self) -> String {
        match self {
            Self::TenantRegistered { .. } => "TenantRegistered",
            Self::TenantSettingsChanged { .. } => "TenantSettingsChanged",
            Self::TenantActivated { .. } => "TenantActivated",
            Self::PlanChanged { .. } => "PlanChanged",
            Self::AiModeChanged { .. } => "AiModeChanged",
            Self::AutopilotCategoriesChanged { .. } => "AutopilotCategoriesChanged",
            Self::ConfidenceThresholdChanged { .. } => "ConfidenceThresholdChanged",
            Self::BusinessHoursChanged { .. } => "BusinessHoursChanged",
            Self::LimitOverridden { .. } => "LimitOverridden",
            Self::TrialEnded { .. } => "TrialEnded",
            Self::TenantSuspended { .. } => "TenantSuspended",
            Self::TenantBanned { .. } => "TenantBanned",
            Self::TenantReactivated { .. } => "TenantReactivated",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
