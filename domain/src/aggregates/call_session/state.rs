//! What a call remembers: what later decisions need and nothing else.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::matrix::{FollowUpStanding, Stage, Standing, StopStanding, TransferStanding};
use super::plan::{CallPlan, CallStart};
use super::providers::{AnsweredBy, AttemptRef, CallProvider, ProviderIds};
use super::vocabulary::{CallLink, CallOrigin, CallOutcome, CallStatus, FollowUpChannel};
use crate::{CallId, ContactId, Personal};

/// What became of the request to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Placement {
    /// It has begun and has no outcome yet.
    InFlight,
    /// Nobody knows.
    Unknown,
    /// The provider has it.
    Placed,
    /// The provider did not take it.
    Failed,
}

/// An attempt that has begun.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: i64,
    /// What became of the request.
    pub placement: Placement,
    /// What the providers call it.
    pub ids: ProviderIds,
    /// The line that it takes, if it takes one.
    pub line: Option<i64>,
    /// Sequence number of the last status that counted.
    pub sequence: Option<i64>,
    /// Who answered, once known.
    pub answered_by: Option<AnsweredBy>,
    /// How it ended, once it did.
    pub outcome: Option<CallOutcome>,
    /// When it rang is known.
    pub(super) rang: bool,
    /// When it was answered is known.
    pub(super) answered: bool,
    /// The carrier said how it ended.
    pub(super) accounted: bool,
    /// Steps at which keys were pressed.
    pub(super) digits: Vec<String>,
    /// What its transcripts are called.
    pub(super) transcripts: Vec<String>,
    pub(super) analysed: bool,
    /// Who said what it cost.
    pub(super) costs: Vec<CallProvider>,
}

impl Attempt {
    pub(super) fn new(number: i64, placement: Placement, ids: ProviderIds) -> Self {
        Self {
            number,
            placement,
            ids,
            line: None,
            sequence: None,
            answered_by: None,
            outcome: None,
            rang: false,
            answered: false,
            accounted: false,
            digits: Vec::new(),
            transcripts: Vec::new(),
            analysed: false,
            costs: Vec::new(),
        }
    }
}

/// What the request or the provider's first fact fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) call: CallId,
    pub(super) origin: CallOrigin,
    /// Who; unknown where nobody could tell who called.
    pub(super) contact: Option<ContactId>,
    /// The contact that the start named, before anybody corrected it.
    pub(super) first_contact: Option<ContactId>,
    /// Their number, if it is known.
    pub(super) number: Option<Personal<String>>,
    /// How we call; only for calls that we make.
    pub(super) plan: Option<CallPlan>,
    pub(super) when: Option<CallStart>,
    pub(super) needs_approval: bool,
    pub(super) callback_of: Option<CallId>,
    /// The ids with which a provider told of it.
    pub(super) ids: ProviderIds,
}

/// A recording, also after its deletion: it is attached once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recording {
    pub(super) id: Uuid,
    pub(super) provider: CallProvider,
    pub(super) sid: String,
    /// Its key in the blob store, once it is there.
    pub(super) blob: Option<String>,
    pub(super) deleted: bool,
}

/// A follow-up that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FollowUp {
    pub(super) id: Uuid,
    pub(super) channel: FollowUpChannel,
    pub(super) text: Personal<String>,
}

/// One call, made or received.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSession {
    /// `None` before the start.
    pub(super) start: Option<Start>,
    pub(super) status: CallStatus,
    /// It waits for a person's approval.
    pub(super) awaits_approval: bool,
    /// Times ever set; timers of earlier ones mean nothing.
    pub(super) schedules: i64,
    /// When it is due, while it is scheduled.
    pub(super) due_at: Option<DateTime<Utc>>,
    /// Those that have begun, oldest first; at most 10.
    pub(super) attempts: Vec<Attempt>,
    /// The callee wants no more calls.
    pub(super) stopped: bool,
    /// Somebody asked to hang up the attempt under way, or the last one.
    pub(super) hang_up: bool,
    /// A transfer was asked for and has no outcome yet.
    pub(super) transferring: bool,
    /// It was said that no further attempt is made.
    pub(super) exhausted: bool,
    pub(super) recordings: Vec<Recording>,
    pub(super) follow_up: Option<FollowUp>,
    pub(super) callbacks: i64,
    /// Linked lately; oldest first.
    pub(super) links: VecDeque<(CallLink, Uuid)>,
}

