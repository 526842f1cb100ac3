//! What happened to a call. Events carry the amounts and former states that views need, so that
//! no view reads an earlier row.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::artefacts::{Analysis, RecordingSource, Turn};
use super::plan::{CallPlan, CallStart};
use super::providers::{AnsweredBy, CallProvider, ProviderIds};
use super::vocabulary::{
    BlockReason, CallDirection, CallLink, CallOutcome, CallStatus, DeletionReason, DigitMeaning,
    ExhaustedBy, FollowUpChannel,
};
use crate::{Actor, CallId, ChannelAccountId, ContactId, Personal, UserId};

/// Declares the events and their names.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $kind:ty),* $(,)? })+) => {
        /// Events of a call.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs)] // fields are documented on the command of the same name; what is added is said here
        pub enum CallEvent {
            $($(#[$doc])* $name { $($(#[$of])* $field: $kind),* },)+
        }

        impl CallEvent {
            /// Names of all events.
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];
        }

        impl DomainEvent for CallEvent {
            fn event_type(&self) -> String {
                match self { $(Self::$name { .. } => stringify!($name),)+ }.to_owned()
            }
            fn event_version(&self) -> String {
                "1".to_owned()
            }
        }
    };
}

events! {
    /// We want to call. `call` is its own id, which claims name as owner; the plan always has an
    /// end.
    CallRequested {
        call: CallId,
        contact: ContactId,
        to: Personal<String>,
        plan: CallPlan,
        start: CallStart,
        needs_approval: bool,
        callback_of: Option<CallId>,
        by: Actor,
        at: DateTime<Utc>,
    }
    /// Somebody calls us; it rings.
    InboundCallStarted {
        call: CallId,
        contact: Option<ContactId>,
        from: Option<Personal<String>>,
        channel: Option<ChannelAccountId>,
        ids: ProviderIds,
        started_at: DateTime<Utc>,
        at: DateTime<Utc>,
    }
    CallImported {
        call: CallId,
        contact: Option<ContactId>,
        direction: CallDirection,
        number: Option<Personal<String>>,
        channel: Option<ChannelAccountId>,
        ids: ProviderIds,
        outcome: CallOutcome,
        started_at: DateTime<Utc>,
        duration_s: Option<i64>,
        at: DateTime<Utc>,
    }
    /// What seemed to be left of a call alone came in over a carrier of ours, which tells it late.
    /// The fields are those of `InboundCallStarted`; a contact that was not known is told behind it.
    CallCameIn {
        contact: Option<ContactId>,
        from: Option<Personal<String>>,
        channel: Option<ChannelAccountId>,
        ids: ProviderIds,
        started_at: DateTime<Utc>,
        at: DateTime<Utc>,
    }
    CallApproved { by: Actor, at: DateTime<Utc> }
    /// `schedule` counts the times that were ever set, from 1.
    CallScheduled {
        attempt: i64,
        schedule: i64,
        from: CallStatus,
        due_at: DateTime<Utc>,
        zone: Option<String>,
        at: DateTime<Utc>,
    }
    /// It waits for being dialled.
    CallQueued { attempt: i64, from: CallStatus, at: DateTime<Utc> }
    /// It waits for a better time.
    CallDeferred {
        attempt: i64,
        schedule: i64,
        from: CallStatus,
        reason: BlockReason,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    }
    /// It may not be made. Final.
    CallBlocked {
        contact: Option<ContactId>,
        from: CallStatus,
        reason: BlockReason,
        at: DateTime<Utc>,
    }
    /// It is not wanted any more. Final.
    CallCanceled { from: CallStatus, reason: Option<String>, by: Actor, at: DateTime<Utc> }
    /// From here on the provider may have it. The line is taken until the attempt ends.
    CallPlacementRequested { attempt: i64, line: i64, at: DateTime<Utc> }
    /// The provider has it: it said so, or a fact about the attempt proves it.
    CallPlaced { attempt: i64, ids: ProviderIds, at: DateTime<Utc> }
    /// Only a fact of the provider can tell.
    CallPlacementUnknown { attempt: i64, reason: String, at: DateTime<Utc> }
    /// The `CallEnded` of the attempt is behind it.
    CallPlacementFailed {
        attempt: i64,
        code: String,
        title: String,
        transient: bool,
        at: DateTime<Utc>,
    }
    /// Further ids of an attempt came to be known; these are all.
    CallIdentified { attempt: i64, ids: ProviderIds, at: DateTime<Utc> }
    /// The provider dials.
    CallInitiated { attempt: i64, from: CallStatus, sequence: Option<i64>, at: DateTime<Utc> }
    CallRinging { attempt: i64, from: CallStatus, sequence: Option<i64>, at: DateTime<Utc> }
    CallAnswered {
        attempt: i64,
        from: CallStatus,
        answered_by: Option<AnsweredBy>,
        sequence: Option<i64>,
        at: DateTime<Utc>,
    }
    /// The attempt ended; once. `billed_minutes` are what the carrier charges.
    CallEnded {
        attempt: i64,
        contact: Option<ContactId>,
        from: CallStatus,
        outcome: CallOutcome,
        sequence: Option<i64>,
        sip: Option<i64>,
        duration_s: Option<i64>,
        billed_minutes: Option<i64>,
        at: DateTime<Utc>,
    }
    /// It rang, or was answered (`step`), at this time: told after a later step or the end. Where
    /// the call stands does not change.
    CallStepDated { attempt: i64, step: CallStatus, at: DateTime<Utc> }
    /// How the carrier accounts for an end that somebody else had told; once, and the outcome
    /// stays. The fields are those of `CallEnded`.
    CallEndDetailed {
        attempt: i64,
        sequence: Option<i64>,
        sip: Option<i64>,
        duration_s: Option<i64>,
        billed_minutes: Option<i64>,
        at: DateTime<Utc>,
    }
    CallAnsweredByRecorded { attempt: i64, answered_by: AnsweredBy, at: DateTime<Utc> }
    /// A call that seemed to take place was answered by a machine: it is told only afterwards.
    CallReclassified { attempt: i64, from: CallOutcome, to: CallOutcome, at: DateTime<Utc> }
    /// When the keys ask for a callback, a `CallbackRequested` is behind it.
    CallDigitsGathered {
        attempt: i64,
        contact: Option<ContactId>,
        step: String,
        digits: Personal<String>,
        meaning: DigitMeaning,
        at: DateTime<Utc>,
    }
    CallTransferRequested {
        attempt: i64,
        agent: Option<UserId>,
        number: Option<Personal<String>>,
        by: Actor,
        at: DateTime<Utc>,
    }
    /// A person has it.
    CallTransferred { attempt: i64, at: DateTime<Utc> }
    CallTransferFailed { attempt: i64, reason: String, at: DateTime<Utc> }
    CallHangUpRequested { attempt: i64, reason: Option<String>, by: Actor, at: DateTime<Utc> }
    /// It goes at `delete_at`.
    CallRecordingAttached {
        recording: Uuid,
        attempt: i64,
        provider: CallProvider,
        sid: String,
        source: RecordingSource,
        duration_s: Option<i64>,
        channels: Option<i64>,
        delete_at: DateTime<Utc>,
        at: DateTime<Utc>,
    }
    CallRecordingStored { recording: Uuid, blob: String, bytes: i64, at: DateTime<Utc> }
    CallRecordingDeleted {
        recording: Uuid,
        provider: CallProvider,
        sid: String,
        blob: Option<String>,
        reason: DeletionReason,
        by: Actor,
        at: DateTime<Utc>,
    }
    /// `cut` when there was more than is kept.
    CallTranscribed {
        attempt: i64,
        contact: Option<ContactId>,
        provider: CallProvider,
        sid: String,
        turns: Personal<Vec<Turn>>,
        language: Option<String>,
        cut: bool,
        at: DateTime<Utc>,
    }
    CallAnalysed {
        attempt: i64,
        contact: Option<ContactId>,
        provider: CallProvider,
        analysis: Analysis,
        at: DateTime<Utc>,
    }
    CallCostRecorded {
        attempt: i64,
        provider: CallProvider,
        amount_e6: i64,
        currency: String,
        at: DateTime<Utc>,
    }
    /// `from` is whom it was thought to be.
    CallerIdentified { from: Option<ContactId>, contact: ContactId, by: Actor, at: DateTime<Utc> }
    CallLinked { kind: CallLink, id: Uuid, by: Actor, at: DateTime<Utc> }
    FollowUpSuggested {
        follow_up: Uuid,
        contact: ContactId,
        channel: FollowUpChannel,
        text: Personal<String>,
        at: DateTime<Utc>,
    }
    /// It is to go out, with this text. `edited` when it is not the one proposed.
    FollowUpApproved {
        follow_up: Uuid,
        contact: ContactId,
        channel: FollowUpChannel,
        text: Personal<String>,
        edited: bool,
        by: Actor,
        at: DateTime<Utc>,
    }
    FollowUpDismissed { follow_up: Uuid, reason: Option<String>, by: Actor, at: DateTime<Utc> }
    /// `attempt` is the one to come.
    CallRetryScheduled {
        attempt: i64,
        schedule: i64,
        from: CallStatus,
        due_at: DateTime<Utc>,
        at: DateTime<Utc>,
    }
    /// The attempt to come is not made: the callee pressed STOP. It stands as its last attempt
    /// left it.
    CallRetryWithdrawn { attempt: i64, from: CallStatus, to: CallOutcome, at: DateTime<Utc> }
    CallAttemptsExhausted { attempts: i64, by: ExhaustedBy, outcome: CallOutcome, at: DateTime<Utc> }
    /// `callback` counts them, from 1. Without a time somebody has to agree on one.
    CallbackRequested {
        callback: i64,
        contact: Option<ContactId>,
        due_at: Option<DateTime<Utc>>,
        by: Actor,
        at: DateTime<Utc>,
    }
}
