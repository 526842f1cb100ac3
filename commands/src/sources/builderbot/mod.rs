//! Builderbot.cloud (spec/wire-formats §3): WhatsApp over somebody else's bot.
//!
//! Nothing is signed and nothing has an id. Whoever knows the secret in the URL is believed
//! (`/webhooks/builderbot/<secret>`), for the account that `X-Account-Key` or a second segment of
//! the path names; a secret of one account speaks for no other. What is told apart by nothing
//! else is told apart by what it says and when it came ([`facts`]).

mod content;
mod facts;

use bitacora_domain::Subject;
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Arrival, Fact, Forged, Secret, WebhookSource, candidates};

/// Header that names the account.
const ACCOUNT_KEY: &str = "x-account-key";

/// Builderbot.cloud.
#[derive(Clone, Copy, Debug)]
pub struct Builderbot;

impl WebhookSource for Builderbot {
    fn name(&self) -> &'static str {
        "builderbot"
    }

    fn provider(&self) -> &'static str {
        "builderbot"
    }

    /// Files come as addresses, so a body is small.
    fn max_body_bytes(&self) -> usize {
        1024 * 1024
    }

    fn accounts(&self) -> Option<ChannelKind> {
        Some(ChannelKind::Builderbot)
    }

    fn takes(&self, rest: &str) -> bool {
        (1..=2).contains(&segments(rest).len())
    }

    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        _: DateTime<Utc>,
    ) -> Result<(), Forged> {
        let claimed = *segments(arrival.rest).first().ok_or(Forged::Missing)?;
        if secrets.is_empty() {
            return Err(Forged::NoSecret);
        }
        let account = account(arrival);
        // all of them, so that the time does not tell which one came close
        let known = candidates(secrets, account.as_deref())
            .fold(false, |known, secret| secret.equals(claimed.as_bytes()) | known);
        if known { Ok(()) } else { Err(Forged::Mismatch) }
    }

    fn kept_headers(&self) -> &'static [&'static str] {
        &[ACCOUNT_KEY]
    }

    /// The secret has done its work.
    fn kept_rest(&self, arrival: &Arrival<'_>) -> String {
        let account = segments(arrival.rest).get(1).copied();
        account.map(|account| format!("-/{account}")).unwrap_or_default()
    }

    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact> {
        facts::facts(arrival, account(arrival))
    }

    fn content(&self, raw: &Value, subject: &Subject) -> MessageContent {
        content::content(raw, subject)
    }
}

/// The account that a request speaks for: the header's, else the path's.
fn account(arrival: &Arrival<'_>) -> Option<String> {
    let header = arrival.headers.text(ACCOUNT_KEY).map(str::trim).filter(|key| !key.is_empty());
    header.or_else(|| segments(arrival.rest).get(1).copied()).map(str::to_owned)
}

/// Secret and account of a path, behind the `whatsapp` that some put before them.
fn segments(rest: &str) -> Vec<&str> {
    let mut segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    if segments.len() > 1 && segments.first() == Some(&"whatsapp") {
        segments.remove(0);
    }
    segments
}
