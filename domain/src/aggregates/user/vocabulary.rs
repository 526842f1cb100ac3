//! Commands and events of a user.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::{Personal, UserId};

/// Commands of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserCommand {
    /// Makes the user.
    Register {
        /// E-mail address; unique across the installation, whatever its case.
        email: Personal<String>,
        /// Name, 1–120 characters.
        name: Personal<String>,
    },
    /// Gives another name.
    Rename {
        /// Name, 1–120 characters.
        name: Personal<String>,
    },
    /// Locks the user out of everything.
    Disable {
        /// Why, for the record; 1–500 characters.
        reason: Option<String>,
    },
    /// Lets the user in again.
    Enable,
}

/// Events of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum UserEvent {
    /// `user` is its own id, the owner text of the claim; `email` is in lower case.
    UserRegistered {
        user: UserId,
        email: Personal<String>,
        name: Personal<String>,
    },
    UserRenamed {
        name: Personal<String>,
    },
    UserDisabled {
        reason: Option<String>,
    },
    UserEnabled,
}

impl DomainEvent for UserEvent {
    fn event_type(&self) -> String {
        match self {
            Self::UserRegistered { .. } => "UserRegistered",
            Self::UserRenamed { .. } => "UserRenamed",
            Self::UserDisabled { .. } => "UserDisabled",
            Self::UserEnabled => "UserEnabled",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
