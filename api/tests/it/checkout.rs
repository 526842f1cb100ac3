//! Buying credits from one end to the other, in a real server process without a payment provider:
//! order, page, signed webhooks, inbox, saga, ledger. And what that process refuses.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use bitacora_adapters::testing::TestDb;
use serde_json::{Value, json};

use crate::cli::Env;
use crate::serve::Server;

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server with a tenant, and somebody who pays.
struct Shop {
    server: Server,
    token: String,
    http: reqwest::Client,
    db: TestDb,
    _env: Env,
}

impl Shop {
    async fn open(payments: &str) -> Self {
        let db = TestDb::with_views().await;
        let mut env = Env::of(&db);
        env.vars.push(("BITACORA_OFFLINE_PAYMENTS", payments.to_owned()));
        env.vars.push(("STRIPE_WEBHOOK_SECRET", "whsec_of_a_test".to_owned()));
        assert_eq!(env.run(&["tenant", "create", "optica", "--name", "Óptica"]).0, 0);
        let (code, minted) = env.run(&["token", "optica", "--role", "BILLING"]);
        assert_eq!(code, 0);
        let token = minted[0]["token"].as_str().unwrap().to_owned();
        let server = Server::start(&env, &[]);
        let http = bitacora_adapters::web::builder().unwrap().build().unwrap();
        Self { server, token, http, db, _env: env }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        let request = self.http.post(format!("{}/graphql", self.server.url));
        let request = request.bearer_auth(&self.token);
        let body = json!({ "query": query, "variables": variables });
        let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"].clone()
    }

    /// Orders 50 credits; the order's id.
    async fn orders(&self) -> String {
        let order = "mutation { createCheckout(input: { pack: 50 }) { order { id } errors { \
            ... on UserError { code message } } } }";
        let made = self.ask(order, json!({})).await;
        assert_eq!(made["createCheckout"]["errors"], json!([]));
        made["createCheckout"]["order"]["id"].as_str().unwrap().to_owned()
    }

    /// The order once `enough` says so.
    async fn until(&self, order: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let query = "query($id: ID!) { billingOrder(id: $id) { status checkoutUrl failure anomalies \
            failedAttempts paymentPending revokedCredits } \
            creditLedger { available debt balance } }";
        let until = Instant::now() + PATIENCE;
        loop {
            let data = self.ask(query, json!({ "id": order })).await;
            if enough(&data) {
                return data;
            }
            assert!(Instant::now() < until, "{data:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// An order with its page.
    async fn page(&self) -> (String, String) {
        let order = self.orders().await;
        let open = |data: &Value| data["billingOrder"]["checkoutUrl"].is_string();
        let data = self.until(&order, open).await;
        assert_eq!(data["billingOrder"]["status"], "CHECKOUT_OPEN");
        (order, data["billingOrder"]["checkoutUrl"].as_str().unwrap().to_owned())
    }

    async fn presses(&self, page: &str, button: &str) {
        let request = self.http.post(page).body(format!("button={button}"));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.unwrap().contains("Hecho"));
    }

    /// Facts of webhooks are worked off, and what followed from them too.
    async fn quiet(&self) {
        let open = "select (select count(*) from inbox.deliveries where processed_at is null) \
            + (select count(*) from effects.queue where state in ('pending', 'running') \
               and due_at <= now())";
        let until = Instant::now() + PATIENCE;
        let mut calm = 0;
        while calm < 5 {
            let left: i64 =
                sqlx::query_scalar(open).fetch_one(&self.db.pools().admin).await.unwrap();
            calm = if left == 0 { calm + 1 } else { 0 };
            assert!(Instant::now() < until, "{left} left");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn events(&self, name: &str) -> i64 {
        let sql = "select count(*) from log.events where event_type = $1";
        sqlx::query_scalar(sql).bind(name).fetch_one(&self.db.pools().admin).await.unwrap()
    }
}

fn status(wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |data| data["billingOrder"]["status"] == wanted
}

fn available(wanted: i64) -> impl Fn(&Value) -> bool {
    move |data| data["creditLedger"]["available"] == wanted
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_are_bought_once_and_go_back_with_the_money() {
    let shop = Shop::open("yes").await;
    let (order, page) = shop.page().await;
    assert!(
        page.starts_with(&format!("{}/offline/checkout/cs_offline_", shop.server.url)),
        "{page}"
    );
    let shown = shop.http.get(&page).send().await.unwrap();
    assert_eq!(shown.headers()["cache-control"], "no-store");
    let html = shown.text().await.unwrap();
    assert!(html.contains("50 créditos") && html.contains("40000 USD"), "{html}");

    shop.presses(&page, "decline").await;
    let declined = |data: &Value| data["billingOrder"]["failedAttempts"] == 1;
    shop.until(&order, declined).await;
    // Pressed twice, and each press tells of the payment twice or three times.
    shop.presses(&page, "pay").await;
    shop.presses(&page, "pay").await;
    shop.until(&order, status("GRANTED")).await;
    shop.quiet().await;
    let data = shop.until(&order, available(50)).await;
    assert_eq!(data["billingOrder"]["anomalies"], 0);
    assert_eq!((shop.events("OrderPaid").await, shop.events("CreditsGranted").await), (1, 1));

    shop.presses(&page, "refund").await;
    let data = shop.until(&order, available(0)).await;
    shop.until(&order, status("REFUNDED")).await;
    assert_eq!(data["creditLedger"]["debt"], 0);
    shop.quiet().await;
    assert_eq!(shop.events("GrantRevoked").await, 1);
    let log = shop.server.stop();
    assert!(log.contains("payments: OFFLINE"), "it says so");
    assert!(!log.contains("whsec_of_a_test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_payment_gives_credits_when_it_is_there_and_a_dispute_takes_them() {
    let shop = Shop::open("yes").await;
    let (order, page) = shop.page().await;
    shop.presses(&page, "pay_later").await;
    shop.until(&order, status("GRANTED")).await;
    shop.until(&order, available(50)).await;
    shop.presses(&page, "dispute").await;
    shop.until(&order, status("DISPUTED")).await;
    let data = shop.until(&order, available(0)).await;
    assert_eq!(data["billingOrder"]["revokedCredits"], 50);
    shop.quiet().await;
    assert_eq!(shop.events("CreditsGranted").await, 1);
    shop.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_be_made_up_and_nobody_pays_where_payments_are_not_played() {
    let shop = Shop::open("yes").await;
    let (_, page) = shop.page().await;
    let (address, query) = page.split_once('?').unwrap();
    for forged in [
        address.to_owned(),
        format!("{address}?{}", query.replace("bill=7b", "bill=7c")),
        format!("{address}x?{query}"),
    ] {
        let answer = shop.http.post(&forged).body("button=pay").send().await.unwrap();
        assert_eq!(answer.status(), 410, "{forged}");
    }
    let odd = shop.http.post(&page).body("button=steal").send().await.unwrap();
    assert_eq!(odd.status(), 422);
    shop.quiet().await;
    assert_eq!(shop.events("OrderPaid").await, 0);
    shop.server.stop();

    let shop = Shop::open("no").await;
    let order = shop.orders().await;
    let data = shop.until(&order, status("FAILED")).await;
    let why = data["billingOrder"]["failure"].as_str().unwrap();
    assert!(why.starts_with("CHECKOUT_NOT_CONFIGURED"), "{why}");
    shop.server.stop();
}
