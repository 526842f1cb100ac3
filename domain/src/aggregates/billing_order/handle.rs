//! What the log needs to know of an order.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::BillingOrderCommand as C;
use super::events::BillingOrderEvent as E;
use super::refusal::BillingOrderRefusal;
use super::state::BillingOrder;
use super::vocabulary::OrderOrigin;
use crate::aggregates::credit_ledger::{CreditLedger, CreditLedgerCommand};
use crate::{Claim, Directed, DomainAggregate, Effect, OrderId, PendingNumber};

/// Kind of the claim on a provider's checkout session; installation-wide, its owner text is
/// `<tenant uuid>/<order uuid>`.
pub const SESSION_CLAIM: &str = "order.checkout_session";
/// Kind of the claim on a provider's payment intent; installation-wide, its owner text is
/// `<tenant uuid>/<order uuid>`.
pub const INTENT_CLAIM: &str = "order.payment_intent";
/// Counter of the numbers of orders within the tenant.
pub const ORDER_NUMBER: &str = "order.number";
/// Kind of the effect that opens a checkout page; its payload is a [`CheckoutEffect`]. It ends in
/// `OpenCheckout` or, for good, in `FailOrder`.
pub const CHECKOUT_EFFECT: &str = "checkout.open";

/// What the worker that opens a page needs. Its request is idempotent by the order's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutEffect {
    /// The order.
    pub order: OrderId,
    /// Credits.
    pub credits: u64,
    /// Price in the currency's smallest unit.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
}

impl Aggregate for BillingOrder {
    const TYPE: &'static str = "billing_order";
    type Command = Directed<C>;
    type Event = E;
    type Error = BillingOrderRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

impl DomainAggregate for BillingOrder {
    type Body = C;
    type Refusal = BillingOrderRefusal;
    const EVENT_TYPES: &'static [&'static str] = E::TYPES;
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: C) -> Result<Vec<E>, BillingOrderRefusal> {
        self.answer(of, body)
    }

    /// What leads from the provider's webhooks to the order.
    fn claims(&self, event: &E) -> Vec<Claim> {
        let Some(terms) = &self.terms else { return Vec::new() };
        let owner = format!("{}/{}", terms.tenant, terms.order);
        let claim = |kind, id: &Option<String>| {
            let taken = |id: &String| Claim::take(kind, id.as_str(), &owner).installation_wide();
            id.as_ref().map(taken)
        };
        let claims = match event {
            E::CheckoutOpened { session_id, .. } => {
                [claim(SESSION_CLAIM, &Some(session_id.clone())), None]
            }
            E::OrderPaid { session_id, payment_intent, .. }
            | E::PaymentPending { session_id, payment_intent, .. } => {
                [claim(SESSION_CLAIM, session_id), claim(INTENT_CLAIM, payment_intent)]
            }
            E::PaymentIntentLinked { payment_intent, .. } => {
                [claim(INTENT_CLAIM, &Some(payment_intent.clone())), None]
            }
            E::OrderCreated { .. }
            | E::PaymentAnomalyRecorded { .. }
            | E::PaymentAttemptFailed { .. }
            | E::OrderFailed { .. }
            | E::OrderExpired { .. }
            | E::OrderGranted { .. }
            | E::OrderRefunded { .. }
            | E::OrderRefundFailed { .. }
            | E::OrderDisputed { .. }
            | E::OrderDisputeClosed { .. }
            | E::OrderRevocationRequested { .. }
            | E::OrderReinstatementRequested { .. } => [None, None],
        };
        claims.into_iter().flatten().collect()
    }

    fn effects(&self, event: &E) -> Vec<Effect> {
        let Some(terms) = &self.terms else { return Vec::new() };
        let expire =
            |due: DateTime<Utc>| Effect::command::<Self>(terms.order, &C::ExpireOrder, Some(due));
        match event {
            E::OrderCreated { order, credits, price_minor, currency, pay_until, .. } => {
                let open = CheckoutEffect {
                    order: *order,
                    credits: *credits,
                    price_minor: *price_minor,
                    currency: currency.clone(),
                };
                // Plain data; one that had no JSON form would fail its test.
                let payload = serde_json::to_value(open).unwrap_or_default();
                let open = Effect { kind: CHECKOUT_EFFECT, serial: None, due: None, payload };
                vec![open, expire(*pay_until)]
            }
            E::CheckoutOpened { pay_until, .. } => vec![expire(*pay_until)],
            E::OrderFailed { reason, .. } => self.top_up_failed(reason),
            E::OrderExpired { .. } => self.top_up_failed("nobody paid in time"),
            E::PaymentPending { .. }
            | E::OrderPaid { .. }
            | E::PaymentIntentLinked { .. }
            | E::PaymentAnomalyRecorded { .. }
            | E::PaymentAttemptFailed { .. }
            | E::OrderGranted { .. }
            | E::OrderRefunded { .. }
            | E::OrderRefundFailed { .. }
            | E::OrderDisputed { .. }
            | E::OrderDisputeClosed { .. }
            | E::OrderRevocationRequested { .. }
            | E::OrderReinstatementRequested { .. } => Vec::new(),
        }
    }

    fn pending_number(event: &E) -> Option<PendingNumber> {
        let created = matches!(event, E::OrderCreated { .. });
        created.then_some(PendingNumber { counter: ORDER_NUMBER, field: "number" })
    }
}

impl BillingOrder {
    /// The ledger that asked for it does not wait any more.
    fn top_up_failed(&self, reason: &str) -> Vec<Effect> {
        let asked = self.terms.iter().filter(|terms| terms.origin == OrderOrigin::AutoTopUp);
        asked
            .map(|terms| {
                let (order, reason) = (terms.order, reason.to_owned());
                let body = CreditLedgerCommand::RecordTopUpFailure { order, reason };
                Effect::command::<CreditLedger>(terms.ledger, &body, None)
            })
            .collect()
    }
}
