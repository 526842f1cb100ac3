//! The hands of one worker: what it has under way, and what it has not yet recorded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bitacora_domain::TenantId;
use tokio::task::JoinSet;

use super::worker::Inner;
use crate::ports::{ClaimRequest, EffectClaim, EffectError, EffectResult, Errand};

/// Results that are recorded in one statement.
const SETTLE_AT_ONCE: usize = 256;
/// One hand in so many at most is busy with what ended (asking, telling), however much there is
/// of it: an outage of one tenant's provider leaves thousands of questions, and messages of the
/// others must not wait for them.
const ASKING_SHARE: usize = 4;

/// Everything that one run of a worker has in its hands. Dropping it drops what is under way,
/// as a crash does; leases then run out.
pub(super) struct Crew {
    inner: Arc<Inner>,
    hands: JoinSet<Ended>,
    /// Under way, by tenant.
    tenants: HashMap<TenantId, usize>,
    /// Of what is under way, what is no attempt.
    asking: usize,
    /// To be recorded.
    results: Vec<EffectResult>,
    looked_after: Option<Instant>,
}

/// What a hand leaves.
struct Ended {
    tenant: TenantId,
    asked: bool,
    result: Option<EffectResult>,
}

impl Crew {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            hands: JoinSet::new(),
            tenants: HashMap::new(),
            asking: 0,
            results: Vec::new(),
            looked_after: None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.hands.is_empty() && self.results.is_empty()
    }

    /// Records what has ended, and takes new work into free hands; returns how much.
    pub(super) async fn step(&mut self, take: bool) -> Result<usize, EffectError> {
        while let Some(ended) = self.hands.try_join_next() {
            self.reap(ended);
        }
        self.settle().await?;
        if !take {
            return Ok(0);
        }
        let mut taken = 0;
        let every = self.inner.options.look_after_every;
        let room = self.room_for_asking();
        if room > 0 && self.looked_after.is_none_or(|at| at.elapsed() >= every) {
            let found = self.look_after(room).await?;
            // While there are some, they are looked for with every step.
            self.looked_after = (found == 0).then(Instant::now);
            taken += found;
        }
        Ok(taken + self.claim().await?)
    }

    /// Waits until one under way ends; for ever when there is none.
    pub(super) async fn ended(&mut self) {
        match self.hands.join_next().await {
            Some(ended) => self.reap(ended),
            None => std::future::pending().await,
        }
    }

    /// Looks for leases that ran out and the like with the next step, however soon.
    pub(super) fn look_after_soon(&mut self) {
        self.looked_after = None;
    }

    /// How long there is nothing to do, as far as the queue knows.
    pub(super) async fn rest(&self) -> Result<Duration, EffectError> {
        let (poll, now) = (self.inner.options.poll, self.inner.clock.now());
        let Some(due) = self.inner.queue.next_due(now).await? else { return Ok(poll) };
        Ok((due - now).to_std().unwrap_or_default().min(poll))
    }

    fn reap(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        // Handlers are caught when they panic: a task that failed was ours to lose, and its lease
        // runs out. Its tenant cannot be told, so all counts start again when nothing is left.
        if let Ok(Ended { tenant, asked, result }) = ended {
            self.results.extend(result);
            self.asking = self.asking.saturating_sub(usize::from(asked));
            if let Some(count) = self.tenants.get_mut(&tenant) {
                *count = count.saturating_sub(1);
            }
        }
        if self.hands.is_empty() {
            self.tenants.clear();
            self.asking = 0;
        } else {
            self.tenants.retain(|_, count| *count > 0);
        }
    }

    async fn settle(&mut self) -> Result<(), EffectError> {
        while !self.results.is_empty() {
            let end = self.results.len().min(SETTLE_AT_ONCE);
            let now = self.inner.clock.now();
            let taken = self.inner.queue.settle(now, &self.results[..end]).await?;
            let late = (end as u64).saturating_sub(taken);
            if late > 0 {
                tracing::warn!(late, "results came after their lease had been given to another");
                metrics::counter!("bitacora_effects_late_results_total").increment(late);
            }
            self.results.drain(..end);
        }
        Ok(())
    }

    fn room_for_asking(&self) -> usize {
        let share = (self.inner.options.concurrency / ASKING_SHARE).max(1);
        share.saturating_sub(self.asking)
    }

    async fn look_after(&mut self, room: usize) -> Result<usize, EffectError> {
        let Some(mut request) = self.request() else { return Ok(0) };
        request.limit = request.limit.min(i64::try_from(room).unwrap_or(i64::MAX));
        let now = self.inner.clock.now();
        let claims = self.inner.queue.look_after(now, &request).await?;
        Ok(self.take(claims))
    }

    async fn claim(&mut self) -> Result<usize, EffectError> {
        let Some(request) = self.request() else { return Ok(0) };
        let now = self.inner.clock.now();
        let claims = self.inner.queue.claim(now, &request).await?;
        Ok(self.take(claims))
    }

    /// What fits into free hands; `None` when there are none.
    fn request(&self) -> Option<ClaimRequest> {
        let options = &self.inner.options;
        let free = options.concurrency.saturating_sub(self.hands.len());
        let full = self.tenants.iter().filter(|(_, count)| **count >= options.per_tenant);
        (free > 0).then(|| ClaimRequest {
            worker: self.inner.name.clone(),
            kinds: self.inner.handlers.keys().copied().collect(),
            limit: i64::try_from(free).unwrap_or(i64::MAX),
            per_tenant: i64::try_from(options.per_tenant).unwrap_or(i64::MAX),
            full: full.map(|(tenant, _)| *tenant).collect(),
            lease: options.lease,
        })
    }

    fn take(&mut self, claims: Vec<EffectClaim>) -> usize {
        let count = claims.len();
        for claim in claims {
            let (inner, tenant) = (Arc::clone(&self.inner), claim.effect.tenant);
            let asked = claim.errand != Errand::Run;
            *self.tenants.entry(tenant).or_default() += 1;
            self.asking += usize::from(asked);
            self.hands.spawn(async move {
                let result = inner.attend(&claim).await;
                Ended { tenant, asked, result }
            });
        }
        count
    }
}
