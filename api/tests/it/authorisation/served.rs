//! What the router serves, as it says itself.

use std::collections::BTreeSet;

use axum::Router;
use bitacora_api::access::routes::Route;
use bitacora_api::http;
use bitacora_api::telemetry::Metrics;
use bitacora_commands::ports::{NewBlob, chunks_of};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::support::{Reply, TestApp, WHATSAPP_APP, WHATSAPP_VERIFY};

/// Methods in the order in which a method router describes itself.
const METHODS: [&str; 9] =
    ["get", "head", "delete", "options", "patch", "post", "put", "trace", "connect"];

/// The router of a process with the role `api`.
pub(super) fn router(app: &TestApp) -> Router {
    http::router(&app.app, Metrics::install().unwrap())
}

/// Method and path of everything that a router serves. It has no list of its routes but in its
/// description of itself (`Debug`), which is read here strictly: another form is a failure.
pub(super) fn routes(router: &Router) -> BTreeSet<(String, String)> {
    let text = format!("{router:?}");
    let (own, _) = text.split_once("fallback_router").unwrap();
    let (endpoints, paths) = own.split_once("paths: {").unwrap();
    let mut found = BTreeSet::new();
    for entry in paths.split("RouteId(").skip(1) {
        let (id, path) = entry.split_once("): \"").unwrap();
        let path = path.split('"').next().unwrap();
        let start = format!("RouteId({id}): MethodRouter(MethodRouter {{");
        let (_, endpoint) = endpoints.split_once(&start).unwrap();
        let endpoint = endpoint.split("fallback:").next().unwrap();
        for method in METHODS {
            let (_, served) = endpoint.split_once(&format!(" {method}: ")).unwrap();
            if !served.starts_with("None") {
                found.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    assert!(found.len() >= 10, "{text}");
    found
}

/// A recording of the first tenant.
const RECORDING: &[u8] = b"a recording";

/// Keeps the recording that [`request`] asks for.
pub(super) async fn keep_recording(app: &TestApp) {
    let new = NewBlob {
        tenant: app.tenant,
        owner: "test".into(),
        content_type: "audio/mpeg".into(),
        keep_until: None,
        max_bytes: 1_000,
    };
    app.app.blobs.put(new, chunks_of(RECORDING.into())).await.unwrap();
}

/// A request to the route with nothing in it that would be believed.
pub(super) fn request(app: &TestApp, route: &Route) -> reqwest::RequestBuilder {
    let source = match route.method.as_str() {
        "GET" => "meta/whatsapp?hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1",
        _ => "meta/whatsapp",
    };
    let path = route.path.replace("{file}", "app.js").replace("{*source}", source);
    let path = path.replace("{key}", &hex::encode(Sha256::digest(RECORDING)));
    let url = format!("http://{}{path}", app.address);
    let request = app.client().request(route.method.clone(), url);
    match (route.method.as_str(), route.path) {
        ("POST", "/graphql") => request.json(&serde_json::json!({ "query": "{ __typename }" })),
        ("POST", _) => request.json(&serde_json::json!({})),
        ("GET", "/graphql") => request.header("accept", "text/html"),
        _ => request,
    }
}

/// A request to the route with the provider's secret.
pub(super) fn signed(app: &TestApp, route: &Route) -> reqwest::RequestBuilder {
    let query =
        format!("?hub.mode=subscribe&hub.verify_token={WHATSAPP_VERIFY}&hub.challenge=1158201444");
    let query = if route.method == "GET" { query.as_str() } else { "" };
    let url = format!("http://{}/webhooks/meta/whatsapp{query}", app.address);
    let request = app.client().request(route.method.clone(), url);
    if route.method == "GET" {
        return request;
    }
    let body = r#"{"object":"whatsapp_business_account","entry":[]}"#;
    let mut mac = Hmac::<Sha256>::new_from_slice(WHATSAPP_APP.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    request.header("x-hub-signature-256", signature).body(body)
}

/// The code of a refusal, wherever the route has it.
pub(super) fn code(reply: &Reply) -> String {
    let body = &reply.body;
    let places = [&body["code"], &body["error"]["code"], &body["errors"][0]["extensions"]["code"]];
    places.iter().find_map(|place| place.as_str()).unwrap_or_default().to_owned()
}
