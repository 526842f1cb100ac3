//! The table itself. The columns are those of [`super::Stage`]: new, the same on hold, in
//! progress, the same on hold, waiting for the customer, for a third party, resolved, resolved
//! for good, closed, merged.

use super::Verdict::{Go, Nothing, Refuse};
use super::{Ask, Row, Verdict};
use crate::aggregates::ticket::TicketRefusal as No;

const CLOSED: Verdict = Refuse(No::Closed);
const MERGED: Verdict = Refuse(No::Merged);
const RESOLVED: Verdict = Refuse(No::Resolved);
const WINDOW_OVER: Verdict = Refuse(No::ReopenWindowOver);
const UNRESOLVED: Verdict = Refuse(No::NotResolved);
const UNCLOSED: Verdict = Refuse(No::NotClosed);
const NOT_STARTED: Verdict = Refuse(No::NotStarted);
const WAITING: Verdict = Refuse(No::Waiting);

/// Facts and what is about them: also on a closed one, never on a merged one.
const FACT: Row = stage([Go, Go, Go, Go, Go, Go, Go, Go, Go, MERGED]);
/// Possible until it is over.
const LIVE: Row = stage([Go, Go, Go, Go, Go, Go, Go, Go, CLOSED, MERGED]);
/// Possible until it is settled.
const WORK: Row = stage([Go, Go, Go, Go, Go, Go, RESOLVED, RESOLVED, CLOSED, MERGED]);
/// What the contact says brings a resolved one back.
const REPLY: Row = stage([Go, Go, Go, Go, Go, Go, Go, WINDOW_OVER, CLOSED, MERGED]);
/// A reaction that may be late.
const LATE: Row = stage([Go, Go, Go, Go, Go, Go, Go, Go, Nothing, Nothing]);

const fn stage(stage: [Verdict; 10]) -> Row {
    Row { stage, survey: [Go, Go, Go] }
}

impl Ask {
    /// Its row.
    pub const fn row(self) -> Row {
        const NO: Verdict = Nothing;
        match self {
            Self::Open => stage([NO; 10]),

            Self::Assign
            | Self::Unassign
            | Self::SupplyData
            | Self::CommentOfTeam
            | Self::Triage
            | Self::ChangeCategory
            | Self::ChangePriority
            | Self::SetTags
            | Self::ApplyMacro
            | Self::Split => LIVE,
            Self::Escalate | Self::RequestData | Self::ApplySlaPolicy | Self::MergeInto => WORK,
            Self::CustomerReplied | Self::CommentOfContact => REPLY,
            Self::Summarise | Self::Link => FACT,
            Self::RecordFirstResponse | Self::RecordResponse => LATE,
            Self::RecordMerge => stage([Go, Go, Go, Go, Go, Go, Go, Go, Go, NO]),

            Self::StartWork => stage([Go, Go, NO, Go, Go, Go, RESOLVED, RESOLVED, CLOSED, MERGED]),
            Self::WaitForCustomer => {
                stage([Go, Go, Go, Go, NO, WAITING, RESOLVED, RESOLVED, CLOSED, MERGED])
            }
            Self::WaitForThirdParty => stage([
                NOT_STARTED,
                NOT_STARTED,
                Go,
                Go,
                WAITING,
                NO,
                RESOLVED,
                RESOLVED,
                CLOSED,
                MERGED,
            ]),
            Self::Hold => {
                stage([Go, Go, Go, Go, WAITING, WAITING, RESOLVED, RESOLVED, CLOSED, MERGED])
            }
            Self::ReleaseHold => stage([NO, Go, NO, Go, NO, NO, NO, NO, CLOSED, MERGED]),
            Self::EndHold => stage([NO, Go, NO, Go, NO, NO, NO, NO, NO, NO]),
            Self::CheckSla => stage([Go, NO, Go, NO, NO, NO, NO, NO, NO, NO]),

            Self::Resolve => stage([Go, Go, Go, Go, Go, Go, NO, NO, CLOSED, MERGED]),
            Self::Reopen => stage([NO, NO, NO, NO, NO, NO, Go, WINDOW_OVER, CLOSED, MERGED]),
            Self::Close => stage([
                UNRESOLVED, UNRESOLVED, UNRESOLVED, UNRESOLVED, UNRESOLVED, UNRESOLVED, Go, Go, NO,
                MERGED,
            ]),
            Self::AutoClose => stage([NO, NO, NO, NO, NO, NO, NO, Go, NO, NO]),
            Self::CreateFollowUp => stage([
                UNCLOSED, UNCLOSED, UNCLOSED, UNCLOSED, UNCLOSED, UNCLOSED, UNCLOSED, Go, Go,
                MERGED,
            ]),

            Self::RequestSurvey => Row {
                survey: [Go, NO, NO],
                ..stage([
                    UNRESOLVED, UNRESOLVED, UNRESOLVED, UNRESOLVED, UNRESOLVED, UNRESOLVED, Go, Go,
                    Go, MERGED,
                ])
            },
            Self::RecordCsat => Row {
                survey: [Refuse(No::SurveyNotRequested), Go, Refuse(No::AlreadyRated)],
                ..FACT
            },
        }
    }
}
