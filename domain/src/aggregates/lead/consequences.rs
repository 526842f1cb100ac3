//! What the log needs to know of an event of a lead: the unique keys that it takes, and what is
//! to be done outside or later because of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::commands::LeadCommand as C;
use super::events::LeadEvent as E;
use super::state::{Lead, LeadOrigin};
use super::vocabulary::{ContactKind, LeadSource, LeadStatus, OptOutMeans};
use crate::aggregates::contact::{Contact, ContactCommand, OptOutCategory, Revealing};
use crate::aggregates::delivery::{Delivery, DeliveryCommand, DeliveryTarget};
use crate::aggregates::offer::TemplateRef;
use crate::{Claim, ContactId, DeliveryId, Effect, LeadId, OfferId};

/// Kind of the claim on the one place of a contact and an offer. Its key is
/// `<contact uuid>|<offer uuid>` and its owner text the lead's id.
pub const OPEN_CLAIM: &str = "lead.open";
/// Kind of the claim on a source's id, `<source>:<id>`; its owner text is the lead's id.
const EXTERNAL_CLAIM: &str = "lead.external";
/// Kind of the effect that fetches the form of an ad.
pub const FETCH_FORM_EFFECT: &str = "lead.fetch_form";
/// Kind of the effect that writes to a lead.
pub const CONTACT_EFFECT: &str = "lead.contact";

/// What a worker needs to fetch a form. It gives `RecordFormData` or `RecordFormFetchFailure`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchFormEffect {
    /// The lead.
    pub lead: LeadId,
    /// The source's id.
    pub external_id: String,
}

/// What a worker needs to write to a lead: the template, in the contact's conversation. It gives
/// `RecordContactAttempt` or `RecordContactFailure` with this number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactEffect {
    /// The lead.
    pub lead: LeadId,
    /// Whom.
    pub contact: ContactId,
    /// For which offer.
    pub offer: OfferId,
    /// Number of the contact; with the lead it makes the client's id of the message.
    pub number: i64,
    /// A first contact or a touch.
    pub kind: ContactKind,
    /// What to say.
    pub template: TemplateRef,
}

impl Lead {
    fn place(&self, offer: OfferId) -> Option<(String, LeadId)> {
        Some((format!("{}|{offer}", self.contact?), self.origin.as_ref()?.lead))
    }

    fn take(&self) -> Option<Claim> {
        let (key, lead) = self.place(self.offer.as_ref()?.offer)?;
        Some(Claim::take(OPEN_CLAIM, key, lead))
    }

    fn release(&self, offer: Option<OfferId>) -> Option<Claim> {
        let (key, lead) = self.place(offer.or(self.offer.as_ref().map(|known| known.offer))?)?;
        Some(Claim::release(OPEN_CLAIM, key, lead))
    }

