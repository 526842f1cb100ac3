//! What a database error means for the read side.
//!
//! The distinction decides what the runner does: a refused value parks one aggregate, anything
//! that may pass with time is tried again, and neither may be taken for the other.

use bitacora_projections::ports::ReadError;
use sqlx::error::DatabaseError;

/// For statements of the projector and of the owner: a time-out is worth another attempt.
pub(crate) fn store_error(error: sqlx::Error) -> ReadError {
    match query_error(error) {
        ReadError::TimedOut => ReadError::Unavailable("a statement took too long".into()),
        other @ (ReadError::Unavailable(_)
        | ReadError::Refused(_)
        | ReadError::ForeignEpoch
        | ReadError::Corrupt(_)) => other,
    }
}

/// Did the statement end because somebody else did not give a lock up in time?
pub(super) fn lock_timed_out(error: &ReadError) -> bool {
    matches!(error, ReadError::Unavailable(text) if text.ends_with("(55P03)"))
}

/// For questions of the API: whoever asked is told that the question was too expensive.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn query_error(error: sqlx::Error) -> ReadError {
    if let sqlx::Error::Database(database) = &error {
        return database_error(database.as_ref());
    }
    let text = error.to_string();
    if matches!(error, sqlx::Error::Encode(_)) {
        return ReadError::Refused(text);
    }
    let damaged = matches!(
        error,
        sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::RowNotFound
    );
    // What is left is about the connection: closed, refused, no free one in time.
    if damaged { ReadError::Corrupt(text) } else { ReadError::Unavailable(text) }
}

fn database_error(error: &dyn DatabaseError) -> ReadError {
    let code = error.code().unwrap_or_default();
    // Only the primary message: the detail repeats values.
    let text = format!("{} ({code})", error.message());
    match code.get(..2).unwrap_or_default() {
        // A value that a type, a constraint or an index page cannot hold; 21 is a batch that
        // names one row twice.
        "21" | "22" | "23" | "54" => ReadError::Refused(text),
        // 42501 (permission), 42P01 (no such table) and the like: not made yet, or damaged.
        "42" => ReadError::Corrupt(text),
        _ if code == "57014" => ReadError::TimedOut,
        _ if code == "XX001" || code == "XX002" => ReadError::Corrupt(text),
        _ => ReadError::Unavailable(text),
    }
}

/// A contradiction between a declaration and what was asked of it.
pub(super) fn refused(reason: impl Into<String>) -> ReadError {
    ReadError::Refused(reason.into())
}
