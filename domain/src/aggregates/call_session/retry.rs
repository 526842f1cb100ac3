//! Whether, and when, another attempt is made.

use chrono::{DateTime, TimeDelta, Utc};

use super::begin::check_time;
use super::events::CallEvent as E;
use super::handle::Decision;
use super::plan::CallPlan;
use super::refusal::CallRefusal;
use super::state::CallSession;
use super::vocabulary::{CallOutcome, ExhaustedBy};
use crate::Directed;

impl CallSession {
    /// What the plan makes of the end of an attempt: the next one, or that there is none. Never
    /// after a call that took place or was called off, never for a callee who pressed STOP or
    /// where somebody asked to hang up.
    pub(super) fn after_end(
        &self,
        of: &Directed<()>,
        attempt: i64,
        outcome: CallOutcome,
        transient: bool,
    ) -> Option<E> {
        let plan = self.plan().ok()?;
        let wanted = match outcome {
            CallOutcome::Busy | CallOutcome::NoAnswer => true,
            CallOutcome::Voicemail => plan.retry_voicemail,
            CallOutcome::Failed => transient,
            CallOutcome::Completed | CallOutcome::Canceled => false,
        };
        if !wanted || self.stopped || self.hang_up {
            return None;
        }
        if attempt >= plan.max_attempts {
            return Some(exhausted(of, attempt, ExhaustedBy::Attempts, outcome));
        }
        let due_at = of.now + TimeDelta::seconds(plan.retry_delay_s);
        if ends_before(plan, due_at) {
            return Some(exhausted(of, attempt, ExhaustedBy::Deadline, outcome));
        }
        let (schedule, from) = (self.schedules + 1, outcome.status());
        Some(E::CallRetryScheduled { attempt: attempt + 1, schedule, from, due_at, at: of.now })
    }

    /// A person wants another attempt. The number of attempts is a promise to the callee that
    /// nobody overrides.
    pub(super) fn retry(&self, of: &Directed<()>, due_at: DateTime<Utc>) -> Decision {
        let plan = self.plan()?;
        check_time(due_at, of.now, plan)?;
        let last = self.attempts.last().ok_or(CallRefusal::NotRetryable)?;
        let outcome = last.outcome.ok_or(CallRefusal::NotOver)?;
        if last.number >= plan.max_attempts {
            let told = exhausted(of, last.number, ExhaustedBy::Attempts, outcome);
            return Ok(if self.exhausted { vec![] } else { vec![told] });
        }
        let (attempt, schedule, from) = (self.upcoming(), self.schedules + 1, self.status);
        Ok(vec![E::CallRetryScheduled { attempt, schedule, from, due_at, at: of.now }])
    }

    /// The callee pressed STOP, and that came to be known only now: the attempt to come is not
    /// made.
    pub(super) fn withdrawn(&self, of: &Directed<()>) -> Option<E> {
        let to = self.attempts.last().and_then(|last| last.outcome)?;
        let (attempt, from) = (self.upcoming(), self.status);
        self.waits().then_some(E::CallRetryWithdrawn { attempt, from, to, at: of.now })
    }
}

fn ends_before(plan: &CallPlan, due_at: DateTime<Utc>) -> bool {
    plan.not_after.is_some_and(|end| due_at >= end)
}

fn exhausted(of: &Directed<()>, attempts: i64, by: ExhaustedBy, outcome: CallOutcome) -> E {
    E::CallAttemptsExhausted { attempts, by, outcome, at: of.now }
}
