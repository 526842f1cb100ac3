//! `bitacora tenant limit` and `tenant usage`. Limits are the platform's to give, so there is no
//! mutation for them.

use bitacora_api::usage;
use bitacora_domain::Meter;
use bitacora_domain::aggregates::tenant::{LimitRule, Tenant, TenantCommand};
use chrono::SecondsFormat;
use serde_json::json;

use super::{Backend, Context, Exit, Failure, execute, fresh, resolve};

/// Arguments of `tenant limit`.
#[derive(Debug, clap::Args)]
pub(super) struct LimitArgs {
    /// The tenant's id or short name.
    tenant: String,
    /// messages, documents, contacts or users.
    #[arg(value_parser = meter)]
    meter: Meter,
    /// A number, `unlimited`, or `plan` for what the plan says.
    #[arg(value_parser = rule)]
    limit: LimitRule,
    /// Why, for the record; 1–500 characters.
    #[arg(long)]
    reason: String,
}

fn meter(text: &str) -> Result<Meter, String> {
    let named = |meter: &Meter| meter.as_str().eq_ignore_ascii_case(text);
    Meter::LIMITED
        .into_iter()
        .find(named)
        .ok_or_else(|| "name messages, documents, contacts or users".to_owned())
}

fn rule(text: &str) -> Result<LimitRule, String> {
    match text {
        "plan" => Ok(LimitRule::Plan),
        "unlimited" => Ok(LimitRule::Unlimited),
        number => number
            .parse()
            .map(LimitRule::AtMost)
            .map_err(|_| "say a number, unlimited or plan".to_owned()),
    }
}

impl LimitArgs {
    pub(super) async fn run(self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let tenant = resolve(backend, &self.tenant).await?;
        let (id, meter) = (tenant.to_string(), self.meter);
        let body = TenantCommand::OverrideLimit { meter, rule: self.limit, reason: self.reason };
        let receipt = execute::<Tenant>(backend, fresh(backend), tenant, &id, body).await?;
        let loaded = backend.bus.load::<Tenant>(tenant, &id).await.map_err(Failure::unavailable)?;
        let limit = loaded.and_then(|(state, _)| state.limit(meter));
        let document = json!({ "tenant": tenant, "meter": meter, "limit": limit,
            "cursor": receipt.cursor.to_string() });
        context.out.emit(&document, || format!("{} {}", meter.as_str(), most(limit)));
        Ok(Exit::Done)
    }
}

fn most(limit: Option<i64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

/// Prints what is used, as far as the projections have come.
pub(super) async fn usage(
    context: &Context,
    backend: &Backend,
    tenant: &str,
) -> Result<Exit, Failure> {
    let tenant = resolve(backend, tenant).await?;
    let now = backend.clock.now();
    let used = usage::of(&backend.bus, backend.models.as_ref(), tenant, now).await;
    let rows: Vec<_> = used
        .map_err(Failure::unavailable)?
        .into_iter()
        .map(|usage| {
            let resets_at = usage.resets_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
            vec![
                usage.meter.as_str().to_owned(),
                usage.used.to_string(),
                most(usage.limit),
                resets_at.unwrap_or_default(),
            ]
        })
        .collect();
    context.out.table(&["meter", "used", "limit", "resetsAt"], &rows);
    Ok(Exit::Done)
}
