//! The client of the Cloud API.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{
    Accepted, Address, FaultClass, Messenger, Outgoing, Refusal, Remedy, SendFault,
};
use bitacora_domain::{Personal, Subject};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};

use super::answer::{self, Taken};
use super::request::{self, Unsendable};
use crate::web;

/// Most bytes of an answer that are read; one has a few hundred.
const ANSWER_MAX: usize = 64 * 1024;
/// An idle connection is not used again after this: one that the other side has just closed
/// would leave a message unknown for nothing.
const IDLE: Duration = Duration::from_secs(15);

/// Where the API is, and how long it may take.
#[derive(Clone, Debug)]
pub struct CloudSettings {
    /// `https://graph.facebook.com`, or what stands in for it.
    pub url: String,
    /// `v24.0`
    pub version: String,
    /// Time to connect, TLS included.
    pub connect_within: Duration,
    /// Time for the whole request. Must end before the effect's attempt does.
    pub answer_within: Duration,
}

impl CloudSettings {
    /// Settings with the time-outs that are used.
    pub fn new(url: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            version: version.into(),
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_secs(15),
        }
    }
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupFault {
    /// The address is none.
    #[error("the address of the Graph API is not a URL with a host")]
    Url,
    /// The token has characters that a header cannot carry.
    #[error("the access token is not one: it has characters that a header cannot carry")]
    Token,
    /// HTTP or TLS cannot be set up.
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// TLS cannot be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// The Cloud API under one access token. The token is a system user's and may serve the numbers
/// of many tenants; tokens of their own per number are not there yet.
pub struct Cloud {
    http: Client,
    base: Url,
    version: String,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cloud({}{})", self.base, self.version)
    }
}

impl Cloud {
    /// A client.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(settings: &CloudSettings, token: &str) -> Result<Self, SetupFault> {
        let mut base = Url::parse(&settings.url).map_err(|_| SetupFault::Url)?;
        if !base.has_host() {
            return Err(SetupFault::Url);
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| SetupFault::Token)?;
        bearer.set_sensitive(true);
        let http = web::builder()?
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .connect_timeout(settings.connect_within)
            .timeout(settings.answer_within)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { http, base, version: settings.version.clone() })
    }

    fn messages_of(&self, account: &str) -> Result<Url, SendFault> {
        // An account is digits (the channel's invariant); anything else must not become a path.
        if account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(unsent("INVALID_ACCOUNT"));
        }
        self.base
            .join(&format!("{}/{account}/messages", self.version))
            .map_err(|_| unsent("INVALID_ACCOUNT"))
    }
}

#[async_trait]
impl Messenger for Cloud {
    async fn send(&self, outgoing: Outgoing) -> Result<Accepted, SendFault> {
        let body = request::body(&outgoing).map_err(|fault| match fault {
            Unsendable::Hidden => unsent("CONTENT_HIDDEN"),
            Unsendable::Kind => unsent("CONTENT_NOT_SENDABLE"),
        })?;
        let url = self.messages_of(&outgoing.account)?;
        let response = self.http.post(url).json(&body).send().await.map_err(|e| fault(&e))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = bounded(response).await?;
        let taken = answer::read(status, retry_after.as_deref(), body.as_deref())?;
        Ok(accepted(taken, &outgoing.to))
    }
}

/// The body, `None` when it is longer than an answer can be.
async fn bounded(mut response: Response) -> Result<Option<Vec<u8>>, SendFault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What a failed request proves: only one that never had a connection did nothing.
fn fault(error: &reqwest::Error) -> SendFault {
    if error.is_connect() {
        SendFault::Unreachable("NO_CONNECTION")
    } else if error.is_timeout() {
        SendFault::Unknown("TIMEOUT")
    } else {
        SendFault::Unknown("CONNECTION_LOST")
    }
}

/// Refused before anything left.
fn unsent(title: &str) -> SendFault {
    SendFault::Refused(Refusal {
        code: 0,
        title: title.to_owned(),
        class: FaultClass::Request,
        remedy: Remedy::Fail,
        after: None,
    })
}

fn accepted(taken: Taken, to: &Address) -> Accepted {
    let subject: &Subject = match to {
        Address::Digits(value) | Address::UserId(value) => value.subject(),
    };
    Accepted {
        provider_message_id: taken.id,
        wa_id: taken.wa_id.map(|id| Personal::new(subject.clone(), id)),
    }
}
