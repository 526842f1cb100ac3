//! Readers that follow each lane from the beginning while it is written, in pages of every
//! size: each position once, in order, and each stream's versions in order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bitacora_domain::{Lane, Position, StreamId};
use bitacora_projections::ports::LogReader;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Patience for the rest of the lane after the writers have ended.
const CATCH_UP: Duration = Duration::from_mins(1);
/// Violations that are kept.
const KEPT: usize = 20;

/// What a reader saw.
#[derive(Debug, Default)]
pub struct Followed {
    /// Events read.
    pub events: u64,
    /// Pages read.
    pub pages: u64,
    /// What was out of order.
    pub violations: Vec<String>,
}

/// Follows `lane` until `stop`, then to its end.
pub async fn follow(
    reader: Arc<dyn LogReader>,
    lane: Lane,
    seed: u64,
    stop: CancellationToken,
) -> Followed {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut saw = Followed::default();
    let mut after = Position::START;
    let mut recorded_at = DateTime::<Utc>::MIN_UTC;
    let mut versions: HashMap<StreamId, i64> = HashMap::new();
    let mut deadline: Option<(Instant, Position)> = None;
    loop {
        if deadline.is_none() && stop.is_cancelled() {
            match reader.head(lane).await {
                Ok(head) => deadline = Some((Instant::now() + CATCH_UP, head.position)),
                Err(error) => saw.violations.push(format!("lane {lane}: no head: {error}")),
            }
        }
        if let Some((until, head)) = deadline {
            if after >= head {
                return saw;
            }
            if Instant::now() > until {
                saw.violations.push(format!("lane {lane}: stuck at {after} of {head}"));
                return saw;
            }
        }
        if saw.violations.len() >= KEPT {
            return saw;
        }
        let page = match reader.read_lane(lane, after, dice.random_range(1..600)).await {
            Ok(page) => page,
            Err(error) => {
                saw.violations.push(format!("lane {lane} after {after}: {error}"));
                Vec::new()
            }
        };
        saw.pages += 1;
        for event in &page {
            saw.events += 1;
            if event.position != after.next() {
                saw.violations.push(format!("lane {lane}: {} came after {after}", event.position));
            }
            let version = versions.entry(event.stream.clone()).or_default();
            if event.version.0 != *version + 1 {
                saw.violations.push(format!(
                    "lane {lane}: version {} of {} came after {version}",
                    event.version, event.stream
                ));
            }
            if event.recorded_at < recorded_at {
                saw.violations.push(format!("lane {lane}: time went back at {}", event.position));
            }
            (*version, after, recorded_at) = (event.version.0, event.position, event.recorded_at);
        }
        if page.is_empty() {
            sleep(Duration::from_millis(dice.random_range(1..30))).await;
        }
    }
}
