//! SIGSTOP in mid-batch: a frozen process must free its lane within seconds, and the other
//! process goes on.

use std::time::Duration;

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use rustix::process::Signal;
use sqlx::PgPool;
use tokio::time::sleep;

use super::ledger::Ledger;
use super::world::LANES;
use crate::process::Victim;
use crate::proxy::Proxy;

/// How long a child stays frozen: longer than a lane may stall, so that a lane that waits for
/// the thaw is caught.
pub const FROZEN: Duration = Duration::from_millis(6_500);
/// A lane must go on this soon after the freeze.
pub const LIMIT: Duration = Duration::from_secs(5);
/// Attempts at catching a child with a lane locked.
const ATTEMPTS: u32 = 200;

/// One freeze.
#[derive(Clone, Copy, Debug)]
pub struct Freeze {
    /// Child that was frozen.
    pub victim: usize,
    /// When, microseconds since 1970.
    pub from: i64,
    /// When it was thawed.
    pub to: i64,
    /// It was caught with a transaction open: a lane was locked.
    pub in_mid_batch: bool,
}

/// Freezes `victim`, if possible in the middle of a batch, and thaws it.
///
/// # Errors
/// When the child or the database is gone.
pub async fn freeze(
    index: usize,
    victim: &Victim,
    proxy: &Proxy,
    admin: &PgPool,
) -> anyhow::Result<Freeze> {
    let mut in_mid_batch = false;
    let mut from = 0;
    for attempt in 0..ATTEMPTS {
        victim.signal(Signal::STOP)?;
        from = SystemClock.now().timestamp_micros();
        // What it has sent reaches the server before the look.
        sleep(Duration::from_millis(15)).await;
        let caught = open_transactions(admin, &proxy.backends()).await;
        in_mid_batch = matches!(caught, Ok(1..));
        if caught.is_err() || in_mid_batch || attempt + 1 == ATTEMPTS {
            break;
        }
        victim.signal(Signal::CONT)?;
        sleep(Duration::from_millis(7)).await;
    }
    sleep(FROZEN).await;
    victim.signal(Signal::CONT)?;
    Ok(Freeze { victim: index, from, to: SystemClock.now().timestamp_micros(), in_mid_batch })
}

/// Lanes that the sessions hold locked, or at least transactions in which they idle.
async fn open_transactions(admin: &PgPool, backends: &[i32]) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity
          where pid = any($1) and state = 'idle in transaction' and backend_xid is not null",
    )
    .bind(backends)
    .fetch_one(admin)
    .await
}

/// The longest silence of each lane in the other child, in seconds, per freeze.
pub fn silences(ledger: &Ledger, freezes: &[Freeze]) -> Vec<(Freeze, i16, f64)> {
    let mut found = Vec::new();
    for freeze in freezes {
        for lane in LANES {
            let mut times: Vec<i64> = ledger
                .acks
                .iter()
                .filter(|ack| ack.child != freeze.victim && ack.lane == lane.0)
                .map(|ack| ack.at)
                .filter(|at| (freeze.from..freeze.to).contains(at))
                .collect();
            times.sort_unstable();
            times.push(freeze.to);
            let mut last = freeze.from;
            let mut longest = 0;
            for at in times {
                longest = longest.max(at - last);
                last = at;
            }
            found.push((*freeze, lane.0, seconds(longest)));
        }
    }
    found
}

#[allow(clippy::cast_precision_loss, reason = "seconds for people")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
