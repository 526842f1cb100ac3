//! Why a delivery refuses.

use crate::DomainError;

/// An expected failure of a delivery's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryRefusal {
    /// It was never requested.
    #[error("there is no such delivery")]
    NotFound,
    /// The stream's id is not a UUID.
    #[error("the delivery's id is not a UUID")]
    InvalidId,
    /// It was requested with other data.
    #[error("the delivery was already requested with other data")]
    AlreadyRequested,
    /// No target, too many, or one twice.
    #[error("a delivery has 1 to 10 targets, each once and with a name of 1 to 120 characters")]
    InvalidTargets,
    /// Not one of its targets.
    #[error("the delivery has no such target")]
    TargetUnknown,
    /// The attempt is not the next one.
    #[error("this is not the target's next attempt: load the delivery and ask again")]
    AttemptOutOfOrder,
    /// An attempt has no outcome yet.
    #[error("an attempt at this target is under way")]
    AttemptUnderWay,
    /// It may have arrived: a person decides.
    #[error("the target may have it already: say what became of it, or retry with mayRepeat")]
    OutcomeUnknown,
    /// The target has it.
    #[error("the target has the lead already")]
    AlreadyConfirmed,
    /// No attempts are left.
    #[error("all attempts at this target are used: retry the dead letter by hand")]
    AttemptsExhausted,
    /// There was no attempt that could end.
    #[error("no attempt at this target has begun")]
    NotAttempted,
    /// It was given up.
    #[error("the delivery was given up: retry the dead letter first")]
    DeadLettered,
    /// It was not given up.
    #[error("the delivery is no dead letter")]
    NotDeadLettered,
    /// It was given up for ever.
    #[error("the delivery was withdrawn for ever")]
    Withdrawn,
    /// Every target has it or is under way.
    #[error("no target is left that could be tried again")]
    NothingToRetry,
    /// No target has it.
    #[error("no target has the lead: there is nothing to give back")]
    NotDelivered,
    /// It was given back.
    #[error("the delivery was refunded")]
    Refunded,
    /// The reason is blank or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
    /// The target's reference is blank or too long.
    #[error("a target's reference has 1 to 200 characters")]
    InvalidReference,
}

impl DomainError for DeliveryRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "DELIVERY_NOT_FOUND",
            Self::InvalidId => "INVALID_DELIVERY_ID",
            Self::AlreadyRequested => "DELIVERY_ALREADY_REQUESTED",
            Self::InvalidTargets => "INVALID_TARGETS",
            Self::TargetUnknown => "TARGET_UNKNOWN",
            Self::AttemptOutOfOrder => "ATTEMPT_OUT_OF_ORDER",
            Self::AttemptUnderWay => "ATTEMPT_UNDER_WAY",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::AlreadyConfirmed => "TARGET_ALREADY_CONFIRMED",
            Self::AttemptsExhausted => "TARGET_ATTEMPTS_EXHAUSTED",
            Self::NotAttempted => "TARGET_NOT_ATTEMPTED",
            Self::DeadLettered => "DELIVERY_DEAD_LETTERED",
            Self::NotDeadLettered => "DELIVERY_NOT_DEAD_LETTERED",
            Self::Withdrawn => "DELIVERY_WITHDRAWN",
            Self::NothingToRetry => "NOTHING_TO_RETRY",
            Self::NotDelivered => "DELIVERY_NOT_CONFIRMED",
            Self::Refunded => "DELIVERY_REFUNDED",
            Self::InvalidReason => "INVALID_REASON",
            Self::InvalidReference => "INVALID_REFERENCE",
        }
    }
}
