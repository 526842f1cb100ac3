//! Why an offer refuses.

use crate::DomainError;

/// An expected failure of an offer's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// It was never created.
    #[error("there is no such offer")]
    NotFound,
    /// The stream's id is not a UUID.
    #[error("the offer's id is not a UUID")]
    InvalidId,
    /// It was created with other data.
    #[error("the offer was already created with other data")]
    AlreadyCreated,
    /// The name is blank or too long.
    #[error("a name has 1 to 120 characters")]
    InvalidName,
    /// Something in the criteria is out of bounds.
    #[error(
        "the criteria are not valid: prices once per currency, points that make 100 and fall \
         with worse answers, thresholds from 0 to 100, hours in a known time zone"
    )]
    InvalidCriteria,
    /// Not an id of the provider.
    #[error("the id of an ad, form, campaign or page has 1 to 64 letters, digits, '_' or '-'")]
    InvalidAdKey,
    /// All that an offer can have are taken.
    #[error("an offer has at most 500 ads, forms, campaigns and pages")]
    TooManyAds,
    /// It is over.
    #[error("the offer is archived: create a new one")]
    Archived,
    /// A draft has no leads that could pause.
    #[error("the offer is a draft: publish it first")]
    NotPublished,
}

impl DomainError for OfferRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "OFFER_NOT_FOUND",
            Self::InvalidId => "INVALID_OFFER_ID",
            Self::AlreadyCreated => "OFFER_ALREADY_CREATED",
            Self::InvalidName => "INVALID_OFFER_NAME",
            Self::InvalidCriteria => "INVALID_CRITERIA",
            Self::InvalidAdKey => "INVALID_AD_KEY",
            Self::TooManyAds => "TOO_MANY_ADS",
            Self::Archived => "OFFER_ARCHIVED",
            Self::NotPublished => "OFFER_NOT_PUBLISHED",
        }
    }
}
