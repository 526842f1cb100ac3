//! Telling a tenant's webhook of a lead, as Standard Webhooks 1.0.0 says (wire-formats §12):
//! signed, with an id that is the same on every attempt, and never into our own network.

mod answer;
mod guard;
mod offline;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{LeadReceiver, Notice, NoticeFault, Taken, TargetRow};
use reqwest::{Client, Response};

pub use self::guard::Reach;
pub use self::offline::OrOffline;
pub use self::sign::{decode_secret, encode_secret, signature};
use super::whatsapp::SetupFault;
use crate::web;

/// Most bytes of an answer that are read.
const ANSWER_MAX: usize = 64 * 1024;
/// Time to connect, TLS included.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Time for the whole request; ends before the effect's attempt does.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The client.
#[derive(Clone, Debug)]
pub struct LeadWebhook {
    http: Client,
    reach: Reach,
}

impl LeadWebhook {
    /// A client that reaches as far as `reach` says.
    ///
    /// # Errors
    /// [`SetupFault`] when there is no HTTP client.
    pub fn new(reach: Reach) -> Result<Self, SetupFault> {
        Self::within(reach, ANSWER_WITHIN)
    }

    /// The same with another time for the whole request.
    ///
    /// # Errors
    /// As [`LeadWebhook::new`].
    pub fn within(reach: Reach, answer_within: Duration) -> Result<Self, SetupFault> {
        let http = web::builder()?
            .dns_resolver(Arc::new(reach))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(answer_within)
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { http, reach })
    }
}

#[async_trait]
impl LeadReceiver for LeadWebhook {
    fn check(&self, url: &str) -> Result<(), NoticeFault> {
        self.reach.checked(url).map(drop)
    }

    async fn tell(&self, target: &TargetRow, notice: Notice) -> Result<Taken, NoticeFault> {
        let url = self.reach.checked(&target.url)?;
        let at = notice.at.timestamp();
        let signatures: Vec<_> = target
            .secrets
            .iter()
            .filter_map(|secret| signature(secret, &notice.id, at, &notice.body))
            .collect();
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("user-agent", "Bitacora")
            .header("webhook-id", &notice.id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signatures.join(" "))
            .body(notice.body);
        let response = request.send().await.map_err(|error| fault(&error))?;
        let status = response.status().as_u16();
        answer::read(status, &bounded(response).await)
    }
}

/// As much of the body as is read. That the answer was cut off changes nothing about its status.
async fn bounded(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > ANSWER_MAX {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    body
}

/// What a failed request proves: only one that never had a connection did nothing.
fn fault(error: &reqwest::Error) -> NoticeFault {
    if guard::is_forbidden(error) {
        NoticeFault::Refused("ADDRESS_NOT_ALLOWED".into())
    } else if error.is_connect() {
        NoticeFault::Failed("NO_CONNECTION".into())
    } else if error.is_timeout() {
        NoticeFault::Unknown("TIMEOUT")
    } else {
        NoticeFault::Unknown("CONNECTION_LOST")
    }
}
