//! What a lead remembers: what later decisions need and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers::{LeadAnswer, LeadField};
use super::events::LeadEvent as E;
use super::person::LeadPerson;
use super::vocabulary::{
    ContactKind, DisputeReason, Eligibility, LeadSource, LeadStatus, MappingGap, OpenMatter,
};
use crate::aggregates::offer::OfferChoice;
use crate::{ContactId, DeliveryId, LeadId, MessageId, Personal, Veil};

/// Where a lead comes from: fixed by its capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadOrigin {
    /// Its own id.
    pub lead: LeadId,
    /// Where it comes from.
    pub source: LeadSource,
    /// The source's id.
    pub external_id: Option<String>,
    /// When it was captured.
    pub at: DateTime<Utc>,
}

/// The answer to a question that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) answer: Personal<LeadAnswer>,
}

/// A delivery that was requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownDelivery {
    pub(super) delivery: DeliveryId,
    pub(super) reservation: Option<Uuid>,
}

/// The form of an ad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Form {
    pub(super) fetched: bool,
    pub(super) failures: i64,
    /// Tried again by itself.
    pub(super) retrying: bool,
}

/// How often it was written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contacts {
    /// In all; timers of earlier ones mean nothing.
    pub(super) total: i64,
    /// First ones.
    pub(super) attempts: i64,
    /// Reactivations since it last wrote.
    pub(super) touches: i64,
    /// The last reactivation was followed by its message.
    pub(super) touched: bool,
    /// One that was requested and has no outcome.
    pub(super) requested: Option<ContactKind>,
}

/// A contact's interest in one offer.
#[allow(clippy::struct_excessive_bools)] // each says one thing that later decisions need
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// `None` before it is captured.
    pub(super) origin: Option<LeadOrigin>,
    pub(super) status: LeadStatus,
    pub(super) contact: Option<ContactId>,
    /// Veiled.
    pub(super) person: LeadPerson,
    pub(super) form: Form,
    /// What was missing when last looked at.
    pub(super) gap: Option<MappingGap>,
    /// The offer, also while the contact is not known.
    pub(super) offer: Option<OfferChoice>,
    pub(super) rule: Option<String>,
    /// Contact and offer came together, and the place was taken.
    pub(super) mapped: bool,
    /// Its 90 days are over.
    pub(super) window_over: bool,
    pub(super) answers: BTreeMap<LeadField, Known>,
    /// Questions that a message answered, lately; oldest first.
    pub(super) answered: VecDeque<(MessageId, LeadField)>,
    /// The last total.
    pub(super) total: Option<i64>,
    pub(super) low_priority: bool,
    /// A person said how much it matters.
    pub(super) prioritised: bool,
    pub(super) contacts: Contacts,
    /// Messages of the contact; timers of earlier ones mean nothing.
    pub(super) replies: i64,
    /// Messages lately; oldest first.
    pub(super) recent: VecDeque<MessageId>,
    /// Coolings ever; timers of earlier ones mean nothing.
    pub(super) coolings: i64,
    /// End of the cooling, if it has one.
    pub(super) reactivate_at: Option<DateTime<Utc>>,
    /// Oldest first.
    pub(super) deliveries: Vec<KnownDelivery>,
    /// The one without an end.
    pub(super) pending: Option<DeliveryId>,
    /// The one that arrived.
    pub(super) delivered: Option<DeliveryId>,
    pub(super) captured: Option<Uuid>,
    pub(super) dispute: Option<DisputeReason>,
    pub(super) disputes: BTreeSet<DisputeReason>,
    pub(super) eligibility: Option<Eligibility>,
    /// Leads that came to nothing but this one, lately; oldest first.
    pub(super) repeats: VecDeque<LeadId>,
    pub(super) duplicate_of: Option<LeadId>,
}

impl Lead {
    /// Where it stands.
    pub const fn status(&self) -> LeadStatus {
        self.status
    }

    /// What is open beside that.
    pub const fn matter(&self) -> OpenMatter {
        if self.dispute.is_some() {
            OpenMatter::Dispute
        } else if self.pending.is_some() {
            OpenMatter::Delivery
        } else {
            OpenMatter::None
        }
    }

    /// Where it comes from; `None` before its capture.
    pub const fn origin(&self) -> Option<&LeadOrigin> {
        self.origin.as_ref()
    }

    /// Who it is, once known.
    pub const fn contact(&self) -> Option<ContactId> {
        self.contact
    }

    /// Its offer, once known.
    pub const fn offer(&self) -> Option<&OfferChoice> {
        self.offer.as_ref()
    }

    /// Was its form fetched?
    pub const fn has_form(&self) -> bool {
        self.form.fetched
    }

    /// The last total of its score.
    pub const fn total(&self) -> Option<i64> {
        self.total
    }

    /// Does it matter little?
    pub const fn is_low_priority(&self) -> bool {
        self.low_priority
    }

    /// Contacts that were made or failed.
    pub const fn contacts(&self) -> i64 {
        self.contacts.total
    }

    /// The delivery that arrived.
    pub const fn delivered(&self) -> Option<DeliveryId> {
        self.delivered
    }

    /// The lead that goes on with it.
    pub const fn duplicate_of(&self) -> Option<LeadId> {
        self.duplicate_of
    }

    /// May it be charged for?
    pub fn eligibility(&self) -> Eligibility {
        self.eligibility.unwrap_or(Eligibility::Pending)
    }

    /// Answers that count, where they are not erased.
    pub(super) fn counting(&self) -> impl Iterator<Item = &LeadAnswer> {
        self.answers.values().filter_map(|known| known.answer.beneath())
    }

    /// Questions with an answer that counts.
    pub(super) fn fields(&self) -> BTreeSet<LeadField> {
        self.counting().map(LeadAnswer::field).collect()
    }

    pub(super) fn veil(&self) -> Option<Veil> {
        self.origin.as_ref().map(|origin| Veil::lead(origin.lead))
    }

    pub(super) fn delivery(&self, id: DeliveryId) -> Option<&KnownDelivery> {
        self.deliveries.iter().find(|known| known.delivery == id)
    }
}

/// A decision of several steps, each of which sees what the ones before it did.
pub(super) struct Story {
    pub(super) lead: Lead,
    events: Vec<E>,
}

impl Story {
    pub(super) fn of(lead: &Lead) -> Self {
        Self { lead: lead.clone(), events: Vec::new() }
    }

    pub(super) fn tell(&mut self, event: E) {
        self.lead.follow(event.clone());
        self.events.push(event);
    }

    pub(super) fn told(self) -> Vec<E> {
        self.events
    }
}
