//! Decisions on writing to a lead before it answers: as often as its offer allows, and within
//! the offer's hours.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::LeadEvent as E;
use super::handle::{Decision, reason};
use super::refusal::LeadRefusal as No;
use super::state::Lead;
use super::vocabulary::{ContactKind, LeadStatus};
use crate::aggregates::offer::ContactPolicy;
use crate::text::trimmed;
use crate::{Directed, MessageId};

/// Longest name of a template, in characters.
const TEMPLATE_MAX: usize = 512;

/// What follows a contact that nobody answers: the next one, or the cooling.
struct Next {
    next_contact_at: Option<DateTime<Utc>>,
    cool_at: Option<DateTime<Utc>>,
}

impl Lead {
    pub(super) fn policy(&self) -> Result<&ContactPolicy, No> {
        self.offer.as_ref().map(|offer| &offer.criteria.contact).ok_or(No::NotMapped)
    }

    /// Of what kind the next contact is, and the how many-th of it.
    fn next_contact(&self, policy: &ContactPolicy) -> Result<(ContactKind, i64), No> {
        if self.status == LeadStatus::Reactivation {
            let left = !self.contacts.touched && self.contacts.touches <= policy.touches_max;
            let next = (ContactKind::Touch, self.contacts.touches);
            return if left { Ok(next) } else { Err(No::TouchesExhausted) };
        }
        let left = self.contacts.attempts < policy.attempts_max;
        let next = (ContactKind::Attempt, self.contacts.attempts + 1);
        if left { Ok(next) } else { Err(No::AttemptsExhausted) }
    }

    /// May it be written to now, and as what?
    fn may_contact(&self, of: &Directed<()>) -> Result<(ContactKind, i64), No> {
        let policy = self.policy()?;
        if self.contacts.requested.is_some() {
            return Err(No::ContactUnderWay);
        }
        let next = self.next_contact(policy)?;
        if policy.hours.are_open(of.now) { Ok(next) } else { Err(No::OutsideHours) }
    }

    pub(super) fn request_contact(&self, of: &Directed<()>) -> Decision {
        let (kind, _) = self.may_contact(of)?;
        let policy = self.policy()?;
        let template = match kind {
            ContactKind::Attempt => policy.attempt_template.clone(),
            ContactKind::Touch => policy.touch_template.clone(),
        };
        let contact = self.contacts.total + 1;
        Ok(vec![E::LeadContactRequested { contact, kind, template, at: of.now }])
    }

    /// Its timer: outside of the hours it waits for them, and what is exhausted means nothing.
    pub(super) fn contact_due(&self, of: &Directed<()>) -> Decision {
        match self.request_contact(of) {
            Err(No::OutsideHours) => {
                let (contact, at) = (self.contacts.total + 1, of.now);
                let until = self.policy()?.hours.next_open(at);
                Ok(vec![E::LeadContactDeferred { contact, until, at }])
            }
            Err(No::AttemptsExhausted | No::TouchesExhausted) => Ok(vec![]),
            decided => decided,
        }
    }

    /// What was requested was allowed when it was requested. What was not, is asked now.
    fn outcome_of(&self, of: &Directed<()>) -> Result<(ContactKind, i64), No> {
        match self.contacts.requested {
            Some(ContactKind::Attempt) => Ok((ContactKind::Attempt, self.contacts.attempts + 1)),
            Some(ContactKind::Touch) => Ok((ContactKind::Touch, self.contacts.touches)),
            None => self.may_contact(of),
        }
    }

    pub(super) fn contact_attempted(
        &self,
        of: &Directed<()>,
        contact: i64,
        template: &str,
        message: Option<MessageId>,
    ) -> Decision {
        let template = trimmed(template, TEMPLATE_MAX).ok_or(No::InvalidTemplate)?;
        let (kind, n) = self.outcome_of(of)?;
        let first = matches!(self.status, LeadStatus::ToBeContacted | LeadStatus::Reactivation);
        let status = if first { LeadStatus::Contacted } else { self.status };
        let Next { next_contact_at, cool_at } = self.after_contact(of, kind, n)?;
        Ok(vec![E::LeadContactAttempted {
            contact,
            kind,
            n,
            template,
            message,
            next_contact_at,
            cool_at,
            status,
            at: of.now,
        }])
    }

    pub(super) fn contact_failed(&self, of: &Directed<()>, contact: i64, why: &str) -> Decision {
        let reason = reason(why)?;
        let (kind, n) = self.outcome_of(of)?;
        let Next { next_contact_at, cool_at } = self.after_contact(of, kind, n)?;
        let at = of.now;
        Ok(vec![E::LeadContactFailed { contact, kind, n, reason, next_contact_at, cool_at, at }])
    }

    /// Nothing follows where the lead has gone on meanwhile.
    fn after_contact(&self, of: &Directed<()>, kind: ContactKind, n: i64) -> Result<Next, No> {
        let waits = matches!(
            self.status,
            LeadStatus::ToBeContacted | LeadStatus::Contacted | LeadStatus::Reactivation
        );
        if !waits {
            return Ok(Next { next_contact_at: None, cool_at: None });
        }
        let policy = self.policy()?;
        let later = |minutes: i64| of.now + TimeDelta::minutes(minutes);
        Ok(match kind {
            ContactKind::Attempt if n < policy.attempts_max => {
                let at = policy.hours.next_open(later(policy.attempt_gap_minutes));
                Next { next_contact_at: Some(at), cool_at: None }
            }
            ContactKind::Attempt => {
                Next { next_contact_at: None, cool_at: Some(later(policy.attempt_gap_minutes)) }
            }
            ContactKind::Touch => {
                Next { next_contact_at: None, cool_at: Some(later(policy.touch_gap_minutes)) }
            }
        })
    }
}
