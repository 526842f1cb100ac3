//! The store over a bucket. The bucket is played by a small server that does what S3 does with
//! the requests that we make (put, multipart, ranges, delete), checks that each is signed over
//! its content, and can fail. Compatibility with real services is the crate's, which tests it
//! against them; what is ours, the requests over our own client, is tested here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use bitacora_adapters::blobs::place::Hidden;
use bitacora_adapters::blobs::{BlobLimits, PgBlobs, Place, S3Settings};
use bitacora_commands::ports::{BlobError, Blobs as _, Released, chunks_of};
use sha2::{Digest as _, Sha256};

use crate::support::{World, bytes, key_of, read};

#[derive(Default)]
struct Inside {
    objects: BTreeMap<String, Bytes>,
    parts: BTreeMap<(String, u32), Bytes>,
    /// Requests that fail with 503 before the next one that works.
    failing: u32,
    unsigned: u32,
}

type Shelf = Arc<Mutex<Inside>>;

async fn bucket() -> (Shelf, String) {
    let shelf = Shelf::default();
    let router = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(Arc::clone(&shelf));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (shelf, url)
}

async fn answer(State(shelf): State<Shelf>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let mut inside = shelf.lock().unwrap();
    if inside.failing > 0 {
        inside.failing -= 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if !is_signed(&parts.headers, &body) {
        inside.unsigned += 1;
        return StatusCode::FORBIDDEN.into_response();
    }
    let path = parts.uri.path().to_owned();
    match (&parts.method, query(&parts.uri)) {
        (&Method::POST, Query::Begin) => {
            let xml = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
            xml.into_response()
        }
        (&Method::PUT, Query::Part(number)) => {
            inside.parts.insert((path, number), body);
            ([("etag", format!("\"part-{number}\""))], "").into_response()
        }
        (&Method::POST, Query::End) => {
            let of = |(place, _): &&(String, u32)| *place == path;
            let numbers: Vec<_> = inside.parts.keys().filter(of).cloned().collect();
            let whole: Vec<Bytes> =
                numbers.iter().filter_map(|part| inside.parts.remove(part)).collect();
            inside.objects.insert(path, whole.concat().into());
            let xml =
                "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>";
            xml.into_response()
        }
        (&Method::PUT, Query::None) => {
            inside.objects.insert(path, body);
            ([("etag", "\"x\"")], "").into_response()
        }
        (&Method::GET | &Method::HEAD, Query::None) => get(&inside, &path, &parts.headers),
        (&Method::DELETE, Query::None) => {
            inside.objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::DELETE, Query::End) => {
            inside.parts.retain(|(place, _), _| *place != path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

enum Query {
    None,
    Begin,
    Part(u32),
    End,
}

fn query(uri: &Uri) -> Query {
    let text = uri.query().unwrap_or_default();
    let value = |name: &str| {
        let mut pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    match (value("uploads"), value("partNumber"), value("uploadId")) {
        (Some(_), _, _) => Query::Begin,
        (None, Some(number), _) => Query::Part(number.parse().unwrap()),
        (None, None, Some(_)) => Query::End,
        (None, None, None) => Query::None,
    }
}

/// By our key, over the hash of what came.
fn is_signed(headers: &HeaderMap, body: &Bytes) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let ours = "AWS4-HMAC-SHA256 Credential=key-of-a-test/";
    let hash = hex::encode(Sha256::digest(body));
    text("authorization").starts_with(ours) && text("x-amz-content-sha256") == hash
}

fn get(inside: &Inside, path: &str, headers: &HeaderMap) -> Response {
    let Some(content) = inside.objects.get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let common = [("etag", "\"x\""), ("last-modified", "Mon, 02 Mar 2026 09:00:00 GMT")];
    let asked = headers.get("range").and_then(|v| v.to_str().ok());
    let Some(range) = asked.and_then(|text| text.strip_prefix("bytes=")) else {
        return (common, Body::from(content.clone())).into_response();
    };
    let (from, to) = range.split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    let to = to.min(content.len() - 1);
    let range = [("content-range", format!("bytes {from}-{to}/{}", content.len()))];
    let part = content.slice(from..=to);
    (StatusCode::PARTIAL_CONTENT, common, range, Body::from(part)).into_response()
}

fn over(world: &World, url: &str) -> PgBlobs {
    let place = Place::bucket(&S3Settings {
        bucket: "bitacora".into(),
        prefix: "of/tests".into(),
        endpoint: Some(url.to_owned()),
        region: "auto".into(),
        access_key: "key-of-a-test".into(),
        secret_key: Hidden("secret-of-a-test".into()),
    });
    PgBlobs::new(world.db.pools(), place.unwrap(), BlobLimits::default())
}

/// A small content and one of several parts.
const SIZES: [usize; 2] = [5, 20 << 20];

async fn keeps_and_gives(world: &World, store: &PgBlobs) {
    let tenant = world.tenants[0];
    for size in SIZES {
        let content = bytes(size);
        let blob = store.put(world.new_blob("call:1"), chunks_of(content.clone())).await.unwrap();
        assert_eq!(blob.key, key_of(&content));
        let whole = store.open(tenant, blob.key, None).await.unwrap();
        assert_eq!(read(whole).await.unwrap(), content, "{size} bytes");
        let part = store.open(tenant, blob.key, Some(1..4)).await.unwrap();
        assert_eq!(read(part).await.unwrap(), content[1..4]);
    }
}

async fn lets_go(world: &World, store: &PgBlobs) {
    for size in SIZES {
        let released = store.release(world.tenants[0], key_of(&bytes(size)), "call:1");
        assert_eq!(released.await.unwrap(), Released::Deleted);
    }
}

/// Against a service that is not ours: `BITACORA_TEST_S3` is where it is; it has a bucket
/// `bitacora` and knows the keys above.
#[tokio::test]
#[ignore = "needs a service that speaks S3"]
async fn a_service_that_speaks_s3_keeps_what_a_directory_would() {
    let url = std::env::var("BITACORA_TEST_S3").expect("BITACORA_TEST_S3=http://127.0.0.1:9000");
    let world = World::new().await;
    let store = over(&world, &url);
    keeps_and_gives(&world, &store).await;
    lets_go(&world, &store).await;
    assert_eq!(world.count("litter").await, 0);
}

#[tokio::test]
async fn a_bucket_keeps_what_a_directory_would() {
    let (world, (shelf, url)) = (World::new().await, bucket().await);
    let (store, tenant) = (over(&world, &url), world.tenants[0]);
    keeps_and_gives(&world, &store).await;
    {
        let inside = shelf.lock().unwrap();
        assert_eq!((inside.objects.len(), inside.parts.len(), inside.unsigned), (2, 0, 0));
        let below = format!("/bitacora/of/tests/{tenant}/");
        assert!(
            inside.objects.keys().all(|path| path.starts_with(&below)),
            "{:?}",
            inside.objects.keys()
        );
    }
    assert_eq!(world.files().len(), 0, "nothing is in the directory");
    lets_go(&world, &store).await;
    assert_eq!(shelf.lock().unwrap().objects.len(), 0);
    assert_eq!(world.count("litter").await, 0);
}

#[tokio::test]
async fn a_bucket_that_fails_for_a_moment_is_asked_again() {
    let (world, (shelf, url)) = (World::new().await, bucket().await);
    let store = over(&world, &url);
    shelf.lock().unwrap().failing = 2;
    store.put(world.new_blob("call:1"), chunks_of(bytes(1_000))).await.unwrap();
    assert_eq!(shelf.lock().unwrap().failing, 0);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_and_nothing_is_kept() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = over(&world, &url);
    let put = store.put(world.new_blob("call:1"), chunks_of(bytes(1_000))).await;
    let error = put.unwrap_err();
    assert!(matches!(error, BlobError::Unavailable(_)), "{error:?}");
    assert!(error.is_transient() && !error.to_string().contains("secret-of-a-test"));
    assert_eq!(world.count("contents").await, 0);
    assert_eq!(world.count("litter").await, 1, "the sweep looks there when it is back");
}

#[tokio::test]
async fn what_was_removed_from_the_bucket_is_said_to_be_damaged() {
    let (world, (shelf, url)) = (World::new().await, bucket().await);
    let store = over(&world, &url);
    let blob = store.put(world.new_blob("call:1"), chunks_of(bytes(1_000))).await.unwrap();
    shelf.lock().unwrap().objects.clear();
    let opened = store.open(world.tenants[0], blob.key, None).await;
    assert_eq!(opened.err(), Some(BlobError::Damaged));
}
