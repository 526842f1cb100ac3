//! The purchase saga: whatever comes first, twice or after a crash, paid credits are given once.

use bitacora_domain::aggregates::billing_order::{
    self, BillingOrder, BillingOrderCommand as O, DisputeOutcome, OrderOrigin, OrderStatus,
    PaymentStatus,
};
use bitacora_domain::aggregates::credit_ledger::{
    self, AutoTopUp, CreditLedger, CreditLedgerCommand, GrantKind, GrantSource,
};
use bitacora_domain::{Actor, OrderId};
use chrono::TimeDelta;

use crate::stage::Stage;

const CREDITS: u64 = 100;
const PRICE: u64 = 70_000;

async fn order(stage: &Stage) -> OrderId {
    let order: OrderId = stage.id();
    let body = O::CreateOrder {
        buyer: None,
        origin: OrderOrigin::Checkout,
        credits: CREDITS,
        price_minor: PRICE,
        currency: "usd".into(),
        valid_days: None,
    };
    stage.give::<BillingOrder>(order, body).await;
    order
}

/// What the provider tells of one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Session,
    Intent,
}

async fn tell(stage: &Stage, order: OrderId, told: Told) {
    let session_id = (told == Told::Session).then(|| format!("cs_{order}"));
    let body = O::RecordPayment {
        session_id,
        payment_intent: Some(format!("pi_{order}")),
        status: PaymentStatus::Paid,
        amount_minor: PRICE,
        currency: "usd".into(),
    };
    let stripe = Actor::provider("stripe");
    stage.give_to::<BillingOrder>(stage.tenant, order, stripe, body).await;
}

/// An order that was paid a moment ago.
pub(crate) async fn paid_order(stage: &Stage) -> OrderId {
    let order = order(stage).await;
    tell(stage, order, Told::Session).await;
    order
}

