//! Configuration: environment variables and flags, read once, all faults told at once.
//!
//! The table of settings is [`settings::SETTINGS`]; the README's table and `bitacora doctor`
//! are made from it. Secrets are [`Secret`]s: `Debug` masks them.

mod keys;
mod limits;
mod read;
pub mod settings;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use keys::{KeyFault, Keys};
pub use limits::{AuthRules, Joinable, Limits};
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
    /// Sends what is to be sent, and gives commands whose time has come.
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

    /// The role named by `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
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
    /// Access token of the app's system user; without it messages are played offline.
    pub whatsapp_access_token: Option<Secret>,
    /// Where the Graph API is.
    pub whatsapp_graph_url: String,
    /// Its version, such as `v24.0`.
    pub whatsapp_graph_version: String,
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

    /// May strangers reach it, or is the data somebody else's? Then nothing is generated.
    pub fn is_exposed(&self) -> bool {
        !self.bind.ip().is_loopback() || matches!(self.database, Database::External(_))
    }
}
