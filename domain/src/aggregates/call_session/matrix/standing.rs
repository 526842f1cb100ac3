//! Where a call stands: the dimensions of the table.

use super::super::vocabulary::CallOrigin;

/// How far a call is: its status, and while it is `REQUESTED` or `QUEUED` what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// REQUESTED: a person must approve it.
    AwaitingApproval,
    /// REQUESTED: it waits for a time.
    Requested,
    /// SCHEDULED.
    Scheduled,
    /// QUEUED: a worker will dial it.
    Queued,
    /// QUEUED: the request to the provider has begun.
    Placing,
    /// QUEUED: nobody knows whether the provider has it.
    PlacementUnknown,
    /// QUEUED: the provider has it.
    Placed,
    /// INITIATED.
    Initiated,
    /// RINGING.
    Ringing,
    /// IN_PROGRESS.
    InProgress,
    /// COMPLETED.
    Completed,
    /// VOICEMAIL.
    Voicemail,
    /// BUSY.
    Busy,
    /// NO_ANSWER.
    NoAnswer,
    /// FAILED.
    Failed,
    /// CANCELED.
    Canceled,
    /// BLOCKED.
    Blocked,
}

impl Stage {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 17] = [
        Self::AwaitingApproval,
        Self::Requested,
        Self::Scheduled,
        Self::Queued,
        Self::Placing,
        Self::PlacementUnknown,
        Self::Placed,
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

    /// Can a call of this origin be there? One that we receive rings from the start, one that is
    /// imported is over from the start.
    const fn is_of(self, origin: CallOrigin) -> bool {
        match (origin, self) {
            (CallOrigin::Outbound, _)
            | (CallOrigin::Inbound, Self::Ringing | Self::InProgress)
            | (
                CallOrigin::Inbound | CallOrigin::Imported,
                Self::Completed
                | Self::Voicemail
                | Self::Busy
                | Self::NoAnswer
                | Self::Failed
                | Self::Canceled,
            ) => true,
            (CallOrigin::Inbound | CallOrigin::Imported, _) => false,
        }
    }
}

/// Declares a dimension of two values.
macro_rules! yes_or_no {
    ($(#[$doc:meta])* $name:ident { None, $yes:ident }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // the names say it
        pub enum $name { None, $yes }

        impl $name {
            /// Both, in the order of the table.
            pub const ALL: [Self; 2] = [Self::None, Self::$yes];
        }
    };
}

yes_or_no! {
    /// Has the callee pressed STOP?
    StopStanding { None, Stopped }
}
yes_or_no! {
    /// Is a transfer to a person under way?
    TransferStanding { None, Requested }
}
yes_or_no! {
    /// Does a follow-up wait for a person?
    FollowUpStanding { None, Pending }
}

/// Where a call stands: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the types say it
pub struct Standing {
    pub origin: CallOrigin,
    pub stage: Stage,
    pub stop: StopStanding,
    pub transfer: TransferStanding,
    pub follow_up: FollowUpStanding,
}

impl Standing {
    /// Every state of the product in which a call of the origin can be.
    pub fn all() -> impl Iterator<Item = Self> {
        CallOrigin::ALL
            .into_iter()
            .flat_map(|origin| Stage::ALL.into_iter().map(move |stage| (origin, stage)))
            .filter(|(origin, stage)| stage.is_of(*origin))
            .flat_map(|(origin, stage)| {
                StopStanding::ALL.into_iter().flat_map(move |stop| {
                    TransferStanding::ALL.into_iter().flat_map(move |transfer| {
                        FollowUpStanding::ALL.into_iter().map(move |follow_up| Self {
                            origin,
                            stage,
                            stop,
                            transfer,
                            follow_up,
                        })
                    })
                })
            })
    }
}
