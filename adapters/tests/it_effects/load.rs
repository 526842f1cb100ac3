//! A queue with much in it: what it costs to look, and that what is over or unknown keeps nobody
//! waiting.

use std::sync::Arc;
use std::time::Duration;

use bitacora_adapters::effects;
use bitacora_commands::effects::EffectOptions;
use bitacora_commands::ports::Clock as _;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{Asked, KIND, Told, World, quick, ring, unknown, until};

const MANY: i32 = 30_000;

/// Rows as the appender and the worker leave them, in lines of their own; `state` decides what
/// else they have.
const FILL: &str = "\
insert into effects.queue (id, tenant_id, kind, serial_key, lane, position, ordinal, payload, \
    due_at, next_attempt_at, event_id, correlation_id, state, attempts, created_at, finished_at) \
select gen_random_uuid(), $1, $2, 'line:' || n, 1, n, 0, '{}', t, \
    case when $3 = 'done' then null else t end, gen_random_uuid(), gen_random_uuid(), $3, 0, t, \
    case when $3 = 'done' then t end \
from (select n, $4::timestamptz - n * interval '1 millisecond' as t \
      from generate_series(1, $5::int) n) x";

async fn fill(world: &World, tenant: Uuid, state: &str, count: i32) {
    sqlx::query(FILL)
        .bind(tenant)
        .bind(KIND)
        .bind(state)
        .bind(world.clock.now())
        .bind(count)
        .execute(&world.db.pools().admin)
        .await
        .unwrap();
}

/// Pages that the claim touches. Planned as it is for good: without knowing its parameters.
async fn pages_of_a_claim(world: &World) -> i64 {
    let claim = effects::statements()[0];
    assert!(claim.starts_with("with free as"), "{claim}");
    let mut transaction = world.db.pools().admin.begin().await.unwrap();
    let now = world.clock.now().to_rfc3339();
    let prepare = format!(
        "deallocate all; set local plan_cache_mode = force_generic_plan; \
         prepare claim (timestamptz, text[], uuid[], bigint, bigint, bigint, text) as {claim}"
    );
    sqlx::raw_sql(&prepare).execute(&mut *transaction).await.unwrap();
    let explain = format!(
        "explain (analyze, buffers, format json) \
         execute claim ('{now}', '{{{KIND}}}', '{{}}', 64, 16, 75000, 'test')"
    );
    let row = sqlx::raw_sql(&explain).fetch_one(&mut *transaction).await.unwrap();
    let plan: Value = sqlx::Row::try_get(&row, 0).unwrap();
    transaction.rollback().await.unwrap();
    let pages = |name: &str| plan[0]["Plan"][name].as_i64().unwrap();
    pages("Shared Hit Blocks") + pages("Shared Read Blocks")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_reads_what_it_takes_and_not_what_is_over_or_waits() {
    let world = World::new().await;
    let [noisy, quiet, ..] = world.tenants.map(bitacora_domain::TenantId::as_uuid);
    fill(&world, noisy, "done", MANY).await;
    let idle = pages_of_a_claim(&world).await;
    assert!(idle < 50, "{idle} pages to see that nothing is due");
    fill(&world, quiet, "pending", MANY).await;
    let claiming = pages_of_a_claim(&world).await;
    // A window of 512 with a look at the line of each, and 16 that are taken.
    assert!(claiming < 6_000, "{claiming} pages to take 16 of {MANY}");
    println!("{idle} pages when nothing is due, {claiming} with {MANY} due");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_does_not_keep_messages_waiting() {
    let world = World::new().await;
    let [noisy, quiet, ..] = world.tenants;
    let effects = (0..40).map(|n| ring(json!({ "n": n }))).collect();
    world.emit(noisy, effects).await;
    let gate = Arc::new(Semaphore::new(0));
    let handler = Told::default().running((0..40).map(|_| unknown())).slow_to_answer(&gate);
    let handler = Arc::new(handler);
    let options = EffectOptions { concurrency: 8, ..quick() };
    let worker = world.worker_with(&handler, options);
    worker.drain().await.unwrap();
    // All forty are to be asked about, and no answer comes.
    world.clock.advance(TimeDelta::hours(1));
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let one = world.emit(quiet, vec![ring(json!({}))]).await[0];
    until("the message left", async || handler.asked(one) == [Asked::Run(1)]).await;
    gate.add_permits(1_000);
    let asked = "select count(*) from effects.queue where state = 'unknown' and asked = 1";
    until("all were asked about", async || world.number(asked).await == 40).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_sweeps_all_that_is_over_and_not_a_portion_now_and_then() {
    let world = World::new().await;
    fill(&world, world.tenants[0].as_uuid(), "done", 3_500).await;
    world.clock.advance(TimeDelta::days(31));
    let (worker, stop) = (world.worker(&Told::to([])), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let all = "select count(*) from effects.queue";
    until("all are swept", async || world.number(all).await == 0).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}
