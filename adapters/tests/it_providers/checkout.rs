//! The kind `checkout.open`: what each answer of the provider makes of an order. Real log, real
//! queue, a clock that is moved.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::effects::{EffectParts, EffectWorker, open_checkout};
use bitacora_commands::ports::{
    Checkout, CheckoutFault, CheckoutPage, CheckoutRequest, Clock as _,
};
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand, OrderOrigin, OrderStatus,
};
use bitacora_domain::{Actor, CommandId, OrderId};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::support::{KEY, World, quick};

/// A provider that answers as it was told, then with a page.
#[derive(Default)]
struct Scripted {
    faults: Mutex<VecDeque<CheckoutFault>>,
    asked: Mutex<Vec<CheckoutRequest>>,
}

#[async_trait]
impl Checkout for Scripted {
    async fn open(&self, wanted: &CheckoutRequest) -> Result<CheckoutPage, CheckoutFault> {
        self.asked.lock().unwrap().push(wanted.clone());
        if let Some(fault) = self.faults.lock().unwrap().pop_front() {
            return Err(fault);
        }
        let session_id = format!("cs_{}", wanted.order);
        let url = format!("https://checkout.stripe.com/c/pay/{session_id}");
        Ok(CheckoutPage { session_id, url, expires_at: wanted.expires_at })
    }
}

struct Counter {
    world: World,
    bus: CommandBus,
    stripe: Arc<Scripted>,
    worker: EffectWorker,
    order: OrderId,
}

impl Counter {
    /// An order whose page the provider opens after these faults.
    async fn with(faults: impl IntoIterator<Item = CheckoutFault>) -> Self {
        let world = World::new().await;
        let bus = world.bus();
        let stripe = Arc::new(Scripted::default());
        stripe.faults.lock().unwrap().extend(faults);
        let parts = EffectParts { checkout: stripe.clone(), ..EffectParts::over(bus.clone()) };
        let handlers = vec![open_checkout::handler(&parts)];
        let worker =
            EffectWorker::new("t", world.queue.clone(), world.clock.clone(), handlers, quick());
        let order = OrderId::new(SystemClock.fresh_id());
        let counter = Self { world, bus, stripe, worker, order };
        counter
            .give(BillingOrderCommand::CreateOrder {
                buyer: None,
                origin: OrderOrigin::Checkout,
                credits: 50,
                price_minor: 40_000,
                currency: "usd".into(),
                valid_days: None,
            })
            .await;
        counter
    }

    async fn give(&self, body: BillingOrderCommand) {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&command.to_string()).unwrap();
        let (tenant, now) = (self.world.tenants[0], self.world.clock.now());
        let envelope = Envelope::new(tenant, Actor::system("test"), command, fingerprint, now);
        self.bus.execute::<BillingOrder>(envelope, &self.order.to_string(), body).await.unwrap();
    }

    async fn status(&self) -> OrderStatus {
        let id = self.order.to_string();
        let loaded = self.bus.load::<BillingOrder>(self.world.tenants[0], &id).await;
        loaded.unwrap().unwrap().0.status().unwrap()
    }

    async fn effect(&self) -> Uuid {
        let sql = "select id from effects.queue where kind = 'checkout.open'";
        sqlx::query_scalar(sql).fetch_one(&self.world.db.pools().admin).await.unwrap()
    }

    /// Works until nothing is due, minute by minute.
    async fn work(&self, minutes: i64) {
        for _ in 0..minutes {
            self.worker.drain().await.unwrap();
            self.world.clock.advance(TimeDelta::minutes(1));
        }
    }

    fn asked(&self) -> Vec<CheckoutRequest> {
        self.stripe.asked.lock().unwrap().clone()
    }
}

fn refused() -> CheckoutFault {
    CheckoutFault::Refused { code: "STRIPE_AMOUNT_TOO_SMALL".into(), message: "no".into() }
}

#[tokio::test]
async fn an_order_gets_its_page() {
    let counter = Counter::with([]).await;
    counter.work(1).await;
    assert_eq!(counter.status().await, OrderStatus::CheckoutOpen);
    let [asked] = counter.asked().try_into().unwrap();
    assert_eq!((asked.order, asked.credits, asked.price_minor), (counter.order, 50, 40_000));
    assert_eq!(asked.tenant, counter.world.tenants[0]);
    let sql = "select created_at from effects.queue where kind = 'checkout.open'";
    let admin = &counter.world.db.pools().admin;
    let made: DateTime<Utc> = sqlx::query_scalar(sql).fetch_one(admin).await.unwrap();
    let open_for = asked.expires_at - made;
    assert!(open_for <= TimeDelta::hours(23) && open_for > TimeDelta::hours(22), "{open_for}");
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_always_the_same_is_asked() {
    let busy = CheckoutFault::Busy { code: "RATE_LIMITED", after: Some(TimeDelta::seconds(90)) };
    let faults = [CheckoutFault::Unavailable("TIMEOUT"), busy];
    let counter = Counter::with(faults).await;
    counter.work(5).await;
    assert_eq!(counter.status().await, OrderStatus::CheckoutOpen);
    let asked = counter.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|one| *one == asked[0]), "one key, one request: {asked:?}");
    assert_eq!(counter.world.attempts(counter.effect().await).await, ["retry", "retry", "done"]);
}

#[tokio::test]
async fn a_no_fails_the_order_and_says_why() {
    let counter = Counter::with([refused()]).await;
    counter.work(2).await;
    assert_eq!(counter.status().await, OrderStatus::Failed);
    assert_eq!(counter.asked().len(), 1);
    let state = counter.world.state(counter.effect().await).await;
    assert_eq!(state, "dead STRIPE_AMOUNT_TOO_SMALL");
    let sql = "select payload -> 'OrderFailed' ->> 'reason' from log.events \
        where event_type = 'OrderFailed'";
    let admin = &counter.world.db.pools().admin;
    let reason: String = sqlx::query_scalar(sql).fetch_one(admin).await.unwrap();
    assert!(reason.starts_with("STRIPE_AMOUNT_TOO_SMALL"), "{reason}");
}

#[tokio::test]
async fn a_provider_that_never_answers_fails_the_order_in_the_end() {
    let faults = std::iter::repeat_n(CheckoutFault::Unavailable("NO_CONNECTION"), 20);
    let counter = Counter::with(faults).await;
    counter.work(120).await;
    assert_eq!(counter.status().await, OrderStatus::Failed);
    assert_eq!(counter.asked().len(), 8);
}

#[tokio::test]
async fn an_order_that_was_given_up_or_paid_meanwhile_gets_no_page() {
    let counter = Counter::with([]).await;
    counter.give(BillingOrderCommand::FailOrder { reason: "me equivoqué".into() }).await;
    counter.work(1).await;
    assert_eq!(counter.status().await, OrderStatus::Failed);
    assert_eq!(counter.asked(), []);
    let state = counter.world.state(counter.effect().await).await;
    assert_eq!(state, "dropped ORDER_NOT_WAITING");
}
