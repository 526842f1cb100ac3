//! `/healthz`: the process lives. `/readyz`: it can do its work, or says why not.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use bitacora_domain::Lane;
use serde_json::{Value, json};

use crate::app::App;

/// How long the database may take to answer before the process counts as not ready.
const PATIENCE: Duration = Duration::from_secs(1);

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let (status, reason) = if app.shutdown.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, Some("stopping"))
    } else {
        match tokio::time::timeout(PATIENCE, app.reader.head(Lane::SYSTEM)).await {
            Ok(Ok(_)) => (StatusCode::OK, None),
            Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, Some("the database cannot be reached")),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Some("the database does not answer")),
        }
    };
    (status, Json(json!({ "ready": reason.is_none(), "reason": reason })))
}
