//! The tenant's systems that take leads. Addresses and secrets are no events (ADR 0011), so these
//! mutations have no receipt: what they say is so when they answer.

use async_graphql::{Context, Object, Result, SimpleObject};
use bitacora_commands::ports::{NoticeFault, TargetOutcome, TargetRow};
use bitacora_domain::aggregates::delivery::TargetKind;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::deliveries::LeadTargetKind;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::mutation::{Run, UserError, mutation_errors, mutation_input, user_error};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Longest address, in characters.
const URL_MAX: usize = 2_000;

/// A system that takes leads.
#[derive(Clone, Debug)]
pub struct LeadTarget(TargetRow);

/// A system of the tenant that takes leads.
#[Object]
impl LeadTarget {
    /// Id, as deliveries name it.
    async fn id(&self) -> Uuid {
        self.0.id
    }
    /// What it is.
    async fn kind(&self) -> LeadTargetKind {
        self.0.kind.into()
    }
    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// Where it is.
    async fn url(&self) -> &str {
        &self.0.url
    }
    /// Leads go there.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }
    /// When it was connected.
    async fn connected_at(&self) -> DateTime<Utc> {
        self.0.connected_at
    }
}

mutation_input! {
    /// A system to connect.
    "connectLeadTarget": ConnectLeadTargetInput [] |_input| None; {
        /// What it is; `WEBHOOK` is what can be connected today.
        pub kind: LeadTargetKind,
        /// What people call it, 1–120 characters.
        pub name: String,
        /// Where it is: `https://…`.
        pub url: String,
    }
}
mutation_errors! { "connectLeadTarget" ConnectLeadTargetError }
mutation_input! {
    /// A system, and whether leads go there.
    "enableLeadTarget": EnableLeadTargetInput [] |_input| None; {
        /// The system.
        pub id: Uuid,
        /// Do leads go there?
        pub enabled: bool,
    }
}
mutation_errors! { "enableLeadTarget" EnableLeadTargetError }
mutation_input! {
    /// A system that gets another secret.
    "rotateLeadTargetSecret": RotateLeadTargetSecretInput [] |_input| None; {
        /// The system.
        pub id: Uuid,
    }
}
mutation_errors! { "rotateLeadTargetSecret" RotateLeadTargetSecretError }

/// Declares a payload of these mutations.
macro_rules! target_payload {
    ($name:literal $payload:ident | $error:ident { $($secret:tt)* }) => {
        #[doc = concat!("What became of `", $name, "`.")]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The system; null when it failed.
            pub lead_target: Option<LeadTarget>,
            $($secret)*
            /// Why it failed; empty when it did not.
            pub errors: Vec<$error>,
            /// As in the input.
            pub client_mutation_id: Option<String>,
        }
    };
}
target_payload! { "connectLeadTarget" ConnectLeadTargetPayload | ConnectLeadTargetError {
    /// What signs what the system is told, as in Standard Webhooks (`whsec_…`). It is shown here
    /// and never again; null when it failed, and for a retry: rotate it then.
    pub secret: Option<String>,
} }
target_payload! { "enableLeadTarget" EnableLeadTargetPayload | EnableLeadTargetError {} }
target_payload! { "rotateLeadTargetSecret" RotateLeadTargetSecretPayload | RotateLeadTargetSecretError {
    /// What signs from now on. The last secret signs beside it until the next rotation.
    pub secret: Option<String>,
} }

/// Fields of the query root.
#[derive(Default)]
pub struct LeadTargetQueries;

