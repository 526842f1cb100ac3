//! Offer: something that a tenant sells, the ads that lead to it, and how it judges who is
//! interested (spec/aggregates §2.6). Owns two invariants: an ad leads to one offer of the tenant,
//! and criteria are versioned, so that every score can be explained for ever.

mod choice;
mod contact_policy;
mod criteria;
mod handle;
pub mod matrix;
mod money;
mod refusal;
mod state;
mod vocabulary;
mod weights;

pub use choice::OfferChoice;
pub use contact_policy::{ContactHours, ContactPolicy, TemplateRef};
pub use criteria::{Criteria, ZoneCriteria};
pub(crate) use criteria::{word, words};
pub use money::MoneyRange;
pub use refusal::OfferRefusal;
pub use state::Offer;
pub use vocabulary::{
    AdKey, AdKeyKind, ChargeModel, OfferCommand, OfferEvent, OfferKind, OfferStatus,
};
pub use weights::{
    BonusPoints, BudgetPoints, IntentPoints, QualityPoints, TimingPoints, Weights, ZonePoints,
};

/// Kind of the claim on an ad, form, campaign or page; its key is [`AdKey::key`] and its owner
/// text the offer's id.
pub const AD_CLAIM: &str = "offer.ad";
