//! Webhook sources: who may post to us, how we know that it is them, and what they say.
//!
//! A source is pure: it verifies a request and turns it into [`Fact`]s. It knows neither the
//! inbox nor the bus, so the same code runs at the door, in the worker, and again on any stored
//! request. One line in the registry below per source; nothing else names them.

mod arrival;
mod fact;
mod json;
mod meta;
mod repair;
mod reply;
mod secrets;
pub mod standard_webhooks;
pub mod streaming;

use std::fmt;

use bitacora_domain::Subject;
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::{DateTime, Utc};
use serde_json::Value;

pub use arrival::{Arrival, Headers, KeptHeaders, RequestParts};
pub use fact::{
    BirthHow, CallBirth, CallFact, CallNews, CallTarget, Fact, FactKind, LeadFact, OrderFact,
    OrderNews, Person, PersonIdentity,
};
pub use repair::{Repaired, repair};
pub use reply::Reply;
pub use secrets::{EmptySecret, Secret, SourceSecrets, candidates};

/// Declares the modules and builds the registry over them.
macro_rules! sources {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        $(pub mod $module;)+

        static SOURCES: &[&dyn WebhookSource] = &[$(&$module::$name),+];
    };
}

sources! {
    builderbot::Builderbot,
    chatwoot::Chatwoot,
    elevenlabs::ElevenLabs,
    leadgen::LeadAds,
    stripe::Stripe,
    twilio::Twilio,
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

/// The source that `path` (below `/webhooks/`) belongs to, and what comes after its name: of
/// several names the longest one that the path begins with.
pub fn at(path: &str) -> Option<(&'static dyn WebhookSource, &str)> {
    let rest = |source: &dyn WebhookSource| {
        let rest = path.strip_prefix(source.name())?;
        if rest.is_empty() {
            return Some(rest);
        }
        rest.strip_prefix('/').filter(|rest| !rest.is_empty())
    };
    let found = SOURCES.iter().copied().filter_map(|source| Some((source, rest(source)?)));
    let (source, rest) = found.max_by_key(|(source, _)| source.name().len())?;
    source.takes(rest).then_some((source, rest))
}

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
    /// It was signed too long ago: perhaps somebody recorded it.
    #[error("the signature is too old")]
    TooOld,
    /// It was signed at a time that is still to come.
    #[error("the signature is from the future")]
    TooEarly,
}

impl Forged {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "SIGNATURE_MISSING",
            Self::Malformed => "SIGNATURE_MALFORMED",
            Self::Mismatch => "SIGNATURE_MISMATCH",
            Self::NoSecret => "SIGNATURE_SECRET_NOT_CONFIGURED",
            Self::TooOld => "SIGNATURE_TOO_OLD",
            Self::TooEarly => "SIGNATURE_TOO_EARLY",
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

    /// Which accounts [`Fact::account`] names; `None` when facts find their tenant otherwise.
    fn accounts(&self) -> Option<ChannelKind>;

    /// Does a path below the source's name belong to it? Most have none.
    fn takes(&self, rest: &str) -> bool {
        rest.is_empty()
    }

    /// Was the request signed with one of `secrets` (several during a rotation, and perhaps of
    /// several accounts: [`candidates`])? Looks at nothing but the raw request.
    ///
    /// # Errors
    /// [`Forged`] in every other case, also when there are no secrets.
    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Forged>;

    /// Follows the body of a request while it arrives, for sources whose bodies carry files;
    /// `None` for all others, whose bodies are read whole and given to [`Self::verify`]. `head`
    /// is the request without its body.
    ///
    /// # Errors
    /// [`Forged`] when no body could make it believable.
    fn intake(
        &self,
        _secrets: &[Secret],
        _head: &Arrival<'_>,
        _now: DateTime<Utc>,
    ) -> Option<Result<Box<dyn streaming::Intake>, Forged>> {
        None
    }

    /// Answers the provider's handshake; `None` when it has none.
    fn handshake(
        &self,
        _query: &[(String, String)],
        _verify_tokens: &[Secret],
    ) -> Option<HandshakeAnswer> {
        None
    }

    /// Names (lower case) of the headers that [`Self::facts`] needs.
    fn kept_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// What is kept of the path below the name. A source whose path holds a secret returns
    /// something else in its place, such as its hash.
    fn kept_rest(&self, arrival: &Arrival<'_>) -> String {
        arrival.rest.to_owned()
    }

    /// Everything that a request says, in order. Never fails and never panics: what cannot be
    /// understood is a fact too.
    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact>;

    /// What the provider gets when the request is durable.
    fn reply(&self, _arrival: &Arrival<'_>) -> Reply {
        Reply::received()
    }

    /// The content of a message-like fact of this source, as said by `subject`. Sources of other
    /// facts are never asked.
    fn content(&self, _raw: &Value, _subject: &Subject) -> MessageContent {
        MessageContent::Unsupported { provider_type: self.name().to_owned(), code: None }
    }
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
        let shared = [
            "arrival.rs",
            "fact",
            "json.rs",
            "meta",
            "mod.rs",
            "repair.rs",
            "reply.rs",
            "secrets.rs",
            "standard_webhooks.rs",
            "streaming.rs",
        ];
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

    #[test]
    fn a_path_belongs_to_the_source_whose_name_it_begins_with() {
        let name = |path| at(path).map(|(source, rest)| (source.name(), rest));
        assert_eq!(name("meta/whatsapp"), Some(("meta/whatsapp", "")));
        for nobodys in ["meta/whatsapp/more", "meta/whatsapp/", "meta/whatsappx", "meta", ""] {
            assert_eq!(name(nobodys), None, "{nobodys}");
        }
    }
}