#[Object]
impl LeadTargetQueries {
    /// Systems of the tenant that take leads, in the order in which they were connected.
    async fn lead_targets(&self, ctx: &Context<'_>) -> Result<Vec<LeadTarget>> {
        let caller = Caller::of(ctx)?;
        let rows = caller.app.leads.targets.list(caller.tenant()).await;
        Ok(rows.map_err(Fault::unavailable)?.into_iter().map(LeadTarget).collect())
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LeadTargetMutations;

#[Object]
impl LeadTargetMutations {
    /// Connects a system that takes leads: they are posted to it, signed.
    async fn connect_lead_target(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and where.")] input: ConnectLeadTargetInput,
    ) -> Result<ConnectLeadTargetPayload> {
        let run = Run::begin(ctx, Capability::Configure, &input)?;
        let client_mutation_id = input.client_mutation_id.clone();
        let failed = |error: UserError| ConnectLeadTargetPayload {
            lead_target: None,
            secret: None,
            errors: vec![error.into()],
            client_mutation_id: client_mutation_id.clone(),
        };
        let (caller, targets) = (run.caller(), &run.caller().app.leads.targets);
        let id = match run.derived_id("lead_target").and_then(|id| {
            checked(caller, &input)?;
            Ok(id)
        }) {
            Ok(id) => id,
            Err(error) => return Ok(failed(error)),
        };
        let known = targets.find(caller.tenant(), id).await.map_err(Fault::unavailable)?;
        if let Some(known) = known {
            let lead_target = Some(LeadTarget(known));
            let errors = Vec::new();
            return Ok(ConnectLeadTargetPayload {
                lead_target,
                secret: None,
                errors,
                client_mutation_id,
            });
        }
        let secret = caller.app.people.mint_secret().map_err(Fault::unavailable)?;
        let row = TargetRow {
            id,
            kind: input.kind.into(),
            name: input.name.trim().to_owned(),
            url: input.url.clone(),
            secrets: vec![secret.to_vec()],
            enabled: true,
            connected_at: caller.app.clock.now(),
        };
        let done = targets.connect(caller.tenant(), row.clone()).await;
        match done.map_err(Fault::unavailable)? {
            TargetOutcome::Done => Ok(ConnectLeadTargetPayload {
                lead_target: Some(LeadTarget(row)),
                secret: Some(written(&secret)),
                errors: Vec::new(),
                client_mutation_id,
            }),
            TargetOutcome::TooMany | TargetOutcome::NotFound => {
                Ok(failed(user_error("TOO_MANY_TARGETS", "a tenant has at most ten systems")))
            }
        }
    }

    /// Has leads go to a system, or no more.
    async fn enable_lead_target(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which system.")] input: EnableLeadTargetInput,
    ) -> Result<EnableLeadTargetPayload> {
        let run = Run::begin(ctx, Capability::Configure, &input)?;
        let (caller, targets) = (run.caller(), &run.caller().app.leads.targets);
        let done = targets.enable(caller.tenant(), input.id, input.enabled).await;
        done.map_err(Fault::unavailable)?;
        let found = targets.find(caller.tenant(), input.id).await.map_err(Fault::unavailable)?;
        let errors = found.is_none().then(|| not_found().into()).into_iter().collect();
        let client_mutation_id = input.client_mutation_id.clone();
        let lead_target = found.map(LeadTarget);
        Ok(EnableLeadTargetPayload { lead_target, errors, client_mutation_id })
    }

    /// Gives a system another secret. The last one signs beside it until the next rotation.
    async fn rotate_lead_target_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which system.")] input: RotateLeadTargetSecretInput,
    ) -> Result<RotateLeadTargetSecretPayload> {
        let run = Run::begin(ctx, Capability::Configure, &input)?;
        let (caller, targets) = (run.caller(), &run.caller().app.leads.targets);
        let secret = caller.app.people.mint_secret().map_err(Fault::unavailable)?;
        let done = targets.rotate(caller.tenant(), input.id, secret.to_vec()).await;
        let done = done.map_err(Fault::unavailable)? == TargetOutcome::Done;
        let found = targets.find(caller.tenant(), input.id).await.map_err(Fault::unavailable)?;
        let errors = (!done).then(|| not_found().into()).into_iter().collect();
        Ok(RotateLeadTargetSecretPayload {
            lead_target: found.map(LeadTarget),
            secret: done.then(|| written(&secret)),
            errors,
            client_mutation_id: input.client_mutation_id.clone(),
        })
    }
}

fn not_found() -> UserError {
    user_error("LEAD_TARGET_NOT_FOUND", "there is no such system")
}

/// As people copy it.
fn written(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

fn checked(caller: &Caller, input: &ConnectLeadTargetInput) -> std::result::Result<(), UserError> {
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(user_error("INVALID_NAME", "a name has 1 to 120 characters"));
    }
    let kind: TargetKind = input.kind.into();
    if kind != TargetKind::Webhook {
        let message = "only webhooks can be connected yet";
        return Err(user_error("TARGET_KIND_NOT_SUPPORTED", message));
    }
    if input.url.chars().count() > URL_MAX {
        return Err(user_error("INVALID_URL", "an address has at most 2,000 characters"));
    }
    caller.app.leads.receiver.check(&input.url).map_err(|fault| match fault {
        NoticeFault::Refused(code) => user_error(
            &code,
            "this is no address that leads can be posted to: https, no password, \
                               and nothing of our own network",
        ),
        NoticeFault::Failed(_) | NoticeFault::Unknown(_) => {
            user_error("INVALID_URL", "this is no address that leads can be posted to")
        }
    })
}
