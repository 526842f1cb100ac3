//! Stripe (spec/wire-formats §6): payments of orders.
//!
//! Any version of the API will do: only fields that have always been there are read, references
//! may be ids or whole objects, and types that nobody has heard of are kept. What metadata says
//! is a hint for the router to check.

mod event;
mod object;
mod signature;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use chrono::{DateTime, Utc};

use super::{Arrival, Fact, Forged, Secret, WebhookSource, json};

/// Stripe.
#[derive(Clone, Copy, Debug)]
pub struct Stripe;

/// The value of `Stripe-Signature` for a body: for those who play Stripe.
pub fn sign(secret: &Secret, at: DateTime<Utc>, body: &[u8]) -> String {
    signature::sign(secret, at, body)
}

impl WebhookSource for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn provider(&self) -> &'static str {
        "stripe"
    }

    /// Events are a few kilobytes; those with many line items some hundreds.
    fn max_body_bytes(&self) -> usize {
        1024 * 1024
    }

    /// The stored order says whose a payment is.
    fn accounts(&self) -> Option<ChannelKind> {
        None
    }

    fn verify(
        &self,
        secrets: &[Secret],
        arrival: &Arrival<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Forged> {
        signature::verify(secrets, arrival.headers.get(signature::HEADER), arrival.body, now)
    }

    fn facts(&self, arrival: &Arrival<'_>) -> Vec<Fact> {
        vec![event::fact(arrival.body)]
    }
}
