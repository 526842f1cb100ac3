//! `bitacora tenant`: creates and lists tenants, says which may work, connects their WhatsApp
//! numbers. Suspending and banning are the platform's, so there is no mutation for them: a tenant
//! that could activate itself would not have to pay.
//!
//! Ids follow from the short name and from the number, so that a repeated command is a replay.

use bitacora_adapters::admin;
use bitacora_commands::ingest::waits_for_account;
use bitacora_commands::{CommandError, Envelope, Receipt};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand, ChannelKind};
use bitacora_domain::aggregates::tenant::{Plan, SLUG_CLAIM, Tenant, TenantCommand};
use bitacora_domain::{Actor, ChannelAccountId, CommandId, DomainAggregate, TenantId};
use clap::Subcommand;
use serde_json::{Value, json};

mod accounts;
mod limits;

use super::compose::Backend;
use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Creates a tenant and ends its trial.
    Create {
        /// Short name: 3–40 of a–z, 0–9 and -; unique.
        slug: String,
        /// Name.
        #[arg(long)]
        name: String,
        /// IANA time zone.
        #[arg(long, default_value = "America/Argentina/Buenos_Aires")]
        time_zone: String,
        /// Plan.
        #[arg(long, value_enum, default_value_t = PlanName::Pro)]
        plan: PlanName,
    },
    /// Lists all tenants.
    List,
    /// Ends the trial or a suspension.
    Activate {
        /// The tenant's id or short name.
        tenant: String,
    },
    /// Stops what goes out; what comes in is still recorded.
    Suspend {
        /// The tenant's id or short name.
        tenant: String,
        /// Why, for the record; 1–500 characters.
        #[arg(long)]
        reason: String,
    },
    /// Stops everything. Only `reactivate` brings it back.
    Ban {
        /// The tenant's id or short name.
        tenant: String,
        /// Why, for the record; 1–500 characters.
        #[arg(long)]
        reason: String,
    },
    /// Ends a suspension or lifts a ban.
    Reactivate {
        /// The tenant's id or short name.
        tenant: String,
        /// Why, for the record; 1–500 characters.
        #[arg(long)]
        reason: String,
    },
    /// Gives another limit than the plan's, or the plan's again.
    Limit(limits::LimitArgs),
    /// Shows how much is used of what the plan limits.
    Usage {
        /// The tenant's id or short name.
        tenant: String,
    },
    /// Connects a WhatsApp number, so that its webhooks find the tenant.
    Connect {
        /// The tenant's id or short name.
        tenant: String,
        /// Meta's id of the number, digits.
        #[arg(long)]
        phone_number_id: String,
        /// The number as people write it.
        #[arg(long)]
        display_phone: String,
        /// Meta's id of the business account.
        #[arg(long)]
        waba_id: Option<String>,
        /// Name for the team.
        #[arg(long, default_value = "WhatsApp")]
        name: String,
    },
    /// Connects an account of another provider, so that its webhooks find the tenant.
    ConnectAccount(accounts::AccountArgs),
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PlanName {
    Free,
    Starter,
    Pro,
    Enterprise,
}

impl From<PlanName> for Plan {
    fn from(name: PlanName) -> Self {
        match name {
            PlanName::Free => Self::Free,
            PlanName::Starter => Self::Starter,
            PlanName::Pro => Self::Pro,
            PlanName::Enterprise => Self::Enterprise,
        }
    }
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = self.what.run(&context, &backend).await;
        backend.close().await?;
        outcome
    }
}

impl What {
    async fn run(self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        match self {
            Self::Create { slug, name, time_zone, plan } => {
                let tenant = TenantId::new(CommandId::from_fact("cli:tenant").derive(&slug));
                let new = NewTenant { tenant, slug, name, time_zone, plan: plan.into() };
                let receipt = create(backend, fresh(backend), new).await?;
                let document = json!({ "tenant": tenant, "cursor": receipt.cursor.to_string(),
                    "replayed": receipt.replayed });
                context.out.emit(&document, || {
                    let again = if receipt.replayed { " (was there already)" } else { "" };
                    format!("{tenant}{again}")
                });
                Ok(Exit::Done)
            }
            Self::List => list(context, backend).await,
            Self::Activate { tenant } => {
                stand(context, backend, &tenant, TenantCommand::Activate).await
            }
            Self::Suspend { tenant, reason } => {
                stand(context, backend, &tenant, TenantCommand::Suspend { reason }).await
            }
            Self::Ban { tenant, reason } => {
                stand(context, backend, &tenant, TenantCommand::Ban { reason }).await
            }
            Self::Reactivate { tenant, reason } => {
                stand(context, backend, &tenant, TenantCommand::Reactivate { reason }).await
            }
            Self::Limit(args) => args.run(context, backend).await,
            Self::Usage { tenant } => limits::usage(context, backend, &tenant).await,
            Self::ConnectAccount(args) => args.run(context, backend).await,
            Self::Connect { tenant, phone_number_id, display_phone, waba_id, name } => {
                let tenant = resolve(backend, &tenant).await?;
                let channel = ChannelAccountId::new(tenant.derive(&phone_number_id));
                let command = ChannelCommand::ConnectWhatsApp {
                    phone_number_id,
                    waba_id,
                    display_phone_number: display_phone,
                    name,
                };
                let receipt = connect(backend, fresh(backend), (tenant, channel), command).await?;
                let document = json!({ "channel": channel, "cursor": receipt.cursor.to_string() });
                context.out.emit(&document, || channel.to_string());
                Ok(Exit::Done)
            }
        }
    }
}

