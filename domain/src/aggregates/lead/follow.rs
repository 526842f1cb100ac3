//! How the events change a lead.

use std::collections::VecDeque;

use super::events::LeadEvent as E;
use super::person::LeadPerson;
use super::state::{Form, Known, KnownDelivery, Lead, LeadOrigin};
use super::vocabulary::{ContactKind, Eligibility, LeadStatus};

/// Messages and repeats that are remembered so that they happen once.
const REMEMBERED: usize = 64;

pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T) {
    list.push_back(item);
    if list.len() > REMEMBERED {
        list.pop_front();
    }
}

impl Lead {
    pub(super) fn follow(&mut self, event: E) {
        let status = event.status().unwrap_or(self.status);
        self.follow_fact(event);
        self.status = status;
    }

    #[allow(clippy::too_many_lines)] // some lines per event
    fn follow_fact(&mut self, event: E) {
        match event {
            E::LeadCaptured { lead, source, external_id, person, at, .. } => {
                self.origin = Some(LeadOrigin { lead, source, external_id, at });
                self.person = *person;
                self.form.retrying = source == super::LeadSource::MetaLeadAd;
            }
            E::LeadFormDataFetched { person, .. } => {
                self.form = Form { fetched: true, ..Form::default() };
                self.learn(*person);
            }
            E::LeadFormFetchFailed { failures, retry_at, .. } => {
                (self.form.failures, self.form.retrying) = (failures, retry_at.is_some());
            }
            E::LeadFormFetchRequested { .. } => self.form.retrying = true,
            E::LeadContactIdentified { contact, .. } => self.contact = Some(contact),
            E::LeadMappingPending { gap, offer, rule, .. } => {
                self.gap = Some(gap);
                if let Some(offer) = offer {
                    (self.offer, self.rule) = (Some(*offer), rule);
                }
            }
            E::LeadMapped { contact, offer, rule, .. } => {
                (self.contact, self.offer, self.rule) = (Some(contact), Some(*offer), rule);
                (self.gap, self.mapped) = (None, true);
            }
            E::LeadDuplicateDetected { of, .. } => self.duplicate_of = Some(of),
            E::LeadRepeated { lead, .. } => {
                remember(&mut self.repeats, lead);
                self.contacts.touches = 0;
            }
            E::LeadContactRequested { kind, .. } => self.contacts.requested = Some(kind),
            E::LeadContactAttempted { contact, kind, n, .. }
            | E::LeadContactFailed { contact, kind, n, .. } => self.contacted(contact, kind, n),
            E::LeadEngaged { reply, message, .. } | E::LeadReplied { reply, message, .. } => {
                self.replies = reply;
                remember(&mut self.recent, message);
                self.contacts.touches = 0;
            }
            E::LeadCooled { cooling, reactivate_at, .. } => {
                (self.coolings, self.reactivate_at) = (cooling, reactivate_at);
            }
            E::LeadReactivated { touch, .. } => {
                (self.contacts.touches, self.contacts.touched) = (touch, false);
                self.reactivate_at = None;
            }
            E::LeadAnswerRecorded { field, normalised, counts, message, .. } => {
                if let Some(message) = message {
                    remember(&mut self.answered, (message, field));
                }
                if counts {
                    self.answers.insert(field, Known { answer: normalised });
                }
            }
            E::LeadScored { total, .. } => self.total = Some(total),
            E::LeadMarkedLowPriority { by_person, .. } => {
                self.low_priority = true;
                self.prioritised |= by_person;
            }
            E::LeadLowPriorityCleared { by_person, .. } => {
                self.low_priority = false;
                self.prioritised |= by_person;
            }
            E::LeadDeliveryRequested { delivery, reservation, .. } => {
                self.deliveries.push(KnownDelivery { delivery, reservation });
                self.pending = Some(delivery);
            }
            E::LeadDelivered { delivery, captured, .. } => {
                (self.delivered, self.captured, self.pending) = (Some(delivery), captured, None);
                self.eligibility = Some(Eligibility::Chargeable);
            }
            E::LeadDeliveryFailed { .. } => self.pending = None,
            E::LeadDisputed { reason, .. } => {
                self.dispute = Some(reason);
                self.disputes.insert(reason);
                self.eligibility = Some(Eligibility::Pending);
            }
            E::LeadDisputeResolved { eligibility, .. } => {
                (self.dispute, self.eligibility) = (None, Some(eligibility));
            }
            E::LeadCriteriaChanged { offer, .. } | E::LeadTransferred { offer, .. } => {
                self.offer = Some(*offer);
            }
            E::LeadDuplicateWindowEnded { .. } => self.window_over = true,
            E::LeadReady { .. }
            | E::LeadReadyWithdrawn { .. }
            | E::LeadDisqualified { .. }
            | E::LeadStopped { .. }
            | E::LeadHandedOff { .. }
            | E::LeadReturned { .. }
            | E::LeadWon { .. }
            | E::LeadContactDeferred { .. }
            | E::LeadLost { .. } => {}
        }
    }

    const fn contacted(&mut self, contact: i64, kind: ContactKind, n: i64) {
        (self.contacts.total, self.contacts.requested) = (contact, None);
        match kind {
            ContactKind::Attempt => self.contacts.attempts = n,
            ContactKind::Touch => self.contacts.touched = true,
        }
    }

    /// What a form told goes before what was known.
    fn learn(&mut self, person: LeadPerson) {
        let LeadPerson { name, phone, email, fields } = person;
        self.person.name = name.or_else(|| self.person.name.take());
        self.person.phone = phone.or_else(|| self.person.phone.take());
        self.person.email = email.or_else(|| self.person.email.take());
        if !fields.is_empty() {
            self.person.fields = fields;
        }
    }
}

/// The status after an event that leaves a lead that is over where it is.
pub(super) const fn unless_final(status: LeadStatus, then: LeadStatus) -> LeadStatus {
    if status.is_final() { status } else { then }
}
