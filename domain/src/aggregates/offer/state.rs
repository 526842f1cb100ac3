//! What an offer remembers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::choice::OfferChoice;
use super::criteria::Criteria;
use super::vocabulary::{AdKey, ChargeModel, OfferEvent, OfferKind, OfferStatus};
use crate::OfferId;

/// What it is: fixed by its creation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Created {
    pub(super) offer: OfferId,
    pub(super) name: String,
    pub(super) kind: OfferKind,
    pub(super) charge: ChargeModel,
}

/// Something that a tenant sells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// `None` before it is created.
    pub(super) created: Option<Created>,
    pub(super) name: String,
    pub(super) status: OfferStatus,
    /// Of the criteria, from 1.
    pub(super) version: i64,
    pub(super) criteria: Criteria,
    /// Version 1: what a second creation is compared with.
    pub(super) first_criteria: Criteria,
    pub(super) ads: BTreeSet<AdKey>,
}

impl Offer {
    /// Where it stands.
    pub const fn status(&self) -> OfferStatus {
        self.status
    }

    /// What a lead needs to know of it; `None` unless leads may be mapped to it.
    pub fn choice(&self) -> Option<OfferChoice> {
        let created = self.created.as_ref().filter(|_| self.status == OfferStatus::Active)?;
        Some(self.choice_of(created))
    }

    /// The same whatever the status: to score leads that it already has.
    pub fn criteria_now(&self) -> Option<OfferChoice> {
        self.created.as_ref().map(|created| self.choice_of(created))
    }

    fn choice_of(&self, created: &Created) -> OfferChoice {
        let (version, criteria) = (self.version, self.criteria.clone());
        OfferChoice { offer: created.offer, version, charge: created.charge, criteria }
    }

    pub(super) fn follow(&mut self, event: OfferEvent) {
        use OfferEvent as E;
        match event {
            E::OfferCreated { offer, name, kind, charge } => {
                self.name.clone_from(&name);
                self.created = Some(Created { offer, name, kind, charge });
            }
            E::OfferRenamed { name } => self.name = name,
            E::OfferCriteriaSet { version, criteria } => {
                if version == 1 {
                    self.first_criteria.clone_from(&criteria);
                }
                (self.version, self.criteria) = (version, criteria);
            }
            E::OfferPublished { .. } => self.status = OfferStatus::Active,
            E::OfferPaused => self.status = OfferStatus::Paused,
            E::OfferArchived { .. } => {
                self.status = OfferStatus::Archived;
                self.ads.clear();
            }
            E::AdMapped { ad } => {
                self.ads.insert(ad);
            }
            E::AdUnmapped { ad } => {
                self.ads.remove(&ad);
            }
        }
    }
}
