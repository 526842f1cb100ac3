//! What can go wrong with a managed Postgres, each with what to do about it.

use std::path::PathBuf;

/// Why the managed Postgres cannot be started, used or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ManagedError {
    /// No Postgres server is installed where we look.
    #[error("no Postgres server found. Install one: {install}   (or set DATABASE_URL)")]
    BinariesMissing {
        /// The exact command for this system.
        install: &'static str,
    },
    /// Only servers older than 15 are installed.
    #[error("Postgres {found} is too old, 15 or newer is needed. Install one: {install}")]
    TooOld {
        /// Newest major version found.
        found: u32,
        /// The exact command for this system.
        install: &'static str,
    },
    /// The data was made by a major version that is not installed (any more).
    #[error(
        "the data in {path} belongs to Postgres {data}, which is not installed: install postgresql-{data}, or move the data away"
    )]
    VersionMismatch {
        /// The data directory.
        path: PathBuf,
        /// Major version that made it.
        data: u32,
    },
    /// A server that throws its data away was asked for where kept data is, or the reverse.
    #[error("the data in {path} is {is}: choose another state directory")]
    OtherKind {
        /// The data directory.
        path: PathBuf,
        /// What the data is.
        is: &'static str,
    },
    /// Running as root, and there is no user to hand the server to.
    #[error(
        "Postgres refuses to run as root, and neither user `postgres` nor `nobody` exists: create one with `useradd --system postgres`"
    )]
    NoUnprivilegedUser,
    /// A directory or file of ours cannot be made, read or written.
    #[error("cannot {what} {path}: {source}")]
    Files {
        /// The verb, such as "create".
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory that must be private is somebody else's or open to others.
    #[error("{path} cannot be trusted: {why}. Remove it and start again")]
    Untrusted {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// `initdb` failed.
    #[error("initdb failed: {output}")]
    Initdb {
        /// What it said, shortened.
        output: String,
    },
    /// The server ended right after its start.
    #[error("Postgres did not start: {log}")]
    Exited {
        /// The end of its log.
        log: String,
    },
    /// The server runs and does not answer.
    #[error("Postgres does not accept connections after {seconds} s: {log}")]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// Another process has been starting or stopping the same server for too long.
    #[error("another process has been starting or stopping the Postgres in {path} for {seconds} s")]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// The server ignores the request to stop.
    #[error("Postgres (process {pid}) did not stop within {seconds} s")]
    NotStopped {
        /// Its process id.
        pid: i32,
        /// How long we waited.
        seconds: u64,
    },
    /// A statement failed.
    #[error("managed Postgres: {0}")]
    Database(#[from] sqlx::Error),
}

impl ManagedError {
    /// Stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BinariesMissing { .. } => "POSTGRES_MISSING",
            Self::TooOld { .. } => "POSTGRES_TOO_OLD",
            Self::VersionMismatch { .. } => "POSTGRES_VERSION_MISMATCH",
            Self::OtherKind { .. } => "POSTGRES_OTHER_KIND",
            Self::NoUnprivilegedUser => "POSTGRES_NO_USER",
            Self::Files { .. } => "POSTGRES_FILES",
            Self::Untrusted { .. } => "POSTGRES_UNTRUSTED_DIRECTORY",
            Self::Initdb { .. } => "POSTGRES_INITDB_FAILED",
            Self::Exited { .. } => "POSTGRES_EXITED",
            Self::NotReady { .. } => "POSTGRES_NOT_READY",
            Self::Busy { .. } => "POSTGRES_BUSY",
            Self::NotStopped { .. } => "POSTGRES_NOT_STOPPED",
            Self::Database(_) => "POSTGRES_STATEMENT_FAILED",
        }
    }
}

/// Adds verb and path to an I/O error.
pub(super) trait At<T> {
    fn at(self, what: &'static str, path: &std::path::Path) -> Result<T, ManagedError>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, what: &'static str, path: &std::path::Path) -> Result<T, ManagedError> {
        self.map_err(|source| ManagedError::Files { what, path: path.to_owned(), source })
    }
}
