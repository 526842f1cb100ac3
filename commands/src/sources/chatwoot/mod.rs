//! Chatwoot (spec/wire-formats §10): messages of the inboxes of a help desk.
//!
//! Recent releases sign the body with a time, others the body alone, and old ones nothing; the
//! last are believed when the URL ends with the secret (`/webhooks/chatwoot/<secret>`).

mod content;
mod facts;
mod signature;

use bitacora_domain::Subject;
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Arrival, Fact, Forged, Secret, WebhookSource, candidates};

/// Chatwoot.
#[derive(Clone, Copy, Debug)]
pub struct Chatwoot;

impl WebhookSource for Chatwoot {
    fn name(&self) -> &'static str {
        "chatwoot"
    }

    fn provider(&self) -> &'static str {
        "chatwoot"
    }

    /// Files come as addresses; an e-mail may be long.
    fn max_body_bytes(&self) -> usize {
        2 * 1024 * 1024
    }

    fn accounts(&self) -> Option<ChannelKind> {
        Some(ChannelKind::Chatwoot)
    }

    fn takes(&self, rest: &str) -> bool {
        rest.split('/').filter(|segment| !segment.is_empty()).count() <= 1
    }

    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Forged> {
        // Only a secret of one account needs to know whose the request says that it is.
        let account = secrets.iter().any(|secret| secret.account().is_some());
        let account = account.then(|| facts::account_in(arrival.body)).flatten();
        let own: Vec<&Secret> = candidates(secrets, account.as_deref()).collect();
        signature::verify(secrets.is_empty(), &own, arrival, now)
    }

    /// The secret, if there was one, has done its work.
    fn kept_rest(&self, _: &Arrival<'_>) -> String {
        String::new()
    }

    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact> {
        facts::facts(arrival.body)
    }

    fn content(&self, raw: &Value, subject: &Subject) -> MessageContent {
        content::content(raw, subject)
    }
}
