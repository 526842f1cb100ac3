//! What administrators do with their tenant. Registering, activating, suspending and banning are
//! the platform's business and have no mutation. Neither do they choose the plan: that mutation is
//! for whoever runs the installation, because nobody has paid for it here.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::tenant::{Tenant as Aggregate, TenantCommand as Command};

use super::business_hours::{self, OpenSpan};
use super::tenants::{AiMode, Plan, Tenant, TriageCategory};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::mutation::{self, Run, Target, mutation_types};
use crate::graphql::scalars::Date;

mutation_types! {
    /// Settings to change; what is absent stays.
    "updateTenantSettings": UpdateTenantSettingsInput {
        /// Name, 1–120 characters.
        pub name: Option<String>,
        /// IANA time zone, such as `America/Argentina/Buenos_Aires`.
        pub time_zone: Option<String>,
    } -> UpdateTenantSettingsPayload | UpdateTenantSettingsError {
        /// The tenant; null when it failed.
        tenant: Tenant
    }
}
mutation_types! {
    /// Another plan.
    "changePlan": ChangePlanInput {
        /// Plan.
        pub plan: Plan,
    } -> ChangePlanPayload | ChangePlanError {
        /// The tenant; null when it failed.
        tenant: Tenant
    }
}
mutation_types! {
    /// Another AI mode.
    "setAiMode": SetAiModeInput {
        /// Mode.
        pub mode: AiMode,
    } -> SetAiModePayload | SetAiModeError {
        /// The tenant; null when it failed.
        tenant: Tenant
    }
}
mutation_types! {
    /// Categories in which the AI may answer by itself.
    "setAutopilotCategories": SetAutopilotCategoriesInput {
        /// All of them; those of high risk are refused.
        pub categories: Vec<TriageCategory>,
    } -> SetAutopilotCategoriesPayload | SetAutopilotCategoriesError {
        /// The tenant; null when it failed.
        tenant: Tenant
    }
}
mutation_types! {
    /// Confidence from which the AI is believed.
    "setConfidenceThreshold": SetConfidenceThresholdInput {
        /// In basis points, 0–10,000 (0.7 = 7,000).
        pub threshold_bp: i64,
    } -> SetConfidenceThresholdPayload | SetConfidenceThresholdError {
        /// The tenant; null when it failed.
        tenant: Tenant
    }
}
mutation_types! {
    /// When people work.
    "setBusinessHours": SetBusinessHoursInput {
        /// The whole week, at most 28 spans that do not overlap.
        pub week: Vec<OpenSpan>,
        /// All holidays, at most 366.
        pub holidays: Vec<Date>,
    } -> SetBusinessHoursPayload | SetBusinessHoursError {
        /// The tenant; null when it failed.
        tenant: Tenant
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TenantMutations;

/// A mutation of the caller's own tenant.
macro_rules! on_tenant {
    ($ctx:ident, $input:ident, $body:expr) => {{
        let own = Target::Known(Caller::of($ctx)?.tenant().as_uuid());
        let answer = mutation::answer::<Aggregate, _, _>;
        answer($ctx, Capability::Configure, &$input, own, |_| $body).await
    }};
}

#[Object]
impl TenantMutations {
    /// Changes name or time zone.
    async fn update_tenant_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateTenantSettingsInput,
    ) -> Result<UpdateTenantSettingsPayload> {
        let (name, time_zone) = (input.name.clone(), input.time_zone.clone());
        on_tenant!(ctx, input, Command::UpdateSettings { name, time_zone })
    }

    /// Changes the plan. For whoever runs the installation.
    async fn change_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plan.")] input: ChangePlanInput,
    ) -> Result<ChangePlanPayload> {
        let run = Run::begin_as_operator(ctx, &input)?;
        let own = Target::Known(run.caller().tenant().as_uuid());
        let body = Command::ChangePlan { plan: input.plan.into() };
        let outcome = run.execute::<Aggregate, _>(own, |_| std::future::ready(Ok(body))).await?;
        Ok(run.payload(outcome).await)
    }

    /// Says how far the AI may go by itself.
    async fn set_ai_mode(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which mode.")] input: SetAiModeInput,
    ) -> Result<SetAiModePayload> {
        let mode = input.mode.into();
        on_tenant!(ctx, input, Command::SetAiMode { mode })
    }

    /// Says in which categories the AI may answer by itself.
    async fn set_autopilot_categories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which categories.")] input: SetAutopilotCategoriesInput,
    ) -> Result<SetAutopilotCategoriesPayload> {
        let categories = input.categories.iter().map(|category| (*category).into()).collect();
        on_tenant!(ctx, input, Command::SetAutopilotCategories { categories })
    }

    /// Says from which confidence the AI is believed.
    async fn set_confidence_threshold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which confidence.")] input: SetConfidenceThresholdInput,
    ) -> Result<SetConfidenceThresholdPayload> {
        let threshold_bp = input.threshold_bp;
        on_tenant!(ctx, input, Command::SetConfidenceThreshold { threshold_bp })
    }

    /// Says when people work, in the tenant's time zone.
    async fn set_business_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which hours.")] input: SetBusinessHoursInput,
    ) -> Result<SetBusinessHoursPayload> {
        let hours = business_hours::command(&input.week, &input.holidays);
        on_tenant!(ctx, input, Command::SetBusinessHours { hours })
    }
}
