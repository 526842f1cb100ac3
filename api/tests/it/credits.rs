//! Prepaid credits and orders through GraphQL: what a tenant sees and does, what only the
//! operator does, and what nobody can.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_api::auth::Role;
use bitacora_domain::HoldId;
use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand, DisputeOutcome, PaymentStatus, ledger_command, order_command,
};
use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerCommand as C, Purpose, PurposeKind, id_of,
};
use bitacora_domain::{DomainAggregate, StreamId, Version};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graphql_socket::Client;
use crate::mutation_stage::{give, node_id};
use crate::support::{TestApp, fresh, text};

const ERRORS: &str = "errors { ... on UserError { code message } }";
const LEDGER: &str = "query($at: Position) { creditLedger(atLeast: $at) { available held debt \
    balance frozen frozenReason lowBalance recoveredBalance lowBalanceReached } }";

/// A tenant with credits.
struct Till {
    app: TestApp,
    operator: String,
    billing: String,
}

impl Till {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let (operator, billing) = (app.operator_token(), app.token(Role::Billing));
        Self { app, operator, billing }
    }

    /// A mutation that must succeed; gives its position.
    async fn does(&self, token: &str, name: &str, input: Value) -> String {
        let fields = format!("receipt {{ position }} {ERRORS}");
        let done = give(&self.app, token, name, &fields, &input).await;
        assert_eq!(done["errors"], json!([]), "{name}");
        text(&done["receipt"]["position"])
    }

    /// Code of a mutation that must fail as data.
    async fn fails(&self, token: &str, name: &str, input: Value) -> String {
        let done = give(&self.app, token, name, ERRORS, &input).await;
        text(&done["errors"][0]["code"])
    }

    async fn ledger(&self, at: &str) -> Value {
        let reply = self.app.run_as(&self.billing, LEDGER, json!({ "at": at })).await;
        reply.data()["creditLedger"].clone()
    }

    async fn head(&self) -> String {
        let head = self.app.run_as(&self.billing, "{ logPosition }", json!({})).await;
        text(&head.data()["logPosition"])
    }

    /// A command of the machine to the ledger.
    async fn says(&self, body: C) -> String {
        let id = id_of(self.app.tenant).to_string();
        let receipt = self.app.execute::<CreditLedger>(self.app.tenant, &id, body).await;
        receipt.cursor.to_string()
    }

    async fn reserves(&self, credits: u64) -> (HoldId, String) {
        let hold = HoldId::new(fresh());
        let purpose = Purpose { kind: PurposeKind::Lead, id: fresh() };
        let expires_at = self.app.app.clock.now() + TimeDelta::hours(1);
        let body = C::ReserveCredits { hold, credits, purpose, expires_at };
        let at = self.says(body).await;
        (hold, at)
    }

    async fn order(&self, id: Uuid, body: BillingOrderCommand) {
        self.app.execute::<BillingOrder>(self.app.tenant, &id.to_string(), body).await;
    }

    /// What the purchase saga does, without its runtime: every event of the one side as the
    /// command of the other, until nothing is new and the order shows it.
    async fn settle(&self, order: Uuid) -> String {
        let (mut seen, mut last) = ([0_i64; 2], String::new());
        let ledger = id_of(self.app.tenant).to_string();
        loop {
            let before = seen;
            for event in self.news::<BillingOrder>(&order.to_string(), &mut seen[0]).await {
                if let Some(body) = ledger_command(&event) {
                    last = self.says(body).await;
                }
            }
            for event in self.news::<CreditLedger>(&ledger, &mut seen[1]).await {
                if let Some((order, body)) = order_command(&event) {
                    self.order(order.as_uuid(), body).await;
                }
            }
            if seen == before {
                // The ledger's answer came before the order heard of it.
                self.shows(order, "status").await;
                return last;
            }
        }
    }

    async fn news<A: DomainAggregate>(&self, id: &str, seen: &mut i64) -> Vec<A::Event> {
        let (stream, after) = (StreamId::new(A::TYPE, id), Version(*seen));
        let reader = &self.app.app.reader;
        let events = reader.read_stream(self.app.tenant, &stream, after, 1_000).await.unwrap();
        *seen = events.last().map_or(*seen, |event| event.version.0);
        events.iter().map(|event| event.decode::<A>().unwrap().clone()).collect()
    }

    async fn checkout(&self, pack: i64) -> Uuid {
        let fields = format!("order {{ uuid status number label credits priceMinor }} {ERRORS}");
        let input = json!({ "pack": pack });
        let done = give(&self.app, &self.billing, "createCheckout", &fields, &input).await;
        assert_eq!(done["errors"], json!([]));
        assert_eq!(done["order"]["status"], "CREATED");
        text(&done["order"]["uuid"]).parse().unwrap()
    }

    async fn shows(&self, order: Uuid, fields: &str) -> Value {
        let query = format!(
            "query($id: ID!, $at: Position) {{ billingOrder(id: $id, atLeast: $at) \
            {{ {fields} }} }}"
        );
        let asked = json!({ "id": node_id("BillingOrder", order), "at": self.head().await });
        let reply = self.app.run_as(&self.billing, &query, asked).await;
        reply.data()["billingOrder"].clone()
    }
}

