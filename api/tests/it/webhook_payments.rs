//! Stripe over HTTP: what is believed, and what it means for a stored order.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use bitacora_commands::sources::{Secret, stripe};
use bitacora_domain::OrderId;
use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand, OrderOrigin, OrderStatus,
};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{STRIPE_SECRET, TestApp, fresh};

const STRIPE: &str = "/webhooks/stripe";
const OK: (u16, String) = (200, String::new());

/// An order of 50 credits, and its page.
struct Order<'a> {
    app: &'a TestApp,
    id: OrderId,
    name: &'static str,
}

impl<'a> Order<'a> {
    async fn open(app: &'a TestApp, name: &'static str) -> Self {
        let order = Self { app, id: OrderId::new(fresh()), name };
        let create = BillingOrderCommand::CreateOrder {
            buyer: None,
            origin: OrderOrigin::Checkout,
            credits: 50,
            price_minor: 40_000,
            currency: "usd".into(),
            valid_days: None,
        };
        let open = BillingOrderCommand::OpenCheckout {
            session_id: order.session(),
            url: "https://checkout.stripe.com/c/pay/x".into(),
            expires_at: Utc::now() + TimeDelta::hours(23),
        };
        for command in [create, open] {
            app.execute::<BillingOrder>(app.tenant, &order.id.to_string(), command).await;
        }
        order
    }

    fn session(&self) -> String {
        format!("cs_test_{}", self.name)
    }

    fn intent(&self) -> String {
        format!("pi_{}", self.name)
    }

    fn metadata(&self) -> Value {
        json!({ "order_id": self.id.to_string(), "tenant_id": self.app.tenant.to_string() })
    }

    fn completed(&self, payment_status: &str, change: &Value) -> Value {
        let mut object = json!({ "id": self.session(), "object": "checkout.session",
            "mode": "payment", "payment_status": payment_status, "amount_total": 40_000,
            "currency": "usd", "payment_intent": self.intent(), "metadata": self.metadata(),
            "client_reference_id": self.id.to_string() });
        for (field, value) in change.as_object().unwrap() {
            object[field] = value.clone();
        }
        object
    }

    fn succeeded(&self) -> Value {
        json!({ "id": self.intent(), "object": "payment_intent", "status": "succeeded",
            "amount": 40_000, "amount_received": 40_000, "currency": "usd",
            "metadata": self.metadata() })
    }

    fn of_intent(&self, id: &str, rest: &Value) -> Value {
        let mut object = json!({ "id": format!("{id}_{}", self.name), "currency": "usd",
            "payment_intent": self.intent(), "amount": 40_000, "metadata": {} });
        for (field, value) in rest.as_object().unwrap() {
            object[field] = value.clone();
        }
        object
    }

    async fn status(&self) -> OrderStatus {
        let id = self.id.to_string();
        let loaded = self.app.app.bus.load::<BillingOrder>(self.app.tenant, &id);
        loaded.await.unwrap().unwrap().0.status().unwrap()
    }
}

fn event(id: &str, kind: &str, object: &Value) -> Vec<u8> {
    json!({ "id": format!("evt_{id}"), "object": "event", "type": kind, "livemode": false,
        "created": Utc::now().timestamp(), "pending_webhooks": 1, "data": { "object": object } })
    .to_string()
    .into_bytes()
}

fn signed_at(seconds_ago: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    let at = Utc::now() - TimeDelta::seconds(seconds_ago);
    let secret = Secret::new(STRIPE_SECRET).unwrap();
    vec![("Stripe-Signature", stripe::sign(&secret, at, body))]
}

impl TestApp {
    async fn stripe(&self, body: &[u8]) {
        assert_eq!(self.hook(STRIPE, &signed_at(0, body), body).await, OK);
    }
}

