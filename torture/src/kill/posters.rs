//! Tasks that post webhooks as a provider does: what was not answered by 200 is sent again,
//! and sometimes what was.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::webhook::Webhook;

/// How often an unanswered webhook is sent again before its poster moves on. A provider would
/// go on for days; here a lost one only has to be possible.
const REPEATS: u32 = 200;

/// What the posters know.
#[derive(Debug, Default)]
pub(super) struct Posted {
    /// Requests that wait for their answer at this moment.
    pub(super) in_flight: AtomicU64,
    /// Requests answered by 200.
    pub(super) accepted: AtomicU64,
    /// Requests that broke off or were refused in passing (5xx).
    pub(super) unanswered: AtomicU64,
    /// Webhooks that were sent again although they had been answered.
    pub(super) duplicates: AtomicU64,
    /// Webhooks with several messages.
    pub(super) batches: AtomicU64,
    /// Statuses.
    pub(super) statuses: AtomicU64,
    /// Nothing is posted while this is set: the backlog is long enough.
    pub(super) paused: AtomicBool,
    sent: Mutex<HashSet<String>>,
    acknowledged: Mutex<HashSet<String>>,
    wrong: Mutex<Vec<String>>,
}

impl Posted {
    /// Messages that were sent at all.
    pub(super) fn sent(&self) -> HashSet<String> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Messages whose webhook got a 200.
    pub(super) fn acknowledged(&self) -> HashSet<String> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers that must not be.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Starts them.
pub(super) fn start(
    count: u64,
    seed: u64,
    url: &str,
    book: &Arc<Posted>,
    stop: &CancellationToken,
) -> anyhow::Result<Vec<JoinHandle<anyhow::Result<()>>>> {
    let client = bitacora_adapters::web::builder()?
        .timeout(Duration::from_secs(10))
        .pool_max_idle_per_host(usize::try_from(count)?)
        .build()?;
    Ok((0..count)
        .map(|poster| {
            let task = Poster {
                number: poster,
                client: client.clone(),
                url: url.to_owned(),
                posted: Arc::clone(book),
                dice: StdRng::seed_from_u64(seed.wrapping_mul(1_009).wrapping_add(poster)),
            };
            tokio::spawn(task.post_until(stop.clone()))
        })
        .collect())
}

struct Poster {
    number: u64,
    client: reqwest::Client,
    url: String,
    posted: Arc<Posted>,
    dice: StdRng,
}

impl Poster {
    async fn post_until(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut last: Option<Webhook> = None;
        for serial in 0_u64.. {
            while self.posted.paused.load(Ordering::Relaxed) && !stop.is_cancelled() {
                sleep(Duration::from_millis(20)).await;
            }
            if stop.is_cancelled() {
                break;
            }
            let webhook = self.next(serial, last.take());
            // A connection that broke off leaves the provider in doubt: it sends again.
            let mut answered = false;
            for _ in 0..REPEATS {
                answered = self.post(&webhook).await?;
                if answered {
                    break;
                }
                sleep(Duration::from_millis(self.dice.random_range(10..120))).await;
            }
            if answered {
                last = Some(webhook);
            }
            sleep(Duration::from_millis(self.dice.random_range(0..15))).await;
        }
        Ok(())
    }

    fn next(&mut self, serial: u64, last: Option<Webhook>) -> Webhook {
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        match (self.dice.random_range(0..100), last) {
            (0..10, Some(last)) => {
                count(&self.posted.duplicates);
                last
            }
            (10..25, _) => {
                count(&self.posted.batches);
                let messages = self.dice.random_range(2..6);
                Webhook::messages(&mut self.dice, self.number, serial, messages)
            }
            (25..30, _) => {
                count(&self.posted.statuses);
                Webhook::status(self.number, serial)
            }
            _ => Webhook::messages(&mut self.dice, self.number, serial, 1),
        }
    }

    /// Posts once; true when it was answered by 200.
    async fn post(&self, webhook: &Webhook) -> anyhow::Result<bool> {
        let posted = &self.posted;
        let keep = |set: &Mutex<HashSet<String>>| {
            let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
            set.extend(webhook.wamids.iter().cloned());
        };
        keep(&posted.sent);
        posted.in_flight.fetch_add(1, Ordering::Relaxed);
        let answer = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", webhook.signature().context("no signature")?)
            .body(webhook.body.clone())
            .send()
            .await;
        posted.in_flight.fetch_sub(1, Ordering::Relaxed);
        match answer.map(|answer| answer.status().as_u16()) {
            Ok(200) => {
                posted.accepted.fetch_add(1, Ordering::Relaxed);
                keep(&posted.acknowledged);
                Ok(true)
            }
            Ok(500..=599) | Err(_) => {
                posted.unanswered.fetch_add(1, Ordering::Relaxed);
                Ok(false)
            }
            Ok(status) => {
                let mut wrong = posted.wrong.lock().unwrap_or_else(PoisonError::into_inner);
                wrong.push(format!("{status} for {:?}", webhook.wamids));
                Ok(false)
            }
        }
    }
}
