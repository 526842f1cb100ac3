//! The door for providers: what is believed, what is stored, what is answered.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests say what is wrong by failing")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use bitacora_api::config::PublicUrl;
use bitacora_api::http::webhooks::{Door, door};
use bitacora_commands::ports::{
    Blob, BlobError, BlobKey, Blobs, Chunks, NewBlob, Opened, Released, Swept,
};
use bitacora_commands::ports::{
    Clock, FactFate, Inbox, InboxCounts, InboxError, InboxRow, NewDelivery, NotedAnomaly,
    PendingFact, PendingState, Settled,
};
use bitacora_commands::sources::{Secret, SourceSecrets};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tower::ServiceExt as _;
use uuid::Uuid;

const URL: &str = "/webhooks/meta/whatsapp";
const LIMIT: usize = 3 * 1024 * 1024;

/// Keeps what it receives, unless it is told to fail.
#[derive(Default)]
struct FakeInbox {
    stored: Mutex<Vec<NewDelivery>>,
    fails: Option<InboxError>,
}

#[async_trait]
impl Inbox for FakeInbox {
    async fn receive(&self, delivery: NewDelivery) -> Result<(), InboxError> {
        if let Some(error) = &self.fails {
            return Err(error.clone());
        }
        self.stored.lock().unwrap().push(delivery);
        Ok(())
    }
    async fn claim(&self, _: i64, _: chrono::Duration) -> Result<Vec<InboxRow>, InboxError> {
        unreachable!("the door only receives")
    }
    async fn settle(&self, _: Vec<Settled>) -> Result<(), InboxError> {
        unreachable!("the door only receives")
    }
    async fn postpone(&self, _: Uuid, _: DateTime<Utc>, _: &str) -> Result<(), InboxError> {
        unreachable!("the door only receives")
    }
    async fn due(
        &self,
        _: DateTime<Utc>,
        _: &[String],
        _: i64,
        _: chrono::Duration,
    ) -> Result<Vec<PendingFact>, InboxError> {
        unreachable!("the door only receives")
    }
    async fn resolve(&self, _: &PendingFact, _: FactFate) -> Result<(), InboxError> {
        unreachable!("the door only receives")
    }
    async fn release(&self, _: &str) -> Result<u64, InboxError> {
        unreachable!("the door only receives")
    }
    async fn retry(&self, _: Uuid, _: i32) -> Result<bool, InboxError> {
        unreachable!("the door only receives")
    }
    async fn kept(&self, _: Option<PendingState>, _: i64) -> Result<Vec<PendingFact>, InboxError> {
        unreachable!("the door only receives")
    }
    async fn anomalies(&self, _: i64) -> Result<Vec<NotedAnomaly>, InboxError> {
        unreachable!("the door only receives")
    }
    async fn counts(&self) -> Result<InboxCounts, InboxError> {
        unreachable!("the door only receives")
    }
    async fn wait(&self, _: Duration) {
        unreachable!("the door only receives")
    }
}

/// The door of sources without files keeps none.
struct NoBlobs;

#[async_trait]
impl Blobs for NoBlobs {
    async fn put(&self, _: NewBlob, _: Chunks) -> Result<Blob, BlobError> {
        unreachable!("no files come here")
    }
    async fn find(&self, _: TenantId, _: BlobKey) -> Result<Blob, BlobError> {
        unreachable!("no files come here")
    }
    async fn open(
        &self,
        _: TenantId,
        _: BlobKey,
        _: Option<std::ops::Range<u64>>,
    ) -> Result<Opened, BlobError> {
        unreachable!("no files come here")
    }
    async fn release(&self, _: TenantId, _: BlobKey, _: &str) -> Result<Released, BlobError> {
        unreachable!("no files come here")
    }
    async fn sweep(&self, _: DateTime<Utc>, _: u32) -> Result<Swept, BlobError> {
        unreachable!("no files come here")
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
    fn fresh_id(&self) -> Uuid {
        Uuid::from_u128(7)
    }
}

fn secrets() -> SourceSecrets {
    let secret = |text: &str| Secret::new(text).unwrap();
    SourceSecrets::default().with(
        "meta/whatsapp",
        vec![secret("new app secret"), secret("old app secret")],
        vec![secret("our token")],
    )
}

fn app(inbox: &Arc<FakeInbox>, secrets: SourceSecrets) -> Router {
    door().with_state(Door {
        inbox: inbox.clone(),
        blobs: Arc::new(NoBlobs),
        secrets,
        clock: Arc::new(FixedClock),
        public_url: PublicUrl::default(),
    })
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn post(url: &str, signature: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post(url).header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("X-Hub-Signature-256", signature);
    }
    request.body(body.into()).unwrap()
}

struct Answer {
    status: StatusCode,
    retry_after: Option<String>,
    body: String,
}

impl Answer {
    fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.body).unwrap();
        json["error"]["code"].as_str().unwrap().to_owned()
    }
}

