//! The names of a lead's events, and where the lead stands after each.

use cqrs_es::DomainEvent;

use super::events::LeadEvent;
use super::vocabulary::LeadStatus;

impl LeadEvent {
    /// Where the lead stands after it; `None` where it stands as before.
    pub const fn status(&self) -> Option<LeadStatus> {
        match self {
            Self::LeadCaptured { .. } => Some(LeadStatus::PendingMapping),
            Self::LeadMapped { .. } => Some(LeadStatus::ToBeContacted),
            Self::LeadDuplicateDetected { .. } => Some(LeadStatus::Duplicate),
            Self::LeadContactAttempted { status, .. }
            | Self::LeadEngaged { status, .. }
            | Self::LeadAnswerRecorded { status, .. }
            | Self::LeadScored { status, .. }
            | Self::LeadDelivered { status, .. }
            | Self::LeadDisputeResolved { status, .. }
            | Self::LeadReactivated { status, .. }
            | Self::LeadTransferred { status, .. } => Some(*status),
            Self::LeadReady { .. } => Some(LeadStatus::LeadReady),
            Self::LeadReadyWithdrawn { .. } | Self::LeadReturned { .. } => {
                Some(LeadStatus::Qualifying)
            }
            Self::LeadCooled { .. } => Some(LeadStatus::Cooling),
            Self::LeadDisqualified { .. } => Some(LeadStatus::Disqualified),
            Self::LeadStopped { .. } => Some(LeadStatus::Stopped),
            Self::LeadHandedOff { .. } => Some(LeadStatus::HumanHandoff),
            Self::LeadDisputed { .. } => Some(LeadStatus::Disputed),
            Self::LeadWon { .. } => Some(LeadStatus::Won),
            Self::LeadLost { .. } => Some(LeadStatus::Lost),
            Self::LeadFormDataFetched { .. }
            | Self::LeadFormFetchFailed { .. }
            | Self::LeadFormFetchRequested { .. }
            | Self::LeadContactIdentified { .. }
            | Self::LeadMappingPending { .. }
            | Self::LeadRepeated { .. }
            | Self::LeadContactRequested { .. }
            | Self::LeadContactDeferred { .. }
            | Self::LeadContactFailed { .. }
            | Self::LeadReplied { .. }
            | Self::LeadCriteriaChanged { .. }
            | Self::LeadMarkedLowPriority { .. }
            | Self::LeadLowPriorityCleared { .. }
            | Self::LeadDeliveryRequested { .. }
            | Self::LeadDeliveryFailed { .. }
            | Self::LeadDuplicateWindowEnded { .. } => None,
        }
    }
}

/// Declares the names of the events.
macro_rules! names {
    ($($name:ident,)+) => {
        impl DomainEvent for LeadEvent {
            fn event_type(&self) -> String {
                match self { $(Self::$name { .. } => stringify!($name),)+ }.to_owned()
            }
            fn event_version(&self) -> String {
                "1".to_owned()
            }
        }

        /// Names of all events.
        pub(super) const EVENT_TYPES: &[&str] = &[$(stringify!($name),)+];
    };
}

names! {
    LeadCaptured,
    LeadFormDataFetched,
    LeadFormFetchFailed,
    LeadFormFetchRequested,
    LeadContactIdentified,
    LeadMappingPending,
    LeadMapped,
    LeadDuplicateDetected,
    LeadRepeated,
    LeadContactRequested,
    LeadContactDeferred,
    LeadContactAttempted,
    LeadContactFailed,
    LeadEngaged,
    LeadReplied,
    LeadAnswerRecorded,
    LeadScored,
    LeadCriteriaChanged,
    LeadMarkedLowPriority,
    LeadLowPriorityCleared,
    LeadReady,
    LeadReadyWithdrawn,
    LeadCooled,
    LeadReactivated,
    LeadDisqualified,
    LeadStopped,
    LeadHandedOff,
    LeadReturned,
    LeadDeliveryRequested,
    LeadDelivered,
    LeadDeliveryFailed,
    LeadDisputed,
    LeadDisputeResolved,
    LeadWon,
    LeadLost,
    LeadTransferred,
    LeadDuplicateWindowEnded,
}
