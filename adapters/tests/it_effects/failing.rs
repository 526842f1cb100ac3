//! Failures: back-off, dead letters, breakers.

use std::sync::Arc;
use std::time::Duration;

use bitacora_commands::effects::{BreakerOptions, EffectOptions, Verdict};
use bitacora_commands::ports::{Clock as _, Decision, EffectQueue as _, EffectState};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::support::{Asked, Told, World, monday, quick, retry, ring, ring_in_line};

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_later_and_later_and_ends_as_a_dead_letter() {
    let world = World::new().await;
    let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
    let handler = Arc::new(Told::default().running((0..99).map(|_| retry())).deaf(2));
    let worker = world.worker(&handler);
    let (mut times, mut left) = (Vec::new(), true);
    while left {
        worker.drain().await.unwrap();
        times.push((world.clock.now() - monday()).num_milliseconds());
        left = world.next().await;
    }
    assert_eq!(handler.ran().len(), 8);
    assert_eq!(world.state(id).await, "dead HTTP_503");
    assert_eq!(world.attempts(id).await, vec!["retry"; 8]);
    let mut grown = 2_000;
    for pair in times.windows(2) {
        let waited = pair[1] - pair[0];
        assert!((grown / 2 - 1..=grown + 1).contains(&waited), "{waited} of {grown}");
        grown = (grown * 3).min(900_000);
    }
    // Whom it concerns did not hear it twice, and was told until it did.
    assert_eq!(handler.asked(id).len(), 8);
    for _ in 0..2 {
        world.clock.advance(TimeDelta::hours(1));
        worker.drain().await.unwrap();
    }
    let told = Asked::GivenUp("HTTP_503".into(), false);
    assert_eq!(handler.asked(id)[8..], [told]);
    world.clock.advance(TimeDelta::days(3));
    assert_eq!(worker.drain().await.unwrap(), 0, "and that is all");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_may_name_the_wait_and_what_was_not_tried_does_not_count() {
    let world = World::new().await;
    let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
    let until = monday() + TimeDelta::hours(3);
    let wait = TimeDelta::seconds(77);
    let slow = Verdict::Retry { code: "HTTP_429".into(), detail: String::new(), after: Some(wait) };
    let defers = (0..20).map(|_| Verdict::Defer { code: "CHANNEL_DOWN".into(), until });
    let verdicts = [slow].into_iter().chain(defers);
    let handler = Arc::new(Told::default().of_provider("whatsapp").running(verdicts));
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    assert!(world.next().await);
    let waited = world.clock.now() - monday();
    assert!((wait..=wait + wait / 10).contains(&waited), "{waited}: never before it said");
    worker.drain().await.unwrap();
    assert!(world.next().await);
    assert_eq!(world.clock.now(), until);
    let mut left = true;
    while left {
        worker.drain().await.unwrap();
        left = world.next().await;
    }
    assert_eq!(world.state(id).await, "done CHANNEL_DOWN", "not given up after 21 attempts");
    let attempts: Vec<i32> = handler.ran().iter().map(|effect| effect.attempt).collect();
    assert_eq!(attempts, (1..=22).collect::<Vec<_>>(), "each has a number of its own");
    assert_eq!(handler.ran()[21].failures, 1);
    assert_eq!(world.attempts(id).await, ["retry", "defer", "done"], "of 20 deferrals the last");
}

/// What waits in the house is cut off by a crash now and then, more often in all than anything may
/// fail in a row.
#[tokio::test(flavor = "multi_thread")]
async fn crashes_between_two_looks_of_what_waits_do_not_add_up() {
    let world = World::new().await;
    let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
    let until = |n: i64| monday() + TimeDelta::days(n);
    let looks = (1..=10).flat_map(|n| {
        let wait = Verdict::Defer { code: "WAITING_FOR_CREDITS".into(), until: until(n) };
        [retry(), wait]
    });
    let handler = Told::to(looks);
    let worker = world.worker(&handler);
    let mut left = true;
    while left {
        worker.drain().await.unwrap();
        left = world.next().await;
    }
    assert!(world.state(id).await.starts_with("done"), "{}", world.state(id).await);
    assert_eq!(handler.ran().len(), 21);
    assert_eq!(world.clock.now(), until(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn those_behind_one_that_waits_are_not_looked_at_and_a_discard_frees_them() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.extend(world.emit(tenant, vec![ring_in_line("l", n)]).await);
    }
    let elsewhere = world.emit(tenant, vec![ring_in_line("m", 0)]).await[0];
    let tomorrow = world.clock.now() + TimeDelta::hours(20);
    let down = Verdict::Defer { code: "CHANNEL_DOWN".into(), until: tomorrow };
    let first = ids[0];
    let handler = Arc::new(Told::default().running([down]).before(move |effect| async move {
        // The one answer of the script is for the first of the line.
        if effect.id != first {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }));
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    assert_eq!(world.state(ids[0]).await, "pending CHANNEL_DOWN");
    assert_eq!(world.state(elsewhere).await, "done", "another line goes on");
    let due =
        "select count(*) from effects.queue where state = 'pending' and next_attempt_at <= $1";
    let count = |at: DateTime<Utc>| {
        sqlx::query_scalar::<_, i64>(due).bind(at).fetch_one(&world.db.pools().admin)
    };
    assert_eq!(count(tomorrow - TimeDelta::seconds(1)).await.unwrap(), 0, "nothing to look at");
    assert_eq!(count(tomorrow).await.unwrap(), 3);

    let now = world.clock.now();
    let decision = world.queue.discard(now, None, ids[0], "ana").await.unwrap();
    assert_eq!(decision, Decision::Made(EffectState::Pending));
    worker.drain().await.unwrap();
    assert_eq!(world.state(ids[1]).await, "done");
    assert_eq!(world.state(ids[2]).await, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_for_good_is_a_dead_letter_at_once() {
    let world = World::new().await;
    let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
    let failed = Verdict::Failed { code: "NO_SUCH_NUMBER".into(), detail: String::new() };
    let handler = Told::to([failed]);
    world.worker(&handler).drain().await.unwrap();
    assert_eq!(world.state(id).await, "dead NO_SUCH_NUMBER");
    let told = Asked::GivenUp("NO_SUCH_NUMBER".into(), false);
    assert_eq!(handler.asked(id), [Asked::Run(1), told]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_is_left_alone_for_that_tenant_until_a_probe_succeeds() {
    let world = World::new().await;
    let [ill, well, ..] = world.tenants;
    // Five failures open it, and the first probe fails, too.
    let handler =
        Arc::new(Told::default().of_provider("whatsapp").running((0..6).map(|_| retry())));
    let options = EffectOptions {
        concurrency: 1,
        breaker: BreakerOptions::default(),
        spread: TimeDelta::zero(),
        ..quick()
    };
    let worker = world.worker_with(&handler, options);
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.extend(world.emit(ill, vec![ring(json!({ "n": n }))]).await);
    }
    worker.drain().await.unwrap();
    assert_eq!(handler.ran().len(), 5, "five failures within a minute open it");
    let deferred = "select count(*) from effects.queue where state = 'pending' \
                    and last_code = 'BREAKER_OPEN' and failures = 0";
    assert_eq!(world.number(deferred).await, 15);
    // Another tenant's provider is well.
    let other = world.emit(well, vec![ring(json!({}))]).await[0];

    world.clock.set(monday() + TimeDelta::seconds(59));
    worker.drain().await.unwrap();
    let runs_of_ill = || handler.ran().iter().filter(|effect| effect.tenant == ill).count();
    assert_eq!(runs_of_ill(), 5, "nobody is asked while it is open");
    // The script says that the next one fails; it was the other tenant's, once.
    assert_eq!(handler.asked(other), [Asked::Run(1)]);

    world.clock.set(monday() + TimeDelta::seconds(60));
    worker.drain().await.unwrap();
    assert!(runs_of_ill() >= 6, "a probe");
    assert_eq!(worker.breakers().open(), 0, "it succeeded");
    let mut left = true;
    while left {
        worker.drain().await.unwrap();
        left = world.next().await;
    }
    for id in ids {
        assert!(world.state(id).await.starts_with("done"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_fails_keeps_the_breaker_open_for_another_minute() {
    let world = World::new().await;
    let handler =
        Arc::new(Told::default().of_provider("whatsapp").running((0..6).map(|_| retry())));
    let options = EffectOptions { concurrency: 1, spread: TimeDelta::zero(), ..quick() };
    let worker = world.worker_with(&handler, options);
    for n in 0..8 {
        world.emit(world.tenants[0], vec![ring(json!({ "n": n }))]).await;
    }
    worker.drain().await.unwrap();
    assert_eq!(handler.ran().len(), 5);
    world.clock.set(monday() + TimeDelta::seconds(60));
    worker.drain().await.unwrap();
    assert_eq!(handler.ran().len(), 6, "one probe, and no more");
    world.clock.set(monday() + TimeDelta::seconds(119));
    worker.drain().await.unwrap();
    assert_eq!(handler.ran().len(), 6);
    world.clock.set(monday() + TimeDelta::seconds(120));
    worker.drain().await.unwrap();
    assert_eq!(worker.breakers().open(), 0);
    assert!(handler.ran().len() > 7, "the first was the probe, the others follow");
}
