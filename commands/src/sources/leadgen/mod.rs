//! Meta Lead Ads (spec/wire-formats §2): somebody filled in the form of an ad.
//!
//! The webhook names the lead and says nothing about the person; that is fetched as an effect of
//! the capture, for as long as it takes.

mod envelope;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use chrono::{DateTime, Utc};

use super::{Arrival, Fact, Forged, HandshakeAnswer, Secret, WebhookSource, json, meta};

/// Meta Lead Ads.
#[derive(Clone, Copy, Debug)]
pub struct LeadAds;

impl WebhookSource for LeadAds {
    fn name(&self) -> &'static str {
        "meta/leadgen"
    }

    fn provider(&self) -> &'static str {
        "meta_lead_ads"
    }

    /// Meta says that it sends at most 3 MB.
    fn max_body_bytes(&self) -> usize {
        3 * 1024 * 1024
    }

    fn accounts(&self) -> Option<ChannelKind> {
        Some(ChannelKind::MetaPage)
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
}