fn payment(amount_minor: u64, status: PaymentStatus) -> BillingOrderCommand {
    BillingOrderCommand::RecordPayment {
        session_id: None,
        payment_intent: Some("pi_1".into()),
        status,
        amount_minor,
        currency: "usd".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_can_neither_give_credits_to_the_business_nor_name_a_price() {
    let till = Till::open().await;
    let hold = node_id("CreditHold", fresh());
    for (name, input) in [
        ("grantCredits", json!({ "kind": "BONUS", "credits": 10 })),
        ("adjustCredits", json!({ "credits": 10, "reason": "porque sí" })),
        ("refundConsumption", json!({ "holdId": hold, "credits": 1, "reason": "porque sí" })),
        ("settleDebt", json!({ "credits": 1, "reason": "porque sí" })),
        ("unfreezeLedger", json!({ "reason": "porque sí" })),
        ("freezeLedger", json!({ "reason": "porque sí" })),
        ("changePlan", json!({ "plan": "ENTERPRISE" })),
    ] {
        let document = crate::mutation_stage::document(name, ERRORS);
        for role in Role::ALL {
            let asked = json!({ "input": input });
            let reply = till.app.run_as(&till.app.token(role), &document, asked).await;
            assert_eq!(reply.code(), "FORBIDDEN", "{name} by {role:?}");
        }
    }
    assert_eq!(
        till.fails(&till.billing, "createCheckout", json!({ "pack": 51 })).await,
        "UNKNOWN_PACK"
    );
    let top_up = json!({ "pack": 1_000_000, "atOrBelow": 5 });
    assert_eq!(till.fails(&till.billing, "configureAutoTopUp", top_up).await, "UNKNOWN_PACK");
    let packs = "{ creditPacks { credits priceMinor currency validDays } }";
    let packs = till.app.run_as(&till.billing, packs, json!({})).await;
    let first =
        json!({ "credits": 50, "priceMinor": 40_000, "currency": "usd", "validDays": null });
    assert_eq!(packs.data()["creditPacks"][0], first);
    assert_eq!(till.ledger(&till.head().await).await, Value::Null, "nothing was opened on the way");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_gives_corrects_freezes_and_answers_for_it() {
    let till = Till::open().await;
    let operator = till.operator.clone();
    let grant = json!({ "kind": "TRIAL", "credits": 30, "idempotencyKey": "bienvenida" });
    till.does(&operator, "grantCredits", grant.clone()).await;
    let at = till.does(&operator, "grantCredits", grant).await;
    assert_eq!(till.ledger(&at).await["available"], 30, "a retry gives nothing more");
    let again = json!({ "kind": "TRIAL", "credits": 5 });
    assert_eq!(till.fails(&operator, "grantCredits", again).await, "TRIAL_ALREADY_GRANTED");
    let down = json!({ "credits": -8, "reason": "prueba cargada de más" });
    let at = till.does(&operator, "adjustCredits", down).await;
    assert_eq!(till.ledger(&at).await["balance"], 22);
    let down = json!({ "credits": -23, "reason": "demasiado" });
    assert_eq!(till.fails(&operator, "adjustCredits", down).await, "INSUFFICIENT_CREDITS");
    let at = till.does(&operator, "freezeLedger", json!({ "reason": "pago en revisión" })).await;
    let ledger = till.ledger(&at).await;
    assert_eq!(
        (&ledger["frozen"], &ledger["frozenReason"]),
        (&json!(true), &json!("pago en revisión"))
    );
    let at = till.does(&operator, "unfreezeLedger", json!({ "reason": "todo bien" })).await;
    assert_eq!(till.ledger(&at).await["frozen"], false);

    let (hold, _) = till.reserves(5).await;
    till.says(C::CaptureHold { hold, credits: 5 }).await;
    let refund = json!({ "holdId": node_id("CreditHold", hold.as_uuid()), "credits": 5,
        "reason": "el lead no existía" });
    let at = till.does(&operator, "refundConsumption", refund.clone()).await;
    assert_eq!(till.ledger(&at).await["available"], 22);
    let twice = json!({ "credits": 4, "holdId": refund["holdId"], "reason": "otra vez" });
    assert_eq!(till.fails(&operator, "refundConsumption", twice).await, "ALREADY_REFUNDED");
    assert_eq!(
        till.fails(&operator, "settleDebt", json!({ "credits": 1, "reason": "x" })).await,
        "NO_DEBT"
    );
    let approver = "query { ledgerEntries(filter: { transactionType: { eq: CREDIT_ADJUSTMENT } }) \
        { nodes { actor reason } } }";
    let entry = till.app.run_as(&till.billing, approver, json!({})).await;
    let entry = &entry.data()["ledgerEntries"]["nodes"][0];
    assert_eq!(entry["actor"], format!("user:{}", Uuid::from_u128(43)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_is_paged_and_filtered_and_its_balances_run() {
    let till = Till::open().await;
    till.does(&till.operator, "grantCredits", json!({ "kind": "BONUS", "credits": 100 })).await;
    for n in 0..6 {
        let (hold, _) = till.reserves(10).await;
        if n % 2 == 0 {
            till.says(C::CaptureHold { hold, credits: 7 }).await;
        } else {
            till.says(C::ReleaseHold { hold, reason: Some("no contestó".into()) }).await;
        }
    }
    let at = till.reserves(1).await.1;
    let page = "query($after: Cursor, $at: Position) { ledgerEntries(first: 4, after: $after, \
        atLeast: $at, orderBy: [{ field: NUMBER, direction: ASC }]) { nodes { transactionType \
        amount availableChange balanceAfter purpose hold { status captured } } \
        pageInfo { hasNextPage endCursor } } }";
    let (mut lines, mut after) = (Vec::new(), Value::Null);
    loop {
        let asked = json!({ "after": after, "at": at });
        let reply = till.app.run_as(&till.billing, page, asked).await;
        let found = &reply.data()["ledgerEntries"];
        lines.extend(found["nodes"].as_array().unwrap().clone());
        after = found["pageInfo"]["endCursor"].clone();
        if found["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let mut balance = 0;
    for line in &lines {
        balance += line["amount"].as_i64().unwrap();
        assert_eq!(line["balanceAfter"], balance, "{line}");
    }
    let kinds: Vec<_> =
        lines.iter().map(|line| line["transactionType"].as_str().unwrap()).collect();
    let capture = ["CREDIT_HOLD", "CREDIT_CONSUMPTION", "CREDIT_RELEASE"];
    let release = ["CREDIT_HOLD", "CREDIT_RELEASE"];
    let round = [&capture[..], &release].concat();
    let expected = [&["CREDIT_BONUS"][..], &round, &round, &round, &["CREDIT_HOLD"]].concat();
    assert_eq!((kinds, balance), (expected, 100 - 21));
    assert_eq!(lines[2]["hold"], json!({ "status": "CAPTURED", "captured": 7 }));

    let used = "query($kind: CreditTransactionType!) { ledgerEntries(filter: { transactionType: { \
        eq: $kind }, purpose: { eq: LEAD }, amount: { lt: 0 } }) { nodes { amount } } \
        creditHolds(filter: { status: { in: [PENDING, RELEASED] } }) { nodes { status } } \
        creditGrants { nodes { kind status remaining held used } } }";
    let found = till.app.run_as(&till.billing, used, json!({ "kind": "CREDIT_CONSUMPTION" })).await;
    let data = found.data();
    assert_eq!(
        data["ledgerEntries"]["nodes"],
        json!([{ "amount": -7 }, { "amount": -7 }, { "amount": -7 }])
    );
    let released = json!({ "status": "RELEASED" });
    let holds = json!([{ "status": "PENDING" }, released, released, released]);
    assert_eq!(data["creditHolds"]["nodes"], holds);
    let grant =
        json!([{ "kind": "BONUS", "status": "ACTIVE", "remaining": 78, "held": 1, "used": 21 }]);
    assert_eq!(data["creditGrants"]["nodes"], grant);
}

/// A mail every day while the balance was low: now a warning comes once per crossing.
#[tokio::test(flavor = "multi_thread")]
async fn f_conv_low_credit_mail_every_day() {
    let till = Till::open().await;
    till.does(&till.operator, "grantCredits", json!({ "kind": "BONUS", "credits": 30 })).await;
    let threshold = json!({ "low": 5, "recovered": 15 });
    till.does(&till.billing, "setLowBalanceThreshold", threshold).await;
    let backwards = json!({ "low": 15, "recovered": 5 });
    let code = till.fails(&till.billing, "setLowBalanceThreshold", backwards).await;
    assert_eq!(code, "INVALID_THRESHOLD");
    let mut client = Client::ready(&till.app, &till.billing).await;
    let watch = "subscription($after: Cursor) { ledgerChanged(alertsOnly: true, after: $after) { \
        alert eventType ledger { available lowBalanceReached } } }";
    let from = json!({ "after": till.app.position(&till.billing).await });
    client.subscribe("alerts", watch, from).await;
    // Four days of a low balance: 6, 5, 4, 3 … and then the last one goes.
    till.reserves(24).await;
    for _ in 0..5 {
        till.reserves(1).await;
    }
    till.reserves(1).await;
    till.does(&till.operator, "adjustCredits", json!({ "credits": 20, "reason": "acuerdo" })).await;
    till.reserves(16).await;
    let mut told = Vec::new();
    while told.len() < 4 {
        let message = client.json().await;
        if message["type"] == "next" && message["id"] == "alerts" {
            told.push(text(&message["payload"]["data"]["ledgerChanged"]["alert"]));
        }
    }
    assert_eq!(told, ["LOW_BALANCE", "EXHAUSTED", "RECOVERED", "LOW_BALANCE"]);
}

/// The order was completed before its credits were added, and a failure in between lost them.
#[tokio::test(flavor = "multi_thread")]
async fn f_conv_order_completed_before_credits_are_added() {
    let till = Till::open().await;
    let order = till.checkout(50).await;
    till.order(order, payment(40_000, PaymentStatus::Paid)).await;
    let shown = till.shows(order, "status grantedAt label").await;
    assert_eq!((&shown["status"], &shown["grantedAt"]), (&json!("PAID"), &Value::Null));
    assert!(shown["label"].as_str().unwrap().ends_with("-000001"), "{shown}");
    // Whenever the saga comes to it, and however often.
    till.settle(order).await;
    let at = till.settle(order).await;
    assert_eq!(till.ledger(&at).await["available"], 50);
    let shown = till.shows(order, "status grant { kind credits status }").await;
    let grant = json!({ "kind": "PURCHASE", "credits": 50, "status": "ACTIVE" });
    assert_eq!(shown, json!({ "status": "GRANTED", "grant": grant }));
}

/// `session.completed` counted as paid whatever `payment_status` said.
#[tokio::test(flavor = "multi_thread")]
async fn f_conv_session_completed_without_checking_payment_status() {
    let till = Till::open().await;
    let order = till.checkout(50).await;
    till.order(order, payment(40_000, PaymentStatus::Unpaid)).await;
    till.settle(order).await;
    let shown = till.shows(order, "status paymentPending").await;
    assert_eq!(shown, json!({ "status": "CREATED", "paymentPending": true }));
    assert_eq!(till.ledger(&till.head().await).await["available"], 0);
    // Neither does another amount count, which a person is told of.
    till.order(order, payment(39_999, PaymentStatus::Paid)).await;
    till.settle(order).await;
    let shown = till.shows(order, "status anomalies").await;
    assert_eq!(shown, json!({ "status": "CREATED", "anomalies": 1 }));
    till.order(order, payment(40_000, PaymentStatus::Paid)).await;
    let at = till.settle(order).await;
    assert_eq!(till.ledger(&at).await["available"], 50);
}

/// Refunds, disputes and slow payments were not handled at all.
#[tokio::test(flavor = "multi_thread")]
async fn f_conv_no_refund_dispute_async_payment_handling() {
    let till = Till::open().await;
    let order = till.checkout(50).await;
    till.order(order, payment(40_000, PaymentStatus::Unpaid)).await;
    till.order(order, payment(40_000, PaymentStatus::Paid)).await;
    let at = till.settle(order).await;
    assert_eq!(till.ledger(&at).await["available"], 50);
    // Ten are used and five set aside when the payer disputes all of it.
    let (hold, _) = till.reserves(10).await;
    till.says(C::CaptureHold { hold, credits: 10 }).await;
    till.reserves(5).await;
    let dispute_id = || "dp_1".to_owned();
    let open = BillingOrderCommand::OpenDispute { dispute_id: dispute_id(), amount_minor: 40_000 };
    till.order(order, open).await;
    let at = till.settle(order).await;
    let ledger = till.ledger(&at).await;
    assert_eq!(
        (&ledger["available"], &ledger["held"], &ledger["debt"]),
        (&json!(0), &json!(5), &json!(10))
    );
    let shown = till.shows(order, "status revokedCredits grant { status }").await;
    let revoked =
        json!({ "status": "DISPUTED", "revokedCredits": 50, "grant": { "status": "REVOKED" } });
    assert_eq!(shown, revoked);
    let won = BillingOrderCommand::CloseDispute {
        dispute_id: dispute_id(),
        amount_minor: 40_000,
        outcome: DisputeOutcome::Won,
    };
    till.order(order, won).await;
    let at = till.settle(order).await;
    let ledger = till.ledger(&at).await;
    assert_eq!((&ledger["available"], &ledger["debt"]), (&json!(35), &json!(0)));
    // Two fifths of the money go back, and so do two fifths of the credits.
    let as_of = till.app.app.clock.now();
    till.order(order, BillingOrderCommand::RecordRefund { refunded_minor: 16_000, as_of }).await;
    let at = till.settle(order).await;
    assert_eq!(till.ledger(&at).await["available"], 15);
    let shown = till.shows(order, "status refundedMinor revokedCredits").await;
    let expected =
        json!({ "status": "PARTIALLY_REFUNDED", "refundedMinor": 16_000, "revokedCredits": 20 });
    assert_eq!(shown, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_cancelled_found_again_and_paid_all_the_same() {
    let till = Till::open().await;
    let (first, second) = (till.checkout(50).await, till.checkout(250).await);
    let cancel = json!({ "id": node_id("BillingOrder", first), "reason": "me equivoqué" });
    till.does(&till.billing, "cancelOrder", cancel).await;
    let shown = till.shows(first, "status failure checkoutUrl").await;
    let failed = json!({ "status": "FAILED", "failure": "me equivoqué", "checkoutUrl": null });
    assert_eq!(shown, failed);
    till.order(first, payment(40_000, PaymentStatus::Paid)).await;
    let at = till.settle(first).await;
    assert_eq!(till.ledger(&at).await["available"], 50, "the money was taken");
    let list = "query($filter: BillingOrderFilter) { billingOrders(filter: $filter) { nodes { \
        number status origin credits } } }";
    let all = till.app.run_as(&till.billing, list, json!({})).await;
    let numbers = json!([
        { "number": 2, "status": "CREATED", "origin": "CHECKOUT", "credits": 250 },
        { "number": 1, "status": "GRANTED", "origin": "CHECKOUT", "credits": 50 },
    ]);
    assert_eq!(all.data()["billingOrders"]["nodes"], numbers);
    let paid =
        json!({ "filter": { "payment": { "eq": "PAID" }, "grantedAt": { "isNull": false } } });
    let paid = till.app.run_as(&till.billing, list, paid).await;
    assert_eq!(paid.data()["billingOrders"]["nodes"].as_array().unwrap().len(), 1);
    let node = "query($id: ID!) { node(id: $id) { ... on BillingOrder { number } } }";
    let asked = json!({ "id": node_id("BillingOrder", second) });
    let found = till.app.run_as(&till.billing, node, asked.clone()).await;
    assert_eq!(found.data()["node"]["number"], 2);
    let agent = till.app.run_as(&till.app.token(Role::Agent), node, asked).await;
    assert!(agent.body.to_string().contains("FORBIDDEN"), "{:#}", agent.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_buys_by_itself_by_an_order_that_still_has_to_be_paid() {
    let till = Till::open().await;
    till.does(&till.operator, "grantCredits", json!({ "kind": "BONUS", "credits": 12 })).await;
    let missing = till.fails(&till.billing, "configureAutoTopUp", json!({ "pack": 50 })).await;
    assert_eq!(missing, "INVALID_TOP_UP");
    let input = json!({ "pack": 50, "atOrBelow": 3 });
    till.does(&till.billing, "configureAutoTopUp", input).await;
    till.reserves(9).await;
    let mut seen = 0;
    let ledger = id_of(till.app.tenant).to_string();
    for event in till.news::<CreditLedger>(&ledger, &mut seen).await {
        if let Some((order, body)) = order_command(&event) {
            till.order(order.as_uuid(), body).await;
        }
    }
    let top_up = "query($at: Position) { creditLedger(atLeast: $at) { available autoTopUp { \
        atOrBelow credits priceMinor currency order { uuid status origin } stoppedBecause } } }";
    let asked = json!({ "at": till.head().await });
    let shown = till.app.run_as(&till.billing, top_up, asked).await;
    let top_up = &shown.data()["creditLedger"]["autoTopUp"];
    assert_eq!((&top_up["credits"], &top_up["priceMinor"]), (&json!(50), &json!(40_000)));
    let order = &top_up["order"];
    assert_eq!(order["origin"], "AUTO_TOP_UP", "{top_up}");
    assert_eq!(shown.data()["creditLedger"]["available"], 3, "nothing before it is paid");
    let order = text(&order["uuid"]).parse().unwrap();
    till.order(order, payment(40_000, PaymentStatus::Paid)).await;
    let at = till.settle(order).await;
    assert_eq!(till.ledger(&at).await["available"], 53);
}
