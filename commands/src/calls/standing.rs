//! Where one attempt of a call stands, as its session has it.

use bitacora_domain::aggregates::call_session::{CallSession, CallStatus, Placement};

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It comes next, and waits for being dialled.
    Waiting,
    /// The request to the provider has begun and has no outcome.
    InFlight,
    /// Nobody knows whether the provider has it.
    Unknown,
    /// The provider has it.
    Taken,
    /// It has ended, or is not to be made (any more).
    Over,
}

impl Standing {
    /// Of the attempt with this number.
    pub fn of(session: &CallSession, attempt: i64) -> Self {
        let attempts = session.attempts();
        if let Some(known) = attempts.iter().find(|known| known.number == attempt) {
            return match (known.outcome, known.placement) {
                (Some(_), _) | (None, Placement::Failed) => Self::Over,
                (None, Placement::InFlight) => Self::InFlight,
                (None, Placement::Unknown) => Self::Unknown,
                (None, Placement::Placed) => Self::Taken,
            };
        }
        let next = attempts.last().map_or(1, |last| last.number + 1);
        if session.status() == CallStatus::Queued && attempt == next {
            Self::Waiting
        } else {
            Self::Over
        }
    }
}
