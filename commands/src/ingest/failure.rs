//! Why a fact could not be done, and whether trying again helps.

use bitacora_domain::DomainError;

use crate::CommandError;
use crate::bus::LoadError;
use crate::ports::LogError;

/// Why a fact was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It will pass by itself: try again, for as long as it takes.
    Passing(&'static str),
    /// It may pass, but an operator must look if it does not.
    Stuck(&'static str),
    /// An aggregate refused.
    Refused(&'static str),
    /// A unique key is somebody else's.
    Reserved {
        /// Who has it.
        owner: String,
    },
    /// The stream is another tenant's.
    Foreign,
    /// The same fact key came with another content before.
    Mismatch,
    /// It was done before: nothing is left to do.
    DoneBefore,
}

impl Failure {
    /// Is it the refusal of an aggregate with one of `codes`?
    pub(super) fn is_refusal(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused(code) if codes.contains(code))
    }

    /// Stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Passing(code) | Self::Stuck(code) | Self::Refused(code) => code,
            Self::Reserved { .. } => "ALREADY_TAKEN",
            Self::Foreign => "NOT_FOUND",
            Self::Mismatch => "IDEMPOTENCY_MISMATCH",
            Self::DoneBefore => "DONE_BEFORE",
        }
    }
}

impl<E: DomainError> From<CommandError<E>> for Failure {
    fn from(error: CommandError<E>) -> Self {
        let code = error.code();
        match error {
            CommandError::Refused(_) => Self::Refused(code),
            CommandError::Reserved { owner, .. } => Self::Reserved { owner },
            CommandError::IdempotencyMismatch => Self::Mismatch,
            CommandError::ForeignStream => Self::Foreign,
            CommandError::Contention
            | CommandError::VersionConflict { .. }
            | CommandError::LimitReached { .. } => Self::Passing(code),
            CommandError::Unreadable(_) => Self::Stuck(code),
            CommandError::Log(error) => error.into(),
        }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(_) => Self::Passing("LOG_UNAVAILABLE"),
            LogError::Overloaded => Self::Passing("LOG_OVERLOADED"),
            LogError::Corrupt(_) => Self::Stuck("LOG_CORRUPT"),
            LogError::Rejected(_) => Self::Stuck("LOG_REJECTED"),
            LogError::UnknownTenant => Self::Stuck("UNKNOWN_TENANT"),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Log(error) => error.into(),
            LoadError::Unreadable(_) => Self::Stuck("STREAM_UNREADABLE"),
        }
    }
}
