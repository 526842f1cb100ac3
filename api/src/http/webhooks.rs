//! The door for providers: `GET` and `POST /webhooks/<source>[/<rest>]`.
//!
//! The order is the whole point: raw bytes within the source's limit → signature over exactly
//! this request → durable in the inbox → 200. Nothing is parsed here, nothing that was not
//! believed is stored, and nothing is acknowledged that is not on disk. What the bytes mean is
//! the ingest worker's business.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bitacora_commands::ports::{Blob, BlobError, Blobs, Clock, Inbox, InboxError, NewDelivery};
use bitacora_commands::sources::streaming::{IntakeFault, waiting_owner, waiting_room};
use bitacora_commands::sources::{
    self, Arrival, Forged, HandshakeAnswer, Headers, Reply, RequestParts, SourceSecrets,
    WebhookSource,
};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

use super::intake::{self, NotTaken};
use crate::app::App;
use crate::config::PublicUrl;

/// Seconds after which a provider may try again when we could not take its delivery.
const RETRY_AFTER_SECONDS: u16 = 5;
/// Before the name of a source in the path.
const PREFIX: &str = "/webhooks/";
/// Longest path and longest query that are taken, in bytes.
const URL_PART_MAX: usize = 4_096;

/// What the webhook handlers need.
#[derive(Clone)]
pub struct Door {
    /// Takes deliveries in.
    pub inbox: Arc<dyn Inbox>,
    /// Takes the files in deliveries in.
    pub blobs: Arc<dyn Blobs>,
    /// Secrets of the sources.
    pub secrets: SourceSecrets,
    /// Time and fresh ids.
    pub clock: Arc<dyn Clock>,
    /// How providers reach us.
    pub public_url: PublicUrl,
}

impl FromRef<App> for Door {
    fn from_ref(app: &App) -> Self {
        Self {
            inbox: Arc::clone(&app.inbox),
            blobs: Arc::clone(&app.blobs),
            secrets: app.sources.clone(),
            clock: Arc::clone(&app.clock),
            public_url: app.public_url.clone(),
        }
    }
}

/// The routes of all sources, for the application.
pub fn routes() -> Router<App> {
    door()
}

/// The routes of all sources over any state that has a [`Door`].
pub fn door<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Door: FromRef<S>,
{
    Router::new().route("/webhooks/{*source}", get(handshake).post(receive))
}

/// Why a request was turned away. Every answer is a JSON object with a stable `code`.
#[derive(Debug, thiserror::Error)]
enum TurnedAway {
    #[error("no webhook source has this path")]
    UnknownSource,
    #[error("the body is larger than this source may send")]
    TooLarge,
    #[error("the address is longer than any that we give to a provider")]
    UrlTooLong,
    #[error(transparent)]
    Forged(#[from] Forged),
    #[error("the delivery could not be stored; send it again")]
    NotStored(#[from] InboxError),
    #[error("the file in the delivery could not be stored; send it again")]
    FileNotStored(BlobError),
    #[error("the verification token is not ours")]
    HandshakeRefused,
    #[error("hub.mode, hub.verify_token and hub.challenge are needed")]
    HandshakeIncomplete,
}

impl From<NotTaken> for TurnedAway {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::Refused(IntakeFault::Forged(forged)) => Self::Forged(forged),
            NotTaken::Refused(IntakeFault::TooLarge)
            | NotTaken::TooLarge
            | NotTaken::NotKept(BlobError::TooLarge { .. }) => Self::TooLarge,
            NotTaken::NotKept(error) => Self::FileNotStored(error),
        }
    }
}

impl TurnedAway {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownSource => "UNKNOWN_SOURCE",
            Self::TooLarge => "BODY_TOO_LARGE",
            Self::UrlTooLong => "URL_TOO_LONG",
            Self::Forged(forged) => forged.code(),
            Self::NotStored(InboxError::Full) => "INBOX_FULL",
            Self::NotStored(InboxError::Unavailable(_)) => "INBOX_UNAVAILABLE",
            Self::FileNotStored(error) => error.code(),
            Self::HandshakeRefused => "HANDSHAKE_REFUSED",
            Self::HandshakeIncomplete => "HANDSHAKE_INCOMPLETE",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSource => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::Forged(_) => StatusCode::UNAUTHORIZED,
            Self::NotStored(_) | Self::FileNotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::HandshakeRefused => StatusCode::FORBIDDEN,
            Self::HandshakeIncomplete => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code(), "message": self.to_string()}});
        let mut response = (self.status(), axum::Json(body)).into_response();
        if matches!(self, Self::NotStored(_) | Self::FileNotStored(_)) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}

/// The source of a request, and the rest of its path as it was written.
fn source_at(uri: &Uri) -> Result<(&'static dyn WebhookSource, &str), TurnedAway> {
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    if path.len() > URL_PART_MAX || query.len() > URL_PART_MAX {
        return Err(TurnedAway::UrlTooLong);
    }
    let path = path.strip_prefix(PREFIX).ok_or(TurnedAway::UnknownSource)?;
    sources::at(path).ok_or(TurnedAway::UnknownSource)
}

