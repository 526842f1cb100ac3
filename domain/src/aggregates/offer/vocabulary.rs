//! Words, commands and events of an offer.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::criteria::Criteria;
use crate::OfferId;

/// What is offered (X-CONV-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum OfferKind {
    Property,
    Auto,
    Loan,
    Insurance,
}

/// How leads of an offer are paid for (X-CONV-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChargeModel {
    /// Credits for each lead that is delivered: none is delivered without a reservation.
    PerLead,
    /// For each sale, outside of the credits.
    PerSale,
    /// Paid already.
    Subscription,
}

/// Where an offer stands (X-CONV-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OfferStatus {
    /// Being written.
    #[default]
    Draft,
    /// Leads are mapped to it.
    Active,
    /// No leads for the moment; the ads stay.
    Paused,
    /// No more; its ads are free again.
    Archived,
}

impl OfferStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Active, Self::Paused, Self::Archived];
}

/// What of the advertising leads to an offer. The nearest counts: ad before form before
/// campaign before page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum AdKeyKind {
    Ad,
    Form,
    Campaign,
    Page,
}

impl AdKeyKind {
    /// From the nearest to the farthest: the order in which a lead's keys are looked up.
    pub const ALL: [Self; 4] = [Self::Ad, Self::Form, Self::Campaign, Self::Page];

    /// Stable text, as in keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ad => "ad",
            Self::Form => "form",
            Self::Campaign => "campaign",
            Self::Page => "page",
        }
    }
}

/// An ad, form, campaign or page of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AdKey {
    /// What it is.
    pub kind: AdKeyKind,
    /// The provider's id: 1–64 letters, digits, `_`, `-`.
    pub id: String,
}

impl AdKey {
    /// Text under which it belongs to one offer of the tenant: `<kind>:<id>`. Also the rule that
    /// a lead records for how it was mapped.
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind.as_str(), self.id)
    }
}

/// Commands of an offer. [`super::matrix`] says which of them is possible when.
#[allow(clippy::large_enum_variant)] // the same of its commands
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OfferCommand {
    /// Writes it down, as a draft with version 1 of its criteria.
    Create {
        /// 1–120 characters.
        name: String,
        /// What is offered.
        kind: OfferKind,
        /// How its leads are paid for.
        charge: ChargeModel,
        /// How it judges leads.
        criteria: Criteria,
    },
    /// Another name.
    Rename {
        /// 1–120 characters.
        name: String,
    },
    /// The next version of its criteria. Leads keep the version that they were mapped with until
    /// they are scored with another one.
    SetCriteria {
        /// How it judges leads from now on.
        criteria: Criteria,
    },
    /// Leads are mapped to it from now on.
    Publish,
    /// No leads for the moment.
    Pause,
    /// No more leads, and its ads are free again.
    Archive,
    /// The ad leads to this offer; no other offer of the tenant can have it.
    MapAd {
        /// The ad, form, campaign or page.
        ad: AdKey,
    },
    /// The ad leads here no more.
    UnmapAd {
        /// The ad, form, campaign or page.
        ad: AdKey,
    },
}

/// Events of an offer.
#[allow(clippy::large_enum_variant)] // criteria are the common case, and few
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum OfferEvent {
    /// `offer` is its own id, which claims name as owner.
    OfferCreated {
        offer: OfferId,
        name: String,
        kind: OfferKind,
        charge: ChargeModel,
    },
    OfferRenamed {
        name: String,
    },
    /// Versions count from 1, without a hole.
    OfferCriteriaSet {
        version: i64,
        criteria: Criteria,
    },
    OfferPublished {
        from: OfferStatus,
    },
    OfferPaused,
    /// `ads`: those that are free again.
    OfferArchived {
        from: OfferStatus,
        ads: Vec<AdKey>,
    },
    AdMapped {
        ad: AdKey,
    },
    AdUnmapped {
        ad: AdKey,
    },
}

impl DomainEvent for OfferEvent {
    fn event_type(&self) -> String {
        match self {
            Self::OfferCreated { .. } => "OfferCreated",
            Self::OfferRenamed { .. } => "OfferRenamed",
            Self::OfferCriteriaSet { .. } => "OfferCriteriaSet",
            Self::OfferPublished { .. } => "OfferPublished",
            Self::OfferPaused => "OfferPaused",
            Self::OfferArchived { .. } => "OfferArchived",
            Self::AdMapped { .. } => "AdMapped",
            Self::AdUnmapped { .. } => "AdUnmapped",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
