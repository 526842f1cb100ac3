//! Decisions on how the work goes: begin, wait, hold, and what the contact says meanwhile.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::vocabulary::{HoldEnd, TicketStatus};
use super::words;
use crate::{MessageId, Personal};

/// Longest question, in characters.
const QUESTION_MAX: usize = 2_000;
/// Longest name of who is waited for, in characters.
const PARTY_MAX: usize = 120;
/// Farthest end of a hold.
const HOLD_MAX: TimeDelta = TimeDelta::days(365);

impl Run<'_> {
    pub(super) fn start_work(&mut self) {
        let (from, at) = (self.state.status, self.of.now);
        self.end_hold(HoldEnd::Manual);
        match from {
            TicketStatus::New => {
                self.emit(E::TicketStarted { by: self.of.actor.clone(), at });
            }
            TicketStatus::WaitingCustomer | TicketStatus::WaitingThirdParty => self.resume(false),
            TicketStatus::InProgress
            | TicketStatus::Resolved
            | TicketStatus::Closed
            | TicketStatus::Merged => {}
        }
    }

    /// From a waiting state back to work.
    pub(super) fn resume(&mut self, by_contact: bool) {
        let from = self.state.status;
        self.emit(E::TicketResumed { from, by_contact, at: self.of.now });
    }

    pub(super) fn wait_for_customer(&mut self, question: Option<&Personal<String>>) -> Step {
        let question = words::maybe_personal(question, QUESTION_MAX, No::InvalidQuestion)?;
        let from = self.before_waiting();
        self.emit(E::TicketWaitingCustomer { from, question, at: self.of.now });
        Ok(())
    }

    pub(super) fn wait_for_third_party(&mut self, party: Option<&str>) -> Step {
        let party = words::maybe(party, PARTY_MAX, No::InvalidParty)?;
        let from = self.before_waiting();
        self.emit(E::TicketWaitingThirdParty { from, party, at: self.of.now });
        Ok(())
    }

    fn before_waiting(&mut self) -> TicketStatus {
        self.breach_what_is_due(self.of.now);
        self.end_hold(HoldEnd::Manual);
        self.state.status
    }

    pub(super) fn hold(&mut self, reason: &str, until: Option<DateTime<Utc>>) -> Step {
        let (reason, at) = (words::reason(reason)?, self.of.now);
        if until.is_some_and(|until| until <= at || until > at + HOLD_MAX) {
            return Err(No::InvalidHold);
        }
        self.breach_what_is_due(at);
        self.emit(E::TicketHeld { hold: self.state.holds + 1, reason, until, at });
        Ok(())
    }

    /// Ends the hold, if there is one.
    pub(super) fn end_hold(&mut self, end: HoldEnd) {
        if self.state.hold.is_some() {
            let hold = self.state.holds;
            self.emit(E::TicketHoldEnded { hold, end, at: self.of.now });
        }
    }

    /// The contact said something: whoever waited for it goes on, and somebody has to answer.
    /// Nobody else than the third party ends the waiting for it.
    pub(super) fn customer_turn(&mut self, message: Option<MessageId>) {
        let at = self.of.now;
        self.breach_what_is_due(at);
        let waits = self.state.awaiting_since.is_some();
        let turn = if waits { self.state.turn } else { self.state.turn + 1 };
        self.emit(E::TicketCustomerReplied { turn, message, at });
        match self.state.status {
            TicketStatus::WaitingCustomer => self.resume(true),
            TicketStatus::Resolved => {
                self.emit(E::TicketReopened { by_contact: true, reason: None, at });
            }
            TicketStatus::New | TicketStatus::InProgress => self.end_hold(HoldEnd::Reply),
            TicketStatus::WaitingThirdParty | TicketStatus::Closed | TicketStatus::Merged => {}
        }
        self.settle_clocks();
        self.start_next_response();
    }
}
