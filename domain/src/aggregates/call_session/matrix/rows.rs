//! The table itself.

use super::Verdict::{self, Go, Nothing, Refuse};
use super::{Ask, Row};
use crate::aggregates::call_session::CallRefusal as No;

/// Possible everywhere.
const ANYWHERE: Row =
    Row { origin: [Go; 3], stage: [Go; 17], stop: [Go; 2], transfer: [Go; 2], follow_up: [Go; 2] };

const OURS: [Verdict; 3] = [Go, Refuse(No::NotOutbound), Refuse(No::NotOutbound)];
const RECEIVED: [Verdict; 3] = [Refuse(No::NotReceived), Go, Go];
const NOT_STOPPED: [Verdict; 2] = [Go, Refuse(No::CalleeStopped)];
const OVER: Verdict = Refuse(No::Over);
const UNDER_WAY: Verdict = Refuse(No::UnderWay);
const NOT_PLACED: Verdict = Refuse(No::NotPlaced);

/// The stages in their order: until the request (4), under way (6: placing, unknown, placed,
/// initiated, ringing, in progress), ended (6: completed, voicemail, busy, no answer, failed,
/// canceled), blocked.
const fn stages(
    before: [Verdict; 4],
    live: [Verdict; 6],
    ended: [Verdict; 6],
    blocked: Verdict,
) -> [Verdict; 17] {
    let mut all = [blocked; 17];
    let mut place = 0;
    while place < 16 {
        all[place] = match place {
            0..4 => before[place],
            4..10 => live[place - 4],
            _ => ended[place - 10],
        };
        place += 1;
    }
    all
}

/// A fact about an attempt that has begun.
const fn fact(live: [Verdict; 6], ended: [Verdict; 6]) -> Row {
    Row { stage: stages([NOT_PLACED; 4], live, ended, NOT_PLACED), ..ANYWHERE }
}

/// A fact in any order, also after the end.
const ARTEFACT: Row = fact([Go; 6], [Go; 6]);
/// What ends an attempt; once.
const END: Row = fact([Go; 6], [Nothing; 6]);
/// A status that goes as far as the `reached`-th stage under way: an advance before it.
const fn advance(reached: usize) -> Row {
    let mut live = [Nothing; 6];
    let mut place = 0;
    while place < reached {
        live[place] = Go;
        place += 1;
    }
    fact(live, [Nothing; 6])
}

