//! What the provider's answer means for the call and for the effect. The attempt has begun and
//! is over with this, whatever the answer: another one is the call's to plan, not the queue's.

use std::time::Duration;

use bitacora_domain::aggregates::call_session::{CallRefusal, PlacementOutcome, ProviderIds};

use super::{Job, PlaceCall, unknown};
use crate::CommandError;
use crate::effects::Verdict;
use crate::effects::giving::{dropped, retry};
use crate::ports::{Refusal, Remedy, SendFault};

/// Why a command to a call was not accepted.
pub(in crate::effects) type CallError = CommandError<CallRefusal>;

/// How often an outcome is tried to be recorded, and the pause in between.
const RECORD_TRIES: u32 = 4;
const RECORD_PAUSE: Duration = Duration::from_millis(250);

impl PlaceCall {
    pub(super) async fn conclude(
        &self,
        job: &Job<'_>,
        answer: Result<ProviderIds, SendFault>,
    ) -> Verdict {
        let (outcome, verdict) = match answer {
            Ok(ids) => (PlacementOutcome::Placed { ids }, Verdict::Done),
            Err(SendFault::Unknown(reason)) => {
                (PlacementOutcome::Unknown { reason: reason.into() }, unknown(reason))
            }
            // The breaker counts it; the next look finds the attempt over.
            Err(SendFault::Unreachable(reason)) => {
                (not_placed(reason, "the provider was not reached", true), retry(reason, reason))
            }
            Err(SendFault::Refused(refusal)) => refused(&refusal),
        };
        let step = format!("outcome:{}", job.giving.effect.attempt);
        match self.record_again(job, &step, outcome).await {
            Ok(()) => verdict,
            // Something else is known by now: a callback came first. What the provider has, it has.
            Err(CallError::Refused(_)) if verdict == Verdict::Done => verdict,
            Err(error) => {
                tracing::error!(effect = %job.giving.effect.id, code = error.code(),
                    "the outcome of a request could not be recorded: unknown from now on");
                unknown("OUTCOME_NOT_RECORDED")
            }
        }
    }

    /// Records an outcome; again a few times while the log cannot be reached.
    pub(super) async fn record_again(
        &self,
        job: &Job<'_>,
        step: &str,
        outcome: PlacementOutcome,
    ) -> Result<(), CallError> {
        let mut tries = 1;
        loop {
            match self.record(job, step, outcome.clone()).await {
                Err(error) if error.retryable() && tries < RECORD_TRIES => {
                    tokio::time::sleep(RECORD_PAUSE * tries).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }
}

/// Trouble that passes, or that is ours to mend, is no fault of the callee: the plan may try
/// again.
fn refused(refusal: &Refusal) -> (PlacementOutcome, Verdict) {
    let Refusal { code, title, class, remedy, after } = refusal;
    let (own, detail) = (class.code(), format!("{code}: {title}"));
    let passes = match remedy {
        Remedy::Retry | Remedy::StopChannel | Remedy::StopBusinessInitiated => true,
        Remedy::Fail | Remedy::FailAndOptOut => false,
    };
    let verdict = if passes {
        Verdict::Retry { code: own.into(), detail, after: *after }
    } else {
        dropped(own, detail)
    };
    (not_placed(&code.to_string(), title, passes), verdict)
}

fn not_placed(code: &str, title: &str, transient: bool) -> PlacementOutcome {
    PlacementOutcome::Failed { code: code.into(), title: title.into(), transient }
}
