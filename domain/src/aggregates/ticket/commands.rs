//! What can be asked of a ticket.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TicketCategory;
use super::sla::{SlaPolicy, SlaTarget};
use super::vocabulary::{TicketLinkKind, TicketMacroStep, TicketOrigin, TicketStatus};
use crate::aggregates::conversation::{AssignedBy, Priority};
use crate::aggregates::membership::MemberStatus;
use crate::{ContactId, ConversationId, MessageId, Personal, TicketId, UserId};

/// Commands of a ticket. [`super::matrix`] says which of them is possible when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketCommand {
    /// Opens it (CS-7). Of those that open by themselves there is one per conversation and
    /// category while it is open; whoever loses is told its id.
    Open {
        /// Category.
        category: TicketCategory,
        /// Priority; [`super::default_priority`] when absent.
        priority: Option<Priority>,
        /// How sure triage was, basis points.
        confidence_bp: Option<i64>,
        /// What it is about, 1–200 characters.
        subject: Personal<String>,
        /// Whose matter it is.
        contact: ContactId,
        /// The conversation that it came up in.
        conversation: Option<ConversationId>,
        /// How it came to be.
        origin: TicketOrigin,
        /// The ticket that it follows or was split off: with those origins and no other.
        parent: Option<TicketId>,
        /// Data that are needed and were not given; they are asked for (CS-37).
        missing_fields: BTreeSet<String>,
        /// The SLA from the beginning.
        sla: Option<Box<SlaPolicy>>,
    },
    /// What triage says of it: sets category and priority.
    Triage {
        /// Category.
        category: TicketCategory,
        /// Priority; [`super::default_priority`] when absent.
        priority: Option<Priority>,
        /// How sure triage is, basis points.
        confidence_bp: i64,
        /// The model, 1–100 characters.
        model: String,
    },
    /// Gives it to a person or a team (CS-9).
    Assign {
        /// Person: an active member.
        agent: Option<UserId>,
        /// The person's membership, looked up by whoever gives the command.
        agent_status: Option<MemberStatus>,
        /// Team, 1–60 characters.
        team: Option<String>,
        /// Who chose.
        #[serde(default)]
        by: AssignedBy,
    },
    /// Takes it from whoever has it.
    Unassign,
    /// To somebody who can do more.
    Escalate {
        /// Level, 1–9; higher than before.
        level: u8,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// Begins; from a waiting state or a hold: goes on.
    StartWork,
    /// The contact has to say something first.
    WaitForCustomer {
        /// What was asked, at most 2,000 characters.
        question: Option<Personal<String>>,
    },
    /// Somebody else has to do something first.
    WaitForThirdParty {
        /// For which organisation, at most 120 characters; no person's name.
        party: Option<String>,
    },
    /// The contact said something, in the conversation or elsewhere.
    CustomerReplied {
        /// The message.
        message: Option<MessageId>,
    },
    /// Puts it aside.
    Hold {
        /// Why, 1–500 characters.
        reason: String,
        /// Until then, at most 365 days ahead; until somebody goes on when absent.
        until: Option<DateTime<Utc>>,
    },
    /// Takes it back from the side.
    ReleaseHold,
    /// Its time has come (timer).
    EndHold {
        /// Which hold: the number that [`super::TicketEvent::TicketHeld`] gave.
        hold: i64,
    },
    /// Asks for data.
    RequestData {
        /// Their names, 1–20 of 1–100 characters.
        fields: BTreeSet<String>,
    },
    /// A value that was asked for; a second one corrects the first.
    SupplyData {
        /// Its name.
        field: String,
        /// The value, 1–2,000 characters.
        value: Personal<String>,
    },
    /// Says something on it. A public one of the team answers the contact, one of the contact
    /// (by the actor) is a reply.
    AddComment {
        /// The contact may read it.
        public: bool,
        /// Text, 1–10,000 characters.
        body: Personal<String>,
    },
    /// Another category.
    ChangeCategory {
        /// Category.
        category: TicketCategory,
    },
    /// Another priority; the SLA's targets follow it.
    ChangePriority {
        /// Priority.
        priority: Priority,
    },
    /// Other tags.
    SetTags {
        /// All of them: at most 50 of 1–40 characters; kept in lower case.
        tags: BTreeSet<String>,
    },
    /// What it is about in a few words, by a model (X-CS-3).
    Summarise {
        /// The words, 1–4,000 characters.
        summary: Personal<String>,
        /// The model, 1–100 characters.
        model: String,
        /// Version of the prompt, 1–100 characters.
        prompt_version: String,
        /// Tokens used.
        tokens: i64,
    },
    /// Does the steps of a macro, all or none.
    ApplyMacro {
        /// The macro.
        macro_id: Uuid,
        /// Its version.
        version: i64,
        /// Its steps, 1–20.
        steps: Vec<TicketMacroStep>,
    },
    /// Puts it under an SLA. Its clocks count from now on; what clocks counted under a former
    /// policy stays counted.
    ApplySlaPolicy {
        /// The policy with its calendar, in one version.
        policy: Box<SlaPolicy>,
    },
    /// A person answered the contact elsewhere (in the conversation, on the telephone) for the
    /// first time. Means nothing when somebody had answered before.
    RecordFirstResponse {
        /// When; not later than now.
        at: DateTime<Utc>,
    },
    /// A person answered the contact elsewhere. Means nothing while nobody waits for an answer.
    RecordResponse {
        /// When; not later than now.
        at: DateTime<Utc>,
    },
    /// The time of a target may be up (timer).
    CheckSla {
        /// Which target.
        target: SlaTarget,
    },
    /// The matter is settled.
    Resolve {
        /// How, at most 2,000 characters.
        resolution: Option<Personal<String>>,
        /// What caused it, at most 200 characters; no person's name.
        root_cause: Option<String>,
        /// How long it can be reopened, seconds, up to 90 days; then it closes by itself.
        reopen_window_s: i64,
    },
    /// Back to work, within the window.
    Reopen {
        /// Why, at most 500 characters.
        reason: Option<String>,
    },
    /// Ends it, by a person.
    Close,
    /// The window is over (timer).
    AutoClose {
        /// Which resolution: the number that [`super::TicketEvent::TicketResolved`] gave.
        resolution: i64,
    },
    /// Continues it in another ticket of the same contact. Final.
    MergeInto {
        /// Which.
        survivor: TicketId,
        /// The survivor's contact, looked up; must be the same.
        survivor_contact: ContactId,
        /// Where the survivor stands, looked up; must not be over.
        survivor_status: TicketStatus,
    },
    /// Another ticket goes on here (reaction).
    RecordMerge {
        /// Which.
        source: TicketId,
    },
    /// Takes a part of the matter to a ticket of its own, which is opened by this.
    Split {
        /// What that part is about, 1–200 characters.
        subject: Personal<String>,
        /// Its category; this one's when absent.
        category: Option<TicketCategory>,
        /// Its priority; this one's when absent.
        priority: Option<Priority>,
    },
    /// Goes on in a new ticket, which is opened by this, since a closed one is final. There is
    /// one follow-up of a ticket.
    CreateFollowUp {
        /// What it is about, 1–200 characters.
        subject: Personal<String>,
        /// Its category; this one's when absent.
        category: Option<TicketCategory>,
        /// Its priority; this one's when absent.
        priority: Option<Priority>,
    },
    /// Ties it to a shipment, a call, an invoice, a quote … (CS-16, CS-19).
    Link {
        /// What it is.
        kind: TicketLinkKind,
        /// Its id.
        id: Uuid,
    },
    /// The contact is asked for an opinion.
    RequestSurvey,
    /// The contact's opinion; once.
    RecordCsat {
        /// Satisfaction, 1–5.
        score: i64,
        /// In words, at most 2,000 characters.
        comment: Option<Personal<String>>,
    },
}
