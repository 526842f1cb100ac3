//! Stripe: the bytes that are asked, what every answer means, and the offline twin's pages.

use std::sync::Arc;
use std::time::Duration;

use bitacora_adapters::providers::stripe::{
    OfflineCheckout, OfflineSettings, SetupFault, Stripe, StripeSettings, Unpayable, form,
};
use bitacora_commands::ports::{
    Button, Checkout as _, CheckoutFault, CheckoutPage, CheckoutRequest, Till as _,
};
use bitacora_commands::sources::Secret;
use bitacora_domain::{OrderId, TenantId};
use chrono::{DateTime, TimeDelta};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::fake::{Fake, Fault};
use bitacora_adapters::clock::SystemClock;

const KEY: &str = "sk_test_hush";
const BACK: &str = "https://app.example.test/ok?lang=es";

fn wanted() -> CheckoutRequest {
    CheckoutRequest {
        tenant: TenantId::new(Uuid::from_u128(1)),
        order: OrderId::new(Uuid::from_u128(2)),
        credits: 50,
        price_minor: 40_000,
        currency: "usd".into(),
        expires_at: DateTime::from_timestamp(1_763_736_400, 0).unwrap(),
    }
}

fn stripe(url: &str) -> Stripe {
    let settings = StripeSettings {
        connect_within: Duration::from_secs(1),
        answer_within: Duration::from_millis(1_500),
        ..StripeSettings::new(url, BACK)
    };
    Stripe::new(&settings, KEY).unwrap()
}

fn yes() -> Fault {
    let session = json!({
        "id": "cs_test_a1inv", "object": "checkout.session", "status": "open",
        "payment_status": "unpaid", "url": "https://checkout.stripe.com/c/pay/cs_test_a1inv#x",
        "expires_at": 1_763_736_400,
    });
    Fault::Answer(200, "content-type: application/json\r\n", session.to_string())
}

fn no(kind: &str, code: &str) -> String {
    let message = format!("{code}: no");
    json!({ "error": { "type": kind, "code": code, "message": message } }).to_string()
}

async fn open(script: Vec<Fault>) -> Result<CheckoutPage, CheckoutFault> {
    let fake = Fake::start(script).await;
    stripe(&fake.url).open(&wanted()).await
}

/// Recorded: whoever changes a byte of it changes what an idempotency key stands for.
const FORM: &str = "mode=payment\
    &client_reference_id=00000000-0000-0000-0000-000000000002\
    &metadata%5Btenant_id%5D=00000000-0000-0000-0000-000000000001\
    &metadata%5Border_id%5D=00000000-0000-0000-0000-000000000002\
    &metadata%5Bcredits%5D=50\
    &payment_intent_data%5Bmetadata%5D%5Btenant_id%5D=00000000-0000-0000-0000-000000000001\
    &payment_intent_data%5Bmetadata%5D%5Border_id%5D=00000000-0000-0000-0000-000000000002\
    &line_items%5B0%5D%5Bquantity%5D=1\
    &line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=usd\
    &line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=40000\
    &line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D=50+cr%C3%A9ditos\
    &success_url=https%3A%2F%2Fapp.example.test%2Fok%3Flang%3Des%26checkout%3Dsuccess%26session%3D%7BCHECKOUT_SESSION_ID%7D\
    &cancel_url=https%3A%2F%2Fapp.example.test%2Fok%3Flang%3Des%26checkout%3Dcancelled\
    &expires_at=1763736400";

