//! Builderbot, ElevenLabs and Chatwoot over HTTP: what is believed, what comes of it, and what
//! is left of what was not.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use base64::Engine as _;
use bitacora_commands::ingest::{Ingest, IngestOptions};
use bitacora_commands::ports::BlobKey;
use bitacora_commands::sources::streaming::waiting_room;
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand, ChannelKind};
use futures::TryStreamExt as _;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::AsyncWriteExt as _;

use crate::support::{BUILDERBOT_SECRET, CHATWOOT_SECRET, ELEVENLABS_SECRET, TestApp, fresh};

const BUILDERBOT: &str = "/webhooks/builderbot/path-secret-of-a-test";
const ELEVENLABS: &str = "/webhooks/elevenlabs";
const CHATWOOT: &str = "/webhooks/chatwoot";

impl TestApp {
    pub(crate) async fn connect_account(&self, kind: ChannelKind, account: &str) {
        let (account, display) = (account.to_owned(), "Cuenta".to_owned());
        let body = ChannelCommand::Connect { kind, account, display, name: "Ventas".to_owned() };
        self.execute::<ChannelAccount>(self.tenant, &fresh().to_string(), body).await;
    }

    /// Posts a body; the status and the code of the answer.
    pub(crate) async fn hook(
        &self,
        path: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> (u16, String) {
        let mut request = self.client().post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let reply = self.send(request.body(body.to_vec())).await;
        (reply.status, reply.body["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Does what waits in the inbox.
    pub(crate) async fn ingest(&self) {
        let (bus, inbox) = (self.app.bus.clone(), self.app.inbox.clone());
        let blobs = self.app.blobs.clone();
        let ingest = Ingest::with_files(bus, inbox, blobs, IngestOptions::default());
        while ingest.work().await.unwrap() > 0 {}
        ingest.retry().await.unwrap();
    }

    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.db.pools().admin).await.unwrap()
    }

    pub(crate) async fn events(&self, event_type: &str) -> Vec<Value> {
        let sql = "select payload -> $1 from log.events where event_type = $1 order by position";
        let pool = &self.db.pools().admin;
        sqlx::query_scalar(sql).bind(event_type).fetch_all(pool).await.unwrap()
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    pub(crate) async fn deliveries(&self) -> i64 {
        self.count("select count(*) from inbox.deliveries").await
    }
}

fn mac(secret: &str, time: Option<i64>, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    if let Some(time) = time {
        mac.update(format!("{time}.").as_bytes());
    }
    hex::encode(mac.chain_update(body).finalize().into_bytes())
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn elevenlabs(time: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    let signature = mac(ELEVENLABS_SECRET, Some(time), body);
    vec![("ElevenLabs-Signature", format!("t={time},v0={signature}"))]
}

fn chatwoot(time: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    let signature = mac(CHATWOOT_SECRET, Some(time), body);
    vec![
        ("X-Chatwoot-Signature", format!("sha256={signature}")),
        ("X-Chatwoot-Timestamp", time.to_string()),
    ]
}

#[tokio::test]
async fn builderbot_is_believed_by_its_path_and_routed_by_its_key() {
    let app = TestApp::start().await;
    app.connect_account(ChannelKind::Builderbot, "optica").await;
    let key = [("X-Account-Key", "optica".to_owned())];
    let said = |text: &str| {
        json!({ "eventName": "message.incoming", "data": { "body": text, "name": "Lucía",
            "from": "5491166600011", "attachment": [] } })
        .to_string()
        .into_bytes()
    };
    let ok = (200, String::new());
    let refused = |status: u16, code: &str| (status, code.to_owned());
    for forged in ["/webhooks/builderbot/other", "/webhooks/builderbot/path-secret-of-a-tes"] {
        let answer = app.hook(forged, &key, &said("hola")).await;
        assert_eq!(answer, refused(401, "SIGNATURE_MISMATCH"));
    }
    for nowhere in ["/webhooks/builderbot", "/webhooks/builderbot/a/b/c"] {
        assert_eq!(app.hook(nowhere, &key, b"{}").await, refused(404, "UNKNOWN_SOURCE"));
    }
    let large = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(app.hook(BUILDERBOT, &key, &large).await, refused(413, "BODY_TOO_LARGE"));
    assert_eq!(app.deliveries().await, 0, "nothing of it is kept");
    assert_eq!(app.hook(BUILDERBOT, &key, &said("hola")).await, ok);
    assert_eq!(app.hook(BUILDERBOT, &key, &said("¿hay alguien?")).await, ok);
    let truncated = &said("hola")[..30];
    assert_eq!(app.hook(BUILDERBOT, &key, truncated).await, ok, "kept, whatever it is");
    let other = [("X-Account-Key", "nadie".to_owned())];
    assert_eq!(app.hook(BUILDERBOT, &other, &said("hola")).await, ok);
    // redelivered at once, and out of order
    let again = "insert into inbox.deliveries (id, source, body, request, received_at) \
                 select gen_random_uuid(), source, body, request, received_at \
                 from inbox.deliveries order by received_at desc";
    sqlx::query(again).execute(&app.db.pools().admin).await.unwrap();
    app.ingest().await;
    let texts: Vec<Value> = app.events("MessageReceived").await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    let kept = app.texts("select state || ' ' || reason from inbox.facts order by 1").await;
    assert_eq!(kept, ["unroutable ACCOUNT_NOT_CONNECTED"; 2]);
    assert_eq!(app.texts("select kind from inbox.anomalies").await, ["unparsable"; 2]);
    let secret = app.texts("select request::text from inbox.deliveries").await;
    assert!(secret.iter().all(|request| !request.contains(BUILDERBOT_SECRET)));
}

#[tokio::test]
async fn chatwoot_signs_with_a_time_or_without() {
    let app = TestApp::start().await;
    app.connect_account(ChannelKind::Chatwoot, "1/3").await;
    let message = |id: i64, rest: Value| {
        let mut body = json!({ "event": "message_created", "id": id, "content": "Hola",
            "message_type": "incoming", "private": false, "created_at": chrono::Utc::now(),
            "sender": { "type": "contact", "phone_number": "+5491166600011" },
            "account": { "id": 1 }, "inbox": { "id": 3 } });
        for (name, value) in rest.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    };
    let first = message(2, json!({}));
    let ok = (200, String::new());
    assert_eq!(app.hook(CHATWOOT, &chatwoot(now(), &first), &first).await, ok);
    let second = message(1, json!({ "created_at": now() - 60 }));
    let untimed =
        [("X-Chatwoot-Signature", format!("sha256={}", mac(CHATWOOT_SECRET, None, &second)))];
    assert_eq!(app.hook(CHATWOOT, &untimed, &second).await, ok, "earlier, and later here");
    assert_eq!(app.hook(CHATWOOT, &chatwoot(now(), &first), &first).await, ok, "twice (#11901)");
    let by_path = message(3, json!({ "private": true }));
    let path = format!("{CHATWOOT}/{CHATWOOT_SECRET}");
    assert_eq!(app.hook(&path, &[], &by_path).await, ok, "an old release");
    for (headers, code) in [
        (chatwoot(now() - 301, &first), "SIGNATURE_TOO_OLD"),
        (chatwoot(now() + 400, &first), "SIGNATURE_TOO_EARLY"),
        (chatwoot(now(), &second), "SIGNATURE_MISMATCH"),
        (vec![], "SIGNATURE_MISSING"),
        (vec![("X-Chatwoot-Signature", "sha256=zz".to_owned())], "SIGNATURE_MALFORMED"),
    ] {
        assert_eq!(app.hook(CHATWOOT, &headers, &first).await, (401, code.to_owned()));
    }
    let cut = &first[..first.len() / 2];
    let of_whole = chatwoot(now(), &first);
    assert_eq!(app.hook(CHATWOOT, &of_whole, cut).await.0, 401, "cut off on its way");
    let large = vec![b' '; 2 * 1024 * 1024 + 1];
    assert_eq!(app.hook(CHATWOOT, &chatwoot(now(), &large), &large).await.0, 413);
    assert_eq!(app.deliveries().await, 4);
    app.ingest().await;
    let received = app.events("MessageReceived").await;
    let ids: Vec<&str> =
        received.iter().map(|event| event["provider_message_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&"cw:1:1") && ids.contains(&"cw:1:2"));
    assert_eq!(app.texts("select reason from inbox.facts").await, ["PRIVATE"]);
}

fn transcription(conversation: &str) -> Vec<u8> {
    json!({ "type": "post_call_transcription", "event_timestamp": now(), "data": {
        "agent_id": "agent_1", "conversation_id": conversation, "status": "done",
        "transcript": [{ "role": "user", "message": "Busco dos ambientes", "time_in_call_secs": 3 }],
        "metadata": { "start_time_unix_secs": now() - 100, "call_duration_secs": 74, "cost": 410,
            "main_language": "es", "phone_call": null }, "analysis": null } })
    .to_string()
    .into_bytes()
}

fn audio(conversation: &str, bytes: &[u8]) -> Vec<u8> {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    json!({ "type": "post_call_audio", "event_timestamp": now(), "data": {
        "agent_id": "agent_1", "conversation_id": conversation, "full_audio": text } })
    .to_string()
    .into_bytes()
}

/// Not the same byte for long.
fn sound(length: u32) -> Vec<u8> {
    (0..length).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

#[tokio::test]
async fn the_sound_of_a_call_goes_to_the_blob_store_and_not_into_the_log() {
    let app = TestApp::start().await;
    app.connect_account(ChannelKind::ElevenLabs, "agent_1").await;
    let (ok, sound) = ((200, String::new()), sound(12 << 20));
    let large = audio("conv_1", &sound);
    // the sound is first, twice, and the words come later
    for _ in 0..2 {
        assert_eq!(app.hook(ELEVENLABS, &elevenlabs(now(), &large), &large).await, ok);
    }
    let kept = "select max(length(body))::bigint from inbox.deliveries";
    assert!(app.count(kept).await < 500, "what is left is small");
    app.ingest().await;
    assert_eq!(app.texts("select state from inbox.facts").await, ["waiting"; 2]);
    let words = transcription("conv_1");
    assert_eq!(app.hook(ELEVENLABS, &elevenlabs(now(), &words), &words).await, ok);
    app.ingest().await;
    app.ingest().await;
    assert_eq!(app.texts("select state || key from inbox.facts").await, [""; 0]);
    let attached = app.events("CallRecordingAttached").await;
    assert_eq!((attached.len(), app.events("CallImported").await.len()), (1, 1));
    let stored = &attached[0]["source"]["Stored"];
    assert_eq!(stored["bytes"], sound.len());
    let key = BlobKey::parse(stored["blob"].as_str().unwrap()).unwrap();
    let opened = app.app.blobs.open(app.tenant, key, None).await.unwrap();
    assert_eq!(opened.blob.content_type, "audio/mpeg");
    let bytes: Vec<u8> = opened
        .content
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
        .unwrap();
    assert!(bytes == sound);
    assert!(app.app.blobs.find(waiting_room(), key).await.is_err(), "nothing waits any more");
    let longest = app.count("select max(length(payload::text))::bigint from log.events").await;
    assert!(longest < 10_000, "no event has the bytes");
}

#[tokio::test]
async fn a_delivery_that_is_not_believed_leaves_no_sound() {
    let app = TestApp::start().await;
    app.connect_account(ChannelKind::ElevenLabs, "agent_1").await;
    let body = audio("conv_1", &sound(3 << 20));
    let mut changed = body.clone();
    let last = changed.len() - 20;
    changed[last] ^= 1;
    for (headers, body, code) in [
        (elevenlabs(now(), &body), &changed[..], "SIGNATURE_MISMATCH"),
        (elevenlabs(now(), &body), &body[..body.len() / 2], "SIGNATURE_MISMATCH"),
        (elevenlabs(now() - 1_801, &body), &body[..], "SIGNATURE_TOO_OLD"),
        (elevenlabs(now() + 1_900, &body), &body[..], "SIGNATURE_TOO_EARLY"),
        (vec![], &body[..], "SIGNATURE_MISSING"),
        (vec![("ElevenLabs-Signature", "t=1".to_owned())], &body[..], "SIGNATURE_MALFORMED"),
    ] {
        assert_eq!(app.hook(ELEVENLABS, &headers, body).await, (401, code.to_owned()));
    }
    // more than may be sent is said before the first byte
    let mut socket = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST {ELEVENLABS} HTTP/1.1\r\nhost: x\r\ncontent-length: 200000000\r\n\
         elevenlabs-signature: {}\r\n\r\n",
        elevenlabs(now(), b"")[0].1
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut socket, &mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    // whoever goes away in the middle leaves nothing either
    let mut socket = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST {ELEVENLABS} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\
         elevenlabs-signature: {}\r\n\r\n",
        body.len(),
        elevenlabs(now(), &body)[0].1
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body[..1 << 20]).await.unwrap();
    drop(socket);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(app.count("select count(*) from blobs.contents").await, 0);
    assert_eq!(app.deliveries().await, 0);
    // what is signed and no base64 is told, and kept without it
    let odd = json!({ "type": "post_call_audio", "data": { "agent_id": "agent_1",
        "conversation_id": "conv_1", "full_audio": "¡no!" } });
    let odd = odd.to_string().into_bytes();
    assert_eq!(app.hook(ELEVENLABS, &elevenlabs(now(), &odd), &odd).await.0, 200);
    app.ingest().await;
    assert_eq!(app.texts("select reason from inbox.facts").await, ["MALFORMED_AUDIO"]);
    assert_eq!(app.count("select count(*) from blobs.contents").await, 0);
}
