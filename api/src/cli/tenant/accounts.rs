//! `bitacora tenant connect-account`: ties a provider's account to a tenant, so that its webhooks
//! find the tenant.

use bitacora_domain::ChannelAccountId;
use bitacora_domain::aggregates::channel_account::{ChannelCommand, ChannelKind};
use serde_json::json;

use super::{Context, Exit, Failure, connect, fresh, resolve};
use crate::cli::compose::Backend;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct AccountArgs {
    /// The tenant's id or short name.
    tenant: String,
    /// What it is.
    #[arg(long, value_enum)]
    kind: Kind,
    /// The provider's id of it: a page's id, AccountSid/number, an agent's id, an account key,
    /// account/inbox.
    #[arg(long)]
    account: String,
    /// What people call it; the account itself when absent.
    #[arg(long)]
    display: Option<String>,
    /// Name for the team.
    #[arg(long)]
    name: String,
}

/// Kinds that have no command of their own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    MetaPage,
    Twilio,
    Elevenlabs,
    Builderbot,
    Chatwoot,
}

impl From<Kind> for ChannelKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::MetaPage => Self::MetaPage,
            Kind::Twilio => Self::Twilio,
            Kind::Elevenlabs => Self::ElevenLabs,
            Kind::Builderbot => Self::Builderbot,
            Kind::Chatwoot => Self::Chatwoot,
        }
    }
}

impl AccountArgs {
    pub(super) async fn run(self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let tenant = resolve(backend, &self.tenant).await?;
        let kind = ChannelKind::from(self.kind);
        let account = kind.canonical(&self.account).unwrap_or(self.account);
        let name = format!("{}:{account}", kind.as_str());
        let channel = ChannelAccountId::new(tenant.derive(&name));
        let display = self.display.unwrap_or_else(|| account.clone());
        let command = ChannelCommand::Connect { kind, account, display, name: self.name };
        let receipt = connect(backend, fresh(backend), (tenant, channel), command).await?;
        let document = json!({ "channel": channel, "cursor": receipt.cursor.to_string() });
        context.out.emit(&document, || channel.to_string());
        Ok(Exit::Done)
    }
}
