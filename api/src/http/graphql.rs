//! `POST /graphql` (GraphQL over HTTP), `GET /graphql` (GraphiQL for browsers, WebSockets).
//!
//! One JSON request per POST; queries and mutations only. A GET never executes anything, and a
//! POST needs a JSON content type and a token in a header, so that no foreign page can send one
//! in a visitor's name.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, FromRequestParts as _, Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::layers::RequestId;
use super::{graphiql, socket};
use crate::app::App;
use crate::auth::Principal;
use crate::graphql::caller::Caller;
use crate::graphql::engine::{Answer, Engine, Incoming};
use crate::graphql::fault::{Code, Fault};
use async_graphql::parser::types::OperationType;

/// Header of the W3C trace context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Media types of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// `application/graphql-response+json`: the status says whether the request was sound.
    Graphql,
    /// `application/json`: 200 for every well-formed request, as old clients expect.
    Json,
}

impl Media {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Graphql => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new().route("/graphql", get(open).post(post).fallback(other)).merge(graphiql::routes())
}

async fn other() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, POST")], "use POST\n").into_response()
}

/// A socket, or the page for people.
async fn open(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &app).await {
        return socket::open(app, upgrade, parts.extensions.get());
    }
    let accept = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return graphiql::page();
    }
    let message =
        "a GET executes nothing: POST a JSON request, or open this address in a browser\n";
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")], message).into_response()
}

async fn post(
    State(app): State<App>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = negotiate(&parts.headers) else {
        let message = "answers are application/graphql-response+json or application/json\n";
        return (StatusCode::NOT_ACCEPTABLE, message).into_response();
    };
    // The guard of the routes put it there.
    let Some(principal) = parts.extensions.get::<Principal>().cloned() else {
        return refuse(&parts.headers, &id, Fault::internal("a request without its caller"));
    };
    match answer(&app, &parts.headers, principal, body, &id).await {
        Ok(answer) => respond(media, status(media, &answer), &answer),
        Err((status, fault)) => respond(media, status, &Answer::fault(fault, &id)),
    }
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    principal: Principal,
    body: Body,
    request_id: &str,
) -> Result<Answer, (StatusCode, Fault)> {
    let bad = |fault| (StatusCode::BAD_REQUEST, fault);
    if !is_json(headers) {
        let message = "the content type must be application/json";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, Fault::new(Code::BadRequest, message)));
    }
    let limit = app.limits.graphql_body_bytes;
    let body = to_bytes(body, limit).await.map_err(|_| {
        let message = format!("the body has more than {limit} bytes, or did not arrive");
        (StatusCode::PAYLOAD_TOO_LARGE, Fault::new(Code::BadRequest, message))
    })?;
    let incoming = Incoming::from_json(&body).map_err(bad)?;
    let engine = Engine::global().map_err(|fault| (StatusCode::INTERNAL_SERVER_ERROR, fault))?;
    let ready = match engine.prepare(incoming, &app.limits.graphql) {
        Ok(ready) => ready,
        Err(error) => return Ok(Answer::error(error, request_id)),
    };
    if ready.operation == Some(OperationType::Subscription) {
        let message = "subscriptions run over WebSocket (graphql-transport-ws) at this address";
        return Err(bad(Fault::new(Code::BadRequest, message)));
    }
    let caller = Caller::new(app.clone(), principal, traceparent(headers));
    Ok(engine.run(ready, caller, request_id).await)
}

/// The answer to a request that is turned away before it is read: a stranger's bytes are not
/// worth it.
pub(super) fn refuse(headers: &HeaderMap, id: &str, fault: Fault) -> Response {
    let media = negotiate(headers).unwrap_or(Media::Json);
    let status = super::status_of(fault.code);
    respond(media, status, &Answer::fault(fault, id))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The media type to answer with; `None` when none of ours is acceptable. Without a wish it is
/// `application/json`, for clients that know of no other.
fn negotiate(headers: &HeaderMap) -> Option<Media> {
    let mut wishes =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if wishes.peek().is_none() {
        return Some(Media::Json);
    }
    let ranges = wishes.flat_map(|value| value.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = match parts.next()?.to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => Media::Graphql,
            "application/json" | "application/*" | "*/*" => Media::Json,
            _ => return None,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        Some((media, quality.unwrap_or(1.0)))
    });
    // The first of the best: a later equal one does not win.
    let mut best: Option<(Media, f32)> = None;
    for (media, quality) in ranges.filter(|(_, quality)| *quality > 0.0) {
        if best.is_none_or(|(_, found)| quality > found) {
            best = Some((media, quality));
        }
    }
    best.map(|(media, _)| media)
}

fn status(media: Media, answer: &Answer) -> StatusCode {
    if answer.code() == Some(Code::RequestTimeout.as_str()) && answer.is_request_error() {
        return StatusCode::GATEWAY_TIMEOUT;
    }
    if answer.code() == Some(Code::Forbidden.as_str()) && answer.is_request_error() {
        return StatusCode::FORBIDDEN;
    }
    match media {
        Media::Graphql if answer.is_request_error() => StatusCode::BAD_REQUEST,
        Media::Graphql | Media::Json => StatusCode::OK,
    }
}

fn respond(media: Media, status: StatusCode, answer: &Answer) -> Response {
    let mut response = (status, answer.to_json()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.as_str()));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The trace context of a request, when it is well-formed (W3C Trace Context §3.2).
pub(super) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(TRACEPARENT)?.to_str().ok()?;
    let hex = |part: &str, len: usize| {
        part.len() == len && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let parts: Vec<_> = value.split('-').collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return None };
    let sound = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let zero = trace.bytes().all(|b| b == b'0') || parent.bytes().all(|b| b == b'0');
    (sound && !zero).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_media_type_is_negotiated() {
        assert_eq!(negotiate(&HeaderMap::new()), Some(Media::Json));
        for (wish, got) in [
            ("*/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::Graphql)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::Graphql)),
            ("application/json;q=0.5, application/graphql-response+json", Some(Media::Graphql)),
            ("text/html", None),
        ] {
            assert_eq!(negotiate(&accept(wish)), got, "{wish}");
        }
    }

    #[test]
    fn only_a_sound_trace_context_is_kept() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static(value))])
        };
        let sound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(traceparent(&headers(sound)).as_deref(), Some(sound));
        assert_eq!(traceparent(&headers("00-1-2-3")), None);
        assert_eq!(traceparent(&HeaderMap::new()), None);
    }
}
