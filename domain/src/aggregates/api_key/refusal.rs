//! Why an API key refuses.

use crate::DomainError;

/// An expected failure of an API key's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyRefusal {
    /// Never issued.
    #[error("there is no such API key")]
    NotFound,
    /// Issued before.
    #[error("the API key was already issued: issue a new one")]
    AlreadyIssued,
    /// The stream's id is not a UUID.
    #[error("the API key's id is not a UUID")]
    InvalidId,
    /// The name is blank or too long.
    #[error("a name has 1 to 100 characters")]
    InvalidName,
    /// No scope, or one that keys cannot have.
    #[error("an API key needs a scope, and can have neither MEMBERS nor API_KEYS")]
    InvalidScopes,
    /// The end is not in the future.
    #[error("an API key ends in the future, or never")]
    InvalidExpiry,
    /// Hash or prefix are not of the agreed form: a fault of the caller's code.
    #[error("the hash of a key has 64 hex digits, and its prefix 1 to 20 characters")]
    InvalidHash,
    /// The reason is blank or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
}

impl DomainError for ApiKeyRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "API_KEY_NOT_FOUND",
            Self::AlreadyIssued => "API_KEY_ALREADY_ISSUED",
            Self::InvalidId => "INVALID_API_KEY_ID",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidScopes => "INVALID_SCOPES",
            Self::InvalidExpiry => "INVALID_EXPIRY",
            Self::InvalidHash => "INVALID_KEY_HASH",
            Self::InvalidReason => "INVALID_REASON",
        }
    }
}
