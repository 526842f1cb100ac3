//! The door for providers: `GET` and `POST /webhooks/<source>`.
//!
//! The order is the whole point: raw bytes within the source's limit → signature over exactly
//! these bytes → durable in the inbox → 200. Nothing is parsed here, nothing that was not
//! believed is stored, and nothing is acknowledged that is not on disk. What the bytes mean is
//! the ingest worker's business.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bitacora_commands::ports::{Clock, Inbox, InboxError, NewDelivery};
use bitacora_commands::sources::{self, Forged, HandshakeAnswer, SourceSecrets, WebhookSource};
use serde_json::json;
use std::sync::Arc;

use crate::app::App;

/// Seconds after which a provider may try again when we could not take its delivery.
const RETRY_AFTER_SECONDS: u16 = 5;

/// What the webhook handlers need.
#[derive(Clone)]
pub struct Door {
    /// Takes deliveries in.
    pub inbox: Arc<dyn Inbox>,
    /// Secrets of the sources.
    pub secrets: SourceSecrets,
    /// Time and fresh ids.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<App> for Door {
    fn from_ref(app: &App) -> Self {
        Self {
            inbox: Arc::clone(&app.inbox),
            secrets: app.sources.clone(),
            clock: Arc::clone(&app.clock),
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
    #[error(transparent)]
    Forged(#[from] Forged),
    #[error("the delivery could not be stored; send it again")]
    NotStored(#[from] InboxError),
    #[error("the verification token is not ours")]
    HandshakeRefused,
    #[error("hub.mode, hub.verify_token and hub.challenge are needed")]
    HandshakeIncomplete,
}

impl TurnedAway {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownSource => "UNKNOWN_SOURCE",
            Self::TooLarge => "BODY_TOO_LARGE",
            Self::Forged(forged) => forged.code(),
            Self::NotStored(InboxError::Full) => "INBOX_FULL",
            Self::NotStored(InboxError::Unavailable(_)) => "INBOX_UNAVAILABLE",
            Self::HandshakeRefused => "HANDSHAKE_REFUSED",
            Self::HandshakeIncomplete => "HANDSHAKE_INCOMPLETE",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSource => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Forged(_) => StatusCode::UNAUTHORIZED,
            Self::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::HandshakeRefused => StatusCode::FORBIDDEN,
            Self::HandshakeIncomplete => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code(), "message": self.to_string()}});
        let mut response = (self.status(), axum::Json(body)).into_response();
        if matches!(self, Self::NotStored(_)) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}

/// The provider asks whether the URL is ours.
async fn handshake(
    State(door): State<Door>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, TurnedAway> {
    let source = sources::find(&name).ok_or(TurnedAway::UnknownSource)?;
    let answer = source
        .handshake(&query, door.secrets.verify_tokens(source.name()))
        .ok_or(TurnedAway::UnknownSource)?;
    match answer {
        HandshakeAnswer::Accepted(challenge) => Ok(text(challenge)),
        HandshakeAnswer::Refused => Err(TurnedAway::HandshakeRefused),
        HandshakeAnswer::Incomplete => Err(TurnedAway::HandshakeIncomplete),
    }
}

/// The provider delivers.
async fn receive(
    State(door): State<Door>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TurnedAway> {
    let source = sources::find(&name).ok_or(TurnedAway::UnknownSource)?;
    let result = take_in(&door, source, &headers, body).await;
    let outcome = result.as_ref().err().map_or("accepted", TurnedAway::code);
    metrics::counter!(
        "bitacora_webhooks_total", "source" => source.name(), "outcome" => outcome
    )
    .increment(1);
    if let Err(TurnedAway::NotStored(error)) = &result {
        tracing::warn!(source = source.name(), %error, "webhook not stored");
    }
    result
}

async fn take_in(
    door: &Door,
    source: &'static dyn WebhookSource,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, TurnedAway> {
    let body = read(headers, body, source.max_body_bytes()).await?;
    let received_at = door.clock.now();
    let secrets = door.secrets.signing(source.name());
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    source.verify(secrets, &header, &body, received_at)?;
    let delivery = NewDelivery {
        id: door.clock.fresh_id(),
        source: source.name(),
        body,
        received_at,
        traceparent: traceparent(headers),
    };
    door.inbox.receive(delivery).await?;
    Ok(text("EVENT_RECEIVED".to_owned()))
}

/// The raw body, not a byte more than `limit`. A declared length is believed when it is too
/// large, so that nothing is read of a body that cannot be taken.
async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, TurnedAway> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(TurnedAway::TooLarge);
    }
    // It also ends when the client stops in the middle; then nobody reads the answer.
    let bytes = to_bytes(body, limit).await.map_err(|_| TurnedAway::TooLarge)?;
    Ok(bytes.into())
}

fn text(text: String) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let sniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    (StatusCode::OK, [kind, sniff], text).into_response()
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
