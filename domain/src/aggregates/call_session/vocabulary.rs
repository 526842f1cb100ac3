//! The words that commands, events and state of a call share.

use serde::{Deserialize, Serialize};

use crate::{CallId, Subject};

/// Where a call stands. Within one attempt it only advances.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallStatus {
    /// Somebody wants it; it waits for an approval or for a time.
    #[default]
    Requested,
    /// It has a time: the first one, a later one, or that of another attempt.
    Scheduled,
    /// It waits for being dialled, here or at the provider.
    Queued,
    /// The provider dials.
    Initiated,
    /// It rings.
    Ringing,
    /// Somebody, or something, answered.
    InProgress,
    /// It took place.
    Completed,
    /// A machine answered: no conversation.
    Voicemail,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// It could not be made.
    Failed,
    /// It was called off.
    Canceled,
    /// It may not be made.
    Blocked,
}

impl CallStatus {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::Requested,
        Self::Scheduled,
        Self::Queued,
        Self::Initiated,
        Self::Ringing,
        Self::InProgress,
        Self::Completed,
        Self::Voicemail,
        Self::Busy,
        Self::NoAnswer,
        Self::Failed,
        Self::Canceled,
        Self::Blocked,
    ];

    /// Has the call, or its last attempt, ended?
    pub const fn is_over(self) -> bool {
        match self {
            Self::Requested
            | Self::Scheduled
            | Self::Queued
            | Self::Initiated
            | Self::Ringing
            | Self::InProgress => false,
            Self::Completed
            | Self::Voicemail
            | Self::Busy
            | Self::NoAnswer
            | Self::Failed
            | Self::Canceled
            | Self::Blocked => true,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // as the status of the same name
pub enum CallOutcome {
    Completed,
    Voicemail,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl CallOutcome {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Completed,
        Self::Voicemail,
        Self::Busy,
        Self::NoAnswer,
        Self::Failed,
        Self::Canceled,
    ];

    /// The status that it leads to.
    pub const fn status(self) -> CallStatus {
        match self {
            Self::Completed => CallStatus::Completed,
            Self::Voicemail => CallStatus::Voicemail,
            Self::Busy => CallStatus::Busy,
            Self::NoAnswer => CallStatus::NoAnswer,
            Self::Failed => CallStatus::Failed,
            Self::Canceled => CallStatus::Canceled,
        }
    }

    /// Did two sides talk? Talking to a machine is none.
    pub const fn is_conversation(self) -> bool {
        match self {
            Self::Completed => true,
            Self::Voicemail | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => false,
        }
    }
}

/// How the session came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallOrigin {
    /// We call.
    Outbound,
    /// We are called.
    Inbound,
    /// Only what is left of it came: a transcript, an analysis.
    Imported,
}

impl CallOrigin {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Outbound, Self::Inbound, Self::Imported];
}

/// Who dialled an imported call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum CallDirection {
    Outbound,
    Inbound,
}

/// What a call is for (X-CALL).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum CallPurpose {
    Sales,
    Support,
    Survey,
    FollowUp,
    Educational,
    Retention,
}

/// What the callee meant by pressing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DigitMeaning {
    /// Wants to know more.
    Interested,
    /// Wants to be called later.
    CallLater,
    /// Wants no more calls, nor anything else that is automatic.
    Stop,
    /// Something that the script knows.
    Other,
}

impl DigitMeaning {
    /// What the keys mean when the script does not say otherwise: 1 interested, 2 call later
    /// (X-CALL), 9 stop.
    pub fn usual(digits: &str) -> Self {
        match digits.trim() {
            "1" => Self::Interested,
            "2" => Self::CallLater,
            "9" => Self::Stop,
            _ => Self::Other,
        }
    }
}

/// Why a call may not be made, or not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BlockReason {
    /// The callee is on the do-not-call list.
    Dnc,
    /// The callee never agreed to be called.
    NoConsent,
    /// Not the hour to call where the callee is.
    QuietHours,
    /// As many calls as allowed.
    Cap,
    /// It cannot be paid for.
    Balance,
    /// Its time is over.
    Expired,
    /// The callee pressed STOP.
    Stopped,
}

impl BlockReason {
    /// Can it pass by waiting?
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::QuietHours | Self::Cap | Self::Balance => true,
            Self::Dnc | Self::NoConsent | Self::Expired | Self::Stopped => false,
        }
    }
}

/// Why no further attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExhaustedBy {
    /// There were as many as allowed.
    Attempts,
    /// The next one would come after the end of the plan.
    Deadline,
}

/// What a call is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum CallLink {
    Conversation,
    Ticket,
    Lead,
}

/// Over what a follow-up goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum FollowUpChannel {
    Whatsapp,
    Email,
}

/// Why a recording is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeletionReason {
    /// It was kept for as long as agreed.
    Retention,
    /// Somebody decided so.
    Redaction,
    /// The person asked to be forgotten.
    Erasure,
}

/// The data subject of a call with somebody who is no contact yet.
pub fn caller(call: CallId) -> Subject {
    Subject(format!("caller:{call}"))
}
