//! Posts webhooks to our own listener, signed as the real ones sign them.

use std::time::Duration;

use bitacora_commands::sources::{Secret, twilio};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use reqwest::{Client, RequestBuilder};
use sha2::Sha256;
use tokio::time::sleep;

use super::OfflineSettings;
use super::hooks::Hook;
use crate::providers::telephony::http;

/// How often a webhook that was not taken is sent again.
const TRIES: u32 = 6;
/// Pause before the second try; doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Posts to one listener.
pub(super) struct Post {
    http: Client,
    listener: String,
    /// What is signed as the address.
    public: String,
    token: Secret,
    agents: Option<Secret>,
}

impl Post {
    pub(super) fn new(http: Client, listener: &str, settings: &OfflineSettings) -> Self {
        let listener = listener.trim_end_matches('/').to_owned();
        let public = settings.public.as_deref().unwrap_or(&listener);
        let public = public.trim_end_matches('/').to_owned();
        let (token, agents) = (settings.twilio_token.clone(), settings.elevenlabs_secret.clone());
        Self { http, listener, public, token, agents }
    }

    /// Posts a webhook, again when it is not taken.
    pub(super) async fn post(&self, hook: &Hook, now: DateTime<Utc>) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            let request = self.form(hook, now).or_else(|| self.document(hook, now));
            let Some(request) = request else { return };
            match request.send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(_) | Err(_) => sleep(pause).await,
            }
            pause *= 2;
        }
        tracing::warn!("our own webhook did not take what the offline telephony told");
    }

    fn form(&self, hook: &Hook, now: DateTime<Utc>) -> Option<RequestBuilder> {
        let (path, parameters) = hook.form(now)?;
        let address = format!("webhooks/twilio/{path}");
        let signed = twilio::sign(&self.token, &format!("{}/{address}", self.public), &parameters);
        let pairs: Vec<_> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let request = self.http.post(format!("{}/{address}", self.listener));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Some(request.header("x-twilio-signature", signed).body(http::form(&pairs)))
    }

    fn document(&self, hook: &Hook, now: DateTime<Utc>) -> Option<RequestBuilder> {
        let (body, secret) = (hook.document(now)?.to_string(), self.agents.as_ref()?);
        let time = now.timestamp();
        // HMAC takes keys of any length
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose()).ok()?;
        let mac = mac.chain_update(format!("{time}.")).chain_update(&body).finalize();
        let signature = format!("t={time},v0={}", hex::encode(mac.into_bytes()));
        let request = self.http.post(format!("{}/webhooks/elevenlabs", self.listener));
        let request = request.header("content-type", "application/json");
        Some(request.header("elevenlabs-signature", signature).body(body))
    }
}
