//! Webhook sources: who may post to us, how we know that it is them, and what they say.
//!
//! A source is pure: it verifies raw bytes and turns a body into [`Fact`]s. It knows neither the
//! inbox nor the bus, so the same code runs at the door, in the worker, and again on any stored
//! body. One line in the registry below per source; nothing else names them.

mod fact;
mod repair;
mod secrets;

use std::fmt;

use bitacora_domain::Subject;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::{DateTime, Utc};
use serde_json::Value;

pub use fact::{Fact, FactKind, Person, PersonIdentity};
pub use repair::{Repaired, repair};
pub use secrets::{EmptySecret, Secret, SourceSecrets};

/// Declares the modules and builds the registry over them.
macro_rules! sources {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        $(pub mod $module;)+

        static SOURCES: &[&dyn WebhookSource] = &[$(&$module::$name),+];
    };
}

sources! {
    whatsapp::WhatsApp,
}

/// All sources, in the order of the registry.
pub fn all() -> &'static [&'static dyn WebhookSource] {
    SOURCES
}

/// The source called `name`, if there is one.
pub fn find(name: &str) -> Option<&'static dyn WebhookSource> {
    SOURCES.iter().copied().find(|source| source.name() == name)
}

/// Looks a request header up by its lower-case name.
pub type Headers<'a> = &'a dyn Fn(&str) -> Option<&'a [u8]>;

/// Why a delivery is not believed. The caller answers 401 and stores nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// The signature header is absent or empty.
    #[error("the signature is missing")]
    Missing,
    /// The signature header is not of the provider's form.
    #[error("the signature is malformed")]
    Malformed,
    /// The signature is not of these bytes under any of our secrets.
    #[error("the signature does not match")]
    Mismatch,
    /// We have no secret for this source, so nothing can be believed.
    #[error("no signing secret is configured")]
    NoSecret,
}

impl Forged {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "SIGNATURE_MISSING",
            Self::Malformed => "SIGNATURE_MALFORMED",
            Self::Mismatch => "SIGNATURE_MISMATCH",
            Self::NoSecret => "SIGNATURE_SECRET_NOT_CONFIGURED",
        }
    }
}

/// Answer to a provider that asks whether the URL is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeAnswer {
    /// 200 with exactly this text.
    Accepted(String),
    /// 403: the token is not ours.
    Refused,
    /// 400: parameters are missing.
    Incomplete,
}

/// A provider that posts webhooks.
pub trait WebhookSource: Send + Sync + 'static {
    /// Name, and the path of its URL below `/webhooks/`.
    fn name(&self) -> &'static str;

    /// The provider as an actor of events.
    fn provider(&self) -> &'static str;

    /// The largest body that is read, in bytes.
    fn max_body_bytes(&self) -> usize;

    /// Was `body` signed with one of `secrets` (several during a rotation)? Looks at nothing but
    /// the headers and the raw bytes.
    ///
    /// # Errors
    /// [`Forged`] in every other case, also when there are no secrets.
    fn verify(
        &self,
        secrets: &[Secret],
        headers: Headers<'_>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), Forged>;

    /// Answers the provider's handshake; `None` when it has none.
    fn handshake(
        &self,
        query: &[(String, String)],
        verify_tokens: &[Secret],
    ) -> Option<HandshakeAnswer>;

    /// Everything that `body` says, in order. Never fails and never panics: what cannot be
    /// understood is a fact too.
    fn facts(&self, body: &[u8]) -> Vec<Fact>;

    /// The content of a message-like fact of this source, as said by `subject`.
    fn content(&self, raw: &Value, subject: &Subject) -> MessageContent;
}

impl fmt::Debug for dyn WebhookSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_registered_under_a_name_of_its_own() {
        let mut names: Vec<&str> = all().iter().map(|source| source.name()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for source in all() {
            assert_eq!(find(source.name()).map(WebhookSource::name), Some(source.name()));
        }
        let shared = ["mod.rs", "fact.rs", "repair.rs", "secrets.rs"];
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sources");
        let files = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| !shared.contains(&entry.file_name().to_string_lossy().as_ref()))
            .count();
        assert_eq!(files, count, "a source without its line in the registry");
        assert!(find("meta").is_none());
    }
}
