//! Why a contact refuses.

use crate::DomainError;

/// An expected failure of a contact's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefusal {
    /// It was never registered.
    #[error("there is no such contact")]
    NotFound,
    /// The stream's id is not a UUID.
    #[error("the contact's id is not a UUID")]
    InvalidId,
    /// A contact without any identity could not be found again.
    #[error("a contact needs at least one identity")]
    IdentityRequired,
    /// All identities that a contact can have are taken.
    #[error("a contact has at most 50 identities")]
    TooManyIdentities,
    /// Not a telephone number.
    #[error("not a telephone number: write it with its country code, such as +54 9 11 6660-0011")]
    InvalidPhone,
    /// Not a WhatsApp id.
    #[error("a WhatsApp id has 5 to 20 digits")]
    InvalidWaId,
    /// Not a business-scoped user id.
    #[error("a business-scoped user id has 1 to 128 characters without spaces")]
    InvalidBsuid,
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    InvalidEmail,
    /// The value is hidden from whoever asks, so that it cannot be checked.
    #[error("the identity's value is hidden")]
    HiddenIdentity,
    /// The name is blank, hidden from whoever asks, or too long.
    #[error("a name has 1 to 200 characters")]
    InvalidName,
    /// How an opt-out was said is blank or too long.
    #[error("how it was said has 1 to 40 characters")]
    InvalidMeans,
}

impl DomainError for ContactRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "CONTACT_NOT_FOUND",
            Self::InvalidId => "INVALID_CONTACT_ID",
            Self::IdentityRequired => "IDENTITY_REQUIRED",
            Self::TooManyIdentities => "TOO_MANY_IDENTITIES",
            Self::InvalidPhone => "INVALID_PHONE",
            Self::InvalidWaId => "INVALID_WA_ID",
            Self::InvalidBsuid => "INVALID_BSUID",
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::HiddenIdentity => "HIDDEN_IDENTITY",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidMeans => "INVALID_MEANS",
        }
    }
}
