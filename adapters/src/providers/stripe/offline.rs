//! The offline twin of Stripe, for installations without a key: no money moves, and everything
//! that would come back does. Its pages are on our own loopback listener; what is pressed there
//! comes back on the real path, as signed webhooks over HTTP, and as badly as the real ones:
//! `payment_intent.succeeded` before the session, things twice, late. What happens follows from
//! the seed and the order alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{
    Bill, Button, Checkout, CheckoutFault, CheckoutPage, CheckoutRequest, Clock, Till,
};
use bitacora_commands::sources::Secret;
use bitacora_domain::{OrderId, TenantId};
use chrono::DateTime;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::SetupFault;
use super::play::{self, Event};
use crate::web;

/// Presses whose webhooks are on their way at the same time; further ones are not taken.
const UNDER_WAY_MAX: usize = 256;
/// How often a webhook that was not taken is sent again.
const TRIES: u32 = 6;
/// Pause before the second try; doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Time for one webhook.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What the signature of an address covers besides the bill.
const DOMAIN: &[u8] = b"offline-checkout:";

/// How it behaves.
#[derive(Clone, Debug)]
pub struct OfflineSettings {
    /// Signs the webhooks: one of those that our own listener accepts.
    pub webhook_secret: Secret,
    /// What happens to which order follows from it.
    pub seed: u64,
    /// How much faster than life webhooks come: 1 takes seconds.
    pub haste: u32,
    /// Where we listen ourselves (`http://127.0.0.1:8080`). Without it there are no pages.
    pub listener: Option<String>,
}

/// The twin. Cheap to clone.
#[derive(Clone)]
pub struct OfflineCheckout(Arc<Inner>);

struct Inner {
    settings: OfflineSettings,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    under_way: Arc<Semaphore>,
}

impl fmt::Debug for OfflineCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfflineCheckout")
    }
}

/// A bill as it stands in an address.
#[derive(Serialize, Deserialize)]
struct Written {
    t: TenantId,
    o: OrderId,
    c: u64,
    p: u64,
    k: String,
    e: i64,
}

impl OfflineCheckout {
    /// A twin.
    ///
    /// # Errors
    /// [`SetupFault`] when there is no HTTP client.
    pub fn new(settings: OfflineSettings, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        let http = web::builder()?.timeout(ANSWER_WITHIN).build()?;
        let under_way = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        Ok(Self(Arc::new(Inner { settings, clock, http, under_way })))
    }
}

#[async_trait]
impl Checkout for OfflineCheckout {
    async fn open(&self, wanted: &CheckoutRequest) -> Result<CheckoutPage, CheckoutFault> {
        let Some(listener) = &self.0.settings.listener else {
            return Err(CheckoutFault::Unavailable("OFFLINE_WITHOUT_LISTENER"));
        };
        let bill = written(wanted).ok_or(CheckoutFault::Unavailable("OFFLINE_FAULT"))?;
        let session_id = session_of(self.0.settings.seed, wanted.order);
        let signature = self.0.signature(&session_id, &bill);
        let signature = signature.ok_or(CheckoutFault::Unavailable("OFFLINE_FAULT"))?;
        let listener = listener.trim_end_matches('/');
        let url =
            format!("{listener}/offline/checkout/{session_id}?bill={bill}&signature={signature}");
        Ok(CheckoutPage { session_id, url, expires_at: wanted.expires_at })
    }
}

impl Till for OfflineCheckout {
    fn bill(&self, session: &str, query: &str) -> Option<Bill> {
        let part = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        let (bill, signature) = (part("bill")?, part("signature")?);
        let told = hex::decode(signature).ok()?;
        self.0.mac(session, bill)?.verify_slice(&told).ok()?;
        let Written { t, o, c, p, k, e } = serde_json::from_slice(&hex::decode(bill).ok()?).ok()?;
        let wanted = CheckoutRequest {
            tenant: t,
            order: o,
            credits: c,
            price_minor: p,
            currency: k,
            expires_at: DateTime::from_timestamp(e, 0)?,
        };
        Some(Bill { session_id: session.to_owned(), wanted })
    }

    fn press(&self, bill: &Bill, button: Button) {
        let Some(listener) = &self.0.settings.listener else { return };
        let Ok(permit) = Arc::clone(&self.0.under_way).try_acquire_owned() else {
            tracing::warn!("too much is pressed at the offline till");
            return;
        };
        let url = format!("{}/webhooks/stripe", listener.trim_end_matches('/'));
        let now = self.0.clock.now().timestamp();
        let events = play::events(self.0.settings.seed, bill, button, now);
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let _permit = permit;
            for Event { after, body } in events {
                sleep(after / inner.settings.haste.max(1)).await;
                inner.post(&url, &body).await;
            }
        });
    }
}

impl Inner {
    /// Posts one event, again when it is not taken.
    async fn post(&self, url: &str, body: &str) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            let at = self.clock.now().timestamp();
            let Some(signature) = self.webhook_signature(at, body) else { return };
            let request = self
                .http
                .post(url)
                .header("content-type", "application/json; charset=utf-8")
                .header("stripe-signature", signature)
                .body(body.to_owned());
            match request.send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(_) | Err(_) => sleep(pause).await,
            }
            pause *= 2;
        }
        tracing::warn!("our own webhook did not take an event of the offline till");
    }

    /// As wire-formats §6.1 has it.
    fn webhook_signature(&self, at: i64, body: &str) -> Option<String> {
        // HMAC takes keys of any length
        let mac = Hmac::<Sha256>::new_from_slice(self.settings.webhook_secret.expose()).ok()?;
        let mac = mac.chain_update(format!("{at}.{body}")).finalize().into_bytes();
        Some(format!("t={at},v1={}", hex::encode(mac)))
    }

    fn mac(&self, session: &str, bill: &str) -> Option<Hmac<Sha256>> {
        let mac = Hmac::<Sha256>::new_from_slice(self.settings.webhook_secret.expose()).ok()?;
        Some(mac.chain_update(DOMAIN).chain_update(session).chain_update(":").chain_update(bill))
    }

    fn signature(&self, session: &str, bill: &str) -> Option<String> {
        Some(hex::encode(self.mac(session, bill)?.finalize().into_bytes()))
    }
}

/// The session of an order: the same one whenever it is asked for.
fn session_of(seed: u64, order: OrderId) -> String {
    let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(order.to_string());
    format!("cs_offline_{}", hex::encode(&hash.finalize()[..16]))
}

fn written(wanted: &CheckoutRequest) -> Option<String> {
    let bill = Written {
        t: wanted.tenant,
        o: wanted.order,
        c: wanted.credits,
        p: wanted.price_minor,
        k: wanted.currency.clone(),
        e: wanted.expires_at.timestamp(),
    };
    Some(hex::encode(serde_json::to_vec(&bill).ok()?))
}
