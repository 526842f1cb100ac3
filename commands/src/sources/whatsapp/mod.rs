//! WhatsApp Cloud API of Meta (spec/wire-formats §1).
//!
//! Reading is lenient: every element of every array is looked at by itself, ids may be texts or
//! numbers, and what is not understood becomes a fact that is kept. One bad element never costs
//! the others of its delivery.

mod change;
mod content;
mod envelope;
mod handshake;
mod json;
mod message;
mod person;
mod signature;
mod status;

use bitacora_domain::Subject;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Fact, Forged, HandshakeAnswer, Headers, Secret, WebhookSource};

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

    fn verify(
        &self,
        secrets: &[Secret],
        headers: Headers<'_>,
        body: &[u8],
        _: DateTime<Utc>,
    ) -> Result<(), Forged> {
        signature::verify(secrets, headers(signature::HEADER), body)
    }

    fn handshake(
        &self,
        query: &[(String, String)],
        verify_tokens: &[Secret],
    ) -> Option<HandshakeAnswer> {
        Some(handshake::answer(query, verify_tokens))
    }

    fn facts(&self, body: &[u8]) -> Vec<Fact> {
        envelope::facts(body)
    }

    fn content(&self, raw: &Value, subject: &Subject) -> MessageContent {
        content::content(raw, subject)
    }
}
