//! Do the projections keep moving while the log is tortured? Nothing of it touches them, so
//! none may stand still behind the log for long.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Longest time that a projection may stand still behind the log under this load.
pub const LIMIT: Duration = Duration::from_secs(5);

/// Where each projection stands in each lane, and where the lane ends.
const CHECKPOINTS: &str = "
    select c.name || ' in lane ' || c.lane, c.position, h.position
      from ops.checkpoints c join ops.read_models m using (name, schema, generation)
      join log.lane_heads h using (lane) where m.state = 'live'";

/// Watches until `stop`; the longest standstill and whose it was.
pub async fn watch(admin: PgPool, stop: CancellationToken) -> (Duration, String) {
    let mut moved: HashMap<String, (i64, Instant)> = HashMap::new();
    let mut longest = (Duration::ZERO, String::new());
    while !stop.is_cancelled() {
        let rows: Result<Vec<(String, i64, i64)>, _> =
            sqlx::query_as(CHECKPOINTS).fetch_all(&admin).await;
        let now = Instant::now();
        for (name, position, head) in rows.unwrap_or_default() {
            let (last, since) = moved.entry(name.clone()).or_insert((position, now));
            if *last != position || position >= head {
                (*last, *since) = (position, now);
            } else if now - *since > longest.0 {
                longest = (now - *since, name);
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
    longest
}
