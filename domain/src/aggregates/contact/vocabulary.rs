//! Commands and events of a contact.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::{ContactId, Personal};

/// Kind of identity. "The phone" is not the contact: with usernames, WhatsApp sends no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// Telephone number in E.164 (`+5491166600011`).
    Phone,
    /// WhatsApp id: digits as WhatsApp says; may differ from the number (`54 9`, `52 1`).
    WaId,
    /// Business-scoped user id of WhatsApp (`US.1349…`).
    Bsuid,
    /// E-mail address, lower case.
    Email,
}

impl IdentityKind {
    /// Stable text of the kind, as in keys and columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::WaId => "wa_id",
            Self::Bsuid => "bsuid",
            Self::Email => "email",
        }
    }
}

/// An identity in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Kind.
    pub kind: IdentityKind,
    /// Value in the canonical form of the kind.
    pub value: Personal<String>,
}

/// What a contact can opt out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutCategory {
    /// Marketing messages.
    Marketing,
    /// Everything that the business sends by itself.
    All,
}

/// Commands of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactCommand {
    /// Makes the contact with its first identities. On an existing contact: adds what is new.
    Register {
        /// At least one.
        identities: Vec<Identity>,
        /// Name, such as the WhatsApp profile's.
        name: Option<Personal<String>>,
    },
    /// A further identity of the same person (a changed number).
    AddIdentity {
        /// Identity.
        identity: Identity,
    },
    /// Another name.
    Rename {
        /// Name, 1–200 characters after trimming.
        name: Personal<String>,
    },
    /// No more messages of the category.
    OptOut {
        /// Category.
        category: OptOutCategory,
        /// How it was said: `preference`, `keyword`, `agent`.
        by: String,
        /// When it was said.
        at: DateTime<Utc>,
    },
    /// Messages of the category are welcome again.
    OptIn {
        /// Category.
        category: OptOutCategory,
        /// How it was said.
        by: String,
        /// When it was said.
        at: DateTime<Utc>,
    },
}

/// Events of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum ContactEvent {
    /// `contact` is its own id, which claims name as owner.
    ContactCreated {
        contact: ContactId,
        name: Option<Personal<String>>,
    },
    ContactIdentityAdded {
        identity: Identity,
    },
    ContactRenamed {
        name: Personal<String>,
    },
    ContactOptedOut {
        category: OptOutCategory,
        by: String,
        at: DateTime<Utc>,
    },
    ContactOptedIn {
        category: OptOutCategory,
        by: String,
        at: DateTime<Utc>,
    },
}

impl DomainEvent for ContactEvent {
    fn event_type(&self) -> String {
        match self {
            Self::ContactCreated { .. } => "ContactCreated",
            Self::ContactIdentityAdded { .. } => "ContactIdentityAdded",
            Self::ContactRenamed { .. } => "ContactRenamed",
            Self::ContactOptedOut { .. } => "ContactOptedOut",
            Self::ContactOptedIn { .. } => "ContactOptedIn",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
