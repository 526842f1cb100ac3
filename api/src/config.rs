//! Configuration: environment variables and flags, read once, all faults told at once.
//!
//! The table of settings is [`settings::SETTINGS`]; the README's table and `bitacora doctor`
//! are made from it. Secrets are [`Secret`]s: `Debug` masks them.

mod blobs;
mod calls;
mod keys;
mod limits;
mod packs;
mod public_url;
mod read;
pub mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use blobs::{BlobPlace, Blobs, Bucket};
pub use calls::Calls;
pub use keys::{KeyFault, Keys, WEBHOOKS, Webhook};
pub use limits::{AuthRules, Joinable, Limits};
pub use packs::{Pack, Packs};
pub use public_url::PublicUrl;
pub use read::{Fault, Faults, Overrides};

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself: for the one place that uses it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// Started by this binary, data below the state directory.
    Managed,
    /// Somebody else's, by URL (which may hold a password).
    External(Secret),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// A part of the work that a process may take on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// HTTP: GraphQL and webhooks in.
    Api,
    /// Turns received deliveries into commands.
    Ingest,
    /// Computes read tables.
    Projector,
    /// Reacts to events, sends what is to be sent, and gives commands whose time has come.
    Effects,
}

impl Role {
    /// All roles: what a process does unless told otherwise.
    pub const ALL: [Self; 4] = [Self::Api, Self::Ingest, Self::Projector, Self::Effects];

    /// The stable text of the role.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Ingest => "ingest",
            Self::Projector => "projector",
            Self::Effects => "effects",
        }
    }

    /// The role named by `text`, if it is one. `reactor` is another name for `effects`: what
    /// reactors want is done in the process that they wake.
    pub fn parse(text: &str) -> Option<Self> {
        let text = if text == "reactor" { Self::Effects.as_str() } else { text };
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// How orders of credits are paid.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// The API's secret key; without it payments are played offline, or not possible.
    pub secret_key: Option<Secret>,
    /// Where payers come back to; there with a key.
    pub return_url: Option<String>,
    /// Where the API is.
    pub api_url: String,
    /// Whether orders can be paid offline; absent: where nobody else can reach the server.
    pub offline_payments: Option<bool>,
}

impl Stripe {
    /// Is the money real? A key says so itself.
    pub fn is_live(&self) -> bool {
        let key = self.secret_key.as_ref().map(Secret::reveal).unwrap_or_default();
        key.starts_with("sk_live_") || key.starts_with("rk_live_")
    }
}

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the HTTP listener.
    pub bind: SocketAddr,
    /// Where the database is.
    pub database: Database,
    /// Directory of generated keys and of the managed database (0700).
    pub state_dir: PathBuf,
    /// Signs and checks tokens; generated into the state directory when absent.
    pub jwt_secret: Option<Secret>,
    /// Keys HMACs of requests and unique keys, 64 hex digits; generated when absent.
    pub installation_key: Option<Secret>,
    /// App secrets of WhatsApp webhooks (several while one is being rotated).
    pub whatsapp_app_secrets: Vec<Secret>,
    /// Tokens of the WhatsApp webhook handshake.
    pub whatsapp_verify_tokens: Vec<Secret>,
    /// Address at which providers reach us.
    pub public_url: Option<String>,
    /// Secrets of the webhooks of [`WEBHOOKS`], by the name of their setting.
    pub webhook_secrets: BTreeMap<&'static str, Vec<Secret>>,
    /// Access token of the app's system user; without it messages are played offline.
    pub whatsapp_access_token: Option<Secret>,
    /// Where the Graph API is.
    pub whatsapp_graph_url: String,
    /// Its version, such as `v24.0`.
    pub whatsapp_graph_version: String,
    /// Access token that fetches forms of Lead Ads; without it they are invented.
    pub meta_leads_access_token: Option<Secret>,
    /// Leads may be posted to every address, also of our own network.
    pub lead_targets_anywhere: bool,
    /// How orders of credits are paid.
    pub stripe: Stripe,
    /// What credits cost.
    pub packs: Packs,
    /// Where blobs are kept.
    pub blobs: Blobs,
    /// Over what calls are made, and how many.
    pub calls: Calls,
    /// `tracing` filter, such as `info,bitacora=debug`.
    pub log_level: String,
    /// Form of log lines.
    pub log_format: LogFormat,
    /// What this process does.
    pub roles: Vec<Role>,
    /// Bounds on what a stranger can send.
    pub limits: Limits,
}

impl Config {
    /// Reads the process environment; flags in `overrides` win.
    ///
    /// # Errors
    /// [`Faults`] lists every setting that is wrong, with an example of a right one.
    pub fn from_env(overrides: &Overrides) -> Result<Self, Faults> {
        read::read(&|name| std::env::var(name).ok(), overrides)
    }

    /// Reads settings from `lookup` instead of the process environment.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_lookup(
        lookup: &dyn Fn(&str) -> Option<String>,
        overrides: &Overrides,
    ) -> Result<Self, Faults> {
        read::read(lookup, overrides)
    }

    /// Does the process run this role?
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Can orders be paid at played pages? Never by default where others are: whoever reaches
    /// such a page pays for nothing.
    pub fn plays_payments(&self) -> bool {
        let allowed = self.stripe.offline_payments.unwrap_or_else(|| !self.is_exposed());
        self.stripe.secret_key.is_none() && allowed
    }

    /// How providers reach us. The request's own host is believed where only this machine can
    /// make requests.
    pub fn public_address(&self) -> PublicUrl {
        PublicUrl::new(self.public_url.as_deref(), self.bind.ip().is_loopback())
    }

    /// May strangers reach it, or is the data somebody else's? Then nothing is generated.
    pub fn is_exposed(&self) -> bool {
        !self.bind.ip().is_loopback() || matches!(self.database, Database::External(_))
    }
}
