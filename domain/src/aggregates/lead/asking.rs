//! Decisions on the score: computed at the capture and on each answer, never by anything but
//! the answers and the offer's criteria.

use super::events::LeadEvent as E;
use super::handle::Decision;
use super::refusal::LeadRefusal as No;
use super::score::{self, MODEL_VERSION, Score};
use super::state::{Lead, Story};
use super::vocabulary::{LeadStatus, OpenMatter};
use crate::Directed;
use crate::aggregates::offer::OfferChoice;

impl Lead {
    pub(super) fn score_again(&self, of: &Directed<()>, choice: OfferChoice) -> Decision {
        let choice = super::mapping::checked(choice)?;
        let Some(known) = &self.offer else { return Err(No::NotMapped) };
        if known.offer != choice.offer {
            return Err(No::OtherOffer);
        }
        let mut story = Story::of(self);
        if *known != choice {
            story.tell(E::LeadCriteriaChanged { offer: Box::new(choice), at: of.now });
        }
        story.score_now(of);
        Ok(story.told())
    }

    /// What a person says stays, whatever the score.
    pub(super) fn prioritise(of: &Directed<()>, low_priority: bool) -> Vec<E> {
        let (by_person, at) = (true, of.now);
        vec![if low_priority {
            E::LeadMarkedLowPriority { by_person, at }
        } else {
            E::LeadLowPriorityCleared { by_person, at }
        }]
    }

    fn scored_by(&self, choice: &OfferChoice) -> Score {
        score::score(self.counting(), &choice.criteria)
    }

    /// Minimum and points, by what is known now.
    fn is_ready(&self) -> bool {
        self.offer.as_ref().is_some_and(|choice| {
            let total = self.scored_by(choice).total;
            score::is_ready(&self.fields(), total, &choice.criteria)
        })
    }
}

impl Story {
    /// Scores where there is something to score: an offer, an answer, and a lead that is not
    /// delivered or over.
    pub(super) fn scored(&mut self, of: &Directed<()>) {
        let at = self.lead.status;
        let closed = at.is_done() || at == LeadStatus::PendingMapping;
        if !closed && !self.lead.answers.is_empty() {
            self.score_now(of);
        }
    }

    fn score_now(&mut self, of: &Directed<()>) {
        let Some(choice) = self.lead.offer.clone() else { return };
        let Score { total, components } = self.lead.scored_by(&choice);
        let missing = score::missing(&self.lead.fields(), &choice.criteria);
        let ready = missing.is_empty() && total >= choice.criteria.ready_points;
        let from = self.lead.status;
        let done = from == LeadStatus::Qualifying && missing.is_empty() && !ready;
        let status = if done { LeadStatus::Scored } else { from };
        self.tell(E::LeadScored {
            total,
            components,
            missing,
            model_version: MODEL_VERSION,
            offer: choice.offer,
            offer_version: choice.version,
            status,
            at: of.now,
        });
        self.priority(of, total < choice.criteria.low_priority_points);
        let by_form = choice.criteria.ready_from_form && from == LeadStatus::ToBeContacted;
        if ready && (by_form || matches!(from, LeadStatus::Qualifying | LeadStatus::Scored)) {
            self.now_ready(of);
        }
        self.withdraw_if_not_ready(of);
    }

    fn priority(&mut self, of: &Directed<()>, low: bool) {
        if self.lead.prioritised || self.lead.low_priority == low {
            return;
        }
        let (by_person, at) = (false, of.now);
        self.tell(if low {
            E::LeadMarkedLowPriority { by_person, at }
        } else {
            E::LeadLowPriorityCleared { by_person, at }
        });
    }

    /// A form may have told enough; that somebody answers was missing.
    pub(super) fn ready_by_reply(&mut self, of: &Directed<()>) {
        if self.lead.status == LeadStatus::Qualifying && self.lead.is_ready() {
            self.now_ready(of);
        }
    }

    pub(super) fn now_ready(&mut self, of: &Directed<()>) {
        let Some(choice) = &self.lead.offer else { return };
        let total = self.lead.scored_by(choice).total;
        let ready_points = choice.criteria.ready_points;
        self.tell(E::LeadReady { total, ready_points, at: of.now });
    }

    /// While a delivery is under way it stays ready: what is handed over cannot be held back.
    pub(super) fn withdraw_if_not_ready(&mut self, of: &Directed<()>) {
        let lead = &self.lead;
        let waits = lead.status == LeadStatus::LeadReady && lead.matter() != OpenMatter::Delivery;
        if !waits || lead.is_ready() {
            return;
        }
        let Some(choice) = &lead.offer else { return };
        let total = lead.scored_by(choice).total;
        let missing = score::missing(&lead.fields(), &choice.criteria);
        self.tell(E::LeadReadyWithdrawn { total, missing, at: of.now });
    }
}
