//! The client of Stripe's API, as far as checkout needs it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{Checkout, CheckoutFault, CheckoutPage, CheckoutRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};

use super::answer::{self, Answer};
use super::form::{Unpayable, form};
use crate::web;

/// Most bytes of an answer that are read; a session has some thousand.
const ANSWER_MAX: usize = 256 * 1024;
/// An idle connection is not used again after this.
const IDLE: Duration = Duration::from_secs(15);

/// Where the API is, and how long it may take.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// `https://api.stripe.com`, or what stands in for it.
    pub url: String,
    /// Where payers come back to.
    pub return_url: String,
    /// Time to connect, TLS included.
    pub connect_within: Duration,
    /// Time for the whole request. Must end before the effect's attempt does.
    pub answer_within: Duration,
}

impl StripeSettings {
    /// Settings with the time-outs that are used.
    pub fn new(url: impl Into<String>, return_url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            return_url: return_url.into(),
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_secs(15),
        }
    }
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupFault {
    /// The address is none.
    #[error("the address of the Stripe API is not a URL with a host")]
    Url,
    /// The key has characters that a header cannot carry.
    #[error("the secret key is not one: it has characters that a header cannot carry")]
    Key,
    /// HTTP or TLS cannot be set up.
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// TLS cannot be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Stripe under one secret key.
pub struct Stripe {
    http: Client,
    sessions: Url,
    return_url: String,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stripe({})", self.sessions)
    }
}

impl Stripe {
    /// A client.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(settings: &StripeSettings, key: &str) -> Result<Self, SetupFault> {
        let base = format!("{}/v1/checkout/sessions", settings.url.trim_end_matches('/'));
        let sessions = Url::parse(&base).map_err(|_| SetupFault::Url)?;
        if !sessions.has_host() {
            return Err(SetupFault::Url);
        }
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| SetupFault::Key)?;
        bearer.set_sensitive(true);
        let http = web::builder()?
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .connect_timeout(settings.connect_within)
            .timeout(settings.answer_within)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { http, sessions, return_url: settings.return_url.clone() })
    }
}

#[async_trait]
impl Checkout for Stripe {
    async fn open(&self, wanted: &CheckoutRequest) -> Result<CheckoutPage, CheckoutFault> {
        let body = form(wanted, &self.return_url).map_err(unpayable)?;
        let request = self
            .http
            .post(self.sessions.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("idempotency-key", format!("{}-checkout", wanted.order))
            .body(body);
        let response = request.send().await.map_err(|error| lost(&error))?;
        let text = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (retry_after, should_retry) = (text(RETRY_AFTER.as_str()), text("stripe-should-retry"));
        let status = response.status().as_u16();
        let body = bounded(response).await?;
        answer::read(&Answer { status, retry_after, should_retry, body }, wanted.expires_at)
    }
}

/// The body, `None` when it is longer than an answer can be.
async fn bounded(mut response: Response) -> Result<Option<Vec<u8>>, CheckoutFault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Whatever a lost request has done: under its key it is done once.
fn lost(error: &reqwest::Error) -> CheckoutFault {
    CheckoutFault::Unavailable(if error.is_connect() {
        "NO_CONNECTION"
    } else if error.is_timeout() {
        "TIMEOUT"
    } else {
        "CONNECTION_LOST"
    })
}

fn unpayable(fault: Unpayable) -> CheckoutFault {
    let code = match fault {
        Unpayable::Currency => "CURRENCY_UNSUPPORTED",
        Unpayable::Price => "PRICE_UNSUPPORTED",
        Unpayable::ReturnUrl => "INVALID_RETURN_URL",
    };
    CheckoutFault::Refused { code: code.to_owned(), message: fault.to_string() }
}