/// The order is paid and given, once.
async fn assert_given_once(stage: &Stage, order: OrderId) {
    let story = stage.story(order).await;
    for event in ["OrderPaid", "OrderGranted"] {
        assert_eq!(story.iter().filter(|name| *name == event).count(), 1, "{event}: {story:?}");
    }
    let granted = stage
        .number(&format!(
            "select count(*) from log.events where event_type = 'CreditsGranted' \
             and payload #>> '{{CreditsGranted,source,order}}' = '{order}'"
        ))
        .await;
    assert_eq!(granted, 1, "granted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_of_the_paid_events_with_duplicates_grants_once() {
    let stage = Stage::new().await;
    let (s, i) = (Told::Session, Told::Intent);
    let orders = [
        vec![s],
        vec![i],
        vec![s, i],
        vec![i, s],
        vec![s, s],
        vec![i, i],
        vec![s, i, s, i],
        vec![i, s, i, s],
        vec![s, s, i, i],
        vec![i, i, s, s],
        vec![s, i, i, s],
        vec![i, s, s, i],
    ];
    let mut paid = 0;
    for told in &orders {
        for pause_after in 0..=told.len() {
            let order = order(&stage).await;
            for (n, told) in told.iter().enumerate() {
                if n == pause_after {
                    stage.settle().await;
                }
                tell(&stage, order, *told).await;
            }
            stage.settle().await;
            assert_given_once(&stage, order).await;
            paid += 1;
        }
    }
    assert_eq!(stage.balance().await.available, paid * CREDITS);
    assert_eq!(stage.count("LedgerOpened").await, 1);
    assert!(stage.open_effects().await.is_empty(), "{:?}", stage.open_effects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_paid_gives_nothing() {
    let stage = Stage::new().await;
    let order = order(&stage).await;
    let body = O::RecordPayment {
        session_id: Some("cs_1".into()),
        payment_intent: None,
        status: PaymentStatus::Unpaid,
        amount_minor: PRICE,
        currency: "usd".into(),
    };
    stage.give::<BillingOrder>(order, body).await;
    stage.settle().await;
    assert_eq!((stage.count("CreditsGranted").await, stage.count("LedgerOpened").await), (0, 0));
    tell(&stage, order, Told::Intent).await;
    stage.settle().await;
    assert_given_once(&stage, order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_converges() {
    let stage = Stage::new().await;
    let (mut given, mut kills) = (0, 0);
    for after in [false, true] {
        for step in 1.. {
            let order = order(&stage).await;
            tell(&stage, order, Told::Session).await;
            let killed = stage.killed_at(step, after).await;
            tell(&stage, order, Told::Intent).await;
            stage.live(TimeDelta::hours(1)).await;
            assert_given_once(&stage, order).await;
            given += 1;
            assert_eq!(stage.balance().await.available, given * CREDITS, "step {step} {after}");
            kills += i32::from(killed);
            if !killed {
                break;
            }
        }
    }
    assert!(kills > 20, "the saga has more steps than that: {kills}");
    assert!(stage.open_effects().await.is_empty(), "{:?}", stage.open_effects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_goes_back_takes_the_credits_back_however_it_is_told() {
    let stage = Stage::new().await;
    let now = stage.clock_now();
    let refund = |minor| O::RecordRefund { refunded_minor: minor, as_of: now };
    let first = order(&stage).await;
    // The refund of a half is told before the payment.
    stage.give::<BillingOrder>(first, refund(PRICE / 2)).await;
    stage.settle().await;
    tell(&stage, first, Told::Session).await;
    stage.settle().await;
    assert_eq!(stage.balance().await.available, CREDITS / 2);
    // A dispute takes the rest, and gives it back when it is won.
    let dispute = O::OpenDispute { dispute_id: "dp_1".into(), amount_minor: PRICE / 2 };
    stage.give::<BillingOrder>(first, dispute.clone()).await;
    stage.give::<BillingOrder>(first, dispute).await;
    stage.settle().await;
    assert_eq!(stage.balance().await.available, 0);
    let won = O::CloseDispute {
        dispute_id: "dp_1".into(),
        amount_minor: PRICE / 2,
        outcome: DisputeOutcome::Won,
    };
    stage.give::<BillingOrder>(first, won).await;
    stage.settle().await;
    assert_eq!(stage.balance().await.available, CREDITS / 2);
    // What was used when the money goes back is owed.
    let second = order(&stage).await;
    tell(&stage, second, Told::Intent).await;
    stage.settle().await;
    let adjust = CreditLedgerCommand::AdjustCredits {
        adjustment: stage.id(),
        credits: -140,
        reason: "prueba".into(),
        approver: stage.id(),
    };
    stage.give::<CreditLedger>(credit_ledger::id_of(stage.tenant), adjust).await;
    stage.give::<BillingOrder>(second, refund(PRICE)).await;
    stage.settle().await;
    let balance = stage.balance().await;
    assert_eq!(balance.booked(), 50 + 100 - 140 - 100, "{balance:?}");
    assert_eq!(stage.load::<BillingOrder>(second).await.status(), Some(OrderStatus::Refunded));
    assert!(stage.open_effects().await.is_empty(), "{:?}", stage.open_effects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_the_ledger_refuses_is_a_dead_letter_that_somebody_sees() {
    let stage = Stage::new().await;
    let ledger = credit_ledger::id_of(stage.tenant);
    stage.give::<CreditLedger>(ledger, CreditLedgerCommand::OpenLedger).await;
    let order = order(&stage).await;
    // Somebody has used the id of the order's grant for something else.
    let grant = CreditLedgerCommand::GrantCredits {
        grant: billing_order::grant_of(order),
        kind: GrantKind::Goodwill,
        credits: 1,
        priority: 10,
        effective_at: stage.clock_now(),
        expires_at: None,
        source: GrantSource::Admin,
    };
    stage.give::<CreditLedger>(ledger, grant).await;
    tell(&stage, order, Told::Session).await;
    stage.settle().await;
    assert_eq!(stage.open_effects().await, ["command dead GRANT_ID_TAKEN"]);
    stage.retry_dead().await;
    stage.settle().await;
    assert_eq!(stage.open_effects().await, ["command dead GRANT_ID_TAKEN"]);
    assert_eq!((stage.balance().await.available, stage.count("OrderGranted").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_top_up_makes_its_order_and_hears_that_it_came_to_nothing() {
    let stage = Stage::new().await;
    let first = order(&stage).await;
    tell(&stage, first, Told::Session).await;
    stage.settle().await;
    let ledger = credit_ledger::id_of(stage.tenant);
    let top_up =
        AutoTopUp { at_or_below: 50, credits: 200, price_minor: 140_000, currency: "usd".into() };
    let configure = CreditLedgerCommand::ConfigureAutoTopUp { top_up: Some(top_up) };
    stage.give::<CreditLedger>(ledger, configure).await;
    let adjust = CreditLedgerCommand::AdjustCredits {
        adjustment: stage.id(),
        credits: -60,
        reason: "uso".into(),
        approver: stage.id(),
    };
    stage.give::<CreditLedger>(ledger, adjust).await;
    stage.settle().await;
    assert_eq!(stage.count("AutoTopUpRequested").await, 1);
    assert_eq!(stage.count("OrderCreated").await, 2);
    // Nobody pays; the order ends, and nothing more is bought by itself.
    stage.live(TimeDelta::days(2)).await;
    assert_eq!(stage.count("AutoTopUpFailed").await, 1);
    assert_eq!(stage.count("OrderCreated").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_from_event_to_command_is_kept() {
    let stage = Stage::new().await;
    let order = order(&stage).await;
    tell(&stage, order, Told::Session).await;
    stage.settle().await;
    let broken = stage
        .number(
            "select count(*) from log.events given \
             join log.events paid on paid.event_type = 'OrderPaid' \
             where given.event_type in ('LedgerOpened', 'CreditsGranted', 'OrderGranted') \
               and (given.metadata ->> 'correlation_id' <> paid.metadata ->> 'correlation_id' \
                    or given.metadata ->> 'actor_id' <> 'purchase')",
        )
        .await;
    assert_eq!(broken, 0);
    let caused = stage
        .number(
            "select count(*) from log.events given join log.events paid \
               on paid.event_type = 'OrderPaid' \
              and given.metadata ->> 'causation_id' = paid.metadata ->> 'event_id' \
             where given.event_type in ('LedgerOpened', 'CreditsGranted')",
        )
        .await;
    assert_eq!(caused, 2);
}
