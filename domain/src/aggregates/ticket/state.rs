//! What a ticket remembers: what later decisions need and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TicketCategory;
use super::number::TicketNumber;
use super::sla::{Clock, Sla, SlaPolicy, SlaTarget};
use super::vocabulary::{TicketLinkKind, TicketOrigin, TicketStatus, WaitingFor};
use crate::aggregates::conversation::Priority;
use crate::{ContactId, ConversationId, TicketId, UserId};

/// What the opening fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) ticket: TicketId,
    pub(super) number: TicketNumber,
    pub(super) contact: ContactId,
    pub(super) conversation: Option<ConversationId>,
    pub(super) origin: TicketOrigin,
    pub(super) parent: Option<TicketId>,
    pub(super) at: DateTime<Utc>,
}

/// It was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    pub(super) until: Option<DateTime<Utc>>,
}

/// The contact's opinion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Survey {
    /// Nobody asked.
    #[default]
    None,
    /// Asked and not answered yet.
    Asked,
    /// Answered.
    Answered,
}

/// A matter of one contact that the business works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// `None` before it is opened.
    pub(super) opened: Option<Opened>,
    pub(super) status: TicketStatus,
    pub(super) category: Option<TicketCategory>,
    pub(super) priority: Priority,
    pub(super) tags: BTreeSet<String>,
    pub(super) agent: Option<UserId>,
    pub(super) team: Option<String>,
    /// 0 before the first escalation.
    pub(super) level: u8,
    /// Holds ever; timers of earlier ones mean nothing.
    pub(super) holds: i64,
    pub(super) hold: Option<Hold>,
    /// What was asked for, and whether it was supplied.
    pub(super) fields: BTreeMap<String, bool>,
    /// A person has answered.
    pub(super) responded: bool,
    /// Turns of the contact; 0 is the opening.
    pub(super) turn: i64,
    /// Since when the contact waits for an answer.
    pub(super) awaiting_since: Option<DateTime<Utc>>,
    pub(super) sla: Option<Sla>,
    /// Resolutions ever; timers of earlier ones mean nothing.
    pub(super) resolutions: i64,
    /// End of the window of the last one, exclusive.
    pub(super) reopen_until: Option<DateTime<Utc>>,
    pub(super) survey: Survey,
    pub(super) links: BTreeSet<(TicketLinkKind, Uuid)>,
    /// Where it goes on.
    pub(super) merged_into: Option<TicketId>,
    /// What went on here lately; oldest first.
    pub(super) merged: VecDeque<TicketId>,
    /// Where it went on after it was closed.
    pub(super) follow_up: Option<TicketId>,
}

impl Ticket {
    /// Its number; `None` before it is opened, pending until the appender has filled it in.
    pub fn number(&self) -> Option<TicketNumber> {
        self.opened.as_ref().map(|opened| opened.number)
    }

    /// Whose matter it is; `None` before it is opened.
    pub fn contact(&self) -> Option<ContactId> {
        self.opened.as_ref().map(|opened| opened.contact)
    }

    /// The conversation that it came up in.
    pub fn conversation(&self) -> Option<ConversationId> {
        self.opened.as_ref().and_then(|opened| opened.conversation)
    }

    /// Where it stands.
    pub const fn status(&self) -> TicketStatus {
        self.status
    }

    /// What it waits for, if it does.
    pub const fn waiting_for(&self) -> Option<WaitingFor> {
        match self.status {
            TicketStatus::New | TicketStatus::InProgress if self.hold.is_some() => {
                Some(WaitingFor::Hold)
            }
            TicketStatus::WaitingCustomer => Some(WaitingFor::Customer),
            TicketStatus::WaitingThirdParty => Some(WaitingFor::ThirdParty),
            TicketStatus::New
            | TicketStatus::InProgress
            | TicketStatus::Resolved
            | TicketStatus::Closed
            | TicketStatus::Merged => None,
        }
    }

    /// Category; `None` before it is opened.
    pub const fn category(&self) -> Option<TicketCategory> {
        self.category
    }

    /// Priority.
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// The ticket that it goes on in, once merged.
    pub const fn merged_into(&self) -> Option<TicketId> {
        self.merged_into
    }

    /// The ticket that follows it, once there is one.
    pub const fn follow_up(&self) -> Option<TicketId> {
        self.follow_up
    }

    /// Since when the contact waits for an answer of a person.
    pub const fn awaiting_since(&self) -> Option<DateTime<Utc>> {
        self.awaiting_since
    }

    /// The policy that it is under.
    pub fn sla_policy(&self) -> Option<&SlaPolicy> {
        self.sla.as_ref().map(|sla| &sla.policy)
    }

    /// The clock of a target.
    pub fn clock(&self, target: SlaTarget) -> Option<&Clock> {
        self.sla.as_ref()?.clocks.get(target)
    }

    /// What was asked for and not supplied yet.
    pub fn missing(&self) -> BTreeSet<String> {
        let missing = self.fields.iter().filter(|(_, supplied)| !**supplied);
        missing.map(|(field, _)| field.clone()).collect()
    }

    /// Do its clocks run (while the business is open)?
    pub(super) const fn counts(&self) -> bool {
        match self.status {
            TicketStatus::New | TicketStatus::InProgress => self.hold.is_none(),
            TicketStatus::WaitingCustomer
            | TicketStatus::WaitingThirdParty
            | TicketStatus::Resolved
            | TicketStatus::Closed
            | TicketStatus::Merged => false,
        }
    }

    /// Does this target matter now?
    pub(super) const fn wants(&self, target: SlaTarget) -> bool {
        match target {
            SlaTarget::FirstResponse => !self.responded,
            SlaTarget::NextResponse => self.responded && self.awaiting_since.is_some(),
            SlaTarget::Resolution => true,
        }
    }
}
