//! Decisions on single targets.

use chrono::TimeDelta;
use uuid::Uuid;

use super::handle::{Decision, reason};
use super::refusal::DeliveryRefusal as No;
use super::state::{Delivery, Progress};
use super::vocabulary::{DeliveryEvent as E, TargetStatus};
use crate::Directed;
use crate::text::trimmed;

/// Longest reference of a target, in characters.
const REFERENCE_MAX: usize = 200;
/// From a failure to the next attempt, in minutes; the last one repeats.
const RETRY_MINUTES: [i64; 3] = [1, 10, 60];
/// Why a delivery ends as a dead letter by itself.
const EXHAUSTED: &str = "ATTEMPTS_EXHAUSTED";

impl Delivery {
    /// The event with the status that it leads to.
    fn settled(&self, event: impl Fn(super::DeliveryStatus) -> E) -> E {
        let mut after = self.clone();
        after.follow(event(self.status()));
        event(after.status())
    }

    fn known(&self, target: Uuid) -> Result<&Progress, No> {
        self.progress(target).ok_or(No::TargetUnknown)
    }

    pub(super) fn attempt(&self, of: &Directed<()>, target: Uuid, attempt: i64) -> Decision {
        let known = self.known(target)?;
        if attempt != known.attempts + 1 {
            return Err(No::AttemptOutOfOrder);
        }
        if known.is_over() {
            return Err(No::AttemptsExhausted);
        }
        let at = of.now;
        Ok(vec![self.settled(|status| E::DeliveryTargetAttempted { target, attempt, status, at })])
    }

    pub(super) fn confirm(
        &self,
        of: &Directed<()>,
        (target, attempt): (Uuid, i64),
        reference: Option<&str>,
    ) -> Decision {
        let known = self.known(target)?;
        if !(1..=known.attempts).contains(&attempt) {
            return Err(No::AttemptOutOfOrder);
        }
        let reference = match reference {
            Some(text) => Some(trimmed(text, REFERENCE_MAX).ok_or(No::InvalidReference)?),
            None => None,
        };
        let first = self.confirmed() == 0;
        let late = self.given_up || known.status == TargetStatus::Failed;
        Ok(vec![self.settled(|status| E::DeliveryTargetConfirmed {
            target,
            attempt,
            reference: reference.clone(),
            first,
            late,
            status,
            at: of.now,
        })])
    }

    /// After the last attempt at the last target that was left, it is given up.
    pub(super) fn fail(
        &self,
        of: &Directed<()>,
        (target, attempt): (Uuid, i64),
        (why, retryable): (&str, bool),
    ) -> Decision {
        let (known, why) = (self.known(target)?, reason(why)?);
        if attempt != known.attempts {
            return Err(No::AttemptOutOfOrder);
        }
        let again = retryable && !self.given_up && known.attempts < known.attempts_until;
        let round = self.request.as_ref().map_or(1, |request| request.attempts_max);
        let nth = (attempt - 1).rem_euclid(round.max(1));
        let minutes = usize::try_from(nth).ok().and_then(|n| RETRY_MINUTES.get(n));
        let wait = TimeDelta::minutes(minutes.copied().unwrap_or(60));
        let retry_at = again.then(|| of.now + wait);
        let failed = self.settled(|status| E::DeliveryTargetFailed {
            target,
            attempt,
            reason: why.clone(),
            retry_at,
            status,
            at: of.now,
        });
        let mut after = self.clone();
        after.follow(failed.clone());
        Ok([failed].into_iter().chain(after.exhausted(of)).collect())
    }

    pub(super) fn unknown(
        &self,
        of: &Directed<()>,
        (target, attempt): (Uuid, i64),
        why: &str,
    ) -> Decision {
        let (known, why) = (self.known(target)?, reason(why)?);
        if attempt != known.attempts {
            return Err(No::AttemptOutOfOrder);
        }
        Ok(vec![self.settled(|status| E::DeliveryTargetUnknown {
            target,
            attempt,
            reason: why.clone(),
            status,
            at: of.now,
        })])
    }

    /// Every target has it or is over, and not all have it.
    fn exhausted(&self, of: &Directed<()>) -> Option<E> {
        let done =
            |progress: &Progress| progress.status == TargetStatus::Confirmed || progress.is_over();
        let over = self.targets.iter().any(Progress::is_over);
        let now = !self.given_up && !self.refunded && over && self.targets.iter().all(done);
        now.then(|| self.given_up_event(of, EXHAUSTED.to_owned(), false))
    }

    pub(super) fn given_up_event(&self, of: &Directed<()>, reason: String, withdrawn: bool) -> E {
        let confirmed = i64::try_from(self.confirmed()).unwrap_or(i64::MAX);
        E::DeliveryDeadLettered { reason, withdrawn, confirmed, at: of.now }
    }

    /// Where it failed or was never tried, and where nobody knows if that is wanted.
    pub(super) fn retry(&self, of: &Directed<()>, why: &str, may_repeat: bool) -> Decision {
        let why = reason(why)?;
        if self.withdrawn {
            return Err(No::Withdrawn);
        }
        let wanted = |progress: &&Progress| match progress.status {
            TargetStatus::Waiting | TargetStatus::Failed => true,
            TargetStatus::Unknown => may_repeat,
            TargetStatus::InFlight | TargetStatus::Confirmed => false,
        };
        let targets: Vec<Uuid> =
            self.targets.iter().filter(wanted).map(|progress| progress.target.id).collect();
        if targets.is_empty() {
            let unsure = self.targets.iter().any(|known| known.status == TargetStatus::Unknown);
            return Err(if unsure { No::OutcomeUnknown } else { No::NothingToRetry });
        }
        Ok(vec![self.settled(|status| E::DeliveryRetried {
            targets: targets.clone(),
            reason: why.clone(),
            by: of.actor.clone(),
            status,
            at: of.now,
        })])
    }
}
