//! Why a user's command is refused.

use crate::DomainError;

/// An expected failure of a user's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRefusal {
    /// Never registered.
    #[error("there is no such user")]
    NotFound,
    /// Registered with other data.
    #[error("the user was already registered with other data")]
    AlreadyRegistered,
    /// The stream's id is not a UUID.
    #[error("the user's id is not a UUID")]
    InvalidId,
    /// Not an e-mail address.
    #[error("this is not an e-mail address")]
    InvalidEmail,
    /// The name is blank or too long.
    #[error("a name has 1 to 120 characters")]
    InvalidName,
    /// The reason is blank or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
}

impl DomainError for UserRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "USER_NOT_FOUND",
            Self::AlreadyRegistered => "USER_ALREADY_REGISTERED",
            Self::InvalidId => "INVALID_USER_ID",
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidReason => "INVALID_REASON",
        }
    }
}
