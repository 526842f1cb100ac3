//! Decisions on contact and offer: a lead is one contact's interest in one offer.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::LeadEvent as E;
use super::handle::Decision;
use super::refusal::LeadRefusal as No;
use super::state::{Lead, Story};
use super::vocabulary::{
    DuplicateReason, LeadSource, LeadStatus, MappingGap, OptOutMeans, ReactivateReason,
};
use crate::aggregates::offer::OfferChoice;
use crate::{ContactId, Directed, LeadId};

/// How long contact and offer have one lead, from its capture (X-CONV-4).
const WINDOW: TimeDelta = TimeDelta::days(90);
/// Longest rule, in characters.
const RULE_MAX: usize = 200;

/// What is known outside when contact and offer come together.
#[derive(Clone, Copy)]
pub(super) struct Circumstances {
    /// The contact had opted out of everything automatic.
    pub(super) opted_out: bool,
    /// The lead that has the place already.
    pub(super) duplicate_of: Option<LeadId>,
}

/// The choice, if it can be one.
pub(super) fn checked(choice: OfferChoice) -> Result<OfferChoice, No> {
    if choice.version < 1 {
        return Err(No::InvalidOffer);
    }
    let criteria = choice.criteria.checked().ok_or(No::InvalidOffer)?;
    Ok(OfferChoice { criteria, ..choice })
}

/// A rule in its form. It only explains: one that is too long is cut.
pub(super) fn rule(rule: Option<&str>) -> Option<String> {
    let cut: String = rule?.trim().chars().take(RULE_MAX).collect();
    crate::text::trimmed(&cut, RULE_MAX)
}

impl Lead {
    pub(super) fn map_offer(
        &self,
        of: &Directed<()>,
        choice: Option<OfferChoice>,
        by: Option<&str>,
        how: Circumstances,
    ) -> Decision {
        let choice = choice.map(checked).transpose()?;
        let mut story = Story::of(self);
        story.mapped(of, choice.map(|choice| (choice, rule(by))), how);
        Ok(story.told())
    }

    pub(super) fn identify(
        &self,
        of: &Directed<()>,
        contact: ContactId,
        how: Circumstances,
    ) -> Decision {
        if self.contact.is_some() {
            return Err(No::ContactKnown);
        }
        let mut story = Story::of(self);
        story.identified(of, Some(contact));
        story.mapped(of, None, how);
        Ok(story.told())
    }

    pub(super) fn detect_duplicate(
        &self,
        of: &Directed<()>,
        other: LeadId,
        reason: DuplicateReason,
    ) -> Decision {
        if self.origin.as_ref().is_some_and(|origin| origin.lead == other) {
            return Err(No::DuplicateOfItself);
        }
        Ok(vec![E::LeadDuplicateDetected { of: other, reason, from: self.status, at: of.now }])
    }

    /// Who asks again has not cooled.
    pub(super) fn repeated(&self, of: &Directed<()>, lead: LeadId) -> Decision {
        let mut story = Story::of(self);
        story.tell(E::LeadRepeated { lead, at: of.now });
        if self.status == LeadStatus::Cooling {
            let again = story.lead.reactivated(of, ReactivateReason::AskedAgain, None);
            story.tell(again);
        }
        Ok(story.told())
    }

    pub(super) fn transfer(&self, of: &Directed<()>, choice: OfferChoice) -> Decision {
        let choice = checked(choice)?;
        let Some(known) = &self.offer else { return Err(No::NotMapped) };
        // Ready and scored were so by the criteria of the other offer.
        let judged = matches!(self.status, LeadStatus::Scored | LeadStatus::LeadReady);
        let status = if judged { LeadStatus::Qualifying } else { self.status };
        let mut story = Story::of(self);
        story.tell(E::LeadTransferred {
            from_offer: known.offer,
            offer: Box::new(choice),
            status,
            by: of.actor.clone(),
            at: of.now,
        });
        story.scored(of);
        Ok(story.told())
    }

    /// Who wrote first, and an ad that opened a chat, need no first message.
    fn first_contact_at(&self, now: DateTime<Utc>, choice: &OfferChoice) -> Option<DateTime<Utc>> {
        let wrote = self.replies > 0
            || self.origin.as_ref().is_some_and(|o| o.source == LeadSource::WhatsappReferral);
        (!wrote).then(|| choice.criteria.contact.hours.next_open(now))
    }
}

impl Story {
    /// Takes the offer in, and maps the lead when its contact is known too.
    pub(super) fn mapped(
        &mut self,
        of: &Directed<()>,
        found: Option<(OfferChoice, Option<String>)>,
        how: Circumstances,
    ) {
        let at = of.now;
        let new = found.is_some();
        let waiting = self.lead.offer.clone().map(|offer| (offer, self.lead.rule.clone()));
        let contact = self.lead.contact;
        if contact.is_some() && how.opted_out {
            let stopped = self.lead.stopped(of, OptOutMeans::Preference);
            return self.tell(stopped);
        }
        let Some((choice, rule)) = found.or(waiting) else {
            return self.gap(of, MappingGap::NoOffer, None);
        };
        let Some(contact) = contact else {
            return self.gap(of, MappingGap::NoContact, new.then_some((choice, rule)));
        };
        let own = self.lead.origin.as_ref().map(|origin| (origin.lead, origin.at));
        let other = how.duplicate_of.filter(|other| own.is_none_or(|(lead, _)| lead != *other));
        if let Some(other) = other {
            let (from, reason) = (self.lead.status, DuplicateReason::SameContact);
            return self.tell(E::LeadDuplicateDetected { of: other, reason, from, at });
        }
        let first_contact_at = self.lead.first_contact_at(at, &choice);
        let window_ends_at = own.map_or(at, |(_, captured)| captured) + WINDOW;
        let offer = Box::new(choice);
        self.tell(E::LeadMapped { contact, offer, rule, first_contact_at, window_ends_at, at });
        self.scored(of);
        self.answered_before_mapping(of);
    }

    /// What is missing is said once, and again when an offer is found that waits.
    fn gap(
        &mut self,
        of: &Directed<()>,
        gap: MappingGap,
        found: Option<(OfferChoice, Option<String>)>,
    ) {
        let (offer, rule) = found.unzip();
        if self.lead.gap != Some(gap) || offer.is_some() {
            let (offer, rule) = (offer.map(Box::new), rule.flatten());
            self.tell(E::LeadMappingPending { gap, offer, rule, at: of.now });
        }
    }
}
