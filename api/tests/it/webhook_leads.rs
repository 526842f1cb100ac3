//! Meta Lead Ads over HTTP: what is believed, and that no lead is lost.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_domain::aggregates::channel_account::ChannelKind;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{TestApp, WHATSAPP_APP, WHATSAPP_VERIFY};

const LEADGEN: &str = "/webhooks/meta/leadgen";
const PAGE: &str = "153125381133";
const OK: (u16, String) = (200, String::new());

fn lead(id: &str) -> Vec<u8> {
    let value = json!({ "leadgen_id": id, "page_id": PAGE, "form_id": "889977665544",
        "ad_id": "23850001112220", "created_time": 1_763_647_598 });
    json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_763_647_600,
        "changes": [{ "field": "leadgen", "value": value }] }] })
    .to_string()
    .into_bytes()
}

fn signed(body: &[u8]) -> Vec<(&'static str, String)> {
    let mac = Hmac::<Sha256>::new_from_slice(WHATSAPP_APP.as_bytes()).unwrap().chain_update(body);
    vec![("X-Hub-Signature-256", format!("sha256={}", hex::encode(mac.finalize().into_bytes())))]
}

#[tokio::test]
async fn a_lead_of_a_page_that_nobody_connected_is_kept_until_somebody_does() {
    let app = TestApp::start().await;
    let first = lead("455123400111222");
    assert_eq!(app.hook(LEADGEN, &signed(&first), &first).await, OK);
    app.ingest().await;
    let kept = "select state || ' ' || waits_for from inbox.facts";
    assert_eq!(app.texts(kept).await, [format!("unroutable account:META_PAGE:{PAGE}")]);
    let connect = "mutation { connectChannelAccount(input: { kind: META_PAGE, \
        account: \"153125381133\", display: \"Torre Alvear\", name: \"Anuncios\" }) { \
        channelAccount { kind account display status phoneNumberId } \
        errors { ... on UserError { code message } } } }";
    let reply = app.run(connect, Value::Null).await;
    let connected = &reply.data()["connectChannelAccount"];
    assert_eq!(connected["errors"], json!([]));
    app.ingest().await;
    assert_eq!(app.texts(kept).await, [""; 0]);
    let captured = app.events("LeadCaptured").await;
    assert_eq!(captured.len(), 1);
    assert_eq!(captured[0]["external_id"], "455123400111222");
    let fetches = "select count(*) from effects.queue where kind = 'lead.fetch_form'";
    assert_eq!(app.count(fetches).await, 1, "the form is fetched as an effect");
}

#[tokio::test]
async fn leads_are_believed_by_the_apps_secret_and_captured_once() {
    let app = TestApp::start().await;
    app.connect_account(ChannelKind::MetaPage, PAGE).await;
    let (first, second) = (lead("455123400111222"), lead("455123400111223"));
    let mut forged = first.clone();
    forged[60] ^= 1;
    for (headers, body, code) in [
        (signed(&first), &forged[..], "SIGNATURE_MISMATCH"),
        (signed(&first), &first[..first.len() / 2], "SIGNATURE_MISMATCH"),
        (signed(&first), &second[..], "SIGNATURE_MISMATCH"),
        (vec![], &first[..], "SIGNATURE_MISSING"),
    ] {
        assert_eq!(app.hook(LEADGEN, &headers, body).await, (401, code.to_owned()));
    }
    let large = vec![b' '; 3 * 1024 * 1024 + 1];
    assert_eq!(app.hook(LEADGEN, &signed(&large), &large).await.0, 413);
    assert_eq!(app.deliveries().await, 0, "nothing of it is kept");
    for body in [&second, &first, &second, &first, &first] {
        assert_eq!(app.hook(LEADGEN, &signed(body), body).await, OK);
    }
    let cut = &first[..first.len() / 2];
    assert_eq!(app.hook(LEADGEN, &signed(cut), cut).await, OK, "signed so: kept, whatever it is");
    app.ingest().await;
    assert_eq!(app.events("LeadCaptured").await.len(), 2);
    assert_eq!(app.texts("select kind from inbox.anomalies").await, ["unparsable"]);
    assert_eq!(app.texts("select reason from inbox.facts").await, [""; 0]);
}

#[tokio::test]
async fn the_handshake_is_that_of_the_app() {
    let app = TestApp::start().await;
    let ask = async |token: &str| {
        let query = format!("hub.mode=subscribe&hub.challenge=115&hub.verify_token={token}");
        app.send(app.get(&format!("{LEADGEN}?{query}"))).await
    };
    let ours = ask(WHATSAPP_VERIFY).await;
    assert_eq!((ours.status, &ours.body), (200, &json!(115)));
    assert_eq!(ask("theirs").await.status, 403);
}
