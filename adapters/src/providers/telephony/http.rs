//! Requests to providers of calls, and what a failed one proves.

use std::time::Duration;

use bitacora_commands::ports::SendFault;
use chrono::TimeDelta;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, Url};

use crate::web;

/// Time to connect, TLS included, and for the whole request: it must end before the effect's
/// attempt does.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// An idle connection is not used again after this: one that the other side has just closed
/// would leave a call unknown for nothing.
const IDLE: Duration = Duration::from_secs(15);
/// Most bytes of an answer that are read: those about a conversation hold its words.
const ANSWER_MAX: usize = 4 * 1024 * 1024;
/// Longest wait that a provider is believed to mean.
const LONGEST_WAIT_S: i64 = 3_600;
/// Longest title that is kept, in characters.
const TITLE_MAX: usize = 200;
/// So many digits in a row may be a telephone number; titles go into logs.
const DIGITS_SHOWN: usize = 6;

/// A client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupFault {
    /// The address is none.
    #[error("the address of the provider's API is not a URL with a host")]
    Url,
    /// The address at which the provider calls back is none.
    #[error("the address for callbacks is not a URL with a host")]
    Callbacks,
    /// The key has characters that a header cannot carry.
    #[error("the key is none: it has characters that a header cannot carry")]
    Key,
    /// HTTP cannot be set up.
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// TLS cannot be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// What `Retry-After` says in seconds; 0 names no time.
    pub(crate) after: Option<TimeDelta>,
    /// `None` when it was longer than an answer can be.
    pub(crate) body: Option<Vec<u8>>,
}

impl Answer {
    /// The body as JSON, if it is.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }
}

/// A client with time-outs; `answer_within` for tests.
pub(crate) fn client(answer_within: Option<Duration>) -> Result<Client, SetupFault> {
    Ok(web::builder()?
        .connect_timeout(CONNECT_WITHIN)
        .timeout(answer_within.unwrap_or(ANSWER_WITHIN))
        .pool_idle_timeout(IDLE)
        .build()?)
}

/// An address that ends in a slash, so that paths can be joined to it.
pub(crate) fn base(url: &str) -> Option<Url> {
    let mut base = Url::parse(url).ok().filter(Url::has_host)?;
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    Some(base)
}

/// Makes a request once.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, SendFault> {
    let mut response = request.send().await.map_err(|error| fault(&error))?;
    let status = response.status().as_u16();
    let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(seconds);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Ok(Answer { status, after, body: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, after, body: Some(body) })
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

fn seconds(text: &str) -> Option<TimeDelta> {
    let seconds: i64 = text.trim().parse().ok()?;
    (seconds > 0).then(|| TimeDelta::seconds(seconds.min(LONGEST_WAIT_S)))
}

/// Names and values as the body of a form.
pub(crate) fn form(pairs: &[(&str, String)]) -> String {
    // The one public way to the encoder that the HTTP client has on board anyhow.
    let Ok(mut url) = Url::parse("form:/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// The provider's text, short, in one line, and without what may be a telephone number.
pub(crate) fn clean(title: &str) -> String {
    let mut clean = String::new();
    let mut digits = 0;
    for char in title.chars().take(TITLE_MAX) {
        digits = if char.is_ascii_digit() { digits + 1 } else { 0 };
        if digits > DIGITS_SHOWN {
            if digits == DIGITS_SHOWN + 1 {
                clean.truncate(clean.len() - DIGITS_SHOWN);
                clean.push('…');
            }
        } else {
            clean.push(if char.is_control() { ' ' } else { char });
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_hide_numbers_and_forms_keep_what_they_are_given() {
        assert_eq!(clean("Invalid 'To' +5491166600011\nnow"), "Invalid 'To' +… now");
        let body = form(&[("To", "+54 9".into()), ("Twiml", "<a b=\"ñ\"/>".into())]);
        assert_eq!(body, "To=%2B54+9&Twiml=%3Ca+b%3D%22%C3%B1%22%2F%3E");
    }
}