async fn ask(app: Router, request: Request<Body>) -> Answer {
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let retry_after =
        response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    Answer { status, retry_after, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// Posts to the usual application; returns the answer and what was stored.
async fn deliver(request: Request<Body>) -> (Answer, Vec<NewDelivery>) {
    let inbox = Arc::new(FakeInbox::default());
    let answer = ask(app(&inbox, secrets()), request).await;
    let stored = std::mem::take(&mut *inbox.stored.lock().unwrap());
    (answer, stored)
}

#[tokio::test]
async fn a_signed_body_is_stored_byte_by_byte_and_acknowledged() {
    // not even JSON: at the door only the signature counts
    for body in [&b"{\"a\":\"\\u00f1 \xf0\x9f\x91\x8d\", \"b\" : 1.0}\n"[..], b"\x00\xff", b"{"] {
        for secret in ["new app secret", "old app secret"] {
            let mut request = post(URL, Some(&signature(secret, body)), body.to_vec());
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            request.headers_mut().insert("traceparent", trace.parse().unwrap());
            let (answer, stored) = deliver(request).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "EVENT_RECEIVED"));
            assert_eq!(stored.len(), 1);
            assert_eq!(stored[0].body, body);
            assert_eq!(stored[0].source, "meta/whatsapp");
            assert_eq!(stored[0].id, FixedClock.fresh_id());
            assert_eq!(stored[0].received_at, FixedClock.now());
            assert_eq!(stored[0].traceparent.as_deref(), Some(trace));
        }
    }
}

#[tokio::test]
async fn one_byte_changed_is_401_and_leaves_nothing() {
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    let signed = signature("new app secret", body);
    for at in 0..body.len() {
        let mut changed = body.to_vec();
        changed[at] ^= 1;
        let (answer, stored) = deliver(post(URL, Some(&signed), changed)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.code(), "SIGNATURE_MISMATCH");
        assert!(stored.is_empty());
    }
    // truncated, extended, and re-serialised bodies are other bodies
    for other in [&body[..body.len() - 1], b"", &[&body[..], b" "].concat()] {
        let (answer, stored) = deliver(post(URL, Some(&signed), other.to_vec())).await;
        assert_eq!((answer.status, stored.len()), (StatusCode::UNAUTHORIZED, 0));
    }
}

