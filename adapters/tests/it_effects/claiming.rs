//! Who gets what, and in which order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitacora_commands::effects::{EffectOptions, EffectWorker, Verdict};
use bitacora_commands::ports::{Clock as _, EffectQueue as _};
use bitacora_domain::Effect;
use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::support::{Asked, KIND, Told, World, quick, retry, ring, ring_in_line, unknown, until};

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_claim_every_effect_once() {
    let world = World::new().await;
    let mut ids = BTreeSet::new();
    for n in 0..60 {
        let effects = (0..5).map(|i| ring(json!({ "n": n * 5 + i }))).collect();
        ids.extend(world.emit(world.tenants[n % 4], effects).await);
    }
    let handler = Told::to([]);
    let workers = [0; 4].map(|_| world.worker(&handler));
    let drained = futures::future::join_all(workers.iter().map(EffectWorker::drain)).await;
    let claims: usize = drained.into_iter().map(Result::unwrap).sum();
    assert_eq!(claims, 300);
    let ran: Vec<_> = handler.ran().iter().map(|effect| effect.id).collect();
    assert_eq!(ran.len(), 300);
    assert_eq!(ran.into_iter().collect::<BTreeSet<_>>(), ids);
    assert_eq!(world.number("select count(*) from effects.queue where state = 'done'").await, 300);
    let ended = "select count(*) from effects.attempts where outcome = 'done' and attempt = 1";
    assert_eq!(world.number(ended).await, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_line_is_done_in_order_and_one_at_a_time_by_many_workers() {
    let world = World::new().await;
    // Two tenants with lines of the same name: lines of different tenants are different lines.
    for n in 0..15 {
        for tenant in &world.tenants[..2] {
            let effects = ["a", "b", "c"].map(|line| ring_in_line(line, n)).to_vec();
            world.emit(*tenant, effects).await;
        }
    }
    let busy: Arc<Mutex<BTreeSet<_>>> = Arc::default();
    let overlapped = Arc::new(AtomicBool::new(false));
    let (hands, seen) = (Arc::clone(&busy), Arc::clone(&overlapped));
    let handler = Told::default()
        // Some fail first: those behind wait for them.
        .running((0..12).map(|n| if n % 3 == 0 { retry() } else { Verdict::Done }))
        .before(move |effect| {
            let (hands, seen) = (Arc::clone(&hands), Arc::clone(&seen));
            async move {
                let key = (effect.tenant, effect.serial.unwrap());
                if !hands.lock().unwrap().insert(key.clone()) {
                    seen.store(true, Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
                hands.lock().unwrap().remove(&key);
            }
        });
    let handler = Arc::new(handler);
    let workers = [0; 4].map(|_| world.worker(&handler));
    loop {
        let all = futures::future::join_all(workers.iter().map(EffectWorker::drain)).await;
        let claimed: usize = all.into_iter().map(Result::unwrap).sum();
        if claimed == 0 && !world.next().await {
            break;
        }
    }
    assert!(!overlapped.load(Ordering::SeqCst), "two of a line were done at the same time");
    let mut lines: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for effect in handler.ran() {
        let line = lines.entry((effect.tenant, effect.serial.unwrap())).or_default();
        let n = effect.payload["n"].as_u64().unwrap();
        if line.last() != Some(&n) {
            line.push(n);
        }
    }
    assert_eq!(lines.len(), 6);
    for (line, order) in lines {
        assert_eq!(order, (0..15).collect::<Vec<_>>(), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_dead_or_due_later_does_not_keep_back_its_line_and_a_retry_does() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let later =
        Effect { due: Some(world.clock.now() + TimeDelta::days(1)), ..ring_in_line("l", 0) };
    let later = world.emit(tenant, vec![later]).await[0];
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.extend(world.emit(tenant, vec![ring_in_line("l", n)]).await);
    }
    let failed = Verdict::Failed { code: "BAD".into(), detail: String::new() };
    let handler = Told::to([unknown(), failed, retry()]);
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    assert_eq!(world.state(ids[0]).await, "unknown TIMEOUT");
    assert_eq!(world.state(ids[1]).await, "dead BAD");
    assert_eq!(world.state(ids[2]).await, "pending HTTP_503");
    assert_eq!(handler.asked(ids[3]), [], "it waits for the one before it");
    assert!(world.next().await);
    worker.drain().await.unwrap();
    assert_eq!(world.state(ids[2]).await, "done HTTP_503");
    assert_eq!(world.state(ids[3]).await, "done");
    assert_eq!(world.state(later).await, "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attempt_is_committed_before_the_handler_runs_and_no_transaction_is_open() {
    let world = World::new().await;
    let pool = world.db.pools().admin.clone();
    let found: Arc<Mutex<Vec<(i64, i64)>>> = Arc::default();
    let (notes, database) = (Arc::clone(&found), world.db.name().to_owned());
    let handler = Told::default().before(move |effect| {
        let (pool, notes, database) = (pool.clone(), Arc::clone(&notes), database.clone());
        async move {
            let attempts: i64 = sqlx::query_scalar(
                "select count(*) from effects.attempts where effect = $1 and attempt = $2 and ended_at is null",
            )
            .bind(effect.id)
            .bind(effect.attempt)
            .fetch_one(&pool)
            .await
            .unwrap();
            let open: i64 = sqlx::query_scalar(
                // Statements that run are the worker's next looks; a transaction around this one
                // would be idle now.
                "select count(*) from pg_stat_activity where datname = $1 \
                 and state like 'idle in transaction%' and backend_type = 'client backend'",
            )
            .bind(database)
            .fetch_one(&pool)
            .await
            .unwrap();
            notes.lock().unwrap().push((attempts, open));
        }
    });
    world.emit(world.tenants[0], vec![ring(json!({}))]).await;
    world.worker(&Arc::new(handler)).drain().await.unwrap();
    assert_eq!(*found.lock().unwrap(), [(1, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_much_to_do_does_not_keep_the_others_waiting() {
    let world = World::new().await;
    let [noisy, quiet, ..] = world.tenants;
    for _ in 0..8 {
        world.emit(noisy, (0..25).map(|n| ring(json!({ "n": n }))).collect()).await;
    }
    let one = world.emit(quiet, vec![ring(json!({}))]).await[0];
    let gate = Arc::new(Semaphore::new(0));
    let under_way = Arc::new(AtomicUsize::new(0));
    let (door, count) = (Arc::clone(&gate), Arc::clone(&under_way));
    let handler = Arc::new(Told::default().before(move |effect| {
        let (door, count) = (Arc::clone(&door), Arc::clone(&count));
        async move {
            if effect.tenant == noisy {
                count.fetch_add(1, Ordering::SeqCst);
                drop(door.acquire().await.unwrap());
            }
        }
    }));
    let options = EffectOptions { concurrency: 10, per_tenant: 4, ..quick() };
    let (worker, stop) = (world.worker_with(&handler, options), CancellationToken::new());
    let running = tokio::spawn({
        let (worker, stop) = (worker.clone(), stop.clone());
        async move { worker.run(stop).await }
    });
    until("the quiet tenant was served", async || !handler.asked(one).is_empty()).await;
    assert!(under_way.load(Ordering::SeqCst) < 8, "a tenant has less than twice its share");
    gate.add_permits(1_000);
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_before_it_is_due_and_kinds_that_are_not_known_are_left() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let due = world.clock.now() + TimeDelta::minutes(1);
    let timer = Effect { due: Some(due), ..ring(json!({})) };
    let strange = Effect { kind: "of.the.future", ..ring(json!({})) };
    let ids = world.emit(tenant, vec![timer, strange]).await;
    let handler = Told::to([]);
    let worker = world.worker(&handler);
    world.clock.set(due - TimeDelta::milliseconds(1));
    assert_eq!(worker.drain().await.unwrap(), 0);
    assert_eq!(world.queue.next_due(world.clock.now()).await.unwrap(), Some(due));
    world.clock.set(due);
    assert_eq!(worker.drain().await.unwrap(), 1);
    assert_eq!(handler.asked(ids[0]), [Asked::Run(1)]);
    assert_eq!(world.state(ids[1]).await, "pending");
    assert_eq!(handler.ran()[0].kind, KIND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_is_woken_when_effects_are_stored() {
    let world = World::new().await;
    let handler = Told::to([]);
    let options = EffectOptions { poll: Duration::from_mins(1), ..quick() };
    let (worker, stop) = (world.worker_with(&handler, options), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..3 {
        let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
        until("it was done", async || !handler.asked(id).is_empty()).await;
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}
