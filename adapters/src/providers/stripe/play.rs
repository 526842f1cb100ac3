//! What the offline twin says after a button was pressed: bodies of events as wire-formats §6.2
//! has them, in an order and with doubles that follow from the seed and the order.

use std::time::Duration;

use bitacora_commands::ports::{Bill, Button};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Version of the API that the twin pretends to speak.
const API_VERSION: &str = "2025-10-29.clover";

/// A body, and how long after the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) after: Duration,
    pub(super) body: String,
}

/// Everything about one order.
struct Play<'a> {
    bill: &'a Bill,
    dice: [u8; 3],
    name: String,
    now: i64,
}

/// The events that follow from pressing a button at `now` (Unix seconds).
pub(super) fn events(seed: u64, bill: &Bill, button: Button, now: i64) -> Vec<Event> {
    let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(&bill.session_id);
    let hash = hash.finalize();
    let name = hex::encode(&hash[..12]);
    let play = Play { bill, dice: [hash[12], hash[13], hash[14]], name, now };
    let mut bodies: Vec<_> =
        play.said(button).into_iter().map(|(kind, object)| play.event(kind, &object)).collect();
    let [order, doubles, pace] = play.dice;
    // Which of the two events of a payment comes first, nobody can rely on.
    if order.is_multiple_of(2) {
        bodies.reverse();
    }
    if let (true, Some(first)) = (doubles.is_multiple_of(4), bodies.first().cloned()) {
        bodies.push(first);
    }
    let after = Duration::from_millis(150 + u64::from(pace) * 2);
    bodies.into_iter().map(|body| Event { after, body: body.to_string() }).collect()
}

