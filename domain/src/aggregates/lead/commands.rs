//! What can be asked of a lead.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers::GivenAnswer;
use super::person::LeadPerson;
use super::vocabulary::{
    DisputeReason, DisqualifyReason, DuplicateReason, HandOffReason, LeadSource, LossReason,
    OptOutMeans,
};
use crate::aggregates::delivery::DeliveryTarget;
use crate::aggregates::offer::{AdKey, MoneyRange, OfferChoice};
use crate::{ContactId, DeliveryId, LeadId, MessageId, Personal, UserId};

/// Commands of a lead. [`super::matrix`] says which of them is possible when.
///
/// Where contact and offer come together the lead takes the one place that they have for 90 days
/// ([`super::OPEN_CLAIM`]). Whoever loses it is told which lead has it, and gives the same command
/// again with `duplicate_of`: then everything is recorded and the lead is a duplicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeadCommand {
    /// Somebody is interested.
    Capture {
        /// Where it comes from.
        source: LeadSource,
        /// The source's id (`leadgen_id`), 1–128 characters: one lead per source and id.
        external_id: Option<String>,
        /// Ad, form, campaign and page that led here, at most 4.
        ads: Vec<AdKey>,
        /// Who it is, where that is known.
        contact: Option<ContactId>,
        /// What is known of them, not veiled.
        person: Box<LeadPerson>,
        /// What they answered already, at most 20; what is none is left out.
        answers: Vec<GivenAnswer>,
        /// The offer, where one is known.
        choice: Option<Box<OfferChoice>>,
        /// How the offer was found, such as `ad:123`; 1–200 characters.
        rule: Option<String>,
        /// The contact had opted out of everything automatic.
        opted_out: bool,
        /// The lead that has the place already.
        duplicate_of: Option<LeadId>,
    },
    /// The fields of the form were fetched.
    RecordFormData {
        /// Who it is, where the form told a telephone number or an address.
        contact: Option<ContactId>,
        /// What the form told, not veiled.
        person: Box<LeadPerson>,
        /// What it means, at most 20; what is none is left out.
        answers: Vec<GivenAnswer>,
        /// The contact had opted out of everything automatic.
        opted_out: bool,
        /// The lead that has the place already.
        duplicate_of: Option<LeadId>,
    },
    /// The fields could not be fetched. The lead stays, and it is tried again.
    RecordFormFetchFailure {
        /// Why, 1–500 characters.
        reason: String,
        /// Would another attempt be of use?
        retryable: bool,
    },
    /// Fetches the form now.
    RetryFormFetch,
    /// A person, or a program, found out who it is.
    IdentifyContact {
        /// Who.
        contact: ContactId,
        /// The contact had opted out of everything automatic.
        opted_out: bool,
        /// The lead that has the place already.
        duplicate_of: Option<LeadId>,
    },
    /// What they are interested in; `None` when no rule knew.
    MapOffer {
        /// The offer.
        choice: Option<Box<OfferChoice>>,
        /// How it was found.
        rule: Option<String>,
        /// The contact had opted out of everything automatic.
        opted_out: bool,
        /// The lead that has the place already.
        duplicate_of: Option<LeadId>,
    },
    /// Another lead goes on with it.
    DetectDuplicate {
        /// Which.
        of: LeadId,
        /// How that was noticed.
        reason: DuplicateReason,
    },
    /// Another lead of the same contact and offer came to nothing but this one.
    RecordRepeat {
        /// Which.
        lead: LeadId,
    },
    /// Writes to the contact now: within the hours and while contacts are left.
    RequestContact,
    /// Timer: it is time for the contact with this number.
    ContactDue {
        /// Number, from 1.
        contact: i64,
    },
    /// The contact was written to: as was requested, or by somebody of their own accord.
    RecordContactAttempt {
        /// Number, from 1 and without a hole.
        contact: i64,
        /// The template, 1–512 characters.
        template: String,
        /// The message in the conversation.
        message: Option<MessageId>,
    },
    /// What was requested did not leave. It counts as a contact.
    RecordContactFailure {
        /// Number.
        contact: i64,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// The contact wrote.
    RecordReply {
        /// The message in the conversation; a second time it is no event.
        message: MessageId,
        /// What it says, where it is a text: only looked at for the words that opt out.
        text: Option<Personal<String>>,
    },
    /// The contact answered a question. A later answer to it takes the place of an earlier one.
    AnswerQuestion {
        /// The answer.
        answer: Box<GivenAnswer>,
    },
    /// Scores again by these criteria, a version of the lead's own offer.
    Score {
        /// The offer.
        choice: Box<OfferChoice>,
    },
    /// A person says how much it matters; scores no longer change that.
    Prioritise {
        /// Low?
        low_priority: bool,
    },
    /// It is left alone for a while.
    CoolDown,
    /// Timer: no answer to the contact with this number.
    CoolDue {
        /// Number.
        contact: i64,
    },
    /// Timer: nothing since the reply with this number.
    SilenceDue {
        /// Number.
        reply: i64,
    },
    /// It is asked again. Of a disqualified one only by a person, with a reason.
    Reactivate {
        /// Why, 1–500 characters.
        reason: Option<String>,
    },
    /// Timer: this cooling is over.
    ReactivateDue {
        /// Number of the cooling.
        cooling: i64,
    },
    /// It is none.
    Disqualify {
        /// Why.
        reason: DisqualifyReason,
        /// In words, at most 1,000 characters.
        note: Option<Personal<String>>,
    },
    /// The contact wants no more messages, of any offer of the tenant.
    OptOut {
        /// How that was said.
        by: OptOutMeans,
    },
    /// A person takes it.
    HandOff {
        /// Who; anybody when absent.
        agent: Option<UserId>,
        /// Why.
        reason: HandOffReason,
    },
    /// The person gives it back.
    Return,
    /// Hands it over to the tenant's systems. What it costs is reserved.
    RequestDelivery {
        /// Id of the delivery, a new one for each request.
        delivery: DeliveryId,
        /// The hold of credits; needed where the offer is paid per lead.
        reservation: Option<Uuid>,
        /// Where to, 1 to 10.
        targets: Vec<DeliveryTarget>,
    },
    /// A target has it, and the credits are captured. Counts however late it comes, once.
    ConfirmDelivery {
        /// The delivery.
        delivery: DeliveryId,
        /// The hold that was captured; where it comes late, perhaps another one.
        captured: Option<Uuid>,
    },
    /// No target has it, and the credits are released.
    FailDelivery {
        /// The delivery.
        delivery: DeliveryId,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// The tenant says that it should not pay for it.
    Dispute {
        /// Why; each reason once.
        reason: DisputeReason,
        /// In words, at most 1,000 characters.
        note: Option<Personal<String>>,
    },
    /// Answers the dispute.
    ResolveDispute {
        /// Was the tenant right?
        refund: bool,
        /// In words, at most 1,000 characters.
        note: Option<Personal<String>>,
    },
    /// It was sold.
    MarkWon {
        /// For how much.
        value: Option<MoneyRange>,
    },
    /// It was not sold.
    MarkLost {
        /// Why.
        reason: LossReason,
        /// In words, at most 1,000 characters.
        note: Option<Personal<String>>,
    },
    /// It is interested in another offer instead. What it answered stays.
    Transfer {
        /// The other offer.
        choice: Box<OfferChoice>,
    },
    /// Timer: its 90 days are over.
    EndDuplicateWindow,
}

impl LeadCommand {
    /// Does it write to the contact or hand the lead over? A tenant that is suspended cannot give
    /// it.
    pub const fn is_outbound(&self) -> bool {
        matches!(
            self,
            Self::RequestContact | Self::ContactDue { .. } | Self::RequestDelivery { .. }
        )
    }
}