impl CallSession {
    /// Where it stands.
    pub const fn status(&self) -> CallStatus {
        self.status
    }

    /// The attempts that have begun, oldest first.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// With whom; `None` before the start and while nobody knows.
    pub fn contact(&self) -> Option<ContactId> {
        self.start.as_ref()?.contact
    }

    /// The callee wants no more calls.
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// When it is due, while it is scheduled.
    pub const fn due_at(&self) -> Option<DateTime<Utc>> {
        self.due_at
    }

    /// Where a recording is in the blob store; `None` when it is not there or was deleted.
    pub fn stored_recording(&self, id: Uuid) -> Option<&str> {
        let known = self.recordings.iter().find(|known| known.id == id && !known.deleted)?;
        known.blob.as_deref()
    }

    /// Is there a recording that is to be fetched still?
    pub fn awaits_recording(&self, id: Uuid) -> bool {
        let waits = |known: &Recording| known.id == id && !known.deleted && known.blob.is_none();
        self.recordings.iter().any(waits)
    }

    /// Where it stands, in the words of the table; `None` before the start.
    pub fn standing(&self) -> Option<Standing> {
        let origin = self.start.as_ref()?.origin;
        Some(Standing {
            origin,
            stage: self.stage(),
            stop: if self.stopped { StopStanding::Stopped } else { StopStanding::None },
            transfer: if self.transferring {
                TransferStanding::Requested
            } else {
                TransferStanding::None
            },
            follow_up: if self.follow_up.is_some() {
                FollowUpStanding::Pending
            } else {
                FollowUpStanding::None
            },
        })
    }

    fn stage(&self) -> Stage {
        match self.status {
            CallStatus::Requested if self.awaits_approval => Stage::AwaitingApproval,
            CallStatus::Requested => Stage::Requested,
            CallStatus::Scheduled => Stage::Scheduled,
            CallStatus::Queued => match self.open().map(|attempt| attempt.placement) {
                None | Some(Placement::Failed) => Stage::Queued,
                Some(Placement::InFlight) => Stage::Placing,
                Some(Placement::Unknown) => Stage::PlacementUnknown,
                Some(Placement::Placed) => Stage::Placed,
            },
            CallStatus::Initiated => Stage::Initiated,
            CallStatus::Ringing => Stage::Ringing,
            CallStatus::InProgress => Stage::InProgress,
            CallStatus::Completed => Stage::Completed,
            CallStatus::Voicemail => Stage::Voicemail,
            CallStatus::Busy => Stage::Busy,
            CallStatus::NoAnswer => Stage::NoAnswer,
            CallStatus::Failed => Stage::Failed,
            CallStatus::Canceled => Stage::Canceled,
            CallStatus::Blocked => Stage::Blocked,
        }
    }

    /// The attempt under way.
    pub(super) fn open(&self) -> Option<&Attempt> {
        self.attempts.last().filter(|attempt| attempt.outcome.is_none())
    }

    /// The number of the attempt that has not begun and comes next, from 1.
    pub(super) fn upcoming(&self) -> i64 {
        self.attempts.last().map_or(1, |last| last.number + 1)
    }

    /// Does it wait for the attempt that comes next?
    pub(super) fn waits(&self) -> bool {
        !self.status.is_over() && self.open().is_none()
    }

    /// The attempt that a fact is about, if one has begun that it can be about.
    pub(super) fn attempt_of(&self, about: &AttemptRef) -> Option<&Attempt> {
        if let Some(number) = about.attempt {
            return self.attempts.iter().find(|known| known.number == number);
        }
        let named = self.attempts.iter().rev().find(|known| known.ids.meets(&about.ids));
        let last = || self.attempts.last().filter(|last| !last.ids.contradicts(&about.ids));
        named.or_else(last)
    }
}
