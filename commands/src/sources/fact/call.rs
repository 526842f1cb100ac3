//! What providers say of calls.

use std::fmt;

use bitacora_domain::CallId;
use bitacora_domain::aggregates::call_session::{
    AnalysisResult, AnsweredBy, CallDirection, CallOutcome, CallProvider, InitiationFailure,
    ProviderIds, RecordingSource, ReportedStatus, Turn,
};
use chrono::{DateTime, Utc};

use super::Person;
use crate::sources::streaming::FileRef;

/// Our own name of a call that travelled along with it and came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTarget {
    /// The call. Only a hint: whose it is, the log says.
    pub call: CallId,
    /// The attempt, if that travelled along too.
    pub attempt: Option<i64>,
}

/// Everything that one fact says of one call, in the order in which it is to be recorded.
#[derive(Clone, PartialEq, Eq)]
pub struct CallFact {
    /// Who speaks.
    pub provider: CallProvider,
    /// Our name of the call, if it travelled along.
    pub target: Option<CallTarget>,
    /// The provider's names of the call.
    pub ids: ProviderIds,
    /// How the session comes about when nobody knows the call; without it the fact waits.
    pub birth: Option<CallBirth>,
    /// What is new; may be empty when the birth is all that is said.
    pub news: Vec<CallNews>,
}

impl fmt::Debug for CallFact {
    /// Shows what it is about and nothing that a person said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFact")
            .field("provider", &self.provider)
            .field("target", &self.target)
            .field("ids", &self.ids)
            .field("news", &self.news.iter().map(CallNews::name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A call that began without us.
#[derive(Clone, PartialEq, Eq)]
pub struct CallBirth {
    /// Who is on the other side, by telephone number; without identities when it is withheld.
    pub other_side: Person,
    /// Their number as the provider wrote it.
    pub number: Option<String>,
    /// When it began, in the provider's time; the fact's own time when absent.
    pub started_at: Option<DateTime<Utc>>,
    /// How it came about.
    pub how: BirthHow,
}

impl fmt::Debug for CallBirth {
    /// Shows no number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallBirth").field("how", &self.how).finish_non_exhaustive()
    }
}

/// How a call that began without us came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthHow {
    /// Somebody calls us, now.
    Inbound,
    /// It is over, and only what is left of it came.
    Imported {
        /// Who dialled.
        direction: CallDirection,
        /// How it ended.
        outcome: CallOutcome,
        /// How long it took, seconds.
        duration_s: Option<i64>,
    },
}

/// One thing that is new about a call.
#[derive(Clone, PartialEq, Eq)]
pub enum CallNews {
    /// A status.
    Status {
        /// The status.
        status: ReportedStatus,
        /// The provider's number of it.
        sequence: Option<i64>,
        /// SIP response code.
        sip: Option<i64>,
        /// How long it took, seconds.
        duration_s: Option<i64>,
        /// Minutes that are charged.
        billed_minutes: Option<i64>,
        /// Who answered, if that is told along.
        answered_by: Option<AnsweredBy>,
    },
    /// Who or what answered.
    AnsweredBy(AnsweredBy),
    /// It could not be begun.
    InitiationFailed {
        /// Why.
        reason: InitiationFailure,
        /// SIP response code.
        sip: Option<i64>,
    },
    /// Keys were pressed.
    Digits {
        /// At which step of the script.
        step: String,
        /// Which keys.
        digits: String,
    },
    /// A transfer to a person ended.
    Transfer {
        /// A person has the call.
        connected: bool,
        /// Why not.
        reason: Option<String>,
    },
    /// There is a recording.
    Recording {
        /// What the provider calls it.
        sid: String,
        /// Where it is.
        source: RecordingSource,
        /// How long it is, seconds.
        duration_s: Option<i64>,
        /// How many channels it has.
        channels: Option<i64>,
    },
    /// There is a recording, and it waits in the blob store.
    Audio {
        /// What the provider calls it.
        sid: String,
        /// The file, in the waiting room.
        file: FileRef,
    },
    /// The words.
    Transcript {
        /// What the provider calls it.
        sid: String,
        /// What was said, in order.
        turns: Vec<Turn>,
        /// Language code.
        language: Option<String>,
    },
    /// A judgement. Texts are those of a person's words.
    Analysis {
        /// Did it reach what it was for?
        success: AnalysisResult,
        /// What it was about.
        summary: Option<String>,
        /// What was judged: name, result, why.
        criteria: Vec<(String, AnalysisResult, Option<String>)>,
        /// What was found out: name, value as text, why.
        collected: Vec<(String, String, Option<String>)>,
    },
    /// What the provider charges.
    Cost {
        /// Millionths of the currency.
        amount_e6: i64,
        /// ISO 4217, or `CREDITS` of the provider.
        currency: String,
    },
}

impl CallNews {
    /// Stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::AnsweredBy(_) => "answered_by",
            Self::InitiationFailed { .. } => "initiation_failed",
            Self::Digits { .. } => "digits",
            Self::Transfer { .. } => "transfer",
            Self::Recording { .. } => "recording",
            Self::Audio { .. } => "audio",
            Self::Transcript { .. } => "transcript",
            Self::Analysis { .. } => "analysis",
            Self::Cost { .. } => "cost",
        }
    }
}

impl fmt::Debug for CallNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
