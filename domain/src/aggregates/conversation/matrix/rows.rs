//! The table itself.

use super::Verdict::{Go, Nothing, Refuse, Withdraw};
use super::{Ask, Row, Verdict};
use crate::aggregates::conversation::ConversationRefusal as No;

/// Possible everywhere, also on a conversation that is over: facts, and what is about them.
const ANYWHERE: Row = Row {
    lifecycle: [Go; 6],
    suggestion: [Go; 2],
    handoff: [Go; 4],
    consent: [Go; 2],
    ai: [Go; 2],
    window: [Go; 2],
};

const OVER: Verdict = Refuse(No::Closed);
/// Possible until it is over.
const LIVE: Row = Row { lifecycle: [Go, Go, Go, OVER, OVER, OVER], ..ANYWHERE };
/// A timer's: means nothing once it is over.
const TIMER: Row = Row { lifecycle: [Go, Go, Go, Nothing, Nothing, Nothing], ..ANYWHERE };

const WINDOW: [Verdict; 2] = [Go, Refuse(No::ServiceWindowClosed)];
const NO_HANDOFF: [Verdict; 4] =
    [Go, Refuse(No::HandoffActive), Refuse(No::HandoffActive), Refuse(No::HandoffActive)];
const WANTED: [Verdict; 2] = [Go, Refuse(No::OptedOut)];
const MAY_SPEAK: [Verdict; 2] = [Go, Refuse(No::AiPaused)];

/// What a machine says by itself: never beside a person, never where it was silenced.
const AUTOMATIC: Row = Row { handoff: NO_HANDOFF, consent: WANTED, ai: MAY_SPEAK, ..LIVE };

const LATE: Verdict = Withdraw(No::Closed);
const LATE_HANDOFF: Verdict = Withdraw(No::HandoffActive);
const LATE_WINDOW: [Verdict; 2] = [Go, Withdraw(No::ServiceWindowClosed)];
/// What a machine said, at the moment of the request: the same as when it was queued.
const LATE_AUTOMATIC: Row = Row {
    lifecycle: [Go, Go, Go, LATE, LATE, LATE],
    handoff: [Go, LATE_HANDOFF, LATE_HANDOFF, LATE_HANDOFF],
    consent: [Go, Withdraw(No::OptedOut)],
    ai: [Go, Withdraw(No::AiPaused)],
    ..ANYWHERE
};
/// A scheduled message whose time has come.
const RELEASE: Row = Row { lifecycle: [Go, Go, Go, LATE, LATE, LATE], ..ANYWHERE };

const NEEDS_SUGGESTION: [Verdict; 2] = [Refuse(No::SuggestionNotPending), Go];

impl Ask {
    /// Its row.
    #[allow(clippy::too_many_lines)] // it is the table: a line or two per row
    pub const fn row(self) -> Row {
        match self {
            Self::Start => Row { lifecycle: [Nothing; 6], ..ANYWHERE },

            Self::RecordReaction
            | Self::RecordMessageEdit
            | Self::RecordMessageRevoke
            | Self::AttachAudioTranscript
            | Self::RecordAudioTranscriptionFailure
            | Self::RecordSendOutcome
            | Self::RecordDeliveryStatus
            | Self::CancelScheduledMessage
            | Self::AddNote
            | Self::AddLabel
            | Self::RemoveLabel
            | Self::Unassign
            | Self::RecordSurvey
            | Self::LinkEntity
            | Self::RecordMerge
            | Self::RedactMessage
            | Self::MarkRead
            | Self::BeginPersonTemplate => ANYWHERE,

            Self::ReceiveMessage
            | Self::RecordAgentEcho
            | Self::RecordTriage
            | Self::SuggestReply
            | Self::ApproveAction
            | Self::RejectAction
            | Self::SendPersonTemplate
            | Self::ScheduleMessage
            | Self::Assign
            | Self::ChangePriority
            | Self::ApplyMacro
            | Self::MergeInto => LIVE,

            Self::AutoReplyFree | Self::AiAnswers | Self::SendAutomaticFree => {
                Row { window: WINDOW, ..AUTOMATIC }
            }
            Self::AutoReplyTemplate | Self::SendAutomaticTemplate => AUTOMATIC,
            Self::SendPersonFree => Row { window: WINDOW, ..LIVE },
            Self::SendAi => Row { lifecycle: [Refuse(No::AiNeedsTriage); 6], ..ANYWHERE },

            Self::BeginPersonFree => Row { window: LATE_WINDOW, ..ANYWHERE },
            Self::BeginAutomaticFree => Row { window: LATE_WINDOW, ..LATE_AUTOMATIC },
            Self::BeginAutomaticTemplate => LATE_AUTOMATIC,
            Self::ReleaseFree => Row { window: LATE_WINDOW, ..RELEASE },
            Self::ReleaseTemplate => RELEASE,

            Self::ApproveSuggestion => Row { suggestion: NEEDS_SUGGESTION, window: WINDOW, ..LIVE },
            Self::RejectSuggestion => Row { suggestion: NEEDS_SUGGESTION, ..LIVE },
            Self::ExpireSuggestion => Row { suggestion: [Nothing, Go], ..TIMER },

            Self::RequestHandoff => Row { handoff: [Go, Nothing, Nothing, Nothing], ..LIVE },
            Self::AcceptHandoff => Row {
                handoff: [Refuse(No::HandoffNotRequested), Go, Refuse(No::HandoffTaken), Go],
                ..LIVE
            },
            Self::ReturnToBot => Row {
                handoff: [Refuse(No::HandoffNotAccepted), Refuse(No::HandoffNotAccepted), Go, Go],
                ..LIVE
            },
            Self::TimeOutHandoff => Row { handoff: [Nothing, Go, Nothing, Nothing], ..TIMER },
            Self::CheckHandoffLease => Row { handoff: [Nothing, Nothing, Go, Nothing], ..TIMER },

            Self::PauseAi => Row { ai: [Go, Nothing], ..LIVE },
            Self::ResumeAi => Row { consent: WANTED, ai: [Nothing, Go], ..LIVE },
            Self::RecordOptOut => Row { consent: [Go, Nothing], ..ANYWHERE },
            Self::RecordOptIn => Row { consent: [Nothing, Go], ..ANYWHERE },

            Self::SurveyFree => Row { consent: WANTED, window: WINDOW, ..LIVE },
            Self::SurveyTemplate => Row { consent: WANTED, ..LIVE },

            Self::Snooze => {
                Row { lifecycle: [Go, Go, Refuse(No::Resolved), OVER, OVER, OVER], ..ANYWHERE }
            }
            Self::Unsnooze => {
                Row { lifecycle: [Nothing, Go, Nothing, OVER, OVER, OVER], ..ANYWHERE }
            }
            Self::WakeUp => {
                Row { lifecycle: [Nothing, Go, Nothing, Nothing, Nothing, Nothing], ..ANYWHERE }
            }
            Self::Resolve => Row { lifecycle: [Go, Go, Nothing, OVER, OVER, OVER], ..ANYWHERE },
            Self::Reopen => Row { lifecycle: [Nothing, Go, Go, OVER, OVER, OVER], ..ANYWHERE },
            Self::Close => Row { lifecycle: [Go, Go, Go, Nothing, Nothing, Nothing], ..ANYWHERE },
            Self::Archive => Row {
                lifecycle: [
                    Refuse(No::NotClosed),
                    Refuse(No::NotClosed),
                    Refuse(No::NotClosed),
                    Go,
                    Nothing,
                    Refuse(No::NotClosed),
                ],
                ..ANYWHERE
            },
        }
    }
}
