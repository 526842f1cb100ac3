//! `/blobs/<key>`: who gets which bytes, and how.
#![allow(clippy::unwrap_used, reason = "tests")]

use axum::body::Bytes;
use bitacora_api::auth::Role;
use bitacora_commands::ports::{Blob, NewBlob, chunks_of};
use bitacora_domain::TenantId;

use crate::support::{TestApp, fresh};

impl TestApp {
    async fn keep(&self, tenant: TenantId, content_type: &str, content: &Bytes) -> Blob {
        let new = NewBlob {
            tenant,
            owner: "test".into(),
            content_type: content_type.into(),
            keep_until: None,
            max_bytes: u64::MAX,
        };
        self.app.blobs.put(new, chunks_of(content.clone())).await.unwrap()
    }

    async fn fetch(&self, key: &str, token: Option<&str>, range: Option<&str>) -> Got {
        let mut request = self.get(&format!("/blobs/{key}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(range) = range {
            request = request.header("range", range);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Got { status, headers, body: response.bytes().await.unwrap() }
    }
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Bytes,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn sound() -> Bytes {
    (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect::<Vec<_>>().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_handed_out_whole_or_in_part_and_cannot_do_harm() {
    let app = TestApp::start().await;
    let (content, token) = (sound(), app.token(Role::Agent));
    let key = app.keep(app.tenant, "audio/mpeg", &content).await.key.to_string();
    let whole = app.fetch(&key, Some(&token), None).await;
    assert_eq!((whole.status, whole.body.clone()), (200, content.clone()));
    assert_eq!(whole.header("content-type"), "audio/mpeg");
    assert_eq!(whole.header("content-length"), "200000");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    assert_eq!(whole.header("cache-control"), "private, no-store");
    assert_eq!(whole.header("content-disposition"), "inline");
    assert!(whole.header("content-security-policy").contains("sandbox"));
    for (range, part, shown) in [
        ("bytes=0-99", 0..100, "bytes 0-99/200000"),
        ("bytes=199990-", 199_990..200_000, "bytes 199990-199999/200000"),
        ("bytes=-5", 199_995..200_000, "bytes 199995-199999/200000"),
    ] {
        let got = app.fetch(&key, Some(&token), Some(range)).await;
        assert_eq!((got.status, got.header("content-range")), (206, shown), "{range}");
        assert_eq!(got.body, content.slice(part), "{range}");
    }
    let behind = app.fetch(&key, Some(&token), Some("bytes=200000-")).await;
    assert_eq!((behind.status, behind.header("content-range")), (416, "bytes */200000"));
    // What a browser could run is bytes, to be saved.
    let page = Bytes::from_static(b"<script>alert(1)</script>");
    let key = app.keep(app.tenant, "text/html", &page).await.key.to_string();
    let got = app.fetch(&key, Some(&token), None).await;
    assert_eq!(got.header("content-type"), "application/octet-stream");
    assert_eq!(got.header("content-disposition"), "attachment");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_what_is_anothers_or_what_is_not_there() {
    let app = TestApp::start().await;
    let (content, stranger) = (sound(), TenantId::new(fresh()));
    let key = app.keep(stranger, "audio/mpeg", &content).await.key.to_string();
    let token = app.token(Role::Owner);
    let anothers = app.fetch(&key, Some(&token), None).await;
    let nobodys = app.fetch(&"0".repeat(64), Some(&token), None).await;
    assert_eq!((anothers.status, nobodys.status), (404, 404));
    assert_eq!(anothers.body, nobodys.body, "no difference that tells of it");
    for odd in ["x", "..%2f..%2fetc%2fpasswd", &key.to_uppercase()] {
        assert_eq!(app.fetch(odd, Some(&token), None).await.status, 404, "{odd}");
    }
    let own = app.keep(app.tenant, "audio/mpeg", &content).await.key;
    assert_eq!(own.to_string(), key, "the same content has the same name");
    assert_eq!(app.fetch(&key, None, None).await.status, 401);
    assert_eq!(app.fetch(&key, Some(&token), None).await.status, 200);
    app.app.blobs.release(app.tenant, own, "test").await.unwrap();
    assert_eq!(app.fetch(&key, Some(&token), None).await.status, 404, "deleted is gone at once");
}
