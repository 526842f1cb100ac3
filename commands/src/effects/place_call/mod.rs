//! The kind `call.place`: has a provider dial, at most once per attempt by the machine.
//!
//! The order of things: look up what the guards want to know, tell the call that the attempt
//! begins (the guards have their last word there), make the request, tell the call how it ended.
//! The call begins each attempt once; so between "begins" and "ended" there is one request at
//! most. Whatever ends in between is *unknown*: our ids travel in the address of the provider's
//! callbacks, and the first of them tells; failing that the provider is asked for calls to this
//! number at that time. It is never dialled again by the machine.

mod begin;
mod outcome;
mod pace;
mod prepare;
mod search;

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::Actor;
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallSession, PLACE_EFFECT, PlaceEffect, PlacementOutcome,
};
use serde::Deserialize as _;

use self::pace::Pace;
use super::giving::{self, Giving, dropped, failed, retry};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::calls::{CallParts, Standing};
use crate::{CommandBus, CommandError};

pub(super) use self::outcome::CallError;

/// Name of the provider, for breakers.
pub(super) const PROVIDER: &str = "telephony";

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    let (bus, calls) = (parts.bus.clone(), parts.calls.clone());
    Arc::new(PlaceCall { bus, calls, pace: Pace::default() })
}

struct PlaceCall {
    bus: CommandBus,
    calls: CallParts,
    pace: Pace,
}

/// An effect with its payload.
struct Job<'a> {
    giving: Giving<'a>,
    place: PlaceEffect,
}

#[async_trait]
impl EffectHandler for PlaceCall {
    fn kind(&self) -> &'static str {
        PLACE_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    /// An attempt that was made and failed is over, and is not made again: what fails here is only
    /// the way to it.
    fn is_well_when_put_off(&self) -> bool {
        true
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        match self.job(effect) {
            Ok(job) => self.attempt(&job).await.unwrap_or_else(|verdict| verdict),
            Err(verdict) => verdict,
        }
    }

    async fn abandoned(&self, effect: &Claimed) -> Verdict {
        let job = match self.job(effect) {
            Ok(job) => job,
            Err(verdict) => return verdict,
        };
        match self.standing(&job).await {
            Ok(Standing::Waiting) => {
                retry("ABANDONED", "the worker was lost before the request began")
            }
            Ok(standing) => self.settled(&job, standing).await,
            Err(_) => unknown("LOG_UNAVAILABLE"),
        }
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        let job = match self.job(effect) {
            Ok(job) => job,
            Err(verdict) => return verdict,
        };
        match self.standing(&job).await {
            // An operator may retry without fear.
            Ok(Standing::Waiting) => {
                failed("NEVER_LEFT", "the request had not begun; retrying dials once")
            }
            // A status that ends an attempt also ends what was not known about it.
            Ok(Standing::Taken | Standing::Over) => Verdict::Done,
            Ok(Standing::InFlight) => self.settled(&job, Standing::InFlight).await,
            Ok(Standing::Unknown) => self.search(&job).await,
            Err(_) => unknown("LOG_UNAVAILABLE"),
        }
    }

    /// A dead letter waits for an operator, and so does its call. One that was discarded has
    /// failed: that is how an operator ends an attempt of which no status ever came.
    async fn given_up(
        &self,
        effect: &Claimed,
        _: &str,
        _: &str,
        discarded: bool,
    ) -> Result<(), Untold> {
        let Ok(job) = self.job(effect) else { return Ok(()) };
        if !discarded {
            return Ok(());
        }
        let outcome = PlacementOutcome::Failed {
            code: "DISCARDED".into(),
            title: "an operator decided that it did not happen".into(),
            transient: false,
        };
        let step = format!("discarded:{}", effect.attempt);
        match self.record(&job, &step, outcome).await {
            // over meanwhile, or never begun
            Ok(()) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

impl PlaceCall {
    fn job<'a>(&'a self, effect: &'a Claimed) -> Result<Job<'a>, Verdict> {
        let place = PlaceEffect::deserialize(&effect.payload).map_err(|_| giving::unreadable())?;
        let giving = Giving { bus: &self.bus, effect, actor: Actor::system(PROVIDER) };
        Ok(Job { giving, place })
    }

    /// One attempt; `Err` is the verdict on one that did not get as far as the request.
    async fn attempt(&self, job: &Job<'_>) -> Result<Verdict, Verdict> {
        match self.standing(job).await? {
            Standing::Waiting => {}
            standing @ (Standing::InFlight
            | Standing::Unknown
            | Standing::Taken
            | Standing::Over) => return Err(self.settled(job, standing).await),
        }
        let ready = self.prepare(job).await?;
        self.begin(job, &ready).await?;
        let answer = self.calls.telephony.place(ready.outgoing).await;
        Ok(self.conclude(job, answer).await)
    }

    async fn standing(&self, job: &Job<'_>) -> Result<Standing, Verdict> {
        let session = job.giving.load::<CallSession>(job.place.call).await?;
        Ok(session.map_or(Standing::Over, |known| Standing::of(&known, job.place.attempt)))
    }

    /// The verdict on an attempt that must not be dialled now. One that has begun and not ended
    /// becomes unknown in the call, too.
    async fn settled(&self, job: &Job<'_>, standing: Standing) -> Verdict {
        match standing {
            Standing::Taken => Verdict::Done,
            Standing::Over => dropped("CALL_OVER", "the attempt is over, or is not to be made"),
            Standing::Unknown => unknown("NO_STATUS_YET"),
            Standing::Waiting => dropped("ATTEMPT_STALE", "another worker goes on with it"),
            Standing::InFlight => {
                let outcome = PlacementOutcome::Unknown { reason: "ABANDONED".into() };
                let step = format!("abandoned:{}", job.giving.effect.attempt);
                if let Err(error) = self.record(job, &step, outcome).await {
                    tracing::warn!(effect = %job.giving.effect.id, code = error.code(),
                        "an abandoned attempt is not recorded yet; asked again later");
                }
                unknown("ABANDONED")
            }
        }
    }

    /// Tells the call how the request ended.
    async fn record(
        &self,
        job: &Job<'_>,
        step: &str,
        outcome: PlacementOutcome,
    ) -> Result<(), CallError> {
        let body = CallCommand::RecordPlaced { attempt: job.place.attempt, outcome };
        job.giving.give::<CallSession>(step, job.place.call, body).await.map(drop)
    }
}

fn unknown(code: &str) -> Verdict {
    let detail = "the provider may have the call; a callback tells".into();
    Verdict::Unknown { code: code.into(), detail }
}
