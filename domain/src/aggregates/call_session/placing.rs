//! How the request to the provider ended, and what facts teach about an attempt. An attempt is
//! requested once; one of which nobody knows whether it was placed is never dialled again by
//! the machine: a fact of the provider tells.

use super::commands::CallCommand as C;
use super::events::CallEvent as E;
use super::handle::Decision;
use super::names::words;
use super::providers::{AnsweredBy, AttemptRef, PlacementOutcome, ProviderIds};
use super::refusal::CallRefusal;
use super::state::{Attempt, CallSession, Placement};
use super::status::End;
use super::vocabulary::CallOutcome;
use crate::Directed;

impl CallSession {
    /// The attempt that a fact is about.
    pub(super) fn about(&self, about: &AttemptRef) -> Result<&Attempt, CallRefusal> {
        about.ids.check()?;
        self.attempt_of(about).ok_or(CallRefusal::NotPlaced)
    }

    pub(super) fn placed(
        &self,
        of: &Directed<()>,
        attempt: i64,
        outcome: PlacementOutcome,
    ) -> Decision {
        let known = self.about(&numbered(attempt))?;
        let at = of.now;
        match outcome {
            PlacementOutcome::Placed { ids } => {
                ids.check()?;
                Ok(learnt_ids(of, known, &ids).into_iter().collect())
            }
            PlacementOutcome::Unknown { .. } | PlacementOutcome::Failed { .. }
                if known.outcome.is_some() || known.placement == Placement::Placed =>
            {
                Ok(vec![]) // a fact was quicker, and knows more
            }
            PlacementOutcome::Unknown { .. } if known.placement == Placement::Unknown => Ok(vec![]),
            PlacementOutcome::Unknown { reason } => {
                Ok(vec![E::CallPlacementUnknown { attempt, reason: words(&reason), at }])
            }
            PlacementOutcome::Failed { code, title, transient } => {
                // After nobody knew, it is no worker that tells, but somebody who looked: the
                // next attempt is theirs to decide.
                let transient = transient && known.placement == Placement::InFlight;
                let (code, title) = (words(&code), words(&title));
                let mut events =
                    vec![E::CallPlacementFailed { attempt, code, title, transient, at }];
                let end = End { transient, ..End::of(CallOutcome::Failed, at) };
                events.extend(self.ended(of, known, end));
                Ok(events)
            }
        }
    }

    /// What is new in a fact, whatever else it says: the provider's ids, and who answered. Any
    /// fact about an attempt proves that it was placed.
    pub(super) fn learnt(
        &self,
        of: &Directed<()>,
        known: &Attempt,
        ids: &ProviderIds,
        answered_by: Option<AnsweredBy>,
    ) -> Vec<E> {
        let mut events: Vec<E> = learnt_ids(of, known, ids).into_iter().collect();
        if let (None, Some(answered_by)) = (known.answered_by, answered_by) {
            let (attempt, at) = (known.number, of.now);
            events.push(E::CallAnsweredByRecorded { attempt, answered_by, at });
            if known.outcome == Some(CallOutcome::Completed) && answered_by.is_machine() {
                events.extend(self.reclassified(of, known));
            }
        }
        events
    }

    /// What is new in a fact whose status is no news.
    pub(super) fn taught(&self, of: &Directed<()>, body: &C) -> Decision {
        let (about, answered_by) = if let C::RecordProviderStatus { .. } = body {
            return self.go(of, body.clone());
        } else if let C::RecordAnsweredBy { about, answered_by } = body {
            (about, Some(*answered_by))
        } else if let C::RecordInitiationFailure { about, .. } = body {
            (about, None)
        } else {
            return Ok(vec![]);
        };
        Ok(self.learnt(of, self.about(about)?, &about.ids, answered_by))
    }

    /// It seemed to take place, and a machine had answered.
    fn reclassified(&self, of: &Directed<()>, known: &Attempt) -> Vec<E> {
        let (attempt, at) = (known.number, of.now);
        let (from, to) = (CallOutcome::Completed, CallOutcome::Voicemail);
        let again = self.after_end(of, attempt, to, false);
        std::iter::once(E::CallReclassified { attempt, from, to, at }).chain(again).collect()
    }
}

/// The attempt of that number.
pub(super) fn numbered(attempt: i64) -> AttemptRef {
    AttemptRef { attempt: Some(attempt), ids: ProviderIds::default() }
}

fn learnt_ids(of: &Directed<()>, known: &Attempt, told: &ProviderIds) -> Option<E> {
    let (attempt, ids, at) = (known.number, known.ids.with(told), of.now);
    match known.placement {
        Placement::InFlight | Placement::Unknown => Some(E::CallPlaced { attempt, ids, at }),
        Placement::Placed | Placement::Failed => {
            (ids != known.ids).then_some(E::CallIdentified { attempt, ids, at })
        }
    }
}
