//! Sees the events of a ticket, never its state, and counts open time minute by minute.
#![allow(clippy::wildcard_enum_match_arm)] // it minds some events only

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::conversation::Priority;
use bitacora_domain::aggregates::ticket::{SlaPolicy, SlaTarget, TicketEvent as E, TicketStatus};
use chrono::{DateTime, TimeDelta, Utc};

use super::matrix::allowed;
use crate::calendar::is_open;

/// What an observer of the events knows.
#[derive(Debug)]
pub(super) struct Observer {
    pub(super) now: DateTime<Utc>,
    pub(super) status: TicketStatus,
    held: bool,
    priority: Priority,
    policy: Option<SlaPolicy>,
    responded: bool,
    awaiting: bool,
    turn: i64,
    /// Open minutes used per target.
    used: BTreeMap<SlaTarget, i64>,
    /// What must have been missed, and when; the turn tells next responses apart.
    pub(super) expected: BTreeMap<(SlaTarget, Option<i64>), DateTime<Utc>>,
    pub(super) missed: BTreeMap<(SlaTarget, Option<i64>), DateTime<Utc>>,
    pub(super) ratings: usize,
    pub(super) seen: BTreeSet<&'static str>,
}

impl Observer {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            status: TicketStatus::New,
            held: false,
            priority: Priority::Medium,
            policy: None,
            responded: false,
            awaiting: true,
            turn: 0,
            used: BTreeMap::new(),
            expected: BTreeMap::new(),
            missed: BTreeMap::new(),
            ratings: 0,
            seen: BTreeSet::new(),
        }
    }

    fn counts(&self) -> bool {
        matches!(self.status, TicketStatus::New | TicketStatus::InProgress) && !self.held
    }

    fn matters(&self, target: SlaTarget) -> bool {
        match target {
            SlaTarget::FirstResponse => !self.responded,
            SlaTarget::NextResponse => self.responded && self.awaiting,
            SlaTarget::Resolution => !self.status.is_over(),
        }
    }

    fn key(&self, target: SlaTarget) -> (SlaTarget, Option<i64>) {
        (target, (target == SlaTarget::NextResponse).then_some(self.turn))
    }

    /// Lives until `until`, minute by minute.
    pub(super) fn live_until(&mut self, until: DateTime<Utc>) {
        while self.now < until {
            let open = self.policy.as_ref().is_some_and(|sla| is_open(&sla.calendar, self.now));
            let running = open && self.counts();
            self.now += TimeDelta::minutes(1);
            if running {
                for target in SlaTarget::ALL {
                    if self.matters(target) {
                        *self.used.entry(target).or_default() += 1;
                    }
                }
                self.judge();
            }
        }
    }

    /// Is a target used up by now?
    fn judge(&mut self) {
        let Some(policy) = &self.policy else { return };
        for target in SlaTarget::ALL {
            let used = self.used.get(&target).copied().unwrap_or(0);
            let time = policy.targets.get(&self.priority).and_then(|row| row.time(target));
            if self.matters(target) && time.is_some_and(|time| used >= time.num_minutes()) {
                let key = self.key(target);
                self.expected.entry(key).or_insert(self.now);
            }
        }
    }

    pub(super) fn see(&mut self, event: &E) {
        self.seen.insert(event.name());
        assert_ne!(self.status, TicketStatus::Merged, "read-only");
        match event {
            E::TicketStarted { .. } => self.turn_to(TicketStatus::New, TicketStatus::InProgress),
            E::TicketWaitingCustomer { from, .. } => {
                self.turn_to(*from, TicketStatus::WaitingCustomer);
            }
            E::TicketWaitingThirdParty { from, .. } => {
                self.turn_to(*from, TicketStatus::WaitingThirdParty);
            }
            E::TicketResumed { from, .. } => self.turn_to(*from, TicketStatus::InProgress),
            E::TicketResolved { from, .. } => self.turn_to(*from, TicketStatus::Resolved),
            E::TicketReopened { .. } => {
                self.turn_to(TicketStatus::Resolved, TicketStatus::InProgress);
            }
            E::TicketClosed { .. } => self.turn_to(TicketStatus::Resolved, TicketStatus::Closed),
            E::TicketMerged { from, .. } => self.turn_to(*from, TicketStatus::Merged),
            E::TicketHeld { .. } => {
                assert!(matches!(self.status, TicketStatus::New | TicketStatus::InProgress));
                self.held = true;
            }
            E::TicketHoldEnded { .. } => assert!(std::mem::take(&mut self.held), "not on hold"),
            E::TicketPriorityChanged { to, .. } => {
                self.priority = *to;
                if self.status != TicketStatus::Resolved {
                    self.judge();
                }
            }
            E::SlaApplied { policy, priority, .. } => {
                assert_eq!(*priority, self.priority);
                self.policy = Some((**policy).clone());
                self.judge();
            }
            E::TicketCustomerReplied { turn, .. } => {
                if !std::mem::replace(&mut self.awaiting, true) {
                    self.turn += 1;
                    self.used.remove(&SlaTarget::NextResponse);
                }
                assert_eq!(*turn, self.turn);
            }
            E::TicketResponded { first, turn, .. } => {
                assert_eq!((*first, *turn), (!self.responded, self.turn));
                assert!(std::mem::take(&mut self.awaiting), "nobody waited");
                self.responded = true;
            }
            E::SlaBreached { target, turn, due_at, .. } => {
                assert_eq!(*turn, self.key(*target).1);
                let before = self.missed.insert((*target, *turn), *due_at);
                assert_eq!(before, None, "missed twice");
            }
            E::SlaFirstResponseMet { .. } => self.see_kept(SlaTarget::FirstResponse, None),
            E::SlaMet { target, turn, .. } => self.see_kept(*target, *turn),
            E::TicketRated { .. } => self.ratings += 1,
            _ => self.see_closed(event),
        }
        // Held tickets neither wait nor end.
        if !matches!(self.status, TicketStatus::New | TicketStatus::InProgress) {
            assert!(!self.held, "a hold outlived {event:?}");
        }
    }

    fn see_kept(&self, target: SlaTarget, turn: Option<i64>) {
        assert!(!self.expected.contains_key(&(target, turn)), "{target:?} was missed, not met");
        assert!(!self.missed.contains_key(&(target, turn)), "{target:?} was missed and met");
    }

    fn see_closed(&self, event: &E) {
        if self.status == TicketStatus::Closed {
            let may = ["TicketFollowUpCreated", "TicketSurveyRequested", "TicketLinked"];
            assert!(may.contains(&event.name()), "closed is final: {event:?}");
        }
    }

    fn turn_to(&mut self, from: TicketStatus, to: TicketStatus) {
        assert_eq!(self.status, from);
        assert_ne!(from, to);
        assert!(allowed(from).contains(&to), "{from:?} → {to:?}");
        self.status = to;
        // Used up while it did not count: missed as soon as it counts again.
        if self.counts() {
            self.judge();
        }
    }
}