    /// Contact and offer have one lead: for 90 days from its capture, and as long after them as
    /// somebody works on it. Whoever loses the place is told which lead has it.
    pub(super) fn claims_of(&self, event: &E) -> Vec<Claim> {
        let done = self.window_over && self.status.is_done();
        let claims = match event {
            E::LeadCaptured { lead, source, external_id: Some(id), .. } => {
                let key = format!("{}:{id}", source.as_str());
                [Some(Claim::take(EXTERNAL_CLAIM, key, lead)), None]
            }
            E::LeadMapped { .. } => [self.take(), None],
            E::LeadReactivated { from: LeadStatus::Disqualified, .. } => {
                [self.take().filter(|_| self.mapped), None]
            }
            E::LeadTransferred { from_offer, .. } => [self.release(Some(*from_offer)), self.take()],
            E::LeadDuplicateDetected { .. } => [self.release(None), None],
            E::LeadDuplicateWindowEnded { .. }
            | E::LeadDisqualified { .. }
            | E::LeadStopped { .. }
            | E::LeadDelivered { .. }
            | E::LeadDisputeResolved { .. }
            | E::LeadWon { .. }
            | E::LeadLost { .. } => [self.release(None).filter(|_| done), None],
            E::LeadCaptured { external_id: None, .. }
            | E::LeadFormDataFetched { .. }
            | E::LeadFormFetchFailed { .. }
            | E::LeadFormFetchRequested { .. }
            | E::LeadContactIdentified { .. }
            | E::LeadMappingPending { .. }
            | E::LeadRepeated { .. }
            | E::LeadContactRequested { .. }
            | E::LeadContactDeferred { .. }
            | E::LeadContactAttempted { .. }
            | E::LeadContactFailed { .. }
            | E::LeadEngaged { .. }
            | E::LeadReplied { .. }
            | E::LeadAnswerRecorded { .. }
            | E::LeadScored { .. }
            | E::LeadCriteriaChanged { .. }
            | E::LeadMarkedLowPriority { .. }
            | E::LeadLowPriorityCleared { .. }
            | E::LeadReady { .. }
            | E::LeadReadyWithdrawn { .. }
            | E::LeadCooled { .. }
            | E::LeadReactivated { .. }
            | E::LeadHandedOff { .. }
            | E::LeadReturned { .. }
            | E::LeadDeliveryRequested { .. }
            | E::LeadDeliveryFailed { .. }
            | E::LeadDisputed { .. } => [None, None],
        };
        claims.into_iter().flatten().collect()
    }

    /// Timers are commands to the lead itself. They are never taken back: when one comes, the
    /// lead decides whether it still means anything.
    pub(super) fn effects_of(&self, event: &E) -> Vec<Effect> {
        let Some(origin) = &self.origin else { return Vec::new() };
        let at = |due: &Option<DateTime<Utc>>, body: C| {
            due.map(|due| Effect::command::<Self>(origin.lead, &body, Some(due)))
        };
        let next = C::ContactDue { contact: self.contacts.total + 1 };
        let effects = match event {
            E::LeadCaptured { source: LeadSource::MetaLeadAd, .. }
            | E::LeadFormFetchRequested { .. } => [fetch(origin, None), None],
            E::LeadFormFetchFailed { retry_at: Some(due), .. } => [fetch(origin, Some(*due)), None],
            E::LeadMapped { first_contact_at, window_ends_at, .. } => {
                [at(first_contact_at, next), at(&Some(*window_ends_at), C::EndDuplicateWindow)]
            }
            E::LeadDuplicateDetected { of, .. } => {
                let body = C::RecordRepeat { lead: origin.lead };
                [Some(Effect::command::<Self>(of, &body, None)), None]
            }
            E::LeadContactRequested { contact, kind, template, .. } => {
                [self.write(*contact, *kind, template), None]
            }
            E::LeadContactDeferred { until, .. } => [at(&Some(*until), next), None],
            E::LeadContactAttempted { contact, next_contact_at, cool_at, .. }
            | E::LeadContactFailed { contact, next_contact_at, cool_at, .. } => {
                [at(next_contact_at, next), at(cool_at, C::CoolDue { contact: *contact })]
            }
            E::LeadReactivated { contact_at, .. } => [at(contact_at, next), None],
            E::LeadEngaged { reply, silent_at, .. } | E::LeadReplied { reply, silent_at, .. } => {
                [at(silent_at, C::SilenceDue { reply: *reply }), None]
            }
            E::LeadAnswerRecorded { silent_at, .. } => {
                [at(silent_at, C::SilenceDue { reply: self.replies }), None]
            }
            E::LeadCooled { cooling, reactivate_at, .. } => {
                [at(reactivate_at, C::ReactivateDue { cooling: *cooling }), None]
            }
            E::LeadStopped { contact, by, at, .. } => {
                [contact.map(|contact| opt_out(contact, *by, *at)), self.withdraw(self.pending)]
            }
            E::LeadDeliveryRequested { delivery, targets, .. } => {
                [self.deliver(*delivery, targets), None]
            }
            E::LeadDelivered { withdrawn, .. } => [self.withdraw(*withdrawn), self.reveal()],
            E::LeadDisputeResolved { refund: true, delivery: Some(delivery), .. } => {
                [Some(refund(*delivery)), None]
            }
            E::LeadCaptured { .. }
            | E::LeadFormDataFetched { .. }
            | E::LeadFormFetchFailed { .. }
            | E::LeadContactIdentified { .. }
            | E::LeadMappingPending { .. }
            | E::LeadRepeated { .. }
            | E::LeadScored { .. }
            | E::LeadCriteriaChanged { .. }
            | E::LeadMarkedLowPriority { .. }
            | E::LeadLowPriorityCleared { .. }
            | E::LeadReady { .. }
            | E::LeadReadyWithdrawn { .. }
            | E::LeadDisqualified { .. }
            | E::LeadHandedOff { .. }
            | E::LeadReturned { .. }
            | E::LeadDeliveryFailed { .. }
            | E::LeadDisputed { .. }
            | E::LeadDisputeResolved { .. }
            | E::LeadWon { .. }
            | E::LeadLost { .. }
            | E::LeadTransferred { .. }
            | E::LeadDuplicateWindowEnded { .. } => [None, None],
        };
        effects.into_iter().flatten().collect()
    }

