//! What a view is.

use bitacora_domain::{DecodeError, RecordedEvent};

use crate::{Change, Table};

/// A view: pure, one file, one line in [`crate::views`].
pub trait Projection: Send + Sync + 'static {
    /// Its table; the table's name is the view's name.
    fn table(&self) -> &'static Table;
    /// Aggregate types whose events it wants.
    fn interest(&self) -> &'static [&'static str];
    /// The changes that an event makes.
    ///
    /// # Errors
    /// When the event cannot be understood. The event's aggregate is then parked for this view.
    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError>;
}

/// A view could not take an event.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The event does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The view asked for something that its table does not allow: a bug of the view.
    #[error("view {view}: {reason}")]
    Illegal {
        /// Name of the view.
        view: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The database refused the row (a value that it cannot hold).
    #[error("the row was refused: {0}")]
    Refused(String),
}

impl ProjectionError {
    /// Stable code, stored with a parked aggregate.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Decode(_) => "EVENT_UNREADABLE",
            Self::Illegal { .. } => "ILLEGAL_CHANGE",
            Self::Refused(_) => "ROW_REFUSED",
        }
    }
}
