//! Twilio Voice (spec/wire-formats §5): how calls go, and what is left of them.
//!
//! The addresses that Twilio calls back are ours: those of calls that we make name the call and
//! the attempt ([`CallPath`]), those of calls that we receive are the four of [`Own`]. The address
//! is signed, so what it says can be believed; whose the call is, the log says.

mod fact;
mod form;
mod read;
mod signature;
mod twiml;
mod variants;
#[cfg(test)]
mod vectors;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use chrono::{DateTime, Utc};

use super::{Arrival, Fact, Forged, Reply, Secret, WebhookSource, json};
use crate::calls::{CallPath, CallTopic};

/// Twilio.
#[derive(Clone, Copy, Debug)]
pub struct Twilio;

/// The value of `X-Twilio-Signature` for a form that is posted to `url`: for those who play
/// Twilio.
pub fn sign(token: &Secret, url: &str, parameters: &[(String, String)]) -> String {
    signature::sign(token, url, parameters)
}

/// Addresses for calls that begin without us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    /// Somebody calls; the answer says what they hear.
    Voice,
    Status,
    Recording,
    Transcription,
}

/// What an address below the source's name is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    /// A call of ours.
    Ours(CallPath),
    /// One that began without us.
    Own(Own),
}

impl Address {
    fn of(rest: &str) -> Option<Self> {
        let own = match rest {
            "voice" => Own::Voice,
            "status" => Own::Status,
            "recording" => Own::Recording,
            "transcription" => Own::Transcription,
            _ => return CallPath::parse(rest).map(Self::Ours),
        };
        Some(Self::Own(own))
    }
}

impl WebhookSource for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn provider(&self) -> &'static str {
        "twilio"
    }

    /// Forms are small; the words of a two-minute recording are the most that comes.
    fn max_body_bytes(&self) -> usize {
        256 * 1024
    }

    fn accounts(&self) -> Option<ChannelKind> {
        Some(ChannelKind::Twilio)
    }

    fn takes(&self, rest: &str) -> bool {
        Address::of(rest).is_some()
    }

    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        _: DateTime<Utc>,
    ) -> Result<(), Forged> {
        signature::verify(secrets, arrival)
    }

    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact> {
        vec![fact::fact(arrival)]
    }

    /// What the other side hears, where somebody is on the line.
    fn reply(&self, arrival: &Arrival<'_>) -> Reply {
        let form = form::Form::of(arrival);
        Reply::xml(match Address::of(arrival.rest) {
            Some(Address::Own(Own::Voice)) => twiml::greeting(read::our_number(&form).as_deref()),
            Some(Address::Ours(CallPath { topic: CallTopic::Gather { .. }, .. })) => {
                twiml::after_keys(form.first("Digits")).to_owned()
            }
            Some(_) | None => twiml::NOTHING.to_owned(),
        })
    }
}
