//! `GET /blobs/<key>`: hands out recordings and other media of the caller's tenant. Another
//! tenant's blob is a 404, as one that does not exist.

use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bitacora_commands::ports::{Blob, BlobError, BlobKey, Opened};
use serde_json::json;

use crate::app::App;
use crate::auth::Principal;

mod range;

use self::range::Asked;

/// Even where a browser shows it by itself, it runs nothing and loads nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new().route("/blobs/{key}", get(blob))
}

async fn blob(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(key) = BlobKey::parse(&key) else { return refused(&BlobError::NotFound) };
    let found = match app.blobs.find(principal.tenant, key).await {
        Ok(found) => found,
        Err(error) => return refused(&error),
    };
    let asked = range::of(headers.get(RANGE), found.bytes);
    let part = match &asked {
        Asked::All => None,
        Asked::Part(part) => Some(part.clone()),
        Asked::Nothing => return nothing_there(found.bytes),
    };
    match app.blobs.open(principal.tenant, key, part).await {
        Ok(opened) => answer(opened, &asked),
        Err(error) => refused(&error),
    }
}

fn answer(opened: Opened, asked: &Asked) -> Response {
    let Opened { blob, range, content } = opened;
    let mut headers = vec![
        (CONTENT_TYPE, blob.content_type.clone()),
        (CONTENT_LENGTH, (range.end - range.start).to_string()),
        (ETAG, format!("\"{}\"", blob.key)),
        (ACCEPT_RANGES, "bytes".to_owned()),
        // It can be deleted at any time, and must then not be heard again.
        (CACHE_CONTROL, "private, no-store".to_owned()),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (CONTENT_DISPOSITION, disposition(&blob).to_owned()),
    ];
    let status = match asked {
        Asked::Part(_) => {
            let last = range.end.saturating_sub(1);
            headers.push((CONTENT_RANGE, format!("bytes {}-{last}/{}", range.start, blob.bytes)));
            StatusCode::PARTIAL_CONTENT
        }
        Asked::All | Asked::Nothing => StatusCode::OK,
    };
    let headers = axum::response::AppendHeaders(headers);
    (status, headers, Body::from_stream(content)).into_response()
}

/// Sound, film and pictures are played where they are; everything else is saved.
fn disposition(blob: &Blob) -> &'static str {
    let shown = ["audio/", "video/", "image/"];
    let shown = shown.iter().any(|kind| blob.content_type.starts_with(kind));
    if shown { "inline" } else { "attachment" }
}

fn nothing_there(bytes: u64) -> Response {
    let headers = [(CONTENT_RANGE, format!("bytes */{bytes}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response()
}

fn refused(error: &BlobError) -> Response {
    let status = match error {
        BlobError::NotFound => StatusCode::NOT_FOUND,
        BlobError::Unavailable(_) | BlobError::Interrupted(_) => StatusCode::SERVICE_UNAVAILABLE,
        BlobError::Damaged
        | BlobError::TooLarge { .. }
        | BlobError::NoRoom { .. }
        | BlobError::InvalidOwner => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status.is_server_error() {
        tracing::warn!(code = error.code(), %error, "a blob cannot be handed out");
    }
    let message = match status {
        StatusCode::NOT_FOUND => "there is no such blob",
        _ => "the blob cannot be had now; try again",
    };
    (status, Json(json!({ "code": error.code(), "message": message }))).into_response()
}
