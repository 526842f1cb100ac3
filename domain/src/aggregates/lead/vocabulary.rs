//! The words of a lead.

use serde::{Deserialize, Serialize};

pub use super::status::{LeadStatus, OpenMatter};

/// Where a lead comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadSource {
    /// A form of Meta Lead Ads; its fields are fetched.
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

impl LeadSource {
    /// Stable text, as in keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MetaLeadAd => "meta_lead_ad",
            Self::WhatsappReferral => "whatsapp_referral",
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Api => "api",
        }
    }
}

/// Declares an enum of reasons with its text.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name { $($(#[$word])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }
    )+};
}

reasons! {
    /// What is missing before a lead is mapped.
    MappingGap {
        /// No ad, form, campaign or page of it belongs to an offer that has leads.
        NoOffer,
        /// Nobody knows who it is.
        NoContact,
    }

    /// A first contact, or a touch of one that went silent.
    ContactKind {
        /// One of the first.
        Attempt,
        /// Of a reactivation.
        Touch,
    }

    /// Why a lead cools.
    CoolReason {
        /// No answer to all attempts.
        NoReply,
        /// Wrote before, and then nothing.
        Silence,
        /// No answer to all touches.
        Exhausted,
        /// Somebody said so.
        Manual,
    }

    /// Why a lead is asked again.
    ReactivateReason {
        /// Its time came.
        Due,
        /// The contact asked again: another ad, another form.
        AskedAgain,
        /// Somebody said so.
        Manual,
    }

    /// Why a lead is none.
    DisqualifyReason {
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
    OptOutMeans {
        /// A whole message with one of the words.
        Keyword,
        /// The provider told of a preference, or the contact had said so before.
        Preference,
        /// Somebody of the business was told.
        Agent,
    }

    /// How a duplicate was noticed.
    DuplicateReason {
        /// Contact and offer have a lead within 90 days.
        SameContact,
        /// A person merged them.
        Merged,
    }

    /// Why a person takes a lead.
    HandOffReason {
        /// The contact asked.
        ContactAsked,
        /// The AI is not sure.
        LowConfidence,
        /// A person wants to.
        Agent,
    }

    /// Why a lead was not sold.
    LossReason {
        /// Bought elsewhere.
        Competitor,
        /// Cannot pay.
        Price,
        /// Never answered the developer.
        NoResponse,
        /// Something else, said in the note.
        Other,
    }

    /// Why the tenant disputes a lead (X-CONV-2).
    DisputeReason {
        /// It had the lead already.
        Duplicate,
        /// Nobody is behind it.
        Spam,
        /// Something that was promised is missing.
        Incomplete,
        /// It wants something that is not on offer.
        OutOfZone,
    }

    /// May the lead be charged for (X-CONV-2)?
    Eligibility {
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
}

impl OptOutMeans {
    /// Stable text, as the contact records it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Preference => "preference",
            Self::Agent => "agent",
        }
    }
}

impl DisputeReason {
    /// What the lead is when the tenant was right.
    pub const fn eligibility(self) -> Eligibility {
        match self {
            Self::Duplicate => Eligibility::NotChargeableDuplicate,
            Self::Spam => Eligibility::NotChargeableSpam,
            Self::Incomplete => Eligibility::NotChargeableIncomplete,
            Self::OutOfZone => Eligibility::NotChargeableOutOfZone,
        }
    }
}
