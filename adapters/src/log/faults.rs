//! Telling a passing failure of the database from a value that it will never take.

/// Kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The same may work in a moment: connection, time-out, shutdown, deadlock, resources.
    Passing,
    /// The database refused the data itself, and will again.
    Poison,
}

/// By SQLSTATE class (PostgreSQL manual, appendix A): 22 data exceptions, 23 integrity, 42 a
/// statement that does not fit the schema, and 54 program limits are the data's fault (or
/// ours); everything else passes.
#[allow(clippy::wildcard_enum_match_arm)] // sqlx may add kinds; what is not the data's fault passes
pub(crate) fn classify(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some(code) if ["22", "23", "42", "54"].iter().any(|class| code.starts_with(class)) => {
                Fault::Poison
            }
            _ => Fault::Passing,
        },
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
            Fault::Poison
        }
        _ => Fault::Passing,
    }
}
