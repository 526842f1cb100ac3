//! Why a channel account refuses.

use crate::DomainError;

/// An expected failure of a channel account's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelRefusal {
    /// It was never connected.
    #[error("there is no such channel account")]
    NotFound,
    /// It is in use with other data.
    #[error("the channel account is already connected with other data: disable it first")]
    AlreadyConnected,
    /// It is disabled.
    #[error("the channel account is disabled: connect it again")]
    Disabled,
    /// The stream's id is not a UUID.
    #[error("the channel account's id is not a UUID")]
    InvalidId,
    /// Not an id of a number at Meta.
    #[error("a phone_number_id has 5 to 32 digits")]
    InvalidPhoneNumberId,
    /// Not an id of a business account at Meta.
    #[error("a WhatsApp business account id has 5 to 32 digits")]
    InvalidWabaId,
    /// A WhatsApp number is connected by its own command.
    #[error("a WhatsApp number is connected with its phone_number_id")]
    UseWhatsApp,
    /// Not an account of that kind.
    #[error("not an account of this kind: {0}")]
    InvalidAccount(&'static str),
    /// What people call it is blank or too long.
    #[error("a displayed name has 1 to 100 characters")]
    InvalidDisplay,
    /// The number as shown is blank or too long.
    #[error("a displayed number has 1 to 40 characters")]
    InvalidDisplayNumber,
    /// The name is blank or too long.
    #[error("a name has 1 to 100 characters")]
    InvalidName,
    /// The reason is blank or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
}

impl DomainError for ChannelRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "CHANNEL_NOT_FOUND",
            Self::AlreadyConnected => "CHANNEL_ALREADY_CONNECTED",
            Self::Disabled => "CHANNEL_DISABLED",
            Self::InvalidId => "INVALID_CHANNEL_ID",
            Self::InvalidPhoneNumberId => "INVALID_PHONE_NUMBER_ID",
            Self::InvalidWabaId => "INVALID_WABA_ID",
            Self::UseWhatsApp => "CHANNEL_KIND_HAS_OWN_COMMAND",
            Self::InvalidAccount(_) => "INVALID_CHANNEL_ACCOUNT",
            Self::InvalidDisplay => "INVALID_CHANNEL_DISPLAY",
            Self::InvalidDisplayNumber => "INVALID_DISPLAY_NUMBER",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidReason => "INVALID_REASON",
        }
    }
}
