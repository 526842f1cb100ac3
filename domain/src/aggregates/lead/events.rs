//! What happened to a lead. `status` is where it stands afterwards, in the events that can lead
//! to several; `LeadEvent::status` knows it of all of them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers::{LeadAnswer, LeadField};
use super::person::LeadPerson;
use super::score::ScoreComponents;
use super::vocabulary::{
    ContactKind, CoolReason, DisputeReason, DisqualifyReason, DuplicateReason, Eligibility,
    HandOffReason, LeadSource, LeadStatus, LossReason, MappingGap, OptOutMeans, ReactivateReason,
};
use crate::aggregates::delivery::DeliveryTarget;
use crate::aggregates::offer::{AdKey, MoneyRange, OfferChoice, TemplateRef};
use crate::{Actor, ContactId, DeliveryId, LeadId, MessageId, OfferId, Personal, UserId};

type Time = DateTime<Utc>;

/// Events of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum LeadEvent {
    /// `lead` is its own id, which claims name as owner. `person` is veiled.
    LeadCaptured {
        lead: LeadId,
        source: LeadSource,
        external_id: Option<String>,
        ads: Vec<AdKey>,
        person: Box<LeadPerson>,
        at: Time,
    },
    /// `person` is veiled.
    LeadFormDataFetched {
        person: Box<LeadPerson>,
        at: Time,
    },
    /// Tried again at `retry_at`, if at all by itself. `failures` counts them.
    LeadFormFetchFailed {
        failures: i64,
        reason: String,
        retry_at: Option<Time>,
        at: Time,
    },
    LeadFormFetchRequested {
        by: Actor,
        at: Time,
    },
    LeadContactIdentified {
        contact: ContactId,
        at: Time,
    },
    /// `offer` is the one that waits for the contact.
    LeadMappingPending {
        gap: MappingGap,
        offer: Option<Box<OfferChoice>>,
        rule: Option<String>,
        at: Time,
    },
    /// Its place is taken until `window_ends_at` and until nobody works on it. Written to at
    /// `first_contact_at`, unless it wrote first.
    LeadMapped {
        contact: ContactId,
        offer: Box<OfferChoice>,
        rule: Option<String>,
        first_contact_at: Option<Time>,
        window_ends_at: Time,
        at: Time,
    },
    LeadDuplicateDetected {
        of: LeadId,
        reason: DuplicateReason,
        from: LeadStatus,
        at: Time,
    },
    /// The contact asked again by `lead`.
    LeadRepeated {
        lead: LeadId,
        at: Time,
    },
    LeadContactRequested {
        contact: i64,
        kind: ContactKind,
        template: TemplateRef,
        at: Time,
    },
    /// Outside of the hours; again at `until`.
    LeadContactDeferred {
        contact: i64,
        until: Time,
        at: Time,
    },
    /// `n` counts those of its kind. What follows without an answer is one of `next_contact_at`
    /// and `cool_at`.
    LeadContactAttempted {
        contact: i64,
        kind: ContactKind,
        n: i64,
        template: String,
        message: Option<MessageId>,
        next_contact_at: Option<Time>,
        cool_at: Option<Time>,
        status: LeadStatus,
        at: Time,
    },
    LeadContactFailed {
        contact: i64,
        kind: ContactKind,
        n: i64,
        reason: String,
        next_contact_at: Option<Time>,
        cool_at: Option<Time>,
        at: Time,
    },
    /// The contact wrote, and the lead goes on because of it. `reply` counts the messages;
    /// nothing until `silent_at` lets it cool.
    LeadEngaged {
        reply: i64,
        message: MessageId,
        from: LeadStatus,
        silent_at: Option<Time>,
        status: LeadStatus,
        at: Time,
    },
    /// The contact wrote, and the lead stands as before.
    LeadReplied {
        reply: i64,
        message: MessageId,
        silent_at: Option<Time>,
        at: Time,
    },
    /// `raw` is veiled, and so is `normalised` where it is the name. `counts`: it is sure enough.
    LeadAnswerRecorded {
        field: LeadField,
        raw: Option<Personal<String>>,
        normalised: Personal<LeadAnswer>,
        confidence_bp: i64,
        counts: bool,
        from_form: bool,
        message: Option<MessageId>,
        silent_at: Option<Time>,
        status: LeadStatus,
        at: Time,
    },
    /// The points of the components sum to the total. `missing` of the minimum.
    LeadScored {
        total: i64,
        components: ScoreComponents,
        missing: BTreeSet<LeadField>,
        model_version: i64,
        offer: OfferId,
        offer_version: i64,
        status: LeadStatus,
        at: Time,
    },
    /// Other criteria from now on: another version of its offer.
    LeadCriteriaChanged {
        offer: Box<OfferChoice>,
        at: Time,
    },
    LeadMarkedLowPriority {
        by_person: bool,
        at: Time,
    },
    LeadLowPriorityCleared {
        by_person: bool,
        at: Time,
    },
    LeadReady {
        total: i64,
        ready_points: i64,
        at: Time,
    },
    /// An answer, or other criteria, contradict.
    LeadReadyWithdrawn {
        total: i64,
        missing: BTreeSet<LeadField>,
        at: Time,
    },
    /// Asked again at `reactivate_at`, if at all by itself.
    LeadCooled {
        cooling: i64,
        reason: CoolReason,
        from: LeadStatus,
        reactivate_at: Option<Time>,
        at: Time,
    },
    /// Written to at `contact_at`, if at all by itself. One that was disqualified before it was
    /// mapped is to be mapped.
    LeadReactivated {
        touch: i64,
        reason: ReactivateReason,
        note: Option<String>,
        from: LeadStatus,
        contact_at: Option<Time>,
        status: LeadStatus,
        by: Actor,
        at: Time,
    },
    LeadDisqualified {
        reason: DisqualifyReason,
        note: Option<Personal<String>>,
        from: LeadStatus,
        by: Actor,
        at: Time,
    },
    /// `contact`, where it is known, opts out of everything automatic.
    LeadStopped {
        by: OptOutMeans,
        contact: Option<ContactId>,
        from: LeadStatus,
        at: Time,
    },
    LeadHandedOff {
        agent: Option<UserId>,
        reason: HandOffReason,
        from: LeadStatus,
        at: Time,
    },
    LeadReturned {
        at: Time,
    },
    LeadDeliveryRequested {
        delivery: DeliveryId,
        reservation: Option<Uuid>,
        targets: Vec<DeliveryTarget>,
        at: Time,
    },
    /// `revealed` is what nobody could see until now; the only event in which it is not veiled.
    /// `late`: the delivery was thought to have failed. `withdrawn`: another delivery that was
    /// under way instead.
    LeadDelivered {
        delivery: DeliveryId,
        captured: Option<Uuid>,
        late: bool,
        withdrawn: Option<DeliveryId>,
        revealed: Box<LeadPerson>,
        status: LeadStatus,
        at: Time,
    },
    LeadDeliveryFailed {
        delivery: DeliveryId,
        reservation: Option<Uuid>,
        reason: String,
        at: Time,
    },
    LeadDisputed {
        reason: DisputeReason,
        note: Option<Personal<String>>,
        by: Actor,
        at: Time,
    },
    /// `delivery` and `captured` are what a refund gives back.
    LeadDisputeResolved {
        reason: DisputeReason,
        refund: bool,
        eligibility: Eligibility,
        delivery: Option<DeliveryId>,
        captured: Option<Uuid>,
        note: Option<Personal<String>>,
        status: LeadStatus,
        by: Actor,
        at: Time,
    },
    LeadWon {
        value: Option<MoneyRange>,
        at: Time,
    },
    LeadLost {
        reason: LossReason,
        note: Option<Personal<String>>,
        at: Time,
    },
    LeadTransferred {
        from_offer: OfferId,
        offer: Box<OfferChoice>,
        status: LeadStatus,
        by: Actor,
        at: Time,
    },
    LeadDuplicateWindowEnded {
        at: Time,
    },
}
