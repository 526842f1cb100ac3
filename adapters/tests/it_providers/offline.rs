//! The offline twin: what it posts is what our own webhook takes from Meta.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::providers::whatsapp::{Offline, OfflineSettings};
use bitacora_commands::ports::{Clock as _, Messenger as _, Outgoing, SendFault};
use bitacora_commands::sources::{self, Arrival, FactKind, Headers, Secret};
use bitacora_domain::aggregates::conversation::{DeliveryStatus, MessageContent};

use crate::request::{outgoing, p};

const SECRET: &str = "app-secret-of-a-test";

type Inbox = Arc<Mutex<Vec<(String, DeliveryStatus)>>>;

/// Takes a webhook as production does: signature over the raw bytes, then facts. Every third one
/// is refused in passing, and must come again.
async fn take(
    State((inbox, turns)): State<(Inbox, Arc<Mutex<u32>>)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let source = sources::find("meta/whatsapp").unwrap();
    let headers: Headers = headers.iter().collect();
    let secrets = [Secret::new(SECRET).unwrap()];
    let now = SystemClock.now();
    let arrival = Arrival {
        rest: "",
        query: "",
        urls: &[],
        headers: &headers,
        content_type: "application/json",
        body: &body,
        received_at: now,
    };
    source.verify(&secrets, &arrival, now).unwrap();
    {
        let mut turns = turns.lock().unwrap();
        *turns += 1;
        if *turns % 3 == 0 {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    for fact in source.facts(&arrival) {
        let FactKind::Status { callback, status, .. } = fact.kind else {
            panic!("{:?}", fact.kind)
        };
        assert_eq!(fact.account.unwrap(), "210987654321098");
        inbox.lock().unwrap().push((callback.unwrap(), status));
    }
    StatusCode::OK
}

fn twin(listener: Option<String>, kind: bool) -> Offline {
    let app_secret = Secret::new(SECRET).unwrap();
    let settings = OfflineSettings { app_secret, seed: 3, haste: 20, kind, listener };
    Offline::new(settings, Arc::new(SystemClock)).unwrap()
}

fn message(n: u32) -> Outgoing {
    let text = MessageContent::Text { body: p("hola".to_owned()) };
    Outgoing { callback: format!("b1:c:{n}"), ..outgoing(text) }
}

async fn listen() -> (String, Inbox) {
    let inbox = Inbox::default();
    let router = Router::new()
        .route("/webhooks/meta/whatsapp", post(take))
        .with_state((inbox.clone(), Arc::default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, inbox)
}

#[tokio::test]
async fn without_a_listener_nothing_is_taken() {
    let answer = twin(None, false).send(message(1)).await;
    assert_eq!(answer, Err(SendFault::Unreachable("OFFLINE_WITHOUT_LISTENER")));
}

#[tokio::test]
async fn statuses_come_back_signed_and_every_message_has_the_same_fate_again() {
    let (url, inbox) = listen().await;
    let twin = twin(Some(url), false);
    let mut answers = BTreeMap::new();
    for n in 0..200 {
        let kind = match twin.send(message(n)).await {
            Ok(_) => "taken",
            Err(SendFault::Refused(_)) => "refused",
            Err(SendFault::Unknown(_)) => "unknown",
            Err(SendFault::Unreachable(_)) => "unreachable",
        };
        answers.insert(format!("b1:c:{n}"), kind);
    }
    let count = |kind: &str| answers.values().filter(|answer| **answer == kind).count();
    assert!(count("taken") > 150 && count("refused") > 0 && count("unknown") > 0, "{answers:?}");
    assert_eq!(count("unreachable"), 0);

    let told = |callback: &str| inbox.lock().unwrap().iter().any(|(who, _)| who == callback);
    let all_told =
        || answers.iter().all(|(callback, answer)| *answer == "refused" || told(callback));
    for _ in 0..1_000 {
        if all_told() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(all_told(), "also of those whose answer was lost");
    let refused = answers.iter().find(|(_, answer)| **answer == "refused").unwrap();
    assert!(!told(refused.0), "of what was refused nothing is told");
}

#[tokio::test]
async fn a_kind_one_delivers_and_reads_everything() {
    let (url, inbox) = listen().await;
    let twin = twin(Some(url), true);
    for n in 0..20 {
        twin.send(message(n)).await.unwrap();
    }
    let read = || {
        let inbox = inbox.lock().unwrap();
        inbox.iter().filter(|(_, status)| *status == DeliveryStatus::Read).count()
    };
    for _ in 0..200 {
        if read() == 20 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(read(), 20);
}
