//! Why a conversation refuses.

use crate::DomainError;

/// An expected failure of a conversation's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversationRefusal {
    /// It was never started.
    #[error("there is no such conversation")]
    NotFound,
    /// It was started with another contact, account or thread.
    #[error("the conversation was already started with other data")]
    AlreadyStarted,
    /// It has ended; what comes now belongs to a new conversation.
    #[error("the conversation is closed: start a new one")]
    Closed,
    /// The stream's id is not a UUID.
    #[error("the conversation's id is not a UUID")]
    InvalidId,
    /// The provider's thread is blank or too long.
    #[error("a provider's thread has 1 to 256 characters")]
    InvalidExternalThread,
    /// The provider's id is empty, longer than 512 characters or has control characters.
    #[error("a provider's message id has 1 to 512 characters, none of them control characters")]
    InvalidProviderMessageId,
    /// The client's own id is empty or longer than 128 characters.
    #[error("a client's message id has 1 to 128 characters")]
    InvalidClientMessageId,
    /// A kind of content that cannot be sent yet.
    #[error("only texts and templates can be sent")]
    UnsupportedContent,
    /// The text is blank, hidden from the sender, or too long.
    #[error("a text has 1 to 4,096 characters and is not blank")]
    InvalidText,
    /// The template's name, language or parameters are out of bounds.
    #[error("the template's name, language or parameters are not valid")]
    InvalidTemplate,
    /// More than 24 hours since the contact's last message: only templates may be sent.
    #[error("the service window is closed: only a template may be sent")]
    ServiceWindowClosed,
    /// No message was ever queued here.
    #[error("the conversation never had such a message")]
    MessageUnknown,
    /// The note is blank, hidden from its author, or too long.
    #[error("a note has 1 to 10,000 characters and is not blank")]
    InvalidNote,
    /// The label is blank or too long.
    #[error("a label has 1 to 40 characters")]
    InvalidLabel,
    /// All labels that a conversation can have are taken.
    #[error("a conversation has at most 50 labels")]
    TooManyLabels,
    /// Neither a person nor a team.
    #[error("a person or a team is needed")]
    AssigneeRequired,
    /// The team's name is blank or too long.
    #[error("a team's name has 1 to 60 characters")]
    InvalidTeam,
    /// The resolution is too long.
    #[error("a resolution has at most 500 characters")]
    InvalidResolution,
}

impl DomainError for ConversationRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "CONVERSATION_NOT_FOUND",
            Self::AlreadyStarted => "CONVERSATION_ALREADY_STARTED",
            Self::Closed => "CONVERSATION_CLOSED",
            Self::InvalidId => "INVALID_CONVERSATION_ID",
            Self::InvalidExternalThread => "INVALID_EXTERNAL_THREAD",
            Self::InvalidProviderMessageId => "INVALID_PROVIDER_MESSAGE_ID",
            Self::InvalidClientMessageId => "INVALID_CLIENT_MESSAGE_ID",
            Self::UnsupportedContent => "UNSUPPORTED_CONTENT",
            Self::InvalidText => "INVALID_TEXT",
            Self::InvalidTemplate => "INVALID_TEMPLATE",
            Self::ServiceWindowClosed => "SERVICE_WINDOW_CLOSED",
            Self::MessageUnknown => "MESSAGE_UNKNOWN",
            Self::InvalidNote => "INVALID_NOTE",
            Self::InvalidLabel => "INVALID_LABEL",
            Self::TooManyLabels => "TOO_MANY_LABELS",
            Self::AssigneeRequired => "ASSIGNEE_REQUIRED",
            Self::InvalidTeam => "INVALID_TEAM",
            Self::InvalidResolution => "INVALID_RESOLUTION",
        }
    }
}
