//! Exit codes and failures of subcommands.

use std::fmt;
use std::process::ExitCode;

use bitacora_adapters::managed::ManagedError;
use bitacora_adapters::migrate::MigrateError;
use bitacora_adapters::pools::PoolsError;
use bitacora_api::config::{Faults, KeyFault};
use bitacora_commands::CommandError;
use bitacora_commands::ports::{EffectError, InboxError, LogError};
use bitacora_domain::DomainError;
use bitacora_projections::ports::ReadError;

/// How a subcommand ended. The numbers are an interface: scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Done,
    /// It did its work and found differences or problems.
    Found,
    /// Wrong usage or configuration.
    Usage,
    /// The database or the server cannot be reached.
    Unavailable,
    /// Refused: by an aggregate, by a missing thing.
    Refused,
    /// A fault of ours.
    Internal,
    /// Of the program that `testbed` ran.
    Forwarded(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Unavailable => 3,
            Exit::Refused => 4,
            Exit::Internal => 70,
            Exit::Forwarded(code) => code,
        })
    }
}

/// Why a subcommand failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Exit code.
    pub(super) exit: Exit,
    /// Stable code.
    pub(super) code: &'static str,
    /// For people.
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(exit: Exit, code: &'static str, message: impl fmt::Display) -> Self {
        Self { exit, code, message: message.to_string() }
    }
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, "USAGE", message)
    }
    pub(super) fn not_found(message: impl fmt::Display) -> Self {
        Self::new(Exit::Refused, "NOT_FOUND", message)
    }
    pub(super) fn unavailable(message: impl fmt::Display) -> Self {
        Self::new(Exit::Unavailable, "UNAVAILABLE", message)
    }
    pub(super) fn internal(message: impl fmt::Display) -> Self {
        Self::new(Exit::Internal, "INTERNAL", message)
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::new(Exit::Usage, "CONFIGURATION", faults)
    }
}

impl From<KeyFault> for Failure {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Missing(faults) => faults.into(),
            KeyFault::File { .. } => Self::new(Exit::Usage, "KEY_FILE", fault),
        }
    }
}

impl From<ManagedError> for Failure {
    fn from(error: ManagedError) -> Self {
        Self::new(Exit::Unavailable, error.code(), error)
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        Self::new(Exit::Unavailable, error.code(), error)
    }
}

impl From<PoolsError> for Failure {
    fn from(error: PoolsError) -> Self {
        Self::new(Exit::Unavailable, error.code(), error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(Exit::Unavailable, "READ_STORE", error)
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::new(Exit::Unavailable, "LOG_UNAVAILABLE", error)
    }
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        Self::new(Exit::Unavailable, "INBOX_UNAVAILABLE", error)
    }
}

impl From<EffectError> for Failure {
    fn from(error: EffectError) -> Self {
        Self::new(Exit::Unavailable, "EFFECTS_UNAVAILABLE", error)
    }
}

impl<E: DomainError> From<CommandError<E>> for Failure {
    fn from(error: CommandError<E>) -> Self {
        let exit = if error.retryable() { Exit::Unavailable } else { Exit::Refused };
        Self::new(exit, error.code(), error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}
