//! What happened to a ticket. Events carry what views need, so that no view reads an earlier row.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TicketCategory;
use super::number::TicketNumber;
use super::sla::{PerTarget, SlaPolicy, SlaTarget};
use super::vocabulary::{ClosedBy, HoldEnd, TicketLinkKind, TicketOrigin, TicketStatus};
use crate::aggregates::conversation::{AssignedBy, Priority};
use crate::{Actor, ContactId, ConversationId, MessageId, Personal, TicketId, UserId};

/// Declares the events, their names and the list of the names.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* },)+) => {
        /// Events of a ticket.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs)] // fields are documented on the command of the same name
        pub enum TicketEvent {
            $($(#[$doc])* $name { $($(#[$attr])* $field: $type,)* },)+
        }

        impl TicketEvent {
            /// Names of all of them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// Its name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)+ }
            }
        }
    };
}

events! {
    /// `ticket` is its own id; `number` is never pending in the log.
    TicketOpened {
        ticket: TicketId,
        number: TicketNumber,
        category: TicketCategory,
        priority: Priority,
        subject: Personal<String>,
        contact: ContactId,
        conversation: Option<ConversationId>,
        origin: TicketOrigin,
        parent: Option<TicketId>,
        missing_fields: BTreeSet<String>,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// What it changes follows in events of their own.
    TicketTriaged {
        category: TicketCategory,
        priority: Priority,
        confidence_bp: i64,
        model: String,
        at: DateTime<Utc>,
    },
    TicketAssigned {
        agent: Option<UserId>,
        team: Option<String>,
        previous_agent: Option<UserId>,
        previous_team: Option<String>,
        by: AssignedBy,
        at: DateTime<Utc>,
    },
    TicketUnassigned {
        previous_agent: Option<UserId>,
        previous_team: Option<String>,
        at: DateTime<Utc>,
    },
    /// `from_level` is 0 before the first.
    TicketEscalated {
        from_level: u8,
        level: u8,
        reason: String,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// From NEW to IN_PROGRESS.
    TicketStarted {
        by: Actor,
        at: DateTime<Utc>,
    },
    TicketWaitingCustomer {
        from: TicketStatus,
        question: Option<Personal<String>>,
        at: DateTime<Utc>,
    },
    TicketWaitingThirdParty {
        from: TicketStatus,
        party: Option<String>,
        at: DateTime<Utc>,
    },
    /// From a waiting state to IN_PROGRESS.
    TicketResumed {
        from: TicketStatus,
        /// The contact brought it back.
        by_contact: bool,
        at: DateTime<Utc>,
    },
    /// The contact said something. Things that it says before somebody answers are one turn;
    /// turn 0 is the one that opened the ticket.
    TicketCustomerReplied {
        turn: i64,
        message: Option<MessageId>,
        at: DateTime<Utc>,
    },
    /// The `hold`-th hold, from 1. The status stays.
    TicketHeld {
        hold: i64,
        reason: String,
        until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    TicketHoldEnded {
        hold: i64,
        end: HoldEnd,
        at: DateTime<Utc>,
    },
    /// `missing` is all that is still missing.
    TicketDataRequested {
        fields: BTreeSet<String>,
        missing: BTreeSet<String>,
        at: DateTime<Utc>,
    },
    /// `missing` is all that is still missing.
    TicketDataSupplied {
        field: String,
        value: Personal<String>,
        missing: BTreeSet<String>,
        at: DateTime<Utc>,
    },
    TicketCommented {
        comment: Uuid,
        public: bool,
        body: Personal<String>,
        author: Actor,
        at: DateTime<Utc>,
    },
    TicketReclassified {
        from: TicketCategory,
        to: TicketCategory,
        at: DateTime<Utc>,
    },
    TicketPriorityChanged {
        from: Priority,
        to: Priority,
        at: DateTime<Utc>,
    },
    /// `tags` is all of them.
    TicketTagged {
        tags: BTreeSet<String>,
        at: DateTime<Utc>,
    },
    TicketSummarised {
        summary: Personal<String>,
        model: String,
        prompt_version: String,
        tokens: i64,
        at: DateTime<Utc>,
    },
    TicketMacroApplied {
        macro_id: Uuid,
        version: i64,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// A person answered the contact.
    TicketResponded {
        /// It was the first answer.
        first: bool,
        /// The turn that it answered.
        turn: i64,
        /// Since the contact began to wait, milliseconds on the clock of the wall.
        waited_ms: i64,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// From now on these targets count. `elapsed_ms` is the open time that they have used
    /// already; a target that does not run, has no limit, or was missed has no `due_at`.
    SlaApplied {
        policy: Box<SlaPolicy>,
        priority: Priority,
        elapsed_ms: PerTarget<i64>,
        due_at: PerTarget<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    /// A clock began, at zero: the one of the next response, with a turn of the contact.
    SlaClockStarted {
        target: SlaTarget,
        turn: i64,
        due_at: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    /// All clocks stand still.
    SlaPaused {
        elapsed_ms: PerTarget<i64>,
        at: DateTime<Utc>,
    },
    /// All clocks go on, with new due times.
    SlaResumed {
        elapsed_ms: PerTarget<i64>,
        due_at: PerTarget<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    /// A target was missed; `turn` tells next responses apart.
    SlaBreached {
        target: SlaTarget,
        turn: Option<i64>,
        due_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The first answer came in time; `elapsed_ms` is open time.
    SlaFirstResponseMet {
        due_at: Option<DateTime<Utc>>,
        elapsed_ms: i64,
        at: DateTime<Utc>,
    },
    /// A next response or the resolution came in time. A ticket that is reopened can still miss
    /// its resolution later.
    SlaMet {
        target: SlaTarget,
        turn: Option<i64>,
        due_at: Option<DateTime<Utc>>,
        elapsed_ms: i64,
        at: DateTime<Utc>,
    },
    /// The `number`-th resolution, from 1. It closes by itself at `reopen_until`.
    TicketResolved {
        from: TicketStatus,
        number: i64,
        resolution: Option<Personal<String>>,
        root_cause: Option<String>,
        reopen_until: DateTime<Utc>,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// From RESOLVED to IN_PROGRESS.
    TicketReopened {
        /// The contact brought it back.
        by_contact: bool,
        reason: Option<String>,
        at: DateTime<Utc>,
    },
    /// From RESOLVED to CLOSED.
    TicketClosed {
        by: ClosedBy,
        at: DateTime<Utc>,
    },
    TicketMerged {
        from: TicketStatus,
        survivor: TicketId,
        by: Actor,
        at: DateTime<Utc>,
    },
    TicketMergeRecorded {
        source: TicketId,
        at: DateTime<Utc>,
    },
    TicketSplit {
        into: TicketId,
        subject: Personal<String>,
        category: TicketCategory,
        priority: Priority,
        at: DateTime<Utc>,
    },
    TicketFollowUpCreated {
        follow_up: TicketId,
        subject: Personal<String>,
        category: TicketCategory,
        priority: Priority,
        at: DateTime<Utc>,
    },
    TicketLinked {
        kind: TicketLinkKind,
        id: Uuid,
        at: DateTime<Utc>,
    },
    TicketSurveyRequested { at: DateTime<Utc>, },
    TicketRated {
        score: i64,
        comment: Option<Personal<String>>,
        at: DateTime<Utc>,
    },
}

impl DomainEvent for TicketEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