/// The provider asks whether the URL is ours.
async fn handshake(
    State(door): State<Door>,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, TurnedAway> {
    let (source, _) = source_at(&uri)?;
    let answer = source
        .handshake(&query, door.secrets.verify_tokens(source.name()))
        .ok_or(TurnedAway::UnknownSource)?;
    match answer {
        HandshakeAnswer::Accepted(body) => {
            Ok(answered(&Reply { body: body.into(), ..Reply::received() }))
        }
        HandshakeAnswer::Refused => Err(TurnedAway::HandshakeRefused),
        HandshakeAnswer::Incomplete => Err(TurnedAway::HandshakeIncomplete),
    }
}

/// The provider delivers.
async fn receive(
    State(door): State<Door>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TurnedAway> {
    let (source, rest) = source_at(&uri)?;
    let result = take_in(&door, source, (&uri, rest), &headers, body).await;
    let outcome = result.as_ref().err().map_or("accepted", TurnedAway::code);
    metrics::counter!(
        "bitacora_webhooks_total", "source" => source.name(), "outcome" => outcome
    )
    .increment(1);
    match &result {
        Err(TurnedAway::NotStored(error)) => {
            tracing::warn!(source = source.name(), %error, "webhook not stored");
        }
        Err(TurnedAway::FileNotStored(error)) => {
            tracing::warn!(source = source.name(), %error, "the file of a webhook not stored");
        }
        Ok(_) | Err(_) => {}
    }
    result
}

async fn take_in(
    door: &Door,
    source: &'static dyn WebhookSource,
    (uri, rest): (&Uri, &str),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, TurnedAway> {
    let (limit, secrets) = (source.max_body_bytes(), door.secrets.signing(source.name()));
    check_length(headers, limit)?;
    let (id, received_at) = (door.clock.fresh_id(), door.clock.now());
    let kept: Headers = headers.iter().collect();
    let urls = door.public_url.of(uri, kept.text("host"));
    let head = Arrival {
        rest,
        query: uri.query().unwrap_or_default(),
        urls: &urls,
        headers: &kept,
        content_type: kept.text("content-type").unwrap_or_default(),
        body: &[],
        received_at,
    };
    let (body, file) = match source.intake(secrets, &head, received_at) {
        Some(intake) => {
            let of = intake::Head { id, received_at, limit };
            let taken = intake::follow(&door.blobs, &of, intake?, body).await?;
            (taken.body, taken.file)
        }
        None => {
            let body = read(body, limit).await?;
            source.verify(secrets, &Arrival { body: &body, ..head }, received_at)?;
            (body, None)
        }
    };
    let arrival = Arrival { body: &body, ..head };
    let (reply, request) = (source.reply(&arrival), RequestParts::of(source, &arrival));
    let (source, traceparent) = (source.name(), traceparent(headers));
    let delivery = NewDelivery { id, source, body, request, received_at, traceparent };
    if let Err(error) = door.inbox.receive(delivery).await {
        forget(door, id, file).await;
        return Err(error.into());
    }
    Ok(answered(&reply))
}

/// A file whose delivery was not stored comes again with the delivery. (One that cannot be let go
/// now goes when its time is over.)
async fn forget(door: &Door, id: Uuid, file: Option<Blob>) {
    let Some(file) = file else { return };
    let released = door.blobs.release(waiting_room(), file.key, &waiting_owner(id)).await;
    if let Err(error) = released {
        tracing::warn!(%error, "a file without a delivery stays until its time is over");
    }
}

/// A declared length is believed when it is too large, so that nothing is read of a body that
/// cannot be taken.
fn check_length(headers: &HeaderMap, limit: usize) -> Result<(), TurnedAway> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) { Err(TurnedAway::TooLarge) } else { Ok(()) }
}

/// The raw body, not a byte more than `limit`.
async fn read(body: Body, limit: usize) -> Result<Vec<u8>, TurnedAway> {
    // It also ends when the client stops in the middle; then nobody reads the answer.
    let bytes = to_bytes(body, limit).await.map_err(|_| TurnedAway::TooLarge)?;
    Ok(bytes.into())
}

fn answered(reply: &Reply) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    let sniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    (StatusCode::OK, [kind, sniff], reply.body.clone().into_owned()).into_response()
}

/// The W3C trace context of the request, if it is one (`00-<32 hex>-<16 hex>-<2 hex>`).
fn traceparent(headers: &HeaderMap) -> Option<String> {
    const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let lengths = [2, 32, 16, 2];
    let parts: Vec<&str> = text.split('-').collect();
    let sound = parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length
                && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
    sound.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trace_context_is_taken_for_one() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(text));
            traceparent(&headers)
        };
        let sound = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(of(sound).as_deref(), Some(sound));
        for bad in ["", "00-x-y-z", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
