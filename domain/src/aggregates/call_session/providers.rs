//! What providers say about calls, in one vocabulary.

use serde::{Deserialize, Serialize};

/// Who carries a call or works on it, and charges for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum CallProvider {
    Twilio,
    #[serde(rename = "ELEVENLABS")]
    ElevenLabs,
}

/// The providers' names of one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderIds {
    /// Twilio's `CallSid`, or the id of another carrier.
    pub call_sid: Option<String>,
    /// ElevenLabs' `conversation_id`.
    pub el_conversation_id: Option<String>,
}

/// Which attempt a fact is about, as far as the provider's words tell. Without any of them it
/// is about the last one that began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AttemptRef {
    /// The number that travelled along (the path of the callback, a dynamic variable).
    pub attempt: Option<i64>,
    /// The provider's ids in the fact; what is new in them is kept.
    pub ids: ProviderIds,
}

/// A status as a provider reports it (Twilio's `CallStatus`; ElevenLabs' `done` is
/// `Completed`, `failed` is `Failed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum ReportedStatus {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl ReportedStatus {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Initiated,
        Self::Ringing,
        Self::InProgress,
        Self::Completed,
        Self::Busy,
        Self::NoAnswer,
        Self::Failed,
        Self::Canceled,
    ];
}

/// Who or what answered (Twilio's `AnsweredBy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the provider's names
pub enum AnsweredBy {
    Human,
    MachineStart,
    MachineEndBeep,
    MachineEndSilence,
    MachineEndOther,
    Fax,
    Unknown,
}

impl AnsweredBy {
    /// Is it an answering machine, so that the call is voicemail?
    pub const fn is_machine(self) -> bool {
        match self {
            Self::MachineStart
            | Self::MachineEndBeep
            | Self::MachineEndSilence
            | Self::MachineEndOther => true,
            Self::Human | Self::Fax | Self::Unknown => false,
        }
    }
}

/// Why a call could not be begun (ElevenLabs' `failure_reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the provider's names
pub enum InitiationFailure {
    Busy,
    NoAnswer,
    Unknown,
}

/// How the request to the provider ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlacementOutcome {
    /// The provider has it.
    Placed {
        /// Its ids.
        ids: ProviderIds,
    },
    /// Nobody knows: the call may have been placed. It is never dialled again by the machine.
    Unknown {
        /// What happened, as a code.
        reason: String,
    },
    /// The provider certainly did not place it.
    Failed {
        /// The provider's code.
        code: String,
        /// The provider's words.
        title: String,
        /// Could another attempt succeed?
        transient: bool,
    },
}
