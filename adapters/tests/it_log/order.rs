//! Order: positions are commit order, without holes, whoever else holds the database up.

use std::time::{Duration, Instant};

use bitacora_adapters::pools::{Role, dedicated};
use bitacora_commands::ports::EventLog;
use bitacora_commands::{AppendOutcome, Expected};
use futures::future::join_all;
use sqlx::{Connection, Executor};

use crate::support::{World, new_stream, raw};

#[tokio::test]
async fn low_position_commits_late() {
    // Foreign transactions that stay open, commit late or roll back, in every order, while
    // events are appended and a reader follows.
    let world = World::new().await;
    let mut foreign = Vec::new();
    for n in 0..6 {
        let mut connection = dedicated(&world.db.options(), Role::Writer).await.unwrap();
        connection.execute("set idle_in_transaction_session_timeout = 0").await.unwrap();
        connection.execute("begin isolation level repeatable read").await.unwrap();
        let touch = format!(
            "insert into log.counters values ('{}', 'foreign', {n})",
            world.tenants[n % 4].as_uuid()
        );
        if n < 4 {
            connection.execute(touch.as_str()).await.unwrap();
        } else {
            connection.execute("select count(*) from log.events").await.unwrap();
        }
        foreign.push(connection);
    }
    let mut cursor = 0_i64;
    let mut seen = Vec::new();
    for n in 0..60 {
        let tenant = world.tenants[n % 2];
        world.log.append(raw(tenant, &new_stream(), Expected::NONE, 1 + n % 3)).await.unwrap();
        if n % 10 == 3
            && let Some(mut connection) = foreign.pop()
        {
            let end = if n % 20 == 3 { "commit" } else { "rollback" };
            connection.execute(end).await.unwrap();
        }
        let page: Vec<i64> = sqlx::query_scalar(
            "select position from log.events where lane = 1 and position > $1 order by position limit 7",
        )
        .bind(cursor)
        .fetch_all(&world.db.pools().admin)
        .await
        .unwrap();
        cursor = page.last().copied().unwrap_or(cursor);
        seen.extend(page);
    }
    let expected: Vec<i64> = (1..=i64::try_from(seen.len()).unwrap()).collect();
    assert_eq!(seen, expected, "the reader saw every position once, in order");
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn idle_in_transaction_session_pins_the_mark() {
    // A session that locked the lane's head and froze: the lane goes on within five seconds.
    let world = World::new().await;
    let mut frozen = dedicated(&world.db.options(), Role::Writer).await.unwrap();
    frozen.execute("begin").await.unwrap();
    frozen.execute("select 1 from log.lane_heads where lane = 1 for update").await.unwrap();
    let began = Instant::now();
    let blocked = world.log.append(raw(world.tenants[0], &new_stream(), Expected::NONE, 1));
    let free = world.log.append(raw(world.tenants[2], &new_stream(), Expected::NONE, 1));
    let free = async {
        free.await.unwrap();
        began.elapsed()
    };
    let (blocked, free) = tokio::join!(blocked, free);
    assert!(matches!(blocked, Ok(AppendOutcome::Appended(_))), "{blocked:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
    assert!(free < Duration::from_secs(1), "the other lane waited for {free:?}");
    assert!(frozen.ping().await.is_err(), "the culprit's session was ended");
}

#[tokio::test]
async fn order_by_xid_and_position_inverts_one_aggregates_own_events() {
    // Many writers on few streams: each stream's sequence is its order in the lane.
    let world = World::new().await;
    let streams: Vec<_> = (0..5).map(|_| new_stream()).collect();
    let writers = (0..30).map(|n| {
        let (world, stream) = (&world, &streams[n % 5]);
        async move {
            let mut expected = Expected::NONE;
            for _ in 0..20 {
                let append = raw(world.tenants[0], stream, expected, 2);
                let last = append.events.last().map(|e| e.metadata.event_id);
                let outcome = world.log.append(append).await.unwrap();
                let AppendOutcome::Appended(landed) = outcome else {
                    assert!(matches!(outcome, AppendOutcome::Conflict { .. }), "{outcome:?}");
                    return;
                };
                expected = Expected { version: landed.version, last_event: last };
            }
        }
    });
    join_all(writers).await;
    assert!(world.number("select count(*) from log.events").await >= 5 * 40);
    world.assert_log_is_sound().await;
    let decreasing = "select count(*) from (select recorded_at, lag(recorded_at) over
        (partition by lane order by position) as before from log.events) e where recorded_at < before";
    assert_eq!(world.number(decreasing).await, 0);
}

#[tokio::test]
async fn a_killed_appender_session_heals() {
    let world = World::new().await;
    for _ in 0..5 {
        world.log.append(raw(world.tenants[0], &new_stream(), Expected::NONE, 1)).await.unwrap();
        world
            .number(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                  where datname = current_database() and application_name = 'bitacora-writer'",
            )
            .await;
    }
    world.log.append(raw(world.tenants[0], &new_stream(), Expected::NONE, 1)).await.unwrap();
    assert_eq!(world.number("select count(*) from log.events").await, 6);
    world.assert_log_is_sound().await;
}
