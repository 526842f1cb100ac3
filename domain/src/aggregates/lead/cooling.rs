//! Decisions on leads that went silent: they cool, and are asked again a few times.

use chrono::TimeDelta;

use super::events::LeadEvent as E;
use super::handle::Decision;
use super::mapping::Circumstances;
use super::refusal::LeadRefusal as No;
use super::state::{Lead, Story};
use super::vocabulary::{CoolReason, LeadStatus, ReactivateReason};
use crate::text::trimmed;
use crate::{ActorKind, Directed};

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

impl Lead {
    /// While touches are left it is asked again: first after the gap, then at once, since the gap
    /// was waited for after the last touch. Later it waits for the contact.
    pub(super) fn cooled(&self, of: &Directed<()>, why: CoolReason) -> E {
        let again = self.policy().ok().filter(|p| self.contacts.touches < p.touches_max);
        let reactivate_at = again.map(|policy| {
            let gap = TimeDelta::minutes(policy.touch_gap_minutes);
            let wait = if self.contacts.touches == 0 { gap } else { TimeDelta::zero() };
            policy.hours.next_open(of.now + wait)
        });
        let exhausted = why == CoolReason::NoReply && reactivate_at.is_none();
        let reason = if exhausted { CoolReason::Exhausted } else { why };
        let (cooling, from) = (self.coolings + 1, self.status);
        E::LeadCooled { cooling, reason, from, reactivate_at, at: of.now }
    }

    pub(super) fn reactivated(
        &self,
        of: &Directed<()>,
        reason: ReactivateReason,
        note: Option<String>,
    ) -> E {
        let touch = self.contacts.touches + 1;
        let policy = self.policy().ok().filter(|policy| touch <= policy.touches_max);
        let contact_at = policy.map(|policy| policy.hours.next_open(of.now));
        let status =
            if self.mapped { LeadStatus::Reactivation } else { LeadStatus::PendingMapping };
        let contact_at = contact_at.filter(|_| self.mapped);
        let (from, by, at) = (self.status, of.actor.clone(), of.now);
        E::LeadReactivated { touch, reason, note, from, contact_at, status, by, at }
    }

    pub(super) fn reactivate_due(&self, of: &Directed<()>) -> Vec<E> {
        vec![self.reactivated(of, ReactivateReason::Due, None)]
    }

    /// Somebody's wish. What was disqualified comes back only by a person who says why, and
    /// starts its touches anew: it is another decision, not another try.
    pub(super) fn reactivate(&self, of: &Directed<()>, why: Option<&str>) -> Decision {
        let note = match why {
            Some(text) => Some(trimmed(text, REASON_MAX).ok_or(No::ReasonRequired)?),
            None => None,
        };
        if self.status == LeadStatus::Disqualified {
            if of.actor.kind != ActorKind::User {
                return Err(No::PersonRequired);
            }
            if note.is_none() {
                return Err(No::ReasonRequired);
            }
            let mut anew = Story::of(self);
            anew.lead.contacts.touches = 0;
            let back = anew.lead.reactivated(of, ReactivateReason::Manual, note);
            anew.tell(back);
            if !self.mapped {
                anew.mapped(of, None, Circumstances { opted_out: false, duplicate_of: None });
            }
            return Ok(anew.told());
        }
        if self.contacts.touches >= self.policy()?.touches_max {
            return Err(No::TouchesExhausted);
        }
        Ok(vec![self.reactivated(of, ReactivateReason::Manual, note)])
    }
}
