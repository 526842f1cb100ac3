//! Strangers in the same database: transactions held open with a snapshot, long reads, inserts
//! that are rolled back, and an administrator who ends sessions. None of it may stall a lane,
//! leave a hole or be seen by a reader.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often each stranger acted.
#[derive(Debug, Default)]
pub struct ForeignStats {
    /// Transactions held open idle, with a snapshot.
    pub held: AtomicU64,
    /// Long reads of the whole log.
    pub long_reads: AtomicU64,
    /// Inserts into the log that were rolled back.
    pub aborted: AtomicU64,
    /// Writer sessions ended by an administrator.
    pub terminated: AtomicU64,
}

/// Which stranger.
#[derive(Clone, Copy, Debug)]
enum Stranger {
    Holder,
    LongReader,
    Aborter,
    Terminator,
}

/// Lets all strangers loose until `stop`.
pub fn let_loose(
    options: &PgConnectOptions,
    seed: u64,
    stats: &Arc<ForeignStats>,
    stop: &CancellationToken,
) -> Vec<tokio::task::JoinHandle<()>> {
    let strangers = [
        Stranger::Holder,
        Stranger::Holder,
        Stranger::LongReader,
        Stranger::Aborter,
        Stranger::Terminator,
    ];
    let spawn = |(n, stranger): (u64, Stranger)| {
        let (options, stats, stop) = (options.clone(), Arc::clone(stats), stop.clone());
        let dice = StdRng::seed_from_u64(seed.wrapping_add(1_000 + n));
        tokio::spawn(async move {
            let acting = act_for_ever(stranger, &options, &stats, dice);
            tokio::select! { () = acting => {}, () = stop.cancelled() => {} }
        })
    };
    (0..).zip(strangers).map(spawn).collect()
}

async fn act_for_ever(
    stranger: Stranger,
    options: &PgConnectOptions,
    stats: &ForeignStats,
    mut dice: StdRng,
) {
    loop {
        // A stranger that fails (it may have been ended itself) comes back.
        act(stranger, options, stats, &mut dice).await.ok();
        sleep(Duration::from_millis(200)).await;
    }
}

async fn act(
    stranger: Stranger,
    options: &PgConnectOptions,
    stats: &ForeignStats,
    dice: &mut StdRng,
) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    loop {
        match stranger {
            Stranger::Holder => {
                connection.execute("begin isolation level repeatable read").await?;
                connection.execute("select count(*) from log.events").await?;
                // An id of its own, so that the snapshot's horizon stays for certain.
                connection.execute("select pg_current_xact_id()").await?;
                stats.held.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(dice.random_range(1_500..9_000))).await;
                connection.execute("commit").await?;
            }
            Stranger::LongReader => {
                stats.long_reads.fetch_add(1, Ordering::Relaxed);
                connection
                    .execute("select count(*), max(position), pg_sleep(3) from log.events")
                    .await?;
            }
            Stranger::Aborter => {
                abort_an_insert(&mut connection, dice).await?;
                stats.aborted.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(dice.random_range(10..200))).await;
            }
            Stranger::Terminator => {
                sleep(Duration::from_millis(dice.random_range(400..1_500))).await;
                let ended = terminate_one(&mut connection, dice).await?;
                stats.terminated.fetch_add(ended, Ordering::Relaxed);
            }
        }
    }
}

/// A row far behind the end of a lane; it is visible to nobody and then gone.
async fn abort_an_insert(
    connection: &mut PgConnection,
    dice: &mut StdRng,
) -> Result<(), sqlx::Error> {
    connection.execute("begin").await?;
    sqlx::query(
        "insert into log.events (aggregate_type, aggregate_id, sequence, event_type,
                                 event_version, payload, metadata, lane, position, tenant_id, recorded_at)
         values ('foreign', $1, 1, 'Foreign', '1', '{}', '{}', $2, $3, $4, $5)",
    )
    .bind(SystemClock.fresh_id().to_string())
    .bind(dice.random_range(0..2_i16))
    .bind(dice.random_range(1_i64 << 40..1 << 41))
    .bind(Uuid::nil())
    .bind(SystemClock.now())
    .execute(&mut *connection)
    .await?;
    sleep(Duration::from_millis(dice.random_range(5..300))).await;
    connection.execute("rollback").await?;
    Ok(())
}

async fn terminate_one(
    connection: &mut PgConnection,
    dice: &mut StdRng,
) -> Result<u64, sqlx::Error> {
    let writers: Vec<i32> = sqlx::query_scalar(
        "select pid from pg_stat_activity
          where datname = current_database() and application_name = 'bitacora-writer' order by pid",
    )
    .fetch_all(&mut *connection)
    .await?;
    if writers.is_empty() {
        return Ok(0);
    }
    let victim = writers.get(dice.random_range(0..writers.len())).copied().unwrap_or_default();
    let ended: bool = sqlx::query_scalar("select pg_terminate_backend($1)")
        .bind(victim)
        .fetch_one(connection)
        .await?;
    Ok(u64::from(ended))
}
