//! Decisions on what goes on in a call: keys, a transfer, hanging up.

use chrono::{DateTime, Utc};

use super::events::CallEvent as E;
use super::handle::Decision;
use super::names::{number, reason, words};
use super::providers::AttemptRef;
use super::refusal::CallRefusal;
use super::state::CallSession;
use super::vocabulary::DigitMeaning;
use crate::text::trimmed;
use crate::{Directed, Personal, UserId};

/// Most keys of a step, most steps of an attempt.
const KEYS_MAX: usize = 32;
const STEPS_MAX: usize = 32;
/// Longest name of a step, in characters.
const STEP_MAX: usize = 60;

/// Keys, taken out of their command.
pub(super) struct Keys {
    pub(super) about: AttemptRef,
    pub(super) step: String,
    pub(super) digits: Personal<String>,
    pub(super) meaning: DigitMeaning,
    pub(super) at: DateTime<Utc>,
}

impl CallSession {
    /// STOP is for good: an attempt that was to come is withdrawn, and the contact opts out (an
    /// effect). "Call me later" asks for a callback at a time still to be agreed on.
    pub(super) fn digits(&self, of: &Directed<()>, keys: Keys) -> Decision {
        let Keys { about, step, digits, meaning, at } = keys;
        let known = self.about(&about)?;
        let mut events = self.learnt(of, known, &about.ids, None);
        let step = trimmed(&step, STEP_MAX).ok_or(CallRefusal::InvalidDigits)?;
        if known.digits.contains(&step) {
            return Ok(events);
        }
        if !digits.reveal().is_some_and(|keys| are_keys(keys)) {
            return Err(CallRefusal::InvalidDigits);
        }
        if known.digits.len() >= STEPS_MAX {
            return Err(CallRefusal::TooManyDigits);
        }
        let (attempt, contact) = (known.number, self.contact());
        events.push(E::CallDigitsGathered { attempt, contact, step, digits, meaning, at });
        match meaning {
            DigitMeaning::Stop => events.extend(self.withdrawn(of)),
            DigitMeaning::CallLater => events.extend(self.wished_callback(of)),
            DigitMeaning::Interested | DigitMeaning::Other => {}
        }
        Ok(events)
    }

    pub(super) fn transfer(
        &self,
        of: &Directed<()>,
        agent: Option<UserId>,
        to: Option<&Personal<String>>,
    ) -> Decision {
        let number = to.map(number).transpose()?;
        if agent.is_some() == number.is_some() {
            return Err(CallRefusal::InvalidTransfer);
        }
        let (attempt, by) = (self.last(), of.actor.clone());
        Ok(vec![E::CallTransferRequested { attempt, agent, number, by, at: of.now }])
    }

    pub(super) fn transferred(
        &self,
        connected: bool,
        why: Option<&str>,
        at: DateTime<Utc>,
    ) -> Decision {
        let attempt = self.last();
        Ok(vec![if connected {
            E::CallTransferred { attempt, at }
        } else {
            E::CallTransferFailed { attempt, reason: words(why.unwrap_or_default()), at }
        }])
    }

    pub(super) fn hang_up(&self, of: &Directed<()>, why: Option<&str>) -> Decision {
        let (attempt, reason, by) = (self.last(), reason(why)?, of.actor.clone());
        Ok(vec![E::CallHangUpRequested { attempt, reason, by, at: of.now }])
    }

    /// The number of the last attempt that began.
    fn last(&self) -> i64 {
        self.attempts.last().map_or(0, |last| last.number)
    }
}

fn are_keys(keys: &str) -> bool {
    let key = |char: char| char.is_ascii_digit() || matches!(char, 'A'..='D' | '*' | '#');
    (1..=KEYS_MAX).contains(&keys.len()) && keys.chars().all(key)
}
