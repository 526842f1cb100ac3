//! The clients: a request that is read piece by piece, or one that deletes.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{BlobError, Chunks, Media, RecordingAt, RecordingFault, Recordings};
use bitacora_domain::aggregates::call_session::CallProvider;
use chrono::TimeDelta;
use futures::StreamExt as _;
use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

use super::address::{NOT_OURS, NoAddress, ProviderUrl, name};
use crate::web;

/// Time to connect, and the longest silence while a recording comes.
const CONNECTING: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(10);
/// Most redirects that are followed, all of them within the provider's own hosts.
const REDIRECTS: usize = 3;

/// A client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupFault {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] NoAddress),
    /// HTTP cannot be set up.
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// TLS cannot be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// An account of Twilio.
#[derive(Clone)]
pub struct TwilioAccount {
    /// `AC…`
    pub sid: String,
    /// Its auth token.
    pub token: String,
}

impl fmt::Debug for TwilioAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TwilioAccount({})", self.sid)
    }
}

/// Twilio's recordings, of the accounts whose tokens are known.
#[derive(Debug)]
pub struct Twilio {
    http: Client,
    api: ProviderUrl,
    accounts: Vec<TwilioAccount>,
}

/// ElevenLabs' recordings.
pub struct ElevenLabs {
    http: Client,
    api: ProviderUrl,
    key: String,
}

fn client() -> Result<Client, SetupFault> {
    Ok(web::builder()?.connect_timeout(CONNECTING).read_timeout(SILENCE).build()?)
}

impl Twilio {
    /// A client for the API at `url`.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(url: &str, accounts: Vec<TwilioAccount>) -> Result<Self, SetupFault> {
        Ok(Self { http: client()?, api: ProviderUrl::new(url, ".twilio.com")?, accounts })
    }

    /// The account that an address names (`/2010-04-01/Accounts/AC…/Recordings/RE…`).
    fn account_of(&self, url: &Url) -> Result<&TwilioAccount, RecordingFault> {
        let named = url.path_segments().and_then(|mut parts| parts.nth(2)).unwrap_or_default();
        let found = self.accounts.iter().find(|account| account.sid == named);
        found.ok_or(RecordingFault::Never { code: "TWILIO_ACCOUNT_UNKNOWN" })
    }
}

#[async_trait]
impl Recordings for Twilio {
    /// As MP3, a quarter of the size of what comes without an ending.
    async fn open(&self, at: &RecordingAt) -> Result<Media, RecordingFault> {
        let mut url = self.api.api(&at.url)?;
        let account = self.account_of(&url)?.clone();
        if !url.path().rsplit('/').next().unwrap_or_default().contains('.') {
            url.set_path(&format!("{}.mp3", url.path()));
        }
        read(&self.http, &self.api, url, |request| {
            request.basic_auth(&account.sid, Some(&account.token))
        })
        .await
    }

    /// The account is not known any more, so each is asked; an account that never had it says
    /// that it has not.
    async fn delete(&self, _: CallProvider, sid: &str) -> Result<(), RecordingFault> {
        for account in &self.accounts {
            let path =
                format!("/2010-04-01/Accounts/{}/Recordings/{}.json", account.sid, name(sid)?);
            let request = self.http.request(Method::DELETE, self.api.join(&path)?);
            gone(request.basic_auth(&account.sid, Some(&account.token))).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for ElevenLabs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElevenLabs({:?})", self.api)
    }
}

impl ElevenLabs {
    /// A client for the API at `url`.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(url: &str, key: String) -> Result<Self, SetupFault> {
        Ok(Self { http: client()?, api: ProviderUrl::new(url, ".elevenlabs.io")?, key })
    }
}

#[async_trait]
impl Recordings for ElevenLabs {
    async fn open(&self, at: &RecordingAt) -> Result<Media, RecordingFault> {
        let url = self.api.api(&at.url)?;
        read(&self.http, &self.api, url, |request| request.header("xi-api-key", &self.key)).await
    }

    /// The provider deletes a conversation as a whole: its words go with its sound.
    async fn delete(&self, _: CallProvider, sid: &str) -> Result<(), RecordingFault> {
        let url = self.api.join(&format!("/v1/convai/conversations/{}", name(sid)?))?;
        gone(self.http.request(Method::DELETE, url).header("xi-api-key", &self.key)).await
    }
}

/// Opens `url`. Keys (`signed`) are shown to the API itself only.
async fn read(
    http: &Client,
    api: &ProviderUrl,
    mut url: Url,
    signed: impl Fn(RequestBuilder) -> RequestBuilder + Send + Sync,
) -> Result<Media, RecordingFault> {
    for _ in 0..=REDIRECTS {
        let request = http.get(url.clone());
        let request = if api.is_api(&url) { signed(request) } else { request };
        let answer = request.send().await.map_err(|error| unreachable(&error))?;
        if !answer.status().is_redirection() {
            return media(answer);
        }
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        url = location.and_then(|location| url.join(location).ok()).ok_or(NOT_OURS)?;
        if !api.is_family(&url) && !api.is_api(&url) {
            return Err(NOT_OURS);
        }
    }
    Err(RecordingFault::Never { code: "RECORDING_REDIRECTED_TOO_OFTEN" })
}

fn media(answer: Response) -> Result<Media, RecordingFault> {
    match answer.status() {
        StatusCode::OK => {}
        // It may be announced before it can be had.
        StatusCode::NOT_FOUND => {
            return Err(RecordingFault::Later { code: "RECORDING_NOT_FOUND", after: None });
        }
        _ => return Err(refused(&answer)),
    }
    let named = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = named.unwrap_or_default().to_owned();
    let sound = content_type.starts_with("audio/") || content_type == "application/octet-stream";
    if !sound {
        return Err(RecordingFault::Never { code: "RECORDING_IS_NO_SOUND" });
    }
    Ok(Media { content_type, content: chunks(answer) })
}

fn chunks(answer: Response) -> Chunks {
    futures::stream::unfold(Some(answer), |answer| async {
        let mut answer = answer?;
        match answer.chunk().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(answer))),
            Ok(None) => None,
            Err(error) => {
                let error = BlobError::Interrupted(error.without_url().to_string());
                Some((Err(error), None))
            }
        }
    })
    .boxed()
}

async fn gone(request: RequestBuilder) -> Result<(), RecordingFault> {
    let answer = request.send().await.map_err(|error| unreachable(&error))?;
    let gone = answer.status().is_success() || answer.status() == StatusCode::NOT_FOUND;
    if gone { Ok(()) } else { Err(refused(&answer)) }
}

fn unreachable(error: &reqwest::Error) -> RecordingFault {
    let code = if error.is_timeout() { "RECORDING_TIMEOUT" } else { "RECORDING_UNREACHABLE" };
    RecordingFault::Later { code, after: None }
}

fn refused(answer: &Response) -> RecordingFault {
    let status = answer.status();
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = seconds.and_then(|text| text.parse().ok()).and_then(TimeDelta::try_seconds);
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            RecordingFault::Later { code: "RECORDING_THROTTLED", after }
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            RecordingFault::Never { code: "RECORDING_ACCESS_DENIED" }
        }
        _ if status.is_server_error() => {
            RecordingFault::Later { code: "RECORDING_PROVIDER_DOWN", after }
        }
        _ => RecordingFault::Never { code: "RECORDING_REFUSED" },
    }
}
