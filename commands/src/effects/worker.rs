//! The worker: claims what is due, has it done, records what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::crew::Crew;
use super::{BreakerOptions, Breakers, EffectHandler};
use crate::ports::{Clock, EffectError, EffectQueue, EffectState};

/// Effects that are swept in one statement.
const SWEEP_AT_ONCE: i64 = 1_000;

/// Settings of the effects worker.
#[derive(Clone, Copy, Debug)]
pub struct EffectOptions {
    /// Effects under way at a time.
    pub concurrency: usize,
    /// Of them, of one tenant. A claim may bring a tenant to just below twice as many.
    pub per_tenant: usize,
    /// How long a claim lasts, by the database's clock; longer than [`Self::run_within`] twice,
    /// since an attempt that is cut off is asked about.
    pub lease: TimeDelta,
    /// Time for one call of a handler.
    pub run_within: Duration,
    /// Attempts that may fail before an effect is given up.
    pub max_attempts: i32,
    /// How far apart effects come back that waited for the same breaker.
    pub spread: TimeDelta,
    /// When breakers open.
    pub breaker: BreakerOptions,
    /// How long to rest at most; effects that another process stored are found after it.
    pub poll: Duration,
    /// How often leases that ran out, unknown and given-up effects are looked for.
    pub look_after_every: Duration,
    /// How often figures are taken and old effects are swept.
    pub upkeep_every: Duration,
    /// How long effects that are over are kept.
    pub keep: TimeDelta,
}

impl Default for EffectOptions {
    fn default() -> Self {
        Self {
            concurrency: 64,
            per_tenant: 16,
            lease: TimeDelta::seconds(75),
            run_within: Duration::from_secs(30),
            max_attempts: 8,
            spread: TimeDelta::seconds(5),
            breaker: BreakerOptions::default(),
            poll: Duration::from_secs(1),
            look_after_every: Duration::from_secs(1),
            upkeep_every: Duration::from_secs(15),
            keep: TimeDelta::days(30),
        }
    }
}

/// The effects worker. Cheap to clone; any number of them, in any number of processes, may work
/// on one queue.
#[derive(Clone)]
pub struct EffectWorker(Arc<Inner>);

pub(super) struct Inner {
    pub(super) queue: Arc<dyn EffectQueue>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) handlers: BTreeMap<&'static str, Arc<dyn EffectHandler>>,
    pub(super) breakers: Breakers,
    pub(super) options: EffectOptions,
    pub(super) name: String,
}

impl EffectWorker {
    /// A worker called `name` (written beside its attempts) that takes from `queue`. Due times
    /// are by `clock`.
    pub fn new(
        name: impl Into<String>,
        queue: Arc<dyn EffectQueue>,
        clock: Arc<dyn Clock>,
        handlers: Vec<Arc<dyn EffectHandler>>,
        options: EffectOptions,
    ) -> Self {
        Self(Arc::new(Inner {
            queue,
            clock,
            handlers: handlers.into_iter().map(|handler| (handler.kind(), handler)).collect(),
            breakers: Breakers::new(options.breaker),
            options,
            name: name.into(),
        }))
    }

    /// Works until `stop`. What is under way when it stops is finished and recorded.
    pub async fn run(&self, stop: CancellationToken) {
        let mut crew = Crew::new(Arc::clone(&self.0));
        let (mut upkeep, mut sweeping): (Option<Instant>, bool) = (None, false);
        while !(stop.is_cancelled() && crew.is_idle()) {
            let taking = !stop.is_cancelled();
            if taking && upkeep.is_none_or(|at| at.elapsed() >= self.0.options.upkeep_every) {
                self.upkeep().await;
                upkeep = Some(Instant::now());
                sweeping = true;
            }
            // One portion at a time, so that what is due does not wait for what is over.
            if taking && sweeping {
                sweeping = self.sweep().await;
            }
            match self.turn(&mut crew, &stop).await {
                Ok(()) => {}
                // What is under way lost nothing: its results are kept and recorded later.
                Err(error) if taking => {
                    tracing::warn!(%error, "effects cannot be worked on; trying again");
                    pause(&stop).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "results were not recorded; their leases run out");
                    return;
                }
            }
        }
    }

    /// Works until nothing more is due at this moment of the clock; returns how many claims that
    /// took. For tests and for whoever moves the clock.
    ///
    /// # Errors
    /// [`EffectError`] when the queue cannot be reached; leases then run out.
    pub async fn drain(&self) -> Result<usize, EffectError> {
        let (mut crew, mut total) = (Crew::new(Arc::clone(&self.0)), 0);
        loop {
            crew.look_after_soon();
            let taken = crew.step(true).await?;
            total += taken;
            if taken == 0 {
                if crew.is_idle() {
                    return Ok(total);
                }
                crew.ended().await;
            }
        }
    }

    /// The breakers, for figures.
    pub fn breakers(&self) -> &Breakers {
        &self.0.breakers
    }

    /// One step, and a rest when it brought nothing.
    async fn turn(&self, crew: &mut Crew, stop: &CancellationToken) -> Result<(), EffectError> {
        if stop.is_cancelled() {
            crew.step(false).await?;
            if !crew.is_idle() {
                crew.ended().await;
            }
            return Ok(());
        }
        if crew.step(true).await? > 0 {
            return Ok(());
        }
        let rest = crew.rest().await?;
        tokio::select! {
            () = stop.cancelled() => {}
            () = crew.ended() => {}
            () = self.0.queue.wait(rest) => {}
        }
        Ok(())
    }

    async fn upkeep(&self) {
        if let Err(error) = self.try_upkeep().await {
            tracing::warn!(%error, "figures of effects could not be taken");
        }
    }

    async fn try_upkeep(&self) -> Result<(), EffectError> {
        let now = self.0.clock.now();
        let counts = self.0.queue.counts(now).await?;
        let gauge =
            |state: EffectState| f64::from(i32::try_from(counts.of(state)).unwrap_or(i32::MAX));
        metrics::gauge!("bitacora_effects_pending").set(gauge(EffectState::Pending));
        metrics::gauge!("bitacora_effects_running").set(gauge(EffectState::Running));
        metrics::gauge!("bitacora_effects_unknown").set(gauge(EffectState::Unknown));
        metrics::gauge!("bitacora_effects_dead").set(gauge(EffectState::Dead));
        let lag = counts.oldest_due.map_or(TimeDelta::zero(), |due| now - due);
        metrics::gauge!("bitacora_effects_oldest_due_seconds")
            .set(lag.to_std().unwrap_or_default().as_secs_f64());
        let open = u32::try_from(self.0.breakers.open()).unwrap_or(u32::MAX);
        metrics::gauge!("bitacora_effects_breakers_open").set(f64::from(open));
        Ok(())
    }

    /// Sweeps a portion; is there more?
    async fn sweep(&self) -> bool {
        let before = self.0.clock.now() - self.0.options.keep;
        match self.0.queue.sweep(before, SWEEP_AT_ONCE).await {
            Ok(swept) => {
                metrics::counter!("bitacora_effects_swept_total").increment(swept);
                swept >= SWEEP_AT_ONCE.unsigned_abs()
            }
            Err(error) => {
                tracing::warn!(%error, "old effects could not be swept");
                false
            }
        }
    }
}

async fn pause(stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
}