#[tokio::test]
async fn without_a_sound_signature_nothing_is_believed() {
    let body = b"{}";
    let other = signature("somebody else's secret", body);
    for (header, code) in [
        (None, "SIGNATURE_MISSING"),
        (Some(""), "SIGNATURE_MISSING"),
        (Some("sha256="), "SIGNATURE_MALFORMED"),
        (Some("sha256=zz"), "SIGNATURE_MALFORMED"),
        (Some("sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"), "SIGNATURE_MALFORMED"),
        (Some(other.as_str()), "SIGNATURE_MISMATCH"),
    ] {
        let (answer, stored) = deliver(post(URL, header, body.to_vec())).await;
        assert_eq!((answer.status, stored.len()), (StatusCode::UNAUTHORIZED, 0), "{header:?}");
        assert_eq!(answer.code(), code);
        assert!(!answer.body.contains("secret"));
    }
    let inbox = Arc::new(FakeInbox::default());
    let signed = signature("new app secret", body);
    let answer =
        ask(app(&inbox, SourceSecrets::default()), post(URL, Some(&signed), body.to_vec())).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.code(), "SIGNATURE_SECRET_NOT_CONFIGURED");
    assert!(inbox.stored.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redelivery_is_acknowledged_again() {
    let inbox = Arc::new(FakeInbox::default());
    let body = b"{}";
    for _ in 0..2 {
        let request = post(URL, Some(&signature("new app secret", body)), body.to_vec());
        assert_eq!(ask(app(&inbox, secrets()), request).await.status, StatusCode::OK);
    }
    assert_eq!(inbox.stored.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn bodies_are_taken_up_to_the_sources_limit() {
    let largest = vec![b' '; LIMIT];
    let signed = signature("new app secret", &largest);
    let (answer, stored) = deliver(post(URL, Some(&signed), largest)).await;
    assert_eq!((answer.status, stored.len()), (StatusCode::OK, 1));

    let too_large = vec![b' '; LIMIT + 1];
    let signed = signature("new app secret", &too_large);
    let mut declared = post(URL, Some(&signed), too_large.clone());
    declared.headers_mut().insert("content-length", (LIMIT + 1).to_string().parse().unwrap());
    let chunks = too_large.chunks(64 * 1024).map(|c| Ok::<_, std::io::Error>(c.to_vec()));
    let streamed = Body::from_stream(futures::stream::iter(chunks.collect::<Vec<_>>()));
    for request in [declared, post(URL, Some(&signed), streamed)] {
        let (answer, stored) = deliver(request).await;
        assert_eq!((answer.status, stored.len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
        assert_eq!(answer.code(), "BODY_TOO_LARGE");
    }
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    for (error, code) in [
        (InboxError::Full, "INBOX_FULL"),
        (InboxError::Unavailable("connection refused at 10.0.0.1".into()), "INBOX_UNAVAILABLE"),
    ] {
        let inbox = Arc::new(FakeInbox { fails: Some(error), ..FakeInbox::default() });
        let request = post(URL, Some(&signature("new app secret", b"{}")), "{}");
        let answer = ask(app(&inbox, secrets()), request).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.retry_after.as_deref(), Some("5"));
        assert_eq!(answer.code(), code);
        assert!(!answer.body.contains("10.0.0.1"), "no details for strangers");
    }
}

#[tokio::test]
async fn the_handshake_echoes_the_challenge_for_our_token_only() {
    let get = async |query: &str| {
        let inbox = Arc::new(FakeInbox::default());
        let request = Request::get(format!("{URL}?{query}")).body(Body::empty()).unwrap();
        ask(app(&inbox, secrets()), request).await
    };
    let ours = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=our%20token";
    let answer = get(ours).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "1158201444"));
    for refused in [
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=theirs",
        &ours.replace("subscribe", "x"),
    ] {
        let answer = get(refused).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.code(), "HANDSHAKE_REFUSED");
    }
    for incomplete in ["", "hub.mode=subscribe&hub.verify_token=our%20token", "hub_mode=subscribe"]
    {
        let answer = get(incomplete).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{incomplete}");
        assert_eq!(answer.code(), "HANDSHAKE_INCOMPLETE");
    }
}

#[tokio::test]
async fn unknown_sources_and_methods_are_turned_away() {
    for url in [
        "/webhooks/meta",
        "/webhooks/meta/whatsapp/",
        "/webhooks/meta/whatsapp/x",
        "/webhooks/paypal",
    ] {
        let signed = signature("new app secret", b"{}");
        let (answer, stored) = deliver(post(url, Some(&signed), "{}")).await;
        assert_eq!((answer.status, stored.len()), (StatusCode::NOT_FOUND, 0), "{url}");
        assert_eq!(answer.code(), "UNKNOWN_SOURCE");
    }
    let (answer, _) = deliver(Request::put(URL).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
