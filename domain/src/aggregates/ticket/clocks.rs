//! Decisions on the clocks of the SLA. A clock counts open time of the policy's calendar while
//! the ticket neither waits nor is held nor is settled. A target is missed from its due time on.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::sla::{PerTarget, SlaPolicy, SlaTarget};
use super::vocabulary::TicketStatus;

impl Run<'_> {
    pub(super) fn apply_policy(&mut self, policy: SlaPolicy) -> Step {
        let policy = policy.checked().ok_or(No::InvalidSlaPolicy)?;
        if self.state.sla.as_ref().is_none_or(|sla| sla.policy != policy) {
            self.breach_what_is_due(self.of.now);
            self.put_under(policy);
        }
        Ok(())
    }

    /// The targets of another priority, if the ticket is under an SLA. What was settled was
    /// settled under the former ones; the new ones count once it is reopened.
    pub(super) fn follow_priority(&mut self) {
        let settled = self.state.status == TicketStatus::Resolved;
        let Some(sla) = self.state.sla.as_ref().filter(|_| !settled) else { return };
        let policy = sla.policy.clone();
        self.put_under(policy);
    }

    /// Time that was counted before stays counted; what is due by now is missed at once.
    fn put_under(&mut self, policy: SlaPolicy) {
        let (now, state) = (self.of.now, &self.state);
        let former = state.sla.as_ref();
        let elapsed_ms = PerTarget::of(|target| {
            let elapsed_ms = former.and_then(|sla| sla.elapsed_ms(target, now));
            state.wants(target).then_some(elapsed_ms.unwrap_or(0))
        });
        let due_at = self.due_times(&policy, elapsed_ms);
        let (policy, priority) = (Box::new(policy), self.state.priority);
        self.emit(E::SlaApplied { policy, priority, elapsed_ms, due_at, at: now });
        self.breach_what_is_due(now);
    }

    /// When each target will be missed, as far as its clock runs from now on; now, if a target
    /// that was not missed before has less time than was used.
    fn due_times(
        &self,
        policy: &SlaPolicy,
        elapsed_ms: PerTarget<i64>,
    ) -> PerTarget<DateTime<Utc>> {
        let (now, state) = (self.of.now, &self.state);
        PerTarget::of(|target| {
            let elapsed_ms = *elapsed_ms.get(target)?;
            if state.sla.as_ref().is_some_and(|sla| sla.is_breached(target)) {
                return None;
            }
            let time = policy.time(state.priority, target)?;
            let used_up = time <= TimeDelta::milliseconds(elapsed_ms);
            if state.counts() {
                policy.due_at((state.priority, target), elapsed_ms, now)
            } else {
                used_up.then_some(now)
            }
        })
    }

    /// The clock of the next response begins with a turn of the contact.
    pub(super) fn start_next_response(&mut self) {
        let (now, target) = (self.of.now, SlaTarget::NextResponse);
        let Some(sla) = &self.state.sla else { return };
        if !self.state.wants(target) || sla.clocks.get(target).is_some() {
            return;
        }
        let zero = PerTarget { next_response: Some(0), ..PerTarget::default() };
        let due_at = self.due_times(&sla.policy, zero).next_response;
        self.emit(E::SlaClockStarted { target, turn: self.state.turn, due_at, at: now });
    }

    /// Clocks stand still while the ticket waits, and go on when it goes on.
    pub(super) fn settle_clocks(&mut self) {
        let (now, counts) = (self.of.now, self.state.counts());
        let Some(sla) = &self.state.sla else { return };
        let elapsed_ms = PerTarget::of(|target| sla.elapsed_ms(target, now));
        let clocks = || SlaTarget::ALL.into_iter().filter_map(|target| sla.clocks.get(target));
        if !counts && clocks().any(|clock| clock.since.is_some()) {
            self.emit(E::SlaPaused { elapsed_ms, at: now });
        } else if counts && clocks().any(|clock| clock.since.is_none()) {
            let due_at = self.due_times(&sla.policy, elapsed_ms);
            self.emit(E::SlaResumed { elapsed_ms, due_at, at: now });
        }
    }

    /// What was due at `at` is missed, each target once. Timers are late at times; whatever
    /// stops or moves a clock asks first.
    pub(super) fn breach_what_is_due(&mut self, at: DateTime<Utc>) {
        for target in SlaTarget::ALL {
            let due_at = self.state.clock(target).and_then(|clock| clock.due_at);
            if let Some(due_at) = due_at.filter(|due_at| *due_at <= at) {
                let turn = self.turn_of(target);
                self.emit(E::SlaBreached { target, turn, due_at, at: self.of.now });
            }
        }
    }

    /// A person answered at `at`.
    pub(super) fn respond(&mut self, at: DateTime<Utc>) {
        let Some(since) = self.state.awaiting_since else { return };
        let at = at.min(self.of.now).max(since);
        let first = !self.state.responded;
        let target = if first { SlaTarget::FirstResponse } else { SlaTarget::NextResponse };
        self.breach_what_is_due(at);
        let kept = self.kept(target, at);
        let (turn, waited_ms) = (self.state.turn, (at - since).num_milliseconds());
        let by = self.of.actor.clone();
        self.emit(E::TicketResponded { first, turn, waited_ms, by, at });
        if let Some((due_at, elapsed_ms)) = kept {
            self.emit(if first {
                E::SlaFirstResponseMet { due_at, elapsed_ms, at }
            } else {
                E::SlaMet { target, turn: Some(turn), due_at, elapsed_ms, at }
            });
        }
    }

    /// The matter was settled: in time?
    pub(super) fn keep_resolution(&mut self) {
        let (target, at) = (SlaTarget::Resolution, self.of.now);
        if let Some((due_at, elapsed_ms)) = self.kept(target, at) {
            self.emit(E::SlaMet { target, turn: None, due_at, elapsed_ms, at });
        }
    }

    /// Due time and open time used of a target that has a limit and was not missed.
    fn kept(&self, target: SlaTarget, at: DateTime<Utc>) -> Option<(Option<DateTime<Utc>>, i64)> {
        let sla = self.state.sla.as_ref()?;
        let clock = sla.clocks.get(target).filter(|clock| !clock.breached)?;
        sla.policy.time(self.state.priority, target)?;
        Some((clock.due_at, sla.elapsed_ms(target, at)?))
    }

    fn turn_of(&self, target: SlaTarget) -> Option<i64> {
        match target {
            SlaTarget::NextResponse => Some(self.state.turn),
            SlaTarget::FirstResponse | SlaTarget::Resolution => None,
        }
    }
}
