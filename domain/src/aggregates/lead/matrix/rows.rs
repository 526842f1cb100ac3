//! The table itself.

use super::{Ask, Row, Verdict};
use crate::aggregates::lead::LeadRefusal as No;
use crate::aggregates::lead::LeadStatus::{
    self, Contacted, Cooling, Disputed, Disqualified, Duplicate, Engaged, HumanHandoff, LeadReady,
    Lost, PendingMapping, Qualifying, Reactivation, Refunded, Scored, SentToDeveloper, Stopped,
    ToBeContacted, Won,
};
use crate::law::Verdict::{Go, Nothing, Refuse};

type Statuses = [Verdict; 18];

/// `base`, but `verdict` in these statuses.
const fn but(mut base: Statuses, statuses: &[LeadStatus], verdict: Verdict) -> Statuses {
    let mut n = 0;
    while n < statuses.len() {
        base[statuses[n] as usize] = verdict;
        n += 1;
    }
    base
}

const FINAL: &[LeadStatus] = &[Stopped, Won, Lost, Duplicate, Refunded];
const DELIVERED: &[LeadStatus] = &[SentToDeveloper, Disputed];
const ANYWHERE: Row = Row { status: [Go; 18], matter: [Go; 3] };

/// Until it is over.
const LIVE: Statuses = but([Go; 18], FINAL, Refuse(No::Ended));
/// The same for facts and timers, which nobody hears a refusal of.
const FACT: Statuses = but([Go; 18], FINAL, Nothing);
/// Until it is delivered or disqualified.
const OPEN: Statuses = but(
    but(LIVE, DELIVERED, Refuse(No::AlreadyDelivered)),
    &[Disqualified],
    Refuse(No::Disqualified),
);
/// The same, once it is mapped.
const MAPPED: Statuses = but(OPEN, &[PendingMapping], Refuse(No::NotMapped));
/// In these alone; elsewhere nothing.
const fn timer(statuses: &[LeadStatus]) -> Row {
    Row { status: but([Nothing; 18], statuses, Go), ..ANYWHERE }
}
/// As long as no delivery is under way.
const NO_DELIVERY: [Verdict; 3] = [Go, Refuse(No::DeliveryPending), Go];

/// As long as no dispute is open.
const NO_DISPUTE: [Verdict; 3] = [Go, Go, Refuse(No::DisputeOpen)];

/// Answered already, aside, or with a person: not to be written to by itself.
const CONTACTABLE: Statuses = but(
    MAPPED,
    &[Engaged, Qualifying, Scored, LeadReady, Cooling, HumanHandoff],
    Refuse(No::NotContactable),
);
/// Only what was delivered, and not disputed.
const SOLD: Statuses = but(
    but(
        but([Refuse(No::NotDelivered); 18], FINAL, Refuse(No::Ended)),
        &[Disputed],
        Refuse(No::DisputeOpen),
    ),
    &[SentToDeveloper],
    Go,
);

impl Ask {
    /// Its row.
    #[allow(clippy::too_many_lines)] // it is the table: some lines per row
    pub const fn row(self) -> Row {
        match self {
            Self::Capture => Row { status: [Nothing; 18], ..ANYWHERE },

            // What was learnt, and what has left already, is recorded wherever the lead stands.
            Self::RecordFormData
            | Self::RecordRepeat
            | Self::RecordRequestedContact
            | Self::RecordContactFailure
            | Self::EndDuplicateWindow
            | Self::ConfirmDelivery => ANYWHERE,

            Self::RecordFormFetchFailure | Self::RecordReply | Self::RecordOptOutWord => {
                Row { status: FACT, ..ANYWHERE }
            }
            Self::OptOut => Row { status: FACT, ..ANYWHERE },
            Self::RetryFormFetch => Row { status: LIVE, ..ANYWHERE },

            Self::IdentifyContact => Row {
                status: but(
                    but([Refuse(No::ContactKnown); 18], FINAL, Refuse(No::Ended)),
                    &[PendingMapping],
                    Go,
                ),
                ..ANYWHERE
            },
            Self::MapOffer => Row {
                status: but(
                    but([Refuse(No::AlreadyMapped); 18], FINAL, Refuse(No::Ended)),
                    &[PendingMapping],
                    Go,
                ),
                ..ANYWHERE
            },
            Self::DetectDuplicate => Row { status: OPEN, matter: NO_DELIVERY },

            Self::RequestContact | Self::RecordOwnContact => {
                Row { status: CONTACTABLE, ..ANYWHERE }
            }
            Self::ContactDue | Self::CoolDue => timer(&[ToBeContacted, Contacted, Reactivation]),
            Self::SilenceDue => timer(&[Engaged, Qualifying, Scored]),
            Self::ReactivateDue => timer(&[Cooling]),

            Self::AnswerQuestion => {
                Row { status: but(LIVE, &[Disqualified], Refuse(No::Disqualified)), ..ANYWHERE }
            }
            Self::Score => Row { status: MAPPED, ..ANYWHERE },
            Self::Prioritise => Row { status: OPEN, ..ANYWHERE },

            Self::CoolDown => Row {
                status: but(
                    but(
                        but(MAPPED, &[LeadReady], Refuse(No::IsReady)),
                        &[HumanHandoff],
                        Refuse(No::HandedOff),
                    ),
                    &[Cooling],
                    Nothing,
                ),
                ..ANYWHERE
            },
            Self::Reactivate => Row {
                status: but(
                    but(
                        but(
                            but([Refuse(No::NotCooling); 18], FINAL, Refuse(No::Ended)),
                            DELIVERED,
                            Refuse(No::AlreadyDelivered),
                        ),
                        &[Reactivation],
                        Nothing,
                    ),
                    &[Cooling, Disqualified],
                    Go,
                ),
                ..ANYWHERE
            },
            Self::Disqualify => {
                Row { status: but(OPEN, &[Disqualified], Nothing), matter: NO_DELIVERY }
            }

            Self::HandOff => Row {
                status: but(
                    but(MAPPED, &[ToBeContacted], Refuse(No::NotContacted)),
                    &[HumanHandoff],
                    Nothing,
                ),
                matter: NO_DELIVERY,
            },
            Self::Return => Row {
                status: but(
                    but([Refuse(No::NotHandedOff); 18], FINAL, Refuse(No::Ended)),
                    &[HumanHandoff],
                    Go,
                ),
                ..ANYWHERE
            },

            Self::RequestDelivery => Row {
                status: but(
                    but(
                        but(
                            but([Refuse(No::NotReady); 18], FINAL, Refuse(No::Ended)),
                            DELIVERED,
                            Refuse(No::AlreadyDelivered),
                        ),
                        &[Disqualified],
                        Refuse(No::Disqualified),
                    ),
                    &[LeadReady],
                    Go,
                ),
                matter: NO_DELIVERY,
            },
            Self::FailDelivery => Row { matter: [Nothing, Go, Nothing], ..ANYWHERE },

            Self::Dispute => Row { status: SOLD, matter: NO_DISPUTE },
            Self::MarkWon => Row { status: but(SOLD, &[Won], Nothing), matter: NO_DISPUTE },
            Self::MarkLost => Row { status: but(SOLD, &[Lost], Nothing), matter: NO_DISPUTE },
            Self::ResolveDispute => {
                Row { matter: [Refuse(No::NotDisputed), Refuse(No::NotDisputed), Go], ..ANYWHERE }
            }
            Self::Transfer => Row { status: MAPPED, matter: NO_DELIVERY },
        }
    }
}
