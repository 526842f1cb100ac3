//! Decisions on handing a lead over: reserved before, captured when it arrives, and once.

use uuid::Uuid;

use super::answers::LeadAnswer;
use super::events::LeadEvent as E;
use super::follow::unless_final;
use super::handle::{Decision, reason};
use super::person::LeadPerson;
use super::refusal::LeadRefusal as No;
use super::state::{Lead, Story};
use super::vocabulary::LeadStatus;
use crate::aggregates::delivery::{DeliveryTarget, LeadPackage, are_targets};
use crate::aggregates::offer::ChargeModel;
use crate::{DeliveryId, Directed, Personal};

/// Most deliveries of a lead.
const DELIVERIES_MAX: usize = 10;

impl Lead {
    fn costs_credits(&self) -> bool {
        self.offer.as_ref().is_some_and(|offer| offer.charge == ChargeModel::PerLead)
    }

    pub(super) fn request_delivery(
        &self,
        of: &Directed<()>,
        delivery: DeliveryId,
        reservation: Option<Uuid>,
        targets: Vec<DeliveryTarget>,
    ) -> Decision {
        if self.delivered.is_some() {
            return Err(No::AlreadyDelivered);
        }
        if !are_targets(&targets) {
            return Err(No::InvalidTargets);
        }
        if self.deliveries.len() >= DELIVERIES_MAX {
            return Err(No::TooManyDeliveries);
        }
        if self.costs_credits() && reservation.is_none() {
            return Err(No::ReservationRequired);
        }
        Ok(vec![E::LeadDeliveryRequested { delivery, reservation, targets, at: of.now }])
    }

    /// However late: somebody has the data now, and it was paid for. One that comes in time was
    /// paid for by its own reservation.
    pub(super) fn confirm_delivery(
        &self,
        of: &Directed<()>,
        delivery: DeliveryId,
        captured: Option<Uuid>,
    ) -> Decision {
        let late = self.pending != Some(delivery);
        let own = self.delivery(delivery).and_then(|known| known.reservation);
        let paid = captured.is_some() && (late || captured == own);
        if self.costs_credits() && !paid {
            return Err(No::NotCaptured);
        }
        Ok(vec![E::LeadDelivered {
            delivery,
            captured,
            late,
            withdrawn: self.pending.filter(|_| late),
            revealed: Box::new(self.revealed()),
            status: unless_final(self.status, LeadStatus::SentToDeveloper),
            at: of.now,
        }])
    }

    /// Whatever the delivery was to be, another answer may count by now.
    pub(super) fn fail_delivery(
        &self,
        of: &Directed<()>,
        delivery: DeliveryId,
        why: &str,
    ) -> Decision {
        let reason = reason(why)?;
        let reservation = self.delivery(delivery).and_then(|known| known.reservation);
        let mut story = Story::of(self);
        story.tell(E::LeadDeliveryFailed { delivery, reservation, reason, at: of.now });
        story.withdraw_if_not_ready(of);
        Ok(story.told())
    }

    /// What nobody could see. The name that the contact gave as an answer goes before the one
    /// in the form.
    fn revealed(&self) -> LeadPerson {
        let mut person = self.person.clone();
        if let Some(known) = self.answers.get(&super::LeadField::Name)
            && let Some(LeadAnswer::Name(name)) = known.answer.beneath()
        {
            person.name = Some(Personal::new(known.answer.subject().clone(), name.clone()));
        }
        person.unveiled()
    }

    /// What a target is told; `None` before contact and offer are known.
    pub(super) fn package(&self) -> Option<LeadPackage> {
        let answers = self.answers.values().map(|known| known.answer.clone().unveiled());
        Some(LeadPackage {
            lead: self.origin.as_ref()?.lead,
            contact: self.contact?,
            offer: self.offer.as_ref()?.offer,
            person: self.revealed(),
            answers: answers.collect(),
            total: self.total,
        })
    }
}
