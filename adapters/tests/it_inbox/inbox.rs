//! The inbox itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::inbox::PgInbox;
use bitacora_commands::ports::{Anomaly, Clock as _, FactFate, Inbox, InboxError, Settled};
use chrono::TimeDelta;
use futures::future::join_all;

use crate::support::{World, delivery, text};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

#[tokio::test]
async fn deliveries_are_stored_as_they_came_and_claimed_in_order() {
    let world = World::new().await;
    let bodies: Vec<Vec<u8>> = (0..5).map(|n| vec![n, 0, 255, b'"']).collect();
    let mut ids = Vec::new();
    for body in &bodies {
        ids.push(world.receive_bytes(body.clone()).await);
    }
    let claimed = world.inbox.claim(10, MINUTE).await.unwrap();
    assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), ids);
    assert_eq!(claimed.iter().map(|row| row.body.clone()).collect::<Vec<_>>(), bodies);
    assert!(claimed.iter().all(|row| row.attempts == 0 && row.traceparent.is_some()));
    assert!(world.inbox.claim(10, MINUTE).await.unwrap().is_empty(), "all are claimed");
}

#[tokio::test]
async fn concurrent_callers_share_transactions() {
    let world = World::new().await;
    let all = (0..400).map(|n| {
        let inbox = Arc::clone(&world.inbox);
        async move { inbox.receive(delivery(vec![b'x'; n], SystemClock.now())).await }
    });
    assert!(join_all(all).await.into_iter().all(|result| result.is_ok()));
    assert_eq!(world.open().await, 400);
    let transactions =
        world.number("select count(distinct xmin::text) from inbox.deliveries").await;
    assert!(transactions < 40, "{transactions} transactions for 400 deliveries");
}

#[tokio::test]
async fn a_claim_brings_a_bounded_number_of_bytes_and_at_least_one_delivery() {
    let world = World::new().await;
    for _ in 0..3 {
        world.receive_bytes(vec![b'x'; 7 * 1024 * 1024]).await;
    }
    world.receive_bytes(vec![b'x'; 17 * 1024 * 1024]).await;
    let mut claims = Vec::new();
    for _ in 0..4 {
        claims.push(world.inbox.claim(64, MINUTE).await.unwrap().len());
    }
    assert_eq!(claims, [2, 1, 1, 0]);
}

#[tokio::test]
async fn a_delivery_that_the_database_refuses_costs_no_other() {
    let world = World::new().await;
    let all = (0..20).map(|n| {
        let mut delivery = delivery(vec![b'x'], SystemClock.now());
        if n == 7 {
            delivery.traceparent = Some("\0".into());
        }
        let inbox = Arc::clone(&world.inbox);
        async move { inbox.receive(delivery).await.is_ok() }
    });
    let stored = join_all(all).await;
    assert_eq!(stored.iter().filter(|ok| **ok).count(), 19);
    assert!(!stored[7]);
    assert_eq!(world.open().await, 19);
}

#[tokio::test]
async fn two_claimers_never_get_the_same_delivery() {
    let world = World::new().await;
    for n in 0..40 {
        world.receive(&text("5491166600011", &format!("wamid.{n}"), "hola")).await;
    }
    let (other, _) = world.second_process().await;
    let (a, b) = tokio::join!(world.inbox.claim(30, MINUTE), other.claim(30, MINUTE));
    let mut ids: Vec<_> = a.unwrap().into_iter().chain(b.unwrap()).map(|row| row.id).collect();
    let claimed = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), claimed);
    let rest = world.inbox.claim(40, MINUTE).await.unwrap().len();
    assert_eq!(claimed + rest, 40);
}

#[tokio::test]
async fn a_claim_that_ran_out_is_free_and_settling_it_late_changes_nothing() {
    let world = World::new().await;
    let id = world.receive(&text("5491166600011", "wamid.A", "hola")).await;
    world.inbox.claim(1, TimeDelta::zero()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let again = world.inbox.claim(1, MINUTE).await.unwrap();
    assert_eq!(again[0].attempts, 1);
    let settled = |exceptions| vec![Settled { id, facts: 1, exceptions }];
    world.inbox.settle(settled(vec![])).await.unwrap();
    let odd = Anomaly { delivery: id, key: "k".into(), tenant: None, kind: "mismatch" };
    world.inbox.settle(settled(vec![FactFate::Odd(odd)])).await.unwrap();
    assert!(world.anomalies().await.is_empty(), "the late one was not believed");
    assert_eq!(world.open().await, 0);
}

#[tokio::test]
async fn a_delivery_given_back_comes_again_at_its_time() {
    let world = World::new().await;
    let id = world.receive(&text("5491166600011", "wamid.A", "hola")).await;
    world.inbox.claim(1, MINUTE).await.unwrap();
    let later = SystemClock.now() + MINUTE;
    world.inbox.postpone(id, later, "LOG_UNAVAILABLE").await.unwrap();
    assert!(world.inbox.claim(1, MINUTE).await.unwrap().is_empty());
    world.inbox.postpone(id, SystemClock.now() - MINUTE, "LOG_UNAVAILABLE").await.unwrap();
    assert_eq!(world.inbox.claim(1, MINUTE).await.unwrap()[0].attempts, 1);
}

#[tokio::test]
async fn a_full_queue_says_so_and_an_unreachable_database_too() {
    let world = World::new().await;
    let huge = delivery(vec![0; 64 * 1024 * 1024 + 1], SystemClock.now());
    assert!(matches!(world.inbox.receive(huge).await, Err(InboxError::Full)));
    let closed = PgInbox::start(world.db.pools().writer.clone());
    world.db.pools().writer.close().await;
    let lost = closed.receive(delivery(vec![1], SystemClock.now())).await;
    assert!(matches!(lost, Err(InboxError::Unavailable(_))));
    assert_eq!(world.open().await, 0, "what was not acknowledged is not there");
}

#[tokio::test]
async fn a_delivery_wakes_the_worker() {
    let world = World::new().await;
    let started = Instant::now();
    let inbox = Arc::clone(&world.inbox);
    let waiting = tokio::spawn(async move { inbox.wait(Duration::from_secs(30)).await });
    world.receive(&text("5491166600011", "wamid.A", "hola")).await;
    waiting.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn the_api_role_sees_nothing_of_the_inbox() {
    let world = World::new().await;
    for table in ["deliveries", "facts", "anomalies"] {
        let seen = sqlx::query(&format!("select * from inbox.{table}"))
            .fetch_all(&world.db.pools().api)
            .await;
        assert!(seen.is_err(), "{table}");
    }
}