    fn write(&self, number: i64, kind: ContactKind, template: &TemplateRef) -> Option<Effect> {
        let lead = self.origin.as_ref()?.lead;
        let (contact, offer) = (self.contact?, self.offer.as_ref()?.offer);
        let template = template.clone();
        effect(CONTACT_EFFECT, &ContactEffect { lead, contact, offer, number, kind, template })
    }

    /// The delivery gets what nobody else may see yet, in the transaction of the event.
    fn deliver(&self, delivery: DeliveryId, targets: &[DeliveryTarget]) -> Option<Effect> {
        let reservation = self.delivery(delivery)?.reservation;
        let (targets, package) = (targets.to_vec(), Box::new(self.package()?));
        let body = DeliveryCommand::Request { targets, package, reservation };
        Some(Effect::command::<Delivery>(delivery, &body, None))
    }

    /// Who is known by the lead alone may be seen now.
    fn reveal(&self) -> Option<Effect> {
        let contact = self.contact.filter(|contact| contact.came_by_lead())?;
        let body = ContactCommand::Reveal { because: Revealing::Delivered };
        Some(Effect::command::<Contact>(contact, &body, None))
    }

    /// Nothing more of a delivery that is not wanted any more.
    fn withdraw(&self, delivery: Option<DeliveryId>) -> Option<Effect> {
        let reason = if self.delivered.is_some() { "LEAD_DELIVERED" } else { "LEAD_STOPPED" };
        let body = DeliveryCommand::DeadLetter { reason: reason.to_owned(), withdrawn: true };
        Some(Effect::command::<Delivery>(delivery?, &body, None))
    }
}

fn fetch(origin: &LeadOrigin, due: Option<DateTime<Utc>>) -> Option<Effect> {
    let external_id = origin.external_id.clone()?;
    let fetch = effect(FETCH_FORM_EFFECT, &FetchFormEffect { lead: origin.lead, external_id });
    fetch.map(|effect| Effect { due, ..effect })
}

/// Opting out of one offer is opting out of all: the contact says so, and whoever writes to a
/// contact asks it.
fn opt_out(contact: ContactId, by: OptOutMeans, at: DateTime<Utc>) -> Effect {
    let (category, by) = (OptOutCategory::All, by.as_str().to_owned());
    Effect::command::<Contact>(contact, &ContactCommand::OptOut { category, by, at }, None)
}

fn refund(delivery: DeliveryId) -> Effect {
    let body = DeliveryCommand::RecordRefund { reason: "LEAD_REFUNDED".to_owned() };
    Effect::command::<Delivery>(delivery, &body, None)
}

fn effect(kind: &'static str, payload: &impl Serialize) -> Option<Effect> {
    // It is plain data: it has a JSON form.
    let payload = serde_json::to_value(payload).ok()?;
    Some(Effect { kind, serial: None, due: None, payload })
}
