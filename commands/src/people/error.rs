//! Why somebody is not let in, or not made known.

use bitacora_domain::{DomainError, TenantId};

use crate::CommandError;
use crate::bus::LoadError;
use crate::ports::{CredentialError, LogError};

/// A tenant that somebody may log in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workplace {
    /// The tenant.
    pub tenant: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// Why somebody is not let in, or not made known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PeopleError {
    /// Unknown address, wrong password, disabled user: nobody is told which.
    #[error("e-mail address or password are wrong")]
    BadCredentials,
    /// The refresh token is not good, or no longer.
    #[error("the login has ended: log in again")]
    SessionEnded,
    /// Known, but no active member of the tenant (or of any).
    #[error("there is no active membership")]
    NoMembership,
    /// A member of several tenants must say which.
    #[error("say for which tenant: `tenant` is its short name or id")]
    TenantRequired(Vec<Workplace>),
    /// The password is too short or too long.
    #[error("a password has 8 characters or more, and at most 256 bytes")]
    WeakPassword,
    /// The rules say no.
    #[error("{message}")]
    Refused {
        /// Stable code.
        code: &'static str,
        /// What to do about it.
        message: String,
    },
    /// Too many passwords are being checked at once.
    #[error("too many people log in at once; try again")]
    Busy,
    /// The log or the credentials do not answer; trying again may work.
    #[error("the service cannot answer now; try again ({0})")]
    Unavailable(String),
    /// A bug or damage.
    #[error("something is wrong on our side ({0})")]
    Internal(String),
}

impl PeopleError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadCredentials => "BAD_CREDENTIALS",
            Self::SessionEnded => "UNAUTHENTICATED",
            Self::NoMembership => "NO_MEMBERSHIP",
            Self::TenantRequired(_) => "TENANT_REQUIRED",
            Self::WeakPassword => "INVALID_PASSWORD",
            Self::Refused { code, .. } => code,
            Self::Busy => "BUSY",
            Self::Unavailable(_) => "SERVICE_UNAVAILABLE",
            Self::Internal(_) => "INTERNAL_SERVER_ERROR",
        }
    }

    pub(super) fn refused(refusal: &impl DomainError) -> Self {
        Self::Refused { code: refusal.code(), message: refusal.to_string() }
    }

    pub(super) fn invitation() -> Self {
        let message = "the invitation is not valid: ask for a new one".to_owned();
        Self::Refused { code: "INVITATION_INVALID", message }
    }

    pub(super) fn taken(kind: &str) -> Self {
        let (code, what) = match kind {
            "user.email" => ("EMAIL_TAKEN", "the e-mail address has an account: log in"),
            "tenant.slug" => ("SLUG_TAKEN", "the short name is taken: choose another"),
            _ => ("ALREADY_MEMBER", "there is such a member already"),
        };
        Self::Refused { code, message: what.to_owned() }
    }
}

impl<E: DomainError> From<CommandError<E>> for PeopleError {
    fn from(error: CommandError<E>) -> Self {
        let (code, message) = (error.code(), error.to_string());
        match error {
            CommandError::Refused(refusal) => Self::refused(&refusal),
            CommandError::Reserved { kind, .. } => Self::taken(kind),
            CommandError::VersionConflict { .. }
            | CommandError::LimitReached { .. }
            | CommandError::IdempotencyMismatch
            | CommandError::ForeignStream => Self::Refused { code, message },
            CommandError::Contention | CommandError::Log(_) => Self::Unavailable(message),
            CommandError::Unreadable(_) => Self::Internal(message),
        }
    }
}

impl From<LoadError> for PeopleError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Log(error) => error.into(),
            LoadError::Unreadable(error) => Self::Internal(error.to_string()),
        }
    }
}

impl From<LogError> for PeopleError {
    fn from(error: LogError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<CredentialError> for PeopleError {
    fn from(error: CredentialError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
