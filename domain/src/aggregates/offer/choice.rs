//! What a lead needs to know of its offer.

use serde::{Deserialize, Serialize};

use super::criteria::Criteria;
use super::vocabulary::ChargeModel;
use crate::OfferId;

/// An offer as it is at one version: whoever maps a lead to it hands this over, and the lead
/// records it, so that its score can be computed again from its own events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferChoice {
    /// Which.
    pub offer: OfferId,
    /// Version of its criteria, from 1.
    pub version: i64,
    /// How a lead is paid for.
    pub charge: ChargeModel,
    /// The criteria of that version.
    pub criteria: Criteria,
}