impl Play<'_> {
    fn said(&self, button: Button) -> Vec<(&'static str, Value)> {
        match button {
            Button::Pay => vec![
                ("checkout.session.completed", self.session("paid")),
                ("payment_intent.succeeded", self.intent("succeeded")),
            ],
            Button::PayLater => vec![
                ("checkout.session.completed", self.session("unpaid")),
                ("checkout.session.async_payment_succeeded", self.session("paid")),
            ],
            Button::Decline => {
                vec![("payment_intent.payment_failed", self.intent("requires_payment_method"))]
            }
            Button::Refund => vec![("charge.refunded", self.refunded())],
            Button::Dispute => vec![
                ("charge.dispute.created", self.dispute()),
                ("charge.dispute.funds_withdrawn", self.dispute()),
            ],
        }
    }

    /// The same press gives the same ids: pressed twice it is the provider's double.
    fn event(&self, kind: &str, object: &Value) -> Value {
        let id = Sha256::new()
            .chain_update(&self.name)
            .chain_update(kind)
            .chain_update(object.get("payment_status").and_then(Value::as_str).unwrap_or_default());
        json!({
            "id": format!("evt_offline_{}", hex::encode(&id.finalize()[..12])),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "livemode": false,
            "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null },
            "type": kind,
            "data": { "object": object },
        })
    }

    fn metadata(&self) -> Value {
        let wanted = &self.bill.wanted;
        json!({
            "tenant_id": wanted.tenant,
            "order_id": wanted.order,
            "credits": wanted.credits.to_string(),
        })
    }

    fn intent_id(&self) -> String {
        format!("pi_offline_{}", self.name)
    }

    fn session(&self, payment_status: &str) -> Value {
        let wanted = &self.bill.wanted;
        json!({
            "id": self.bill.session_id,
            "object": "checkout.session",
            "mode": "payment",
            "status": "complete",
            "payment_status": payment_status,
            "client_reference_id": wanted.order,
            "amount_subtotal": wanted.price_minor,
            "amount_total": wanted.price_minor,
            "currency": wanted.currency,
            "livemode": false,
            "payment_intent": self.intent_id(),
            "metadata": self.metadata(),
            "expires_at": wanted.expires_at.timestamp(),
            "url": null,
        })
    }

    fn intent(&self, status: &str) -> Value {
        let wanted = &self.bill.wanted;
        let succeeded = status == "succeeded";
        let error = json!({ "type": "card_error", "code": "card_declined" });
        json!({
            "id": self.intent_id(),
            "object": "payment_intent",
            "status": status,
            "amount": wanted.price_minor,
            "amount_received": if succeeded { wanted.price_minor } else { 0 },
            "currency": wanted.currency,
            "livemode": false,
            "latest_charge": format!("ch_offline_{}", self.name),
            "last_payment_error": if succeeded { Value::Null } else { error },
            "metadata": self.metadata(),
        })
    }

    fn refunded(&self) -> Value {
        let wanted = &self.bill.wanted;
        json!({
            "id": format!("ch_offline_{}", self.name),
            "object": "charge",
            "amount": wanted.price_minor,
            "amount_captured": wanted.price_minor,
            "amount_refunded": wanted.price_minor,
            "refunded": true,
            "payment_intent": self.intent_id(),
            "currency": wanted.currency,
            "livemode": false,
            "metadata": self.metadata(),
        })
    }

    fn dispute(&self) -> Value {
        let wanted = &self.bill.wanted;
        json!({
            "id": format!("dp_offline_{}", self.name),
            "object": "dispute",
            "amount": wanted.price_minor,
            "charge": format!("ch_offline_{}", self.name),
            "payment_intent": self.intent_id(),
            "currency": wanted.currency,
            "livemode": false,
            "reason": "fraudulent",
            "status": "needs_response",
            "metadata": self.metadata(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeMap;

    use bitacora_commands::ports::CheckoutRequest;
    use bitacora_domain::{OrderId, TenantId};
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn bill(n: u128) -> Bill {
        let wanted = CheckoutRequest {
            tenant: TenantId::new(Uuid::from_u128(1)),
            order: OrderId::new(Uuid::from_u128(n)),
            credits: 50,
            price_minor: 40_000,
            currency: "usd".into(),
            expires_at: DateTime::from_timestamp(1_763_736_400, 0).unwrap(),
        };
        Bill { session_id: format!("cs_offline_{n}"), wanted }
    }

    fn types(events: &[Event]) -> Vec<String> {
        let kind = |event: &Event| {
            let body: Value = serde_json::from_str(&event.body).unwrap();
            body["type"].as_str().unwrap().to_owned()
        };
        events.iter().map(kind).collect()
    }

    #[test]
    fn what_comes_follows_from_seed_and_order_and_comes_in_every_order_and_twice() {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for n in 0..200 {
            let events = super::events(7, &bill(n), Button::Pay, 5);
            assert_eq!(events, super::events(7, &bill(n), Button::Pay, 5));
            *seen.entry(types(&events).join(" ")).or_default() += 1;
        }
        let (session, intent) = ("checkout.session.completed", "payment_intent.succeeded");
        for order in [
            format!("{session} {intent}"),
            format!("{intent} {session}"),
            format!("{session} {intent} {session}"),
            format!("{intent} {session} {intent}"),
        ] {
            assert!(seen.get(&order) > Some(&5), "{order}: {seen:#?}");
        }
    }

    #[test]
    fn events_look_as_the_providers_and_a_double_is_the_same_event() {
        let events = super::events(7, &bill(3), Button::PayLater, 5);
        let bodies: Vec<Value> =
            events.iter().map(|event| serde_json::from_str(&event.body).unwrap()).collect();
        let paid = bodies
            .iter()
            .find(|body| body["type"] == "checkout.session.async_payment_succeeded")
            .unwrap();
        let session = &paid["data"]["object"];
        assert_eq!(session["payment_status"], "paid");
        assert_eq!(session["amount_total"], 40_000);
        assert_eq!(session["metadata"]["order_id"], Uuid::from_u128(3).to_string());
        let mut ids: Vec<_> = bodies.iter().map(|body| body["id"].to_string()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2);
        assert_eq!(bodies[0]["livemode"], false);
        let refund = super::events(7, &bill(3), Button::Refund, 5);
        let refund: Value = serde_json::from_str(&refund[0].body).unwrap();
        assert_eq!(refund["data"]["object"]["amount_refunded"], 40_000);
    }
}
