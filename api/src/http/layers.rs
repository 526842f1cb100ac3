//! What every request goes through.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, UPGRADE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use tracing::Instrument as _;

use crate::app::App;

/// Header of the request's id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that a caller may give.
const LONGEST_ID: usize = 64;

/// Id of a request, as an extension of it.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Gives the request an id (the caller's, when it is a sane one), a span and a log line.
pub async fn request_id(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let id = given
        .filter(|id| is_sane(id))
        .map_or_else(|| app.clock.fresh_id().simple().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));

    // The matched route, not the path: a path may hold what a stranger typed.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = %id, %method, route);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status().as_u16(), started.elapsed());
    span.in_scope(|| tracing::debug!(status, took_ms = took.as_millis(), "answered"));
    let labels = [("route", route), ("status", status.to_string())];
    metrics::counter!("bitacora_http_requests_total", &labels).increment(1);
    metrics::histogram!("bitacora_http_request_seconds", &labels[..1]).record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn is_sane(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= LONGEST_ID
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Headers that make a browser careful. A handler that needs another policy (GraphiQL) sets its
/// own, and it stays.
pub async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A panic of a handler is a bug of ours and the end of one request, not of the connection.
pub async fn catch_panic(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            // The panic's text went to the panic hook; it may hold values and is not repeated.
            tracing::error!("a handler panicked");
            metrics::counter!("bitacora_http_panics_total").increment(1);
            (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response()
        }
    }
}

/// Ends requests that take too long. Sockets are not requests: they have their own time-outs.
pub async fn deadline(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(UPGRADE) {
        return next.run(request).await;
    }
    match tokio::time::timeout(app.limits.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::GATEWAY_TIMEOUT, "the request took too long\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn only_short_plain_request_ids_are_taken_over() {
        assert!(is_sane("abc-123_4.5"));
        for bad in ["", "a b", "a\"b", "ñ", &"x".repeat(65)] {
            assert!(!is_sane(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_panicking_handler_answers_500_and_headers_are_set() {
        async fn boom() -> &'static str {
            panic!("by the test")
        }
        let router = Router::new()
            .route("/boom", get(boom))
            .route(
                "/own",
                get(|| async { ([(CONTENT_SECURITY_POLICY, "default-src 'self'")], "x") }),
            )
            .layer(from_fn(catch_panic))
            .layer(from_fn(security_headers));
        let ask = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(ask("/boom")).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        let response = router.oneshot(ask("/own")).await.unwrap();
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], "default-src 'self'");
    }
}
