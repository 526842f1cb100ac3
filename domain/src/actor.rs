//! Who caused something.

use serde::{Deserialize, Serialize};

/// Kind of actor behind a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person who works for the tenant.
    User,
    /// A program of the tenant, by its API key.
    ApiKey,
    /// An AI agent of the tenant.
    Ai,
    /// Bitácora itself (timers, reactors, the CLI).
    System,
    /// A provider, by webhook.
    Provider,
    /// The contact, through a provider.
    Contact,
}

impl ActorKind {
    /// The stable text of the kind, as in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::Ai => "ai",
            Self::System => "system",
            Self::Provider => "provider",
            Self::Contact => "contact",
        }
    }

    /// The kind named by `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::ApiKey, Self::Ai, Self::System, Self::Provider, Self::Contact]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// Who caused a command: kind and id within the kind (a user's UUID, `whatsapp`, `cli` …).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What it is.
    pub kind: ActorKind,
    /// Which one it is.
    pub id: String,
}

impl Actor {
    /// An actor of `kind` known as `id`.
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
    /// Bitácora itself, named by the part that acts.
    pub fn system(part: &str) -> Self {
        Self::new(ActorKind::System, part)
    }
    /// A provider, named as its webhook source.
    pub fn provider(source: &str) -> Self {
        Self::new(ActorKind::Provider, source)
    }
}