#[tokio::test]
async fn a_session_is_asked_for_under_the_orders_key_byte_for_byte() {
    let fake = Fake::start([yes()]).await;
    let stripe = stripe(&fake.url);
    let page = stripe.open(&wanted()).await.unwrap();
    assert_eq!(page.session_id, "cs_test_a1inv");
    assert_eq!(page.url, "https://checkout.stripe.com/c/pay/cs_test_a1inv#x");
    assert_eq!(page.expires_at, wanted().expires_at);
    let [seen] = fake.seen().try_into().unwrap();
    let head = seen.head.to_lowercase();
    assert!(seen.head.starts_with("POST /v1/checkout/sessions HTTP/1.1"), "{head}");
    assert!(head.contains("authorization: bearer sk_test_hush"), "{head}");
    let key = "idempotency-key: 00000000-0000-0000-0000-000000000002-checkout";
    assert!(head.contains(key), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert_eq!(seen.body, Value::String(FORM.to_owned()));
    assert!(!format!("{stripe:?}").contains("hush"));
}

#[test]
fn amounts_are_told_in_the_unit_that_stripe_counts_in() {
    let of = |currency: &str, price_minor: u64| {
        let wanted = CheckoutRequest { currency: currency.into(), price_minor, ..wanted() };
        form(&wanted, BACK).map(|form| {
            let (_, rest) = form.split_once("unit_amount%5D=").unwrap();
            rest.split('&').next().unwrap().to_owned()
        })
    };
    for whole in ["jpy", "clp", "krw", "pyg", "vnd", "xof"] {
        assert_eq!(of(whole, 4_000).unwrap(), "4000", "no decimals, not times a hundred: {whole}");
    }
    assert_eq!(of("ars", 4_000).unwrap(), "4000");
    assert_eq!(of("kwd", 4_000).unwrap(), "4000");
    assert_eq!(of("kwd", 4_001), Err(Unpayable::Price));
    for odd in ["isk", "ugx"] {
        assert_eq!(of(odd, 4_000), Err(Unpayable::Currency), "{odd}");
    }
    let one = CheckoutRequest { credits: 1, ..wanted() };
    assert!(form(&one, BACK).unwrap().contains("=1+cr%C3%A9dito&"));
    assert_eq!(form(&wanted(), "nowhere"), Err(Unpayable::ReturnUrl));
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_a_no_is_final() {
    let answer = |status, headers, body: String| vec![Fault::Answer(status, headers, body)];
    let error =
        |status, headers: &'static str, kind, code| open(answer(status, headers, no(kind, code)));
    let busy = |code, after: Option<i64>| {
        Err(CheckoutFault::Busy { code, after: after.map(TimeDelta::seconds) })
    };
    let down = |code| Err(CheckoutFault::Unavailable(code));

    let limited = error(429, "retry-after: 7\r\n", "invalid_request_error", "rate_limit").await;
    assert_eq!(limited, busy("RATE_LIMITED", Some(7)));
    let twice = error(409, "", "idempotency_error", "idempotency_key_in_use").await;
    assert_eq!(twice, busy("REQUEST_UNDER_WAY", None));
    let told = "stripe-should-retry: true\r\n";
    let lock = error(400, told, "invalid_request_error", "lock_timeout").await;
    assert_eq!(lock, busy("TOLD_TO_RETRY", None));
    assert_eq!(error(500, "", "api_error", "").await, down("SERVER_ERROR"));
    let gateway = open(answer(502, "", "<html>".into())).await;
    assert_eq!(gateway, down("SERVER_ERROR"));

    for (status, headers, kind, code, stable) in [
        (400, "", "invalid_request_error", "amount_too_small", "STRIPE_AMOUNT_TOO_SMALL"),
        (400, "", "idempotency_error", "", "STRIPE_IDEMPOTENCY_ERROR"),
        (402, "", "card_error", "card_declined", "STRIPE_CARD_DECLINED"),
        (404, "", "invalid_request_error", "resource_missing", "STRIPE_RESOURCE_MISSING"),
        (500, "stripe-should-retry: false\r\n", "api_error", "", "STRIPE_API_ERROR"),
    ] {
        match error(status, headers, kind, code).await {
            Err(CheckoutFault::Refused { code, .. }) => assert_eq!(code, stable),
            other => panic!("{status} {kind}: {other:?}"),
        }
    }
    for status in [401, 403] {
        let fault = error(status, "", "invalid_request_error", "api_key_expired").await;
        assert!(matches!(fault, Err(CheckoutFault::Unauthorized { .. })), "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_no_catastrophe() {
    for (fault, code) in [
        (Fault::ResetRead, "CONNECTION_LOST"),
        (Fault::Silence, "TIMEOUT"),
        (Fault::SlowBody, "TIMEOUT"),
    ] {
        assert_eq!(open(vec![fault]).await, Err(CheckoutFault::Unavailable(code)));
    }
    let long = Fault::Answer(200, "", "x".repeat(300 * 1024));
    let unreadable = Err(CheckoutFault::Unavailable("UNREADABLE_ANSWER"));
    assert_eq!(open(vec![long]).await, unreadable);
    // The same request again, byte for byte, gets the page.
    let fake = Fake::start([Fault::ResetRead, yes()]).await;
    let stripe = stripe(&fake.url);
    assert!(stripe.open(&wanted()).await.is_err());
    assert!(stripe.open(&wanted()).await.is_ok());
    let [first, second] = fake.seen().try_into().unwrap();
    assert_eq!((&first.head, &first.body), (&second.head, &second.body));
}

#[test]
fn a_key_that_is_none_and_an_address_that_is_none_are_told() {
    let settings = StripeSettings::new("https://api.stripe.com", BACK);
    assert!(matches!(Stripe::new(&settings, "a\nb"), Err(SetupFault::Key)));
    let nowhere = StripeSettings::new("nowhere", BACK);
    assert!(matches!(Stripe::new(&nowhere, KEY), Err(SetupFault::Url)));
}

const WEBHOOK_SECRET: &str = "whsec_offline";

fn twin(listener: Option<String>) -> OfflineCheckout {
    let webhook_secret = Secret::new(WEBHOOK_SECRET).unwrap();
    let settings = OfflineSettings { webhook_secret, seed: 1, haste: 100, listener };
    OfflineCheckout::new(settings, Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn the_twin_gives_an_order_one_page_whose_address_cannot_be_made_up() {
    let till = twin(Some("http://127.0.0.1:8080/".into()));
    let page = till.open(&wanted()).await.unwrap();
    assert_eq!(page, till.open(&wanted()).await.unwrap());
    let (address, query) = page.url.split_once('?').unwrap();
    assert_eq!(address, format!("http://127.0.0.1:8080/offline/checkout/{}", page.session_id));
    let bill = till.bill(&page.session_id, query).unwrap();
    assert_eq!((bill.session_id.as_str(), &bill.wanted), (page.session_id.as_str(), &wanted()));

    let cheaper = CheckoutRequest { price_minor: 1, ..wanted() };
    let other = till.open(&cheaper).await.unwrap();
    let (_, other) = other.url.split_once('?').unwrap();
    let signature = query.split_once("&signature=").unwrap().1;
    let (bill, _) = other.split_once("&signature=").unwrap();
    for forged in [
        format!("{bill}&signature={signature}"),
        query.replace("&signature=", "&signature=00"),
        query.split_once('&').unwrap().0.to_owned(),
        String::new(),
    ] {
        assert_eq!(till.bill(&page.session_id, &forged), None, "{forged}");
    }
    assert_eq!(till.bill("cs_offline_other", query), None);
    let elsewhere = twin(None).open(&wanted()).await;
    assert_eq!(elsewhere, Err(CheckoutFault::Unavailable("OFFLINE_WITHOUT_LISTENER")));
}

#[tokio::test]
async fn what_is_pressed_comes_back_as_signed_webhooks_until_they_are_taken() {
    let busy = Fault::Answer(503, "", String::new());
    let fake = Fake::start([busy]).await;
    let till = twin(Some(fake.url.clone()));
    let page = till.open(&wanted()).await.unwrap();
    let query = page.url.split_once('?').unwrap().1;
    let bill = till.bill(&page.session_id, query).unwrap();
    till.press(&bill, Button::Pay);
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    // The first is turned away once; then both kinds come.
    let seen = loop {
        let seen = fake.seen();
        let kinds = |kind: &str| seen.iter().any(|seen| seen.body["type"] == kind);
        if kinds("checkout.session.completed") && kinds("payment_intent.succeeded") {
            break seen;
        }
        assert!(tokio::time::Instant::now() < until, "{seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(seen.len() >= 3, "{seen:?}");
    for request in &seen {
        assert!(request.head.starts_with("POST /webhooks/stripe "), "{}", request.head);
        let line = request.head.lines().find_map(|line| line.strip_prefix("stripe-signature: "));
        let (t, v1) = line.unwrap().split_once(",v1=").unwrap();
        let signed = format!("{}.{}", t.strip_prefix("t=").unwrap(), raw(&request.body));
        let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
        mac.chain_update(signed).verify_slice(&hex::decode(v1).unwrap()).unwrap();
        assert_eq!(request.body["livemode"], false);
    }
}

/// The twin writes its bodies as serde does.
fn raw(body: &Value) -> String {
    body.to_string()
}
