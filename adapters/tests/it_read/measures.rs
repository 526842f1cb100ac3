//! Measurements. In `make test` they run small and assert that the work was done; with
//! `BITACORA_MEASURE=1` (and `--no-capture`) they run at size and print figures worth quoting.
#![allow(clippy::print_stderr, reason = "figures are what this file is for")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bitacora_adapters::pools::{PoolSizes, Pools};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadStore, listener};
use bitacora_adapters::testing::TestDb;
use bitacora_domain::{Lane, Position};

use bitacora_projections::rebuild::{RebuildOptions, rebuild};
use bitacora_projections::runner::{Options, Ports, Runner};
use bitacora_projections::views;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{metadata, number};

/// Messages of a conversation in each direction; an exchange is five events.
const EXCHANGES: i32 = 20;
const PER_CONVERSATION: i32 = 1 + EXCHANGES * 5;

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../../domain/tests/golden/conversation/", $name, ".json"))
    };
}

/// Conversations in turns, as a busy hour writes them: `c` of `n` conversations per lane, event
/// `s` of each at position `(s - 1) * n + c`.
const SEED: &str = "insert into log.events \
    select 'conversation', md5('c' || $1 || ':' || c)::uuid::text, s, kind, '1', \
      case kind \
        when 'ConversationStarted' then jsonb_set($2::jsonb, '{ConversationStarted,contact}', contact) \
        when 'MessageReceived' then jsonb_set(jsonb_set(jsonb_set($3::jsonb, \
          '{MessageReceived,contact}', contact), '{MessageReceived,message}', inbound), \
          '{MessageReceived,provider_message_id}', to_jsonb('wamid.' || c || '.' || s)) \
        when 'MessageQueued' then jsonb_set(jsonb_set($4::jsonb, \
          '{MessageQueued,contact}', contact), '{MessageQueued,message}', outbound) \
        when 'MessageSent' then jsonb_set($5::jsonb, '{MessageSent,message}', outbound) \
        when 'MessageDelivered' then jsonb_set($6::jsonb, '{MessageDelivered,message}', outbound) \
        else jsonb_set($7::jsonb, '{MessageRead,message}', outbound) end, \
      $8::jsonb || jsonb_build_object('event_id', md5('e' || $1 || ':' || c || ':' || s)::uuid), \
      $1, (s - 1) * $9 + c, md5('t' || (c % 4) || ':' || $1)::uuid, now() \
    from generate_series(1, $9) c, generate_series(1, $10) s, \
      lateral (select case when s = 1 then 'ConversationStarted' else (array['MessageReceived', \
        'MessageQueued', 'MessageSent', 'MessageDelivered', 'MessageRead'])[(s - 2) % 5 + 1] end as kind, \
        to_jsonb(md5('k' || $1 || ':' || c)::uuid) as contact, \
        to_jsonb(md5('i' || $1 || ':' || c || ':' || s / 5)::uuid) as inbound, \
        to_jsonb(md5('o' || $1 || ':' || c || ':' || (s - 2) / 5)::uuid) as outbound) x";

/// `large` when figures are wanted, else `small`.
fn size<T>(small: T, large: T) -> T {
    if std::env::var_os("BITACORA_MEASURE").is_some() { large } else { small }
}

async fn seed(db: &TestDb, per_lane: i32) -> i64 {
    for lane in 0..4_i16 {
        sqlx::query(SEED)
            .bind(lane)
            .bind(golden!("ConversationStarted.v1"))
            .bind(golden!("MessageReceived.v1.text"))
            .bind(golden!("MessageQueued.v1.text"))
            .bind(golden!("MessageSent.v1"))
            .bind(golden!("MessageDelivered.v1"))
            .bind(golden!("MessageRead.v1"))
            .bind(metadata())
            .bind(per_lane)
            .bind(PER_CONVERSATION)
            .execute(&db.pools().admin)
            .await
            .unwrap();
    }
    sqlx::raw_sql(
        "update log.lane_heads h set recorded_at = now(), \
           position = (select max(position) from log.events e where e.lane = h.lane); \
         insert into log.tenant_lanes select distinct tenant_id, lane from log.events; \
         analyze log.events",
    )
    .execute(&db.pools().admin)
    .await
    .unwrap();
    number(db, "select count(*) from log.events").await
}

