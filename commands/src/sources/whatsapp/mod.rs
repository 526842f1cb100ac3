//! WhatsApp Cloud API of Meta (spec/wire-formats §1).
//!
//! Reading is lenient: every element of every array is looked at by itself, ids may be texts or
//! numbers, and what is not understood becomes a fact that is kept. One bad element never costs
//! the others of its delivery.

mod change;
mod content;
mod envelope;
mod message;
pub(super) mod person;
mod status;

use bitacora_domain::Subject;
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Arrival, Fact, Forged, HandshakeAnswer, Secret, WebhookSource, json, meta};

/// The WhatsApp Cloud API.
#[derive(Clone, Copy, Debug)]
pub struct WhatsApp;

impl WebhookSource for WhatsApp {
    fn name(&self) -> &'static str {
        "meta/whatsapp"
    }

    fn provider(&self) -> &'static str {
        "whatsapp"
    }

    /// Meta says that it sends at most 3 MB.
    fn max_body_bytes(&self) -> usize {
        3 * 1024 * 1024
    }

    fn accounts(&self) -> Option<ChannelKind> {
        Some(ChannelKind::Whatsapp)
    }

    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        _: DateTime<Utc>,
    ) -> Result<(), Forged> {
        meta::verify(secrets, arrival)
    }

    fn handshake(
        &self,
        query: &[(String, String)],
        verify_tokens: &[Secret],
    ) -> Option<HandshakeAnswer> {
        Some(meta::answer(query, verify_tokens))
    }

    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact> {
        envelope::facts(arrival.body)
    }

    fn content(&self, raw: &Value, subject: &Subject) -> MessageContent {
        content::content(raw, subject)
    }
}
