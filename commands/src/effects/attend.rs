//! One claimed effect, from the claim to its result. Never panics and always ends.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

use super::breaker::{Health, Leave};
use super::worker::Inner;
use super::{EffectHandler, Verdict, backoff, outcome};
use crate::ports::{EffectClaim, EffectResult, Errand};

/// Code of what was not even asked, because its provider is left alone.
const BREAKER_OPEN: &str = "BREAKER_OPEN";

impl Inner {
    /// Does what the claim is for.
    pub(super) async fn attend(&self, claim: &EffectClaim) -> Option<EffectResult> {
        let handler = self.handlers.get(claim.effect.kind.as_str())?.as_ref();
        Some(match claim.errand {
            Errand::Run => {
                let verdict = self.guarded_run(handler, claim).await;
                self.judged(handler, claim, verdict)
            }
            Errand::Abandoned => {
                let verdict = self.ask_abandoned(handler, claim).await;
                self.judged(handler, claim, verdict)
            }
            Errand::Reconcile => {
                let verdict = self.within(handler.reconcile(&claim.effect)).await;
                let verdict = verdict.unwrap_or_else(|| lost("RECONCILE_FAILED"));
                outcome::of_question(claim, verdict, self.clock.now())
            }
            Errand::Tell { discarded } => self.tell(handler, claim, discarded).await,
        })
    }

    /// Runs the handler if the breaker lets it.
    async fn guarded_run(&self, handler: &dyn EffectHandler, claim: &EffectClaim) -> Verdict {
        let effect = &claim.effect;
        let Some(provider) = handler.provider() else { return self.run(handler, claim).await };
        let leave = self.breakers.ask(provider, effect.tenant, self.clock.now());
        if let Leave::Refused(until) = leave {
            // All that waits for the breaker must not come back in one moment.
            let until = until + backoff::spread(effect.id, effect.attempt, self.options.spread);
            return Verdict::Defer { code: BREAKER_OPEN.into(), until };
        }
        let verdict = self.run(handler, claim).await;
        let key = (provider, effect.tenant);
        self.breakers.tell(key, leave, health(&verdict), self.clock.now());
        verdict
    }

    async fn run(&self, handler: &dyn EffectHandler, claim: &EffectClaim) -> Verdict {
        match self.within(handler.run(&claim.effect)).await {
            Some(verdict) => verdict,
            None => self.ask_abandoned(handler, claim).await,
        }
    }

    /// When not even that can be answered, nobody knows.
    async fn ask_abandoned(&self, handler: &dyn EffectHandler, claim: &EffectClaim) -> Verdict {
        let verdict = self.within(handler.abandoned(&claim.effect)).await;
        verdict.unwrap_or_else(|| lost("ABANDONED"))
    }

    async fn tell(
        &self,
        handler: &dyn EffectHandler,
        claim: &EffectClaim,
        discarded: bool,
    ) -> EffectResult {
        let code = claim.code.as_deref().unwrap_or("DISCARDED");
        let detail = claim.detail.as_deref().unwrap_or_default();
        let told = self.within(handler.given_up(&claim.effect, code, detail, discarded)).await;
        if let Some(Err(untold)) = &told {
            let (effect, kind) = (claim.effect.id, handler.kind());
            tracing::warn!(%effect, kind, error = %untold, "told again later");
        }
        outcome::of_telling(claim, discarded, matches!(told, Some(Ok(()))), self.clock.now())
    }

    /// What puts itself off may wait for weeks: what was cut off by a crash now and then must not
    /// add up until it is given up.
    fn judged(
        &self,
        handler: &dyn EffectHandler,
        claim: &EffectClaim,
        verdict: Verdict,
    ) -> EffectResult {
        self.report(claim, &verdict);
        let put_off = matches!(&verdict, Verdict::Defer { code, .. } if code != BREAKER_OPEN);
        let is_well = put_off && handler.is_well_when_put_off();
        let now = self.clock.now();
        let result = outcome::of_attempt(claim, verdict, now, self.options.max_attempts);
        if is_well { EffectResult { failures: 0, ..result } } else { result }
    }

    fn report(&self, claim: &EffectClaim, verdict: &Verdict) {
        let Some(kind) = self.handlers.get(claim.effect.kind.as_str()).map(|h| h.kind()) else {
            return;
        };
        let outcome = outcome::word(verdict);
        metrics::counter!("bitacora_effects_attempts_total", "kind" => kind, "outcome" => outcome)
            .increment(1);
        let (effect, attempt) = (claim.effect.id, claim.effect.attempt);
        match verdict {
            Verdict::Done | Verdict::Dropped { .. } => {
                tracing::debug!(%effect, kind, attempt, outcome, "effect");
            }
            Verdict::Retry { code, .. } | Verdict::Defer { code, .. } => {
                tracing::info!(%effect, kind, attempt, outcome, code, "effect");
            }
            Verdict::Unknown { code, .. } | Verdict::Failed { code, .. } => {
                tracing::warn!(%effect, kind, attempt, outcome, code, "effect");
            }
        }
    }

    /// `None` when it took too long or panicked.
    async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let caught = AssertUnwindSafe(work).catch_unwind();
        match tokio::time::timeout(self.options.run_within, caught).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(_)) => {
                metrics::counter!("bitacora_effects_panics_total").increment(1);
                tracing::error!("an effect's handler panicked");
                None
            }
            Err(_) => {
                tracing::error!("an effect's handler took too long and was cut off");
                None
            }
        }
    }
}

fn lost(code: &str) -> Verdict {
    Verdict::Unknown { code: code.into(), detail: "its handler gave no answer".into() }
}

/// Whoever names a time to come back, or refuses for good, is well.
fn health(verdict: &Verdict) -> Health {
    match verdict {
        Verdict::Done
        | Verdict::Dropped { .. }
        | Verdict::Failed { .. }
        | Verdict::Retry { after: Some(_), .. } => Health::Well,
        Verdict::Retry { after: None, .. } | Verdict::Unknown { .. } => Health::Ill,
        Verdict::Defer { .. } => Health::Silent,
    }
}
