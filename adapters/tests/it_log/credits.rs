//! Prepaid credits under many hands at once: two processes, one ledger.

use bitacora_commands::{CommandBus, CommandError};
use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerCommand as C, CreditLedgerRefusal as No, GrantKind, GrantSource,
    Purpose, PurposeKind, id_of,
};
use bitacora_domain::{HoldId, TenantId};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;

use crate::support::{World, envelope, fresh};
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;

type Answer = Result<(), CommandError<No>>;

async fn give(bus: &CommandBus, tenant: TenantId, body: C) -> Answer {
    let envelope = envelope(tenant, &json!(fresh().to_string()));
    bus.execute::<CreditLedger>(envelope, &id_of(tenant).to_string(), body).await.map(drop)
}

async fn open_with(bus: &CommandBus, tenant: TenantId, credits: u64) {
    give(bus, tenant, C::OpenLedger).await.unwrap();
    let body = C::GrantCredits {
        grant: fresh().into(),
        kind: GrantKind::Goodwill,
        credits,
        priority: 10,
        effective_at: SystemClock.now(),
        expires_at: None,
        source: GrantSource::Admin,
    };
    give(bus, tenant, body).await.unwrap();
}

fn reserve(hold: HoldId, credits: u64) -> C {
    let purpose = Purpose { kind: PurposeKind::Lead, id: fresh() };
    C::ReserveCredits {
        hold,
        credits,
        purpose,
        expires_at: SystemClock.now() + TimeDelta::hours(1),
    }
}

/// Its balance took the newest row and added to it, without a lock.
#[tokio::test(flavor = "multi_thread")]
async fn f_conv_balance_after_from_the_newest_row_without_lock() {
    let world = World::new().await;
    let (_, other) = world.second_process().await;
    let tenant = world.tenants[0];
    open_with(&world.bus, tenant, 40).await;
    let buses = [&world.bus, &other];
    let holds: Vec<_> = (0..64).map(|_| HoldId::new(fresh())).collect();
    let asked = holds.iter().zip(buses.iter().cycle());
    let answers = join_all(asked.map(|(hold, bus)| give(bus, tenant, reserve(*hold, 1)))).await;

    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    let told = |answer: &&Answer| matches!(answer, Err(CommandError::Refused(No::Insufficient)));
    let refused = answers.iter().filter(told).count();
    assert_eq!((held, refused), (40, 24), "each of the 64 is told clearly: {answers:?}");
    let (ledger, _) =
        other.load::<CreditLedger>(tenant, &id_of(tenant).to_string()).await.unwrap().unwrap();
    let balance = ledger.balance();
    assert_eq!((balance.available, balance.held, balance.debt), (0, 40, 0));

    // Whoever has a hold can use it up, and nobody else can.
    let uses = holds.iter().zip(buses.iter().rev().cycle());
    let uses =
        uses.map(|(hold, bus)| give(bus, tenant, C::CaptureHold { hold: *hold, credits: 1 }));
    let uses = join_all(uses).await;
    for (asked, used) in answers.iter().zip(&uses) {
        match (asked, used) {
            (Ok(()), Ok(())) | (Err(_), Err(CommandError::Refused(No::HoldNotFound))) => {}
            other => panic!("{other:?}"),
        }
    }
    let spent = "select count(*) from log.events where event_type = 'HoldCaptured'";
    assert_eq!(world.number(spent).await, 40);
    world.assert_log_is_sound().await;
}

/// Holds of every size: what is set aside is never more than there was.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_holds_of_every_size_never_overspend() {
    let world = World::new().await;
    let (_, other) = world.second_process().await;
    let tenant = world.tenants[2];
    open_with(&world.bus, tenant, 100).await;
    let buses = [&world.bus, &other];
    let asked = (1..=64_u64).zip(buses.iter().cycle()).map(async |(credits, bus)| {
        (credits, give(bus, tenant, reserve(HoldId::new(fresh()), credits)).await)
    });
    let answers = join_all(asked).await;
    let mut held = 0;
    for (credits, answer) in &answers {
        match answer {
            Ok(()) => held += credits,
            Err(CommandError::Refused(No::Insufficient)) => {}
            other => panic!("{credits}: {other:?}"),
        }
    }
    assert!((88..=100).contains(&held), "{held}: what was refused would have fitted");
    let (ledger, _) =
        other.load::<CreditLedger>(tenant, &id_of(tenant).to_string()).await.unwrap().unwrap();
    assert_eq!((ledger.balance().held, ledger.balance().available), (held, 100 - held));
}

/// A consumption could be given back twice.
#[tokio::test(flavor = "multi_thread")]
async fn f_conv_double_refund_possible() {
    let world = World::new().await;
    let (_, other) = world.second_process().await;
    let tenant = world.tenants[1];
    open_with(&world.bus, tenant, 5).await;
    let hold = HoldId::new(fresh());
    give(&world.bus, tenant, reserve(hold, 5)).await.unwrap();
    give(&other, tenant, C::CaptureHold { hold, credits: 5 }).await.unwrap();
    let buses = [&world.bus, &other];
    let refunds = (0..16).zip(buses.iter().cycle()).map(|(n, bus)| {
        let body = C::RefundConsumption { hold, credits: 5 - n % 2, reason: format!("caso {n}") };
        give(bus, tenant, body)
    });
    let answers = join_all(refunds).await;
    for answer in &answers {
        let clear = matches!(answer, Ok(()) | Err(CommandError::Refused(No::AlreadyRefunded)));
        assert!(clear, "{answer:?}");
    }
    let refunds = "select count(*) from log.events where event_type = 'ConsumptionRefunded'";
    assert_eq!(world.number(refunds).await, 1);
}
