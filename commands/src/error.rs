//! Why a command was not accepted.

use bitacora_domain::{DecodeError, DomainError, Meter, Version};

use crate::bus::LoadError;
use crate::ports::LogError;

/// Why a command was not accepted. `E` is the aggregate's own refusal.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<E: DomainError> {
    /// The aggregate refused: nothing was stored, and the same command may be tried again.
    #[error(transparent)]
    Refused(E),
    /// The caller's `expected_version` is not the stream's.
    #[error("expected version {expected}, but the stream is at {actual}")]
    VersionConflict {
        /// What the caller had seen.
        expected: Version,
        /// What is there.
        actual: Version,
    },
    /// A unique key belongs to somebody else.
    #[error("{kind} is taken")]
    Reserved {
        /// Kind of key.
        kind: &'static str,
        /// Id of its owner, as the claim said; empty when that is another tenant's.
        owner: String,
    },
    /// A meter of the tenant's plan is used up; or, for OWNERS, the last owner cannot leave.
    #[error(
        "{name}: the limit is {limit}, and {used} are used: {remedy}",
        name = .meter.as_str(),
        remedy = .meter.remedy()
    )]
    LimitReached {
        /// Which meter.
        meter: Meter,
        /// The most, or for a decrease the least, that it may come to.
        limit: i64,
        /// Where it stands.
        used: i64,
    },
    /// The command id was used before for another request.
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The stream belongs to another tenant. Shown to callers as "not found".
    #[error("no such aggregate")]
    ForeignStream,
    /// Other writers won every attempt; trying again later may work.
    #[error("too much contention on this aggregate; try again")]
    Contention,
    /// An event of the stream cannot be read.
    #[error("the stream cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    /// The log could not be reached or refused the write.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl<E: DomainError> From<LoadError> for CommandError<E> {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Log(error) => error.into(),
            LoadError::Unreadable(error) => error.into(),
        }
    }
}

impl<E: DomainError> CommandError<E> {
    /// Stable code; refusals give their own.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::VersionConflict { .. } => "VERSION_CONFLICT",
            Self::Reserved { .. } => "ALREADY_TAKEN",
            Self::LimitReached { meter: Meter::Owners, .. } => "LAST_OWNER",
            Self::LimitReached { .. } => "LIMIT_REACHED",
            Self::IdempotencyMismatch => "IDEMPOTENCY_MISMATCH",
            Self::ForeignStream => "NOT_FOUND",
            Self::Contention => "CONTENTION",
            Self::Unreadable(_) => "STREAM_UNREADABLE",
            Self::Log(_) => "LOG_UNAVAILABLE",
        }
    }

    /// May the very same command succeed later without anybody changing it?
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Contention | Self::Log(_))
    }
}
