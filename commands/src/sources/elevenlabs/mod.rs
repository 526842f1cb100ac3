//! Conversational AI of ElevenLabs (spec/wire-formats §4): what is left of a call when it is
//! over. Facts come in any order and each once; the sound of a call is taken out of its delivery
//! while it arrives and waits in the blob store.

mod audio;
mod base64;
mod cut;
mod envelope;
mod failure;
mod intake;
mod phone;
mod signature;
mod transcript;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use chrono::{DateTime, Utc};

use self::intake::Delivery;
use self::signature::Check;
use super::streaming::Intake;
use super::{Arrival, Fact, Forged, Secret, WebhookSource};

/// Conversational AI of ElevenLabs.
#[derive(Clone, Copy, Debug)]
pub struct ElevenLabs;

impl WebhookSource for ElevenLabs {
    fn name(&self) -> &'static str {
        "elevenlabs"
    }

    fn provider(&self) -> &'static str {
        "elevenlabs"
    }

    /// Two hours of MP3 at 64 kbit/s, in base64, and some.
    fn max_body_bytes(&self) -> usize {
        96 * 1024 * 1024
    }

    fn accounts(&self) -> Option<ChannelKind> {
        Some(ChannelKind::ElevenLabs)
    }

    fn takes(&self, rest: &str) -> bool {
        matches!(rest, "" | "post-call")
    }

    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Forged> {
        let mut check = Check::begin(secrets, arrival.headers.get(signature::HEADER), now)?;
        check.update(arrival.body);
        let account = envelope::key(arrival)
            .or_else(|| check.needs_account().then(|| envelope::agent(arrival.body)).flatten());
        check.finish(account.as_deref())
    }

    fn intake(
        &self,
        secrets: &[Secret],
        head: &Arrival<'_>,
        now: DateTime<Utc>,
    ) -> Option<Result<Box<dyn Intake>, Forged>> {
        let check = Check::begin(secrets, head.headers.get(signature::HEADER), now);
        let delivery = |check| Delivery::new(check, envelope::key(head));
        Some(check.map(|check| Box::new(delivery(check)) as Box<dyn Intake>))
    }

    fn kept_headers(&self) -> &'static [&'static str] {
        &[envelope::ACCOUNT_KEY]
    }

    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact> {
        vec![envelope::fact(arrival)]
    }
}
