//! Decisions on leads that leave the automatic path: disqualified, stopped, with a person.

use super::events::LeadEvent as E;
use super::handle::{Decision, note};
use super::state::{Lead, Story};
use super::vocabulary::{DisqualifyReason, OptOutMeans};
use crate::{Directed, Personal};

impl Lead {
    pub(super) fn disqualify(
        &self,
        of: &Directed<()>,
        reason: DisqualifyReason,
        text: Option<Personal<String>>,
    ) -> Decision {
        let (note, from, by) = (note(text)?, self.status, of.actor.clone());
        Ok(vec![E::LeadDisqualified { reason, note, from, by, at: of.now }])
    }

    pub(super) fn stopped(&self, of: &Directed<()>, by: OptOutMeans) -> E {
        E::LeadStopped { by, contact: self.contact, from: self.status, at: of.now }
    }

    /// Back on the path; at once ready if what the person found out suffices.
    pub(super) fn give_back(&self, of: &Directed<()>) -> Vec<E> {
        let mut story = Story::of(self);
        story.tell(E::LeadReturned { at: of.now });
        story.ready_by_reply(of);
        story.told()
    }
}