#[tokio::test]
async fn stripe_is_believed_by_its_signature_and_for_five_minutes() {
    let app = TestApp::start().await;
    let order = Order::open(&app, "a").await;
    let body = event("1", "checkout.session.completed", &order.completed("paid", &json!({})));
    let mut forged = body.clone();
    forged[30] ^= 1;
    let other = stripe::sign(&Secret::new("whsec_of_others").unwrap(), Utc::now(), &body);
    for (headers, body, code) in [
        (signed_at(0, &body), &forged[..], "SIGNATURE_MISMATCH"),
        (signed_at(0, &body), &body[..body.len() - 1], "SIGNATURE_MISMATCH"),
        (signed_at(301, &body), &body[..], "SIGNATURE_TOO_OLD"),
        (vec![("Stripe-Signature", other)], &body[..], "SIGNATURE_MISMATCH"),
        (vec![("Stripe-Signature", "t=1,v0=00".to_owned())], &body[..], "SIGNATURE_MALFORMED"),
        (vec![], &body[..], "SIGNATURE_MISSING"),
    ] {
        assert_eq!(app.hook(STRIPE, &headers, body).await, (401, code.to_owned()));
    }
    let large = vec![b' '; 1024 * 1024 + 1];
    let answer = app.hook(STRIPE, &signed_at(0, &large), &large).await;
    assert_eq!(answer, (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(app.hook("/webhooks/stripe/x", &[], b"{}").await.0, 404);
    assert_eq!(app.deliveries().await, 0, "nothing of it is kept");
    // an hour ahead is believed, as by Stripe's own libraries
    assert_eq!(app.hook(STRIPE, &signed_at(-3_600, &body), &body).await, OK);
    app.ingest().await;
    assert_eq!(order.status().await, OrderStatus::Paid);
}

#[tokio::test]
async fn an_order_is_paid_once_whatever_comes_first_and_however_often() {
    let app = TestApp::start().await;
    let [a, b] = [Order::open(&app, "a").await, Order::open(&app, "b").await];
    for (n, (order, session_first)) in [(&a, true), (&b, false)].into_iter().enumerate() {
        let session = order.completed("paid", &json!({}));
        let session = event(&format!("s{n}"), "checkout.session.completed", &session);
        let intent = event(&format!("i{n}"), "payment_intent.succeeded", &order.succeeded());
        let both = if session_first { [&session, &intent] } else { [&intent, &session] };
        for body in [both[0], both[0], both[1], both[0], both[1]] {
            app.stripe(body).await;
            app.ingest().await;
        }
        assert_eq!(order.status().await, OrderStatus::Paid);
    }
    assert_eq!(app.events("OrderPaid").await.len(), 2);
    assert_eq!(app.events("PaymentAnomalyRecorded").await.len(), 0);
    assert_eq!(app.texts("select reason from inbox.facts").await, [""; 0]);
    assert_eq!(app.texts("select kind from inbox.anomalies").await, [""; 0]);
}

#[tokio::test]
async fn money_that_goes_back_may_be_told_before_it_came() {
    let app = TestApp::start().await;
    let order = Order::open(&app, "a").await;
    let refunded = order.of_intent("ch", &json!({ "amount_refunded": 16_000 }));
    let dispute = order.of_intent("dp", &json!({ "status": "needs_response" }));
    let won = order.of_intent("dp", &json!({ "status": "won" }));
    // without metadata only the intent leads to the order, and nobody knows it yet
    app.stripe(&event("1", "charge.refunded", &refunded)).await;
    app.stripe(&event("2", "charge.dispute.created", &dispute)).await;
    app.ingest().await;
    let waits = app.texts("select state || ' ' || waits_for from inbox.facts").await;
    assert_eq!(waits, ["waiting order:pi_a"; 2]);
    let session = order.completed("unpaid", &json!({}));
    app.stripe(&event("3", "checkout.session.completed", &session)).await;
    app.ingest().await;
    assert_eq!(order.status().await, OrderStatus::CheckoutOpen, "a slow method: not paid yet");
    let session = order.completed("paid", &json!({}));
    app.stripe(&event("4", "checkout.session.async_payment_succeeded", &session)).await;
    app.ingest().await;
    app.ingest().await;
    assert_eq!(order.status().await, OrderStatus::Disputed);
    app.stripe(&event("5", "charge.dispute.closed", &won)).await;
    app.ingest().await;
    assert_eq!(order.status().await, OrderStatus::PartiallyRefunded);
    assert_eq!(app.texts("select reason from inbox.facts").await, [""; 0]);
}

#[tokio::test]
async fn what_contradicts_the_stored_order_is_for_people() {
    let app = TestApp::start().await;
    let [a, b] = [Order::open(&app, "a").await, Order::open(&app, "b").await];
    let foreign = json!({ "tenant_id": fresh().to_string(), "order_id": a.id.to_string() });
    let hint = json!({ "metadata": { "order_id": b.id.to_string() }, "client_reference_id": null });
    let unknown = json!({ "id": "cs_of_others", "payment_intent": "pi_of_others", "metadata": {},
        "client_reference_id": null });
    for (id, change) in [("1", json!({ "metadata": foreign })), ("2", hint), ("3", unknown)] {
        let session = a.completed("paid", &change);
        app.stripe(&event(id, "checkout.session.completed", &session)).await;
    }
    let mut live: Value =
        serde_json::from_slice(&event("4", "payment_intent.succeeded", &a.succeeded())).unwrap();
    live["livemode"] = true.into();
    app.stripe(live.to_string().as_bytes()).await;
    app.stripe(&event("5", "customer.updated", &json!({ "id": "cus_1" }))).await;
    app.ingest().await;
    let kept =
        app.texts("select key || ' ' || state || ' ' || reason from inbox.facts order by key");
    assert_eq!(
        kept.await,
        [
            "st:evt_1 failed TENANT_MISMATCH",
            "st:evt_2 failed ORDER_MISMATCH",
            "st:evt_3 waiting TARGET_UNKNOWN",
            "st:evt_4 failed LIVEMODE_MISMATCH",
            "st:evt_5 ignored TYPE_NOT_HANDLED",
        ]
    );
    assert_eq!(a.status().await, OrderStatus::CheckoutOpen);
    // another amount is noted on the order, and grants nothing
    let less = a.completed("paid", &json!({ "amount_total": 400 }));
    app.stripe(&event("6", "checkout.session.completed", &less)).await;
    app.ingest().await;
    assert_eq!(a.status().await, OrderStatus::CheckoutOpen);
    assert_eq!(app.events("PaymentAnomalyRecorded").await.len(), 1);
}
