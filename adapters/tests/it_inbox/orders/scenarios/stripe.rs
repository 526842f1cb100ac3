//! An order is paid after a failed attempt, partly given back, disputed and won; another one is
//! given back as a whole.

use bitacora_domain::OrderId;
use bitacora_domain::aggregates::billing_order::{BillingOrder, BillingOrderCommand, OrderOrigin};
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::Stage;

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let orders = ["1", "2"].map(|n| OrderId::new(cast.tenant.derive(&format!("order:{n}"))));
    for (n, order) in orders.iter().enumerate() {
        let create = BillingOrderCommand::CreateOrder {
            buyer: None,
            origin: OrderOrigin::Checkout,
            credits: 50,
            price_minor: 40_000,
            currency: "usd".to_owned(),
            valid_days: Some(365),
        };
        let open = BillingOrderCommand::OpenCheckout {
            session_id: cast.id(&format!("cs_{n}")),
            url: "https://checkout.stripe.com/c/pay/x".to_owned(),
            expires_at: second_of_day(80_000),
        };
        for command in [create, open] {
            stage.execute::<BillingOrder>(cast, &order.to_string(), command).await;
        }
    }
    let event = |id: &str, second: i64, kind: &str, object: Value| {
        let at = second_of_day(second).timestamp();
        let body = json!({ "id": cast.id(id), "object": "event", "type": kind, "created": at,
            "livemode": false, "data": { "object": object } });
        Delivery::json("stripe", &body)
    };
    let session = |n: usize| {
        json!({ "id": cast.id(&format!("cs_{n}")), "object": "checkout.session", "mode": "payment",
            "payment_status": "paid", "payment_intent": cast.id(&format!("pi_{n}")),
            "amount_total": 40_000, "currency": "usd",
            "metadata": { "order_id": orders[n], "tenant_id": cast.tenant } })
    };
    let intent = |n: usize| {
        json!({ "id": cast.id(&format!("pi_{n}")), "object": "payment_intent", "amount": 40_000,
            "amount_received": 40_000, "currency": "usd",
            "metadata": { "order_id": orders[n], "tenant_id": cast.tenant } })
    };
    let charge = |n: usize, refunded: i64| {
        json!({ "id": cast.id(&format!("ch_{n}")), "object": "charge", "amount": 40_000,
            "payment_intent": cast.id(&format!("pi_{n}")), "amount_refunded": refunded })
    };
    let dispute = |status: &str| {
        json!({ "id": cast.id("dp_"), "object": "dispute", "amount": 30_000,
            "payment_intent": cast.id("pi_0"), "status": status })
    };
    let mut declined = intent(0);
    declined["last_payment_error"] = json!({ "decline_code": "insufficient_funds" });
    vec![
        event("evt_1", 60, "payment_intent.payment_failed", declined),
        event("evt_2", 90, "checkout.session.completed", session(0)),
        event("evt_3", 91, "payment_intent.succeeded", intent(0)),
        event("evt_4", 100, "customer.created", json!({ "id": "cus_1" })),
        event("evt_5", 500, "charge.refunded", charge(0, 5_000)),
        event("evt_6", 600, "charge.refunded", charge(0, 10_000)),
        event("evt_7", 700, "charge.dispute.created", dispute("needs_response")),
        event("evt_8", 900, "charge.dispute.closed", dispute("won")),
        event("evt_9", 950, "payment_intent.succeeded", intent(1)),
        event("evt_10", 951, "checkout.session.completed", session(1)),
        event("evt_11", 990, "charge.refunded", charge(1, 40_000)),
    ]
}
