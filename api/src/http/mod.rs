//! The HTTP surface: what is served where, and what every request goes through.
//!
//! Each area brings its own routes; this file composes them and wraps them, from the outside in:
//! request id and log line, security headers, panics caught, time-out, who may.

pub mod auth;
pub mod blobs;
pub mod graphiql;
pub mod graphql;
pub mod health;
mod intake;
pub mod layers;
pub mod listen;
pub mod offline_checkout;
pub mod rate_limit;
pub mod socket;
pub mod webhooks;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::access::routes;
use crate::app::App;
use crate::graphql::fault::{Code, Fault};
use crate::telemetry::Metrics;

/// Everything that a process of role `api` serves.
pub fn router(app: &App, metrics: Metrics) -> Router {
    let open = health::routes().merge(
        Router::new()
            .route("/metrics", get(move || async move { metrics.render() }))
            .route("/schema.graphql", get(schema)),
    );
    Router::new()
        .merge(graphql::routes())
        .merge(webhooks::routes())
        .merge(auth::routes(app.limits.auth))
        .merge(blobs::routes())
        .merge(offline_checkout::routes())
        .merge(open)
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), routes::guard))
        .layer(from_fn_with_state(app.clone(), layers::deadline))
        .layer(from_fn(layers::catch_panic))
        .layer(from_fn(layers::security_headers))
        .layer(from_fn_with_state(app.clone(), layers::request_id))
        .with_state(app.clone())
}

/// What a process without the role `api` serves: its state and its metrics.
pub fn side_router(app: &App, metrics: Metrics) -> Router {
    health::routes()
        .route("/metrics", get(move || async move { metrics.render() }))
        .fallback(not_found)
        .layer(from_fn(layers::catch_panic))
        .layer(from_fn(layers::security_headers))
        .layer(from_fn_with_state(app.clone(), layers::request_id))
        .with_state(app.clone())
}

/// The answer to a request that is turned away before its handler, in the form of its route.
pub(crate) fn turned_away(path: &str, request: &Request, fault: Fault) -> Response {
    if path == "/graphql" {
        let id = request.extensions().get::<layers::RequestId>();
        return graphql::refuse(request.headers(), id.map_or("", |id| id.0.as_str()), fault);
    }
    auth::Failure::of(fault).into_response()
}

/// The status that says the same as the code.
pub(crate) const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::RequestTimeout => StatusCode::GATEWAY_TIMEOUT,
        Code::ServiceUnavailable | Code::AtLeastTimeout | Code::ProjectionParked => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::SlowConsumer | Code::TooManyOperations => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::BadRequest
        | Code::ParseFailed
        | Code::ValidationFailed
        | Code::QueryTooLarge
        | Code::BadUserInput
        | Code::InvalidCursor
        | Code::InvalidPosition => StatusCode::BAD_REQUEST,
    }
}

async fn schema() -> Response {
    ([("content-type", "text/plain; charset=utf-8")], crate::graphql::sdl()).into_response()
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "no such page; GraphQL is at /graphql\n").into_response()
}
