//! Workers that die, freeze, panic or take too long.

use std::sync::Arc;
use std::time::Duration;

use bitacora_commands::effects::{EffectOptions, Verdict};
use bitacora_commands::ports::{
    ClaimRequest, EffectClaim, EffectQueue as _, EffectResult, EffectState, Errand,
};
use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{
    Asked, KIND, Told, World, quick, retry, ring, ring_in_line, short_lease, until,
};

fn request(lease: TimeDelta) -> ClaimRequest {
    ClaimRequest {
        worker: "test".into(),
        kinds: vec![KIND],
        limit: 10,
        per_tenant: 10,
        full: Vec::new(),
        lease,
    }
}

fn done(claim: &EffectClaim) -> EffectResult {
    EffectResult {
        id: claim.effect.id,
        fence: claim.fence,
        ended: Some((claim.effect.attempt, "done")),
        state: EffectState::Done,
        next_at: None,
        failures: 0,
        asked: 0,
        code: None,
        detail: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_late_result_of_a_stalled_worker_is_refused() {
    let world = World::new().await;
    let (queue, now) = (&world.queue, monday_now(&world));
    let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
    let stalled = queue.claim(now, &request(TimeDelta::milliseconds(50))).await.unwrap();
    assert_eq!(stalled[0].errand, Errand::Run);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(queue.claim(now, &request(TimeDelta::minutes(1))).await.unwrap().is_empty());
    let taken_over = queue.look_after(now, &request(TimeDelta::minutes(1))).await.unwrap();
    assert_eq!(taken_over[0].errand, Errand::Abandoned);
    assert_eq!(taken_over[0].effect.attempt, 1, "nothing new has begun");
    assert_eq!(queue.settle(now, &[done(&stalled[0])]).await.unwrap(), 0);
    assert_eq!(world.state(id).await, "running");
    assert_eq!(world.attempts(id).await, ["-"]);
    assert_eq!(queue.settle(now, &[done(&taken_over[0])]).await.unwrap(), 1);
    assert_eq!(queue.settle(now, &[done(&taken_over[0])]).await.unwrap(), 0, "only once");
    assert_eq!(world.state(id).await, "done");
}

fn monday_now(world: &World) -> chrono::DateTime<chrono::Utc> {
    use bitacora_commands::ports::Clock as _;
    world.clock.now()
}

/// Runs a worker that is killed in the middle of the handler; returns when its lease has run out.
async fn killed_in_the_middle(world: &World, handler: &Arc<Told>, id: Uuid) {
    let worker = world.worker_with(handler, short_lease());
    let running = tokio::spawn(async move { worker.run(CancellationToken::new()).await });
    until("it has begun", async || !handler.asked(id).is_empty()).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    tokio::time::sleep(Duration::from_millis(400)).await;
}

/// Blocks the first `n` runs for ever.
fn hanging(n: usize) -> Told {
    let first = Arc::new(Semaphore::new(n));
    Told::default().before(move |_| {
        let first = Arc::clone(&first);
        async move {
            if let Ok(permit) = first.try_acquire() {
                permit.forget();
                std::future::pending::<()>().await;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_began_and_was_lost_is_never_made_again_by_the_machine() {
    let world = World::new().await;
    let id = world.emit(world.tenants[0], vec![ring_in_line("l", 0)]).await[0];
    let behind = world.emit(world.tenants[0], vec![ring_in_line("l", 1)]).await[0];
    let handler = Arc::new(hanging(1));
    killed_in_the_middle(&world, &handler, id).await;
    assert_eq!(handler.asked(behind), [], "the line waits as long as nobody has looked");

    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    assert_eq!(handler.asked(id), [Asked::Run(1), Asked::Abandoned(1)]);
    assert_eq!(world.state(id).await, "unknown TIMEOUT");
    assert_eq!(world.attempts(id).await, ["unknown"]);
    assert_eq!(handler.asked(behind), [Asked::Run(1)], "the line goes on");

    // A day of questions, and not one more attempt.
    for _ in 0..48 {
        world.clock.advance(TimeDelta::minutes(30));
        worker.drain().await.unwrap();
    }
    let asked = handler.asked(id);
    assert!(asked[2..].iter().all(|asked| *asked == Asked::Reconcile(1)), "{asked:?}");
    assert!((24..40).contains(&asked.len()), "later and later: {}", asked.len());
    handler.knows(retry());
    world.clock.advance(TimeDelta::hours(2));
    worker.drain().await.unwrap();
    assert_eq!(world.state(id).await, "unknown TIMEOUT", "not even when it did not happen");
    handler.knows(Verdict::Done);
    world.clock.advance(TimeDelta::hours(2));
    worker.drain().await.unwrap();
    assert_eq!(world.state(id).await, "done TIMEOUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_certainly_did_not_begin_is_made_again() {
    let world = World::new().await;
    let id = world.emit(world.tenants[0], vec![ring(json!({}))]).await[0];
    let handler = Arc::new(hanging(1).when_abandoned(retry()));
    killed_in_the_middle(&world, &handler, id).await;
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    assert_eq!(world.state(id).await, "pending HTTP_503");
    assert!(world.next().await);
    worker.drain().await.unwrap();
    assert_eq!(handler.asked(id), [Asked::Run(1), Asked::Abandoned(1), Asked::Run(2)]);
    assert_eq!(world.attempts(id).await, ["retry", "done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_and_a_handler_that_takes_too_long_are_asked_about_at_once() {
    let world = World::new().await;
    let ids = world.emit(world.tenants[0], vec![ring(json!({})), ring(json!({"panic": true}))]);
    let ids = ids.await;
    let handler = Arc::new(Told::default().before(|effect| async move {
        assert!(effect.payload.get("panic").is_none(), "by the test");
        std::future::pending::<()>().await;
    }));
    let options = EffectOptions { run_within: Duration::from_millis(100), ..quick() };
    world.worker_with(&handler, options).drain().await.unwrap();
    for id in ids {
        assert_eq!(handler.asked(id), [Asked::Run(1), Asked::Abandoned(1)]);
        assert_eq!(world.state(id).await, "unknown TIMEOUT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graceful_stop_finishes_what_is_under_way_and_takes_nothing_new() {
    let world = World::new().await;
    let ids = world.emit(world.tenants[0], (0..3).map(|n| ring_in_line("l", n)).collect()).await;
    let gate = Arc::new(Semaphore::new(0));
    let door = Arc::clone(&gate);
    let handler = Arc::new(Told::default().before(move |_| {
        let door = Arc::clone(&door);
        async move { drop(door.acquire().await.unwrap()) }
    }));
    let (worker, stop) = (world.worker(&handler), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    until("it has begun", async || !handler.asked(ids[0]).is_empty()).await;
    stop.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.is_finished());
    gate.add_permits(10);
    tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
    assert_eq!(world.state(ids[0]).await, "done");
    assert_eq!(world.state(ids[1]).await, "pending");
    assert_eq!(handler.asked(ids[1]), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_again_and_again_make_every_attempt_at_most_once() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for n in 0..40 {
        let line = format!("l{}", n % 7);
        ids.extend(world.emit(world.tenants[n % 4], vec![ring_in_line(&line, n)]).await);
    }
    let handler = Arc::new(Told::default().before(|effect| async move {
        let slow = u64::from(effect.id.as_bytes()[15]) % 40;
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }));
    let open = "select count(*) from effects.queue where state in ('pending', 'running')";
    let mut rounds = 0;
    while world.number(open).await > 0 {
        let options = EffectOptions { concurrency: 6, ..short_lease() };
        let worker = world.worker_with(&handler, options);
        let running = tokio::spawn(async move { worker.run(CancellationToken::new()).await });
        tokio::time::sleep(Duration::from_millis(60)).await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        rounds += 1;
        assert!(rounds < 300, "it comes to an end");
    }
    let mut unknown = 0;
    for id in &ids {
        let runs = handler.asked(*id).iter().filter(|a| matches!(a, Asked::Run(_))).count();
        let state = world.state(*id).await;
        unknown += usize::from(state.starts_with("unknown"));
        assert!(runs <= 1, "ran {runs} times");
        assert!(state == "done" || state == "unknown TIMEOUT", "{state}");
    }
    println!("40 effects, {rounds} killed workers: {unknown} unknown, none made twice");
}
