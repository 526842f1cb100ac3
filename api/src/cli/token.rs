//! `bitacora token <tenant>`: mints a token, to try the API or to run a script.

use bitacora_api::auth::{Auth, Role};
use bitacora_api::config::Keys;
use bitacora_domain::UserId;
use chrono::TimeDelta;
use serde_json::json;

use super::compose::Backend;
use super::tenant::resolve;
use super::{Context, Exit, Failure};

/// Longest life of a token minted here.
const MOST_HOURS: i64 = 24 * 365;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tenant's id or short name.
    tenant: String,
    /// The user's id; one that follows from the tenant's when absent.
    #[arg(long)]
    user: Option<UserId>,
    /// OWNER, ADMIN, SUPERVISOR, AGENT, BILLING, ANALYST, AUDITOR or VIEWER.
    #[arg(long, default_value = "ADMIN")]
    role: String,
    /// As whoever runs the installation: may also give credits and change plans, which no role may.
    #[arg(long, conflicts_with = "role")]
    operator: bool,
    /// How long it is good, hours.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=MOST_HOURS))]
    hours: i64,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let config = context.config()?;
        let role = Role::parse(&self.role.to_uppercase())
            .ok_or_else(|| Failure::usage(format!("{:?} is no role", self.role)))?;
        let auth = Auth::new(Keys::of(&config)?.jwt.reveal().as_bytes());
        // Only a short name needs the database.
        let (tenant, now) = {
            let backend = Backend::open(&config).await?;
            let tenant = resolve(&backend, &self.tenant).await;
            let now = backend.clock.now();
            backend.close().await?;
            (tenant?, now)
        };
        let user = self.user.unwrap_or_else(|| UserId::new(tenant.derive("cli")));
        let ttl = TimeDelta::hours(self.hours);
        let token = if self.operator {
            auth.mint_operator(tenant, user, now, ttl)
        } else {
            auth.mint(tenant, user, role, now, ttl)
        };
        let token = token.map_err(Failure::internal)?;
        let role = if self.operator { "OPERATOR" } else { role.as_str() };
        let document = json!({ "token": token, "tenant": tenant, "user": user,
            "role": role, "expiresAt": now + ttl });
        context.out.emit(&document, || token.clone());
        Ok(Exit::Done)
    }
}
