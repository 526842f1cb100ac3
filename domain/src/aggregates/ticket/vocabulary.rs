//! The words that commands, events and state of a ticket share.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::TicketCategory;
use crate::aggregates::conversation::Priority;
use crate::aggregates::membership::MemberStatus;
use crate::{Personal, UserId};

/// Where a ticket stands (aggregates §2.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketStatus {
    /// Nobody has begun.
    #[default]
    New,
    /// Somebody works on it.
    InProgress,
    /// The contact has to say something first.
    WaitingCustomer,
    /// Somebody else has to do something first: a carrier, a supplier, another department.
    WaitingThirdParty,
    /// Settled; within its window it can be reopened.
    Resolved,
    /// Final: what comes now belongs to a follow-up.
    Closed,
    /// Final and read-only: it goes on in another ticket.
    Merged,
}

impl TicketStatus {
    /// All of them, in the order of the specification.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::InProgress,
        Self::WaitingCustomer,
        Self::WaitingThirdParty,
        Self::Resolved,
        Self::Closed,
        Self::Merged,
    ];

    /// What read models and the API show: four states (CS-8).
    pub const fn shown(self) -> ShownStatus {
        match self {
            Self::New => ShownStatus::New,
            Self::InProgress | Self::WaitingCustomer | Self::WaitingThirdParty => {
                ShownStatus::InProgress
            }
            Self::Resolved => ShownStatus::Resolved,
            Self::Closed | Self::Merged => ShownStatus::Closed,
        }
    }

    /// Has it ended for good?
    pub const fn is_over(self) -> bool {
        match self {
            Self::New
            | Self::InProgress
            | Self::WaitingCustomer
            | Self::WaitingThirdParty
            | Self::Resolved => false,
            Self::Closed | Self::Merged => true,
        }
    }
}

/// The four states that are shown (CS-8); what is waited for is told apart ([`WaitingFor`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum ShownStatus {
    New,
    InProgress,
    Resolved,
    Closed,
}

/// What a ticket waits for while it is not settled; its SLA clocks stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WaitingFor {
    /// The contact.
    Customer,
    /// Somebody else.
    ThirdParty,
    /// A time: it was put on hold.
    Hold,
}

/// How a ticket came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketOrigin {
    /// A person opened it.
    Manual,
    /// Triage asked for it (CS-7).
    Triage,
    /// The AI was not sure enough (CS-37).
    LowConfidence,
    /// A call led to it.
    Call,
    /// It follows a closed one.
    FollowUp,
    /// It was split off another one.
    Split,
}

impl TicketOrigin {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Manual, Self::Triage, Self::LowConfidence, Self::Call, Self::FollowUp, Self::Split];

    /// Does Bitácora open it by itself? Of those there is one per conversation and category
    /// while it is open.
    pub const fn is_automatic(self) -> bool {
        match self {
            Self::Triage | Self::LowConfidence | Self::Call => true,
            Self::Manual | Self::FollowUp | Self::Split => false,
        }
    }

    /// Does it come from another ticket?
    pub const fn has_parent(self) -> bool {
        match self {
            Self::FollowUp | Self::Split => true,
            Self::Manual | Self::Triage | Self::LowConfidence | Self::Call => false,
        }
    }
}

/// Who closed a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClosedBy {
    /// A person, or a programme of the tenant.
    User,
    /// The end of the window in which it could be reopened.
    Auto,
}

/// Why a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HoldEnd {
    /// Its time came.
    Due,
    /// The contact said something.
    Reply,
    /// A person ended it, or did something that goes on from here.
    Manual,
}

/// What a ticket can be linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum TicketLinkKind {
    Shipment,
    Call,
    Invoice,
    Quote,
    Conversation,
    Lead,
    Ticket,
}

/// A step of a macro: a command of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum TicketMacroStep {
    /// Comments.
    AddComment {
        /// The contact may read it.
        public: bool,
        /// Text.
        body: Personal<String>,
    },
    /// Other tags.
    SetTags {
        /// All of them.
        tags: BTreeSet<String>,
    },
    /// Gives it to a person or a team.
    Assign {
        /// Person.
        agent: Option<UserId>,
        /// The person's membership, looked up.
        agent_status: Option<MemberStatus>,
        /// Team.
        team: Option<String>,
    },
    /// Another priority.
    ChangePriority {
        /// Priority.
        priority: Priority,
    },
    /// Another category.
    ChangeCategory {
        /// Category.
        category: TicketCategory,
    },
    /// To somebody who can do more.
    Escalate {
        /// Level.
        level: u8,
        /// Why.
        reason: String,
    },
    /// Begins, or goes on.
    StartWork,
    /// Waits for the contact.
    WaitForCustomer {
        /// What was asked.
        question: Option<Personal<String>>,
    },
    /// Waits for somebody else.
    WaitForThirdParty {
        /// For whom.
        party: Option<String>,
    },
    /// Puts it aside.
    Hold {
        /// Why.
        reason: String,
        /// Until when.
        until: Option<DateTime<Utc>>,
    },
    /// Asks for data.
    RequestData {
        /// Their names.
        fields: BTreeSet<String>,
    },
    /// Settles it.
    Resolve {
        /// How.
        resolution: Option<Personal<String>>,
        /// What caused it.
        root_cause: Option<String>,
        /// How long it can be reopened, seconds.
        reopen_window_s: i64,
    },
}
