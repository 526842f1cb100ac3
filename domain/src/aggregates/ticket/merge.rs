//! Decisions on merging.

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::state::Opened;
use super::vocabulary::{HoldEnd, TicketStatus};
use crate::{ContactId, TicketId};

impl Run<'_> {
    /// What the caller looked up may have changed meanwhile: that nobody merges into what was
    /// merged is kept by a claim.
    pub(super) fn merge_into(
        &mut self,
        opened: &Opened,
        survivor: TicketId,
        (contact, status): (ContactId, TicketStatus),
    ) -> Step {
        if survivor == opened.ticket {
            return Err(No::MergeIntoItself);
        }
        if contact != opened.contact {
            return Err(No::MergeOtherContact);
        }
        if status.is_over() {
            return Err(No::SurvivorOver);
        }
        let (by, at) = (self.of.actor.clone(), self.of.now);
        self.breach_what_is_due(at);
        self.end_hold(HoldEnd::Manual);
        self.emit(E::TicketMerged { from: self.state.status, survivor, by, at });
        Ok(())
    }

    pub(super) fn record_merge(&mut self, source: TicketId) {
        self.emit(E::TicketMergeRecorded { source, at: self.of.now });
    }
}
