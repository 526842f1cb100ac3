//! Decisions until a call is dialled: when, whether, and the moment in which it may.

use chrono::{DateTime, Utc};

use super::begin::{check_time, check_zone, first_step};
use super::events::CallEvent as E;
use super::guards::{Circumstances, Permission, Terms, may_dial};
use super::handle::Decision;
use super::names::reason;
use super::plan::{CallPlan, CallStart};
use super::refusal::CallRefusal;
use super::state::CallSession;
use super::vocabulary::BlockReason;
use crate::{ActorKind, Directed};

impl CallSession {
    pub(super) fn approve(&self, of: &Directed<()>) -> Decision {
        only_people(of)?;
        let start = self.start.as_ref().and_then(|start| start.when.as_ref());
        let first = first_step(start.unwrap_or(&CallStart::AtOnce), of.now);
        let approved = E::CallApproved { by: of.actor.clone(), at: of.now };
        Ok(std::iter::once(approved).chain(first).collect())
    }

    pub(super) fn schedule(
        &self,
        of: &Directed<()>,
        due_at: DateTime<Utc>,
        zone: Option<String>,
    ) -> Decision {
        check_time(due_at, of.now, self.plan()?)?;
        check_zone(zone.as_deref())?;
        if self.due_at == Some(due_at) {
            return Ok(vec![]);
        }
        let (attempt, schedule, from) = (self.upcoming(), self.schedules + 1, self.status);
        Ok(vec![E::CallScheduled { attempt, schedule, from, due_at, zone, at: of.now }])
    }

    /// Somebody found a reason against it. One that passes puts it off, if the plan lasts.
    pub(super) fn block(
        &self,
        of: &Directed<()>,
        reason: BlockReason,
        until: Option<DateTime<Utc>>,
    ) -> Decision {
        let Some(until) = until.filter(|_| reason.is_temporary()) else {
            return Ok(vec![self.blocked(of, reason)]);
        };
        check_time(until, of.now, self.plan()?)?;
        Ok(vec![self.deferred(of, reason, until)])
    }

    pub(super) fn cancel(&self, of: &Directed<()>, why: Option<&str>) -> Decision {
        let (from, reason, by) = (self.status, reason(why)?, of.actor.clone());
        Ok(vec![E::CallCanceled { from, reason, by, at: of.now }])
    }

    /// Its time has come.
    pub(super) fn release(&self, of: &Directed<()>) -> Decision {
        let (attempt, from) = (self.upcoming(), self.status);
        Ok(vec![E::CallQueued { attempt, from, at: of.now }])
    }

    /// The guards have the last word before every attempt.
    pub(super) fn place(&self, of: &Directed<()>, circumstances: &Circumstances) -> Decision {
        let plan = self.plan()?;
        let not_after = plan.not_after.unwrap_or(of.now);
        let terms = Terms { window: &plan.window, not_after, stopped: self.stopped };
        Ok(vec![match may_dial(terms, circumstances, of.now)? {
            Permission::Dial { line } => {
                E::CallPlacementRequested { attempt: self.upcoming(), line, at: of.now }
            }
            Permission::Later { reason, until } => self.deferred(of, reason, until),
            Permission::Never { reason } => self.blocked(of, reason),
        }])
    }

    /// How we call.
    pub(super) fn plan(&self) -> Result<&CallPlan, CallRefusal> {
        let plan = self.start.as_ref().and_then(|start| start.plan.as_ref());
        plan.ok_or(CallRefusal::NotOutbound)
    }

    fn blocked(&self, of: &Directed<()>, reason: BlockReason) -> E {
        E::CallBlocked { contact: self.contact(), from: self.status, reason, at: of.now }
    }

    fn deferred(&self, of: &Directed<()>, reason: BlockReason, until: DateTime<Utc>) -> E {
        let (attempt, schedule, from) = (self.upcoming(), self.schedules + 1, self.status);
        E::CallDeferred { attempt, schedule, from, reason, until, at: of.now }
    }
}

/// What the AI wants the AI cannot approve; nor can a provider or the contact.
pub(super) fn only_people(of: &Directed<()>) -> Result<(), CallRefusal> {
    match of.actor.kind {
        ActorKind::User | ActorKind::ApiKey | ActorKind::System => Ok(()),
        ActorKind::Ai | ActorKind::Provider | ActorKind::Contact => {
            Err(CallRefusal::ApprovalNeedsPerson)
        }
    }
}
