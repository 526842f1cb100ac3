//! What ad platforms say of leads.

use bitacora_domain::aggregates::lead::LeadSource;
use bitacora_domain::aggregates::offer::AdKey;

/// Somebody filled in the form of an ad. Who it is must be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadFact {
    /// The kind of source.
    pub source: LeadSource,
    /// Its id of the lead (`leadgen_id`).
    pub external_id: String,
    /// Ad, form, campaign and page that led here.
    pub ads: Vec<AdKey>,
}
