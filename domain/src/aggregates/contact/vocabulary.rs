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

/// Why a contact that came by a lead is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revealing {
    /// A lead of it was delivered.
    Delivered,
    /// It began a conversation with the business by itself.
    Wrote,
}

impl Revealing {
    /// Stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Wrote => "wrote",
        }
    }
}

/// What a contact agrees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentScope {
    /// Being called.
    Calls,
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
    /// They agreed to something.
    RecordConsent {
        /// To what.
        scope: ConsentScope,
        /// How it was said: `form`, `callback`, `agent`, or the name of a document.
        by: String,
        /// When it was said.
        at: DateTime<Utc>,
    },
    /// They do not agree to it any more.
    WithdrawConsent {
        /// To what.
        scope: ConsentScope,
        /// How it was said.
        by: String,
        /// When it was said.
        at: DateTime<Utc>,
    },
    /// They are not to be called: by their own wish, or by a list that the business must heed.
    AddToDnc {
        /// How that is known: `agent`, the name of a list.
        by: String,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// They may be called again, as far as the list goes.
    RemoveFromDnc {
        /// How that is known.
        by: String,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// A contact that came by a lead may be shown from now on. Of others it is no event.
    Reveal {
        /// Why.
        because: Revealing,
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
    /// Here and in the five that follow, `late` says that a later word had been heard: it is kept
    /// for what it says of its own time, and changes nothing.
    ContactOptedOut {
        category: OptOutCategory,
        by: String,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ContactOptedIn {
        category: OptOutCategory,
        by: String,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ContactConsentRecorded {
        scope: ConsentScope,
        by: String,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ContactConsentWithdrawn {
        scope: ConsentScope,
        by: String,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ContactAddedToDnc {
        by: String,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ContactRemovedFromDnc {
        by: String,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    /// Everything that nobody could see until now, or that came since: read tables that showed
    /// nothing of the contact are filled from it. Of a contact that came by a lead alone.
    ContactRevealed {
        because: Revealing,
        name: Option<Personal<String>>,
        identities: Vec<Identity>,
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
            Self::ContactConsentRecorded { .. } => "ContactConsentRecorded",
            Self::ContactConsentWithdrawn { .. } => "ContactConsentWithdrawn",
            Self::ContactAddedToDnc { .. } => "ContactAddedToDnc",
            Self::ContactRemovedFromDnc { .. } => "ContactRemovedFromDnc",
            Self::ContactRevealed { .. } => "ContactRevealed",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