/// Changes whether a tenant may work. Repeating it changes nothing.
async fn stand(
    context: &Context,
    backend: &Backend,
    tenant: &str,
    body: TenantCommand,
) -> Result<Exit, Failure> {
    let tenant = resolve(backend, tenant).await?;
    let id = tenant.to_string();
    let receipt = execute::<Tenant>(backend, fresh(backend), tenant, &id, body).await?;
    let loaded = backend.bus.load::<Tenant>(tenant, &id).await.map_err(Failure::unavailable)?;
    let status = json!(loaded.and_then(|(tenant, _)| tenant.status()));
    let document =
        json!({ "tenant": tenant, "status": status, "cursor": receipt.cursor.to_string() });
    context.out.emit(&document, || format!("{tenant} {}", text(Some(&status))));
    Ok(Exit::Done)
}

/// What a tenant is made of.
#[derive(Clone, Debug)]
pub(super) struct NewTenant {
    pub(super) tenant: TenantId,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) plan: Plan,
}

/// The id of a command that a person typed: typing it again is another command, and the
/// aggregate sees to it that it changes nothing.
fn fresh(backend: &Backend) -> CommandId {
    CommandId::new(backend.clock.fresh_id())
}

/// Creates a tenant and activates it. Repeating it changes nothing.
pub(super) async fn create(
    backend: &Backend,
    command: CommandId,
    new: NewTenant,
) -> Result<Receipt, Failure> {
    let register = TenantCommand::Register {
        name: new.name,
        slug: new.slug,
        plan: new.plan,
        time_zone: new.time_zone,
    };
    let (tenant, id) = (new.tenant, new.tenant.to_string());
    // A tenant lives in one lane for ever, from its first event on.
    backend.log.assign_lane(tenant).await?;
    let receipt = execute::<Tenant>(backend, command, tenant, &id, register).await?;
    execute::<Tenant>(backend, command.step("activate"), tenant, &id, TenantCommand::Activate)
        .await?;
    Ok(receipt)
}

/// Connects an account. Repeating it changes nothing.
pub(super) async fn connect(
    backend: &Backend,
    command: CommandId,
    (tenant, channel): (TenantId, ChannelAccountId),
    body: ChannelCommand,
) -> Result<Receipt, Failure> {
    let id = channel.to_string();
    let (kind, account) = match &body {
        ChannelCommand::ConnectWhatsApp { phone_number_id, .. } => {
            (ChannelKind::Whatsapp, Some(phone_number_id.clone()))
        }
        ChannelCommand::Connect { kind, account, .. } => (*kind, kind.canonical(account)),
        ChannelCommand::Disable { .. }
        | ChannelCommand::Degrade { .. }
        | ChannelCommand::Restore => {
            return Err(Failure::internal("not a command that connects"));
        }
    };
    // What is no account is refused below.
    let waiting = waits_for_account(kind, &account.unwrap_or_default());
    let receipt = execute::<ChannelAccount>(backend, command, tenant, &id, body).await?;
    // What was kept until somebody connects the number is tried now.
    backend.inbox.release(&waiting).await?;
    Ok(receipt)
}

async fn execute<A: DomainAggregate>(
    backend: &Backend,
    command: CommandId,
    tenant: TenantId,
    id: &str,
    body: A::Body,
) -> Result<Receipt, CliCommandError<A>> {
    let bus = &backend.bus;
    let request = json!({ "aggregate": A::TYPE, "id": id, "body": body });
    let fingerprint = bus
        .key()
        .fingerprint(&request)
        .map_err(|error| CliCommandError::Failure(Failure::internal(error)))?;
    let actor = Actor::system("cli");
    let envelope = Envelope::new(tenant, actor, command, fingerprint, backend.clock.now());
    bus.execute::<A>(envelope, id, body).await.map_err(CliCommandError::Command)
}

/// Either a refusal or a failure before the bus was asked.
enum CliCommandError<A: DomainAggregate> {
    Command(CommandError<A::Refusal>),
    Failure(Failure),
}

impl<A: DomainAggregate> From<CliCommandError<A>> for Failure {
    fn from(error: CliCommandError<A>) -> Self {
        match error {
            CliCommandError::Command(error) => error.into(),
            CliCommandError::Failure(failure) => failure,
        }
    }
}

/// The tenant that an id or a short name names.
pub(super) async fn resolve(backend: &Backend, text: &str) -> Result<TenantId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let owner = backend.log.installation_owner(SLUG_CLAIM, text).await?;
    owner
        .map(|owner| owner.tenant)
        .ok_or_else(|| Failure::not_found(format!("no tenant is called {text:?}")))
}

async fn list(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    let tenants = admin::tenants(&backend.pools.writer).await.map_err(Failure::unavailable)?;
    for (tenant, lane) in tenants {
        let loaded = backend.bus.load::<Tenant>(tenant, &tenant.to_string()).await;
        let Some((state, _)) = loaded.map_err(Failure::unavailable)? else { continue };
        let status = state.status().map_or(Value::Null, |status| json!(status));
        let profile = serde_json::to_value(&state).map_err(Failure::internal)?;
        let field = |name: &str| text(profile.pointer(&format!("/profile/{name}")));
        rows.push(vec![
            tenant.to_string(),
            field("slug"),
            field("name"),
            field("plan"),
            text(Some(&status)),
            lane.to_string(),
        ]);
    }
    context.out.table(&["id", "slug", "name", "plan", "status", "lane"], &rows);
    Ok(Exit::Done)
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