async fn ports(db: &TestDb, sizes: PoolSizes) -> (Ports, Arc<LaneSignals>, Pools) {
    let pools = Pools::connect(db.options(), sizes).await.unwrap();
    let signals = LaneSignals::new();
    let tables: Vec<_> =
        views::all().into_iter().map(bitacora_projections::Projection::table).collect();
    let ports = Ports {
        reader: Arc::new(PgLogReader::new(pools.reader.clone(), signals.clone())),
        store: Arc::new(PgReadStore::new(&pools, signals.clone(), tables)),
        search: None,
    };
    (ports, signals, pools)
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuild_throughput() {
    let db = TestDb::new().await;
    let events = seed(&db, size(5, 500)).await;
    let (ports, _, pools) = ports(&db, PoolSizes::default()).await;
    let runner = Runner::new(
        ports.reader.clone(),
        ports.store.clone(),
        None,
        Options { views: views::all(), ..Options::default() },
    );
    let begin = Instant::now();
    runner.catch_up().await.unwrap();
    eprintln!("live catch-up of all views together: {events} events in {:?}", begin.elapsed());
    assert!(ports.store.parked(None).await.unwrap().is_empty());
    let begin = Instant::now();
    for view in views::all() {
        let report =
            rebuild(&ports, view, RebuildOptions::default(), Arc::new(|_| {})).await.unwrap();
        let seconds = report.elapsed.as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let rate = report.events as f64 / seconds;
        eprintln!(
            "{:>14}: {} events, {} rows, {seconds:.1} s, {rate:.0} events/s",
            report.view, report.events, report.comparison.rows.1
        );
        assert!(report.comparison.equal && report.events == events);
    }
    eprintln!("rebuild of all: {:?}", begin.elapsed());
    pools.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_latency() {
    let db = TestDb::new().await;
    seed(&db, 10).await;
    let (ports, signals, pools) = ports(&db, PoolSizes::default()).await;
    let token = CancellationToken::new();
    let runner =
        Arc::new(Runner::new(ports.reader.clone(), ports.store.clone(), None, Options::default()));
    runner.catch_up().await.unwrap();
    let listening = tokio::spawn(listener::run(signals.clone(), db.options(), token.clone()));
    let running = tokio::spawn({
        let (runner, token) = (runner.clone(), token.clone());
        async move { runner.run(token).await }
    });
    let tenant: Uuid =
        sqlx::query_scalar("select md5('t1:1')::uuid").fetch_one(&pools.admin).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut taken = Vec::new();
    let appends = size(30, 300_u64);
    for n in 0..appends {
        let last = note(&pools, tenant).await;
        let begin = Instant::now();
        signals.appended(Lane(1), Position(last));
        for view in views::all() {
            let mut progress = ports.store.progress(view.table().name, Lane(1));
            progress.wait_for(|position| position.0 >= last).await.unwrap();
        }
        taken.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(20 + n * 7 % 60)).await;
    }
    taken.sort();
    let at = |share: usize| taken[(taken.len() - 1) * share / 100];
    eprintln!(
        "append to all {} views, {appends} appends: p50 {:?}, p90 {:?}, p99 {:?}, max {:?}",
        views::all().len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
    assert_eq!(
        ports.reader.head(Lane(1)).await.unwrap().position.0,
        10 * 101 + i64::try_from(appends).unwrap()
    );
    token.cancel();
    running.await.unwrap();
    listening.await.unwrap();
    pools.close().await;
}

/// Appends an event to a conversation of lane 1, in one transaction.
async fn note(pools: &Pools, tenant: Uuid) -> i64 {
    let mut tx = pools.writer.begin().await.unwrap();
    let last: i64 = sqlx::query_scalar(
        "update log.lane_heads set position = position + 1, recorded_at = now() \
         where lane = 1 returning position",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    sqlx::query(
        "insert into log.events select aggregate_type, aggregate_id, \
           (select max(sequence) + 1 from log.events m where m.aggregate_type = e.aggregate_type \
            and m.aggregate_id = e.aggregate_id), event_type, event_version, \
           jsonb_set(payload, '{MessageReceived,message}', to_jsonb(gen_random_uuid())), \
           metadata || jsonb_build_object('event_id', gen_random_uuid()), lane, $1, tenant_id, now() \
         from log.events e where e.lane = 1 and e.event_type = 'MessageReceived' \
           and e.tenant_id = $2 order by position limit 1",
    )
    .bind(last)
    .bind(tenant)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    last
}
