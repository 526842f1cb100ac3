//! Where a lead stands.

use serde::{Deserialize, Serialize};

/// Where a lead stands (X-CONV-1, repaired by spec/aggregates §2.3).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadStatus {
    /// Its offer or its contact is not known yet.
    #[default]
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

impl LeadStatus {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 18] = [
        Self::PendingMapping,
        Self::ToBeContacted,
        Self::Contacted,
        Self::Engaged,
        Self::Qualifying,
        Self::Scored,
        Self::LeadReady,
        Self::SentToDeveloper,
        Self::Cooling,
        Self::Reactivation,
        Self::HumanHandoff,
        Self::Disqualified,
        Self::Stopped,
        Self::Won,
        Self::Lost,
        Self::Duplicate,
        Self::Disputed,
        Self::Refunded,
    ];

    /// Is nothing to come any more?
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Stopped | Self::Won | Self::Lost | Self::Duplicate | Self::Refunded)
    }

    /// Is nobody working on it any more, for all that the business has to do? After its 90 days
    /// such a lead no longer stands in the way of a new one.
    pub const fn is_done(self) -> bool {
        self.is_final()
            || matches!(self, Self::SentToDeveloper | Self::Disputed | Self::Disqualified)
    }

    /// The step of the funnel that it shows as (X-CONV-4).
    pub const fn funnel(self) -> &'static str {
        match self {
            Self::PendingMapping | Self::ToBeContacted | Self::Contacted => "received",
            Self::Engaged
            | Self::Qualifying
            | Self::Scored
            | Self::Cooling
            | Self::Reactivation
            | Self::HumanHandoff => "in_chat",
            Self::LeadReady => "qualified",
            Self::SentToDeveloper | Self::Won | Self::Lost | Self::Disputed => "delivered",
            Self::Disqualified | Self::Stopped | Self::Duplicate | Self::Refunded => {
                "not_qualified"
            }
        }
    }
}

/// Something that is open beside the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OpenMatter {
    /// Nothing.
    #[default]
    None,
    /// A delivery was requested and has no end.
    Delivery,
    /// A dispute has no answer.
    Dispute,
}

impl OpenMatter {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [Self::None, Self::Delivery, Self::Dispute];
}
