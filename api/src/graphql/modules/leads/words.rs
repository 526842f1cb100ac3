//! The closed sets of leads.

use async_graphql::Enum;
use bitacora_domain::aggregates::lead as domain;

/// Where a lead stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LeadStatus")]
pub enum LeadStatus {
    /// Its offer or its contact is not known yet.
    PendingMapping,
    /// Nobody wrote to it yet.
    ToBeContacted,
    /// It was written to and has not answered.
    Contacted,
    /// It wrote.
    Engaged,
    /// It answers questions.
    Qualifying,
    /// The minimum is known, and the points do not suffice.
    Scored,
    /// The minimum is known, and the points suffice: it may be delivered.
    LeadReady,
    /// The tenant's systems have it.
    SentToDeveloper,
    /// It went silent.
    Cooling,
    /// It is being asked again.
    Reactivation,
    /// A person has it.
    HumanHandoff,
    /// It is none; only a person brings it back.
    Disqualified,
    /// The contact wants no more messages. Final.
    Stopped,
    /// It was sold. Final.
    Won,
    /// It was not sold. Final.
    Lost,
    /// Another lead goes on with it. Final.
    Duplicate,
    /// The tenant says that it should not have been charged.
    Disputed,
    /// And was right. Final.
    Refunded,
}

/// Step of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadStep {
    /// It came in and has not answered.
    Received,
    /// It talks, or talked.
    InChat,
    /// It is ready.
    Qualified,
    /// The tenant's systems have it.
    Delivered,
    /// It came to nothing.
    NotQualified,
}

/// Where a lead comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LeadSource")]
pub enum LeadSource {
    /// A form of Meta Lead Ads.
    MetaLeadAd,
    /// An ad that opened a chat on WhatsApp.
    WhatsappReferral,
    /// A person wrote it down.
    Manual,
    /// A list.
    Import,
    /// A program.
    Api,
}

/// What is missing before a lead is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::MappingGap")]
pub enum LeadMappingGap {
    /// No ad, form, campaign or page of it belongs to an offer that has leads.
    NoOffer,
    /// Nobody knows who it is.
    NoContact,
}

/// A question that a lead is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LeadField")]
pub enum LeadField {
    /// Full name.
    Name,
    /// From how much to how much.
    Budget,
    /// Where.
    Zone,
    /// What kind.
    Typology,
    /// When.
    Timing,
    /// How serious.
    Intent,
    /// Wishes.
    Preferences,
}

/// When the contact wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LeadTiming")]
pub enum LeadTiming {
    /// Now.
    Now,
    /// Within six months.
    SixMonths,
    /// Any time.
    Flexible,
    /// Within a year.
    OneYear,
    /// Later.
    Long,
}

/// How serious the contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LeadIntent")]
pub enum LeadIntent {
    /// Would sign.
    Ready,
    /// Looks for it.
    Active,
    /// Compares.
    Exploring,
    /// Just asks.
    Curious,
}

/// Why a component of the score has its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ScoreReason")]
pub enum ScoreReason {
    /// Not answered, or not surely.
    NotAnswered,
    /// The offer has no price in this currency.
    OtherCurrency,
    /// The budget meets the prices.
    Perfect,
    /// The budget is within 20 % of the prices.
    #[graphql(name = "WITHIN_20_PERCENT")]
    Within20Percent,
    /// The budget is within 50 % of the prices.
    #[graphql(name = "WITHIN_50_PERCENT")]
    Within50Percent,
    /// The budget is farther from the prices.
    Out,
    /// The zone or typology of the offer.
    Exact,
    /// A zone beside the offer's.
    Adjacent,
    /// Another zone of the same city.
    SameCity,
    /// Another zone or typology.
    Other,
    /// Wanted now.
    Now,
    /// Wanted within six months.
    SixMonths,
    /// Wanted at any time.
    Flexible,
    /// Wanted within a year.
    OneYear,
    /// Wanted later.
    Long,
    /// Would sign.
    Ready,
    /// Looks for it.
    Active,
    /// Compares.
    Exploring,
    /// Just asks.
    Curious,
    /// Points by the number of questions answered.
    Answers,
    /// Points by the number of wishes fulfilled.
    Wishes,
    /// The same, cut so that the whole is 100.
    Capped,
}

/// Why a lead cools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CoolReason")]
pub enum LeadCoolReason {
    /// No answer to all attempts.
    NoReply,
    /// Wrote before, and then nothing.
    Silence,
    /// No answer to all touches.
    Exhausted,
    /// Somebody said so.
    Manual,
}

/// Why a lead is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DisqualifyReason")]
pub enum DisqualifyReason {
    /// Not a person, or not serious.
    Spam,
    /// Nobody can be reached.
    Unreachable,
    /// Wants something that the offer is not.
    OutOfZone,
    /// Cannot pay for it.
    OutOfBudget,
    /// Does not want it any more.
    NotInterested,
    /// Too little is known and nobody will tell.
    Incomplete,
    /// Something else, said in the note.
    Other,
}

/// How the contact said that it wants no more messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::OptOutMeans")]
pub enum OptOutMeans {
    /// A whole message with one of the words.
    Keyword,
    /// The provider told of a preference, or the contact had said so before.
    Preference,
    /// Somebody of the business was told.
    Agent,
}

/// Why a person takes a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::HandOffReason")]
pub enum LeadHandoffReason {
    /// The contact asked.
    ContactAsked,
    /// The AI is not sure.
    LowConfidence,
    /// A person wants to.
    Agent,
}

/// Why a lead was not sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LossReason")]
pub enum LeadLossReason {
    /// Bought elsewhere.
    Competitor,
    /// Cannot pay.
    Price,
    /// Never answered the developer.
    NoResponse,
    /// Something else, said in the note.
    Other,
}

/// Why the tenant disputes a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DisputeReason")]
pub enum LeadDisputeReason {
    /// It had the lead already.
    Duplicate,
    /// Nobody is behind it.
    Spam,
    /// Something that was promised is missing.
    Incomplete,
    /// It wants something that is not on offer.
    OutOfZone,
}

/// May a lead be charged for?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Eligibility")]
pub enum LeadEligibility {
    /// Not decided yet.
    Pending,
    /// It was delivered.
    Chargeable,
    /// The tenant had it.
    NotChargeableDuplicate,
    /// Nobody is behind it.
    NotChargeableSpam,
    /// Something is missing.
    NotChargeableIncomplete,
    /// Not on offer.
    NotChargeableOutOfZone,
}

/// A first contact, or a touch of a lead that went silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ContactKind")]
pub enum LeadContactKind {
    /// One of the first.
    Attempt,
    /// Of a reactivation.
    Touch,
}

/// What became of writing to a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadContactStatus {
    /// It is about to be written.
    Requested,
    /// The message is in the conversation.
    Written,
    /// Nothing left.
    Failed,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadDisputeStatus {
    /// It has no answer yet.
    Open,
    /// The tenant was right.
    Refunded,
    /// The tenant was not.
    Rejected,
}
