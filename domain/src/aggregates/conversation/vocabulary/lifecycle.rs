//! Where a conversation stands.

use serde::{Deserialize, Serialize};

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConversationStatus {
    /// Somebody has to do something, or may have to.
    #[default]
    Open,
    /// Put aside until a time, or until the contact writes.
    Snoozed,
    /// Settled; a further message of the contact opens it again.
    Resolved,
    /// Ended for good; a further message of the contact starts a new conversation.
    Closed,
    /// Closed and out of the way.
    Archived,
    /// Continued in another conversation.
    Merged,
}

impl ConversationStatus {
    /// All of them, in the order of the matrix.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Snoozed, Self::Resolved, Self::Closed, Self::Archived, Self::Merged];

    /// Has it ended, so that nothing more can be said in it?
    pub const fn is_over(self) -> bool {
        match self {
            Self::Open | Self::Snoozed | Self::Resolved => false,
            Self::Closed | Self::Archived | Self::Merged => true,
        }
    }
}