impl Ask {
    /// Its row.
    #[allow(clippy::too_many_lines)] // it is the table: a line or two per row
    pub const fn row(self) -> Row {
        let already = Refuse(No::AlreadyStarted);
        match self {
            Self::RequestCall => Row { origin: [Nothing, already, already], ..ANYWHERE },
            // What is left of a call may be told before the call.
            Self::RecordInboundCall => Row { origin: [already, Nothing, Go], ..ANYWHERE },
            Self::ImportCall => Row { origin: [already, already, Nothing], ..ANYWHERE },

            Self::ApproveCall => Row {
                origin: OURS,
                stage: stages([Go, Nothing, Nothing, Nothing], [Nothing; 6], [OVER; 6], OVER),
                stop: NOT_STOPPED,
                ..ANYWHERE
            },
            Self::ScheduleCall => Row {
                origin: OURS,
                stage: stages(
                    [Refuse(No::NeedsApproval), Go, Go, Go],
                    [UNDER_WAY; 6],
                    [OVER; 6],
                    OVER,
                ),
                stop: NOT_STOPPED,
                ..ANYWHERE
            },
            Self::BlockForGood => Row {
                origin: OURS,
                stage: stages([Go; 4], [UNDER_WAY; 6], [OVER; 6], Nothing),
                ..ANYWHERE
            },
            Self::BlockUntil => Row {
                origin: OURS,
                stage: stages(
                    [Refuse(No::NeedsApproval), Refuse(No::NotQueued), Go, Go],
                    [UNDER_WAY; 6],
                    [OVER; 6],
                    OVER,
                ),
                ..ANYWHERE
            },
            Self::CancelCall => Row {
                origin: OURS,
                stage: stages(
                    [Go; 4],
                    [UNDER_WAY; 6],
                    [OVER, OVER, OVER, OVER, OVER, Nothing],
                    OVER,
                ),
                ..ANYWHERE
            },
            Self::ReleaseCall => Row {
                origin: [Go, Nothing, Nothing],
                stage: stages([Nothing, Nothing, Go, Nothing], [Nothing; 6], [Nothing; 6], Nothing),
                stop: [Go, Nothing],
                ..ANYWHERE
            },
            Self::PlaceCall => Row {
                origin: OURS,
                stage: stages(
                    [Refuse(No::NeedsApproval), Refuse(No::NotQueued), Refuse(No::NotQueued), Go],
                    [
                        Refuse(No::PlacementInFlight),
                        Refuse(No::PlacementUnknown),
                        UNDER_WAY,
                        UNDER_WAY,
                        UNDER_WAY,
                        UNDER_WAY,
                    ],
                    [OVER; 6],
                    OVER,
                ),
                ..ANYWHERE
            },
            Self::PlacedOk => Row { origin: OURS, ..ARTEFACT },
            Self::PlacedUnknown => Row {
                origin: OURS,
                ..fact([Go, Nothing, Nothing, Nothing, Nothing, Nothing], [Nothing; 6])
            },
            Self::PlacedFailed => Row {
                origin: OURS,
                ..fact([Go, Go, Nothing, Nothing, Nothing, Nothing], [Nothing; 6])
            },

            Self::StatusQueued => advance(2),
            Self::StatusInitiated => advance(3),
            Self::StatusRinging => advance(4),
            Self::StatusInProgress => advance(5),
            Self::StatusCompleted
            | Self::StatusBusy
            | Self::StatusNoAnswer
            | Self::StatusFailed
            | Self::StatusCanceled
            | Self::InitiationFailure => END,

            // A voicemail knows already that a machine answered.
            Self::StatusCompletedMachine | Self::RecordAnsweredBy => {
                fact([Go; 6], [Go, Nothing, Go, Go, Go, Go])
            }
            Self::RecordDigits
            | Self::AttachRecording
            | Self::AttachTranscript
            | Self::AttachAnalysis
            | Self::RecordCost => ARTEFACT,
            Self::RecordRecordingStored | Self::DeleteRecording | Self::LinkCall => ANYWHERE,

            Self::TransferToHuman => {
                let no = Refuse(No::NotInProgress);
                Row {
                    stage: stages([no; 4], [no, no, no, no, no, Go], [OVER; 6], OVER),
                    transfer: [Go, Nothing],
                    ..ANYWHERE
                }
            }
            Self::RecordTransfer => {
                Row { transfer: [Refuse(No::TransferNotRequested), Go], ..ARTEFACT }
            }
            Self::HangUp => Row {
                stage: stages([Refuse(No::NotLive); 4], [Go; 6], [Nothing; 6], Nothing),
                ..ANYWHERE
            },
            Self::IdentifyCaller => Row { origin: RECEIVED, ..ANYWHERE },

            Self::SuggestFollowUp => Row {
                stage: stages(
                    [Refuse(No::NotOver); 4],
                    [Refuse(No::NotOver); 6],
                    [Go; 6],
                    Refuse(No::Blocked),
                ),
                stop: NOT_STOPPED,
                follow_up: [Go, Refuse(No::FollowUpPending)],
                ..ANYWHERE
            },
            Self::ApproveFollowUp => Row {
                stop: NOT_STOPPED,
                follow_up: [Refuse(No::FollowUpNotPending), Go],
                ..ANYWHERE
            },
            Self::DismissFollowUp => {
                Row { follow_up: [Refuse(No::FollowUpNotPending), Go], ..ANYWHERE }
            }
            Self::RetryCall => {
                let no = Refuse(No::NotRetryable);
                Row {
                    origin: OURS,
                    stage: stages(
                        [Refuse(No::NotOver); 4],
                        [Refuse(No::NotOver); 6],
                        [no, Go, Go, Go, Go, no],
                        no,
                    ),
                    stop: NOT_STOPPED,
                    ..ANYWHERE
                }
            }
            Self::RequestCallback => Row { stop: NOT_STOPPED, ..ARTEFACT },
        }
    }
}
