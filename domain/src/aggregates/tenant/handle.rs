//! Decisions, claims and timers of a tenant.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::plan::{LimitRule, Plan};
use super::refusal::TenantRefusal;
use super::state::{Profile, Tenant};
use super::vocabulary::{TenantCommand, TenantEvent, TenantStatus, TriageCategory};
use crate::text::trimmed;
use crate::{Claim, Directed, DomainAggregate, Effect, Meter, TenantId};

/// Kind of the claim on a slug; its owner text is the tenant's id.
pub const SLUG_CLAIM: &str = "tenant.slug";
/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// How long a trial is (X-CHATI-1).
const TRIAL: TimeDelta = TimeDelta::days(14);

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
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.take(event);
    }
}

impl Tenant {
    fn answer(&self, of: &Directed<()>, body: TenantCommand) -> Decision {
        use TenantCommand as C;
        let lifts_a_ban = matches!(body, C::Reactivate { .. });
        if self.status == TenantStatus::Banned && !lifts_a_ban {
            return Err(TenantRefusal::Banned);
        }
        let Some(profile) = &self.profile else { return register(of, body) };
        match body {
            C::Register { name, slug, plan, time_zone } => {
                let again = checked(profile.tenant, &name, slug, plan, time_zone)?;
                if *profile == again { Ok(vec![]) } else { Err(TenantRefusal::AlreadyRegistered) }
            }
            C::UpdateSettings { name, time_zone } => update(profile, name, time_zone),
            C::ChangePlan { plan } => Ok(changed(
                plan != profile.plan,
                TenantEvent::PlanChanged { from: profile.plan, to: plan },
            )),
            C::SetAiMode { mode } => Ok(changed(
                mode != self.ai_mode,
                TenantEvent::AiModeChanged { from: self.ai_mode, to: mode },
            )),
            C::SetAutopilotCategories { categories } => self.set_autopilot(categories),
            C::SetConfidenceThreshold { threshold_bp } => {
                if !(0..=10_000).contains(&threshold_bp) {
                    return Err(TenantRefusal::InvalidThreshold);
                }
                let event = TenantEvent::ConfidenceThresholdChanged { threshold_bp };
                Ok(changed(threshold_bp != self.threshold_bp, event))
            }
            C::SetBusinessHours { hours } => {
                let hours = hours.checked().ok_or(TenantRefusal::InvalidBusinessHours)?;
                Ok(changed(hours != self.hours, TenantEvent::BusinessHoursChanged { hours }))
            }
            C::OverrideLimit { meter, rule, reason } => self.override_limit(meter, rule, &reason),
            C::Activate
            | C::EndTrial
            | C::Suspend { .. }
            | C::Ban { .. }
            | C::Reactivate { .. } => self.stand(of, body),
        }
    }

    /// What changes whether it may work.
    fn stand(&self, of: &Directed<()>, body: TenantCommand) -> Decision {
        use TenantCommand as C;
        use TenantStatus::{Active, Banned, Suspended, Trial};
        let from = self.status;
        Ok(match body {
            C::Activate => {
                changed(matches!(from, Trial | Suspended), TenantEvent::TenantActivated { from })
            }
            C::EndTrial => changed(from == Trial, TenantEvent::TrialEnded { at: of.now }),
            C::Suspend { reason } => {
                let reason = why(&reason)?;
                let event = TenantEvent::TenantSuspended { from, reason };
                changed(matches!(from, Trial | Active), event)
            }
            C::Ban { reason } => {
                changed(true, TenantEvent::TenantBanned { from, reason: why(&reason)? })
            }
            C::Reactivate { reason } => {
                let reason = why(&reason)?;
                let event = TenantEvent::TenantReactivated { from, reason };
                changed(matches!(from, Suspended | Banned), event)
            }
            C::Register { .. }
            | C::UpdateSettings { .. }
            | C::ChangePlan { .. }
            | C::SetAiMode { .. }
            | C::SetAutopilotCategories { .. }
            | C::SetConfidenceThreshold { .. }
            | C::SetBusinessHours { .. }
            | C::OverrideLimit { .. } => vec![],
        })
    }

    fn set_autopilot(&self, categories: BTreeSet<TriageCategory>) -> Decision {
        if categories.iter().any(|category| category.is_high_risk()) {
            return Err(TenantRefusal::HighRiskCategory);
        }
        let differs = categories != self.autopilot;
        Ok(changed(differs, TenantEvent::AutopilotCategoriesChanged { categories }))
    }

    fn override_limit(&self, meter: Meter, rule: LimitRule, reason: &str) -> Decision {
        if !Meter::LIMITED.contains(&meter) {
            return Err(TenantRefusal::MeterNotLimited);
        }
        if !rule.is_valid() {
            return Err(TenantRefusal::InvalidLimit);
        }
        let (from, reason) = (self.limit_rule(meter), why(reason)?);
        Ok(changed(rule != from, TenantEvent::LimitOverridden { meter, from, to: rule, reason }))
    }
}

/// The event, unless nothing would change.
fn changed(differs: bool, event: TenantEvent) -> Vec<TenantEvent> {
    if differs { vec![event] } else { vec![] }
}

fn why(reason: &str) -> Result<String, TenantRefusal> {
    trimmed(reason, REASON_MAX).ok_or(TenantRefusal::InvalidReason)
}

fn register(of: &Directed<()>, body: TenantCommand) -> Decision {
    let TenantCommand::Register { name, slug, plan, time_zone } = body else {
        return Err(TenantRefusal::NotFound);
    };
    let tenant = of.aggregate_id.parse().map_err(|_| TenantRefusal::InvalidId)?;
    let Profile { tenant, name, slug, plan, time_zone } =
        checked(tenant, &name, slug, plan, time_zone)?;
    let trial_ends_at = Some(of.now + TRIAL);
    let registered =
        TenantEvent::TenantRegistered { tenant, name, slug, plan, time_zone, trial_ends_at };
    Ok(vec![registered])
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
        "BusinessHoursChanged",
        "LimitOverridden",
        "TrialEnded",
        "TenantSuspended",
        "TenantBanned",
        "TenantReactivated",
    ];
    const STATE_SCHEMA: u32 = 2;

    fn decide(&self, of: &Directed<()>, body: Self::Body) -> Decision {
        self.answer(of, body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        if let TenantEvent::TenantRegistered { tenant, slug, .. } = event {
            return vec![Claim::take(SLUG_CLAIM, slug, tenant).installation_wide()];
        }
        Vec::new()
    }

    fn effects(&self, event: &Self::Event) -> Vec<Effect> {
        match event {
            TenantEvent::TenantRegistered { tenant, trial_ends_at: due @ Some(_), .. } => {
                vec![Effect::command::<Self>(tenant, &TenantCommand::EndTrial, *due)]
            }
            TenantEvent::TenantRegistered { trial_ends_at: None, .. }
            | TenantEvent::TenantSettingsChanged { .. }
            | TenantEvent::TenantActivated { .. }
            | TenantEvent::PlanChanged { .. }
            | TenantEvent::AiModeChanged { .. }
            | TenantEvent::AutopilotCategoriesChanged { .. }
            | TenantEvent::ConfidenceThresholdChanged { .. }
            | TenantEvent::BusinessHoursChanged { .. }
            | TenantEvent::LimitOverridden { .. }
            | TenantEvent::TrialEnded { .. }
            | TenantEvent::TenantSuspended { .. }
            | TenantEvent::TenantBanned { .. }
            | TenantEvent::TenantReactivated { .. } => Vec::new(),
        }
    }
}
