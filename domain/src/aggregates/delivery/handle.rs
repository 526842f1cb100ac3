//! Which decision answers which command of a delivery.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::matrix::{self, Arrival, Ask, Standing};
use super::refusal::DeliveryRefusal;
use super::state::{Delivery, Request};
use super::vocabulary::{DeliveryCommand as C, DeliveryEvent as E, TargetStatus, are_targets};
use crate::law::Verdict;
use crate::text::trimmed;
use crate::{Directed, DomainAggregate, Effect};

/// Attempts at a target before it is given up: one, and three more (X-CONV-4).
const ATTEMPTS_MAX: i64 = 4;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

pub(super) type Decision = Result<Vec<E>, DeliveryRefusal>;

pub(super) fn reason(text: &str) -> Result<String, DeliveryRefusal> {
    trimmed(text, REASON_MAX).ok_or(DeliveryRefusal::InvalidReason)
}

impl Aggregate for Delivery {
    const TYPE: &'static str = "delivery";
    type Command = Directed<C>;
    type Event = E;
    type Error = DeliveryRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

impl Delivery {
    /// Where it stands for this command.
    pub fn standing(&self, command: &C) -> Standing {
        let named = match command {
            C::AttemptTarget { target, .. }
            | C::ConfirmTarget { target, .. }
            | C::FailTarget { target, .. }
            | C::RecordTargetUnknown { target, .. } => self.target(*target),
            C::Request { .. }
            | C::DeadLetter { .. }
            | C::RetryDeadLetter { .. }
            | C::RecordRefund { .. } => None,
        };
        let arrived = self.confirmed() > 0;
        Standing {
            status: self.status(),
            target: named.unwrap_or(TargetStatus::Waiting),
            arrival: if arrived { Arrival::Somewhere } else { Arrival::Nowhere },
        }
    }

    fn begin(of: &Directed<()>, body: C) -> Decision {
        let C::Request { targets, package, reservation } = body else {
            return Err(DeliveryRefusal::NotFound);
        };
        let delivery = of.aggregate_id.parse().map_err(|_| DeliveryRefusal::InvalidId)?;
        if !are_targets(&targets) {
            return Err(DeliveryRefusal::InvalidTargets);
        }
        let (package, attempts_max, at) = (Box::new(package.veiled()), ATTEMPTS_MAX, of.now);
        Ok(vec![E::DeliveryRequested { delivery, targets, package, reservation, attempts_max, at }])
    }

    /// A second request is none, if it is the same one.
    fn check_again(&self, known: &Request, body: C) -> Decision {
        let C::Request { targets, package, reservation } = body else { return Ok(vec![]) };
        let same_targets = self.targets.iter().map(|progress| &progress.target).eq(&targets);
        let same = same_targets
            && known.package == Box::new(package.veiled())
            && known.reservation == reservation;
        if same { Ok(vec![]) } else { Err(DeliveryRefusal::AlreadyRequested) }
    }

    /// What was given up is given up again only to make it final.
    fn was_given_up(&self, body: &C) -> bool {
        let C::DeadLetter { withdrawn, .. } = body else { return false };
        self.given_up && (self.withdrawn || !withdrawn)
    }

    fn names_a_stranger(&self, body: &C) -> bool {
        match body {
            C::AttemptTarget { target, .. }
            | C::ConfirmTarget { target, .. }
            | C::FailTarget { target, .. }
            | C::RecordTargetUnknown { target, .. } => self.progress(*target).is_none(),
            C::Request { .. }
            | C::DeadLetter { .. }
            | C::RetryDeadLetter { .. }
            | C::RecordRefund { .. } => false,
        }
    }

    /// A command that the table lets through.
    fn go(&self, of: &Directed<()>, body: C) -> Decision {
        match body {
            C::Request { .. } => Ok(vec![]),
            C::AttemptTarget { target, attempt } => self.attempt(of, target, attempt),
            C::ConfirmTarget { target, attempt, reference } => {
                self.confirm(of, (target, attempt), reference.as_deref())
            }
            C::FailTarget { target, attempt, reason, retryable } => {
                self.fail(of, (target, attempt), (&reason, retryable))
            }
            C::RecordTargetUnknown { target, attempt, reason } => {
                self.unknown(of, (target, attempt), &reason)
            }
            C::DeadLetter { reason: why, withdrawn } => {
                Ok(vec![self.given_up_event(of, reason(&why)?, withdrawn)])
            }
            C::RetryDeadLetter { reason, may_repeat } => self.retry(of, &reason, may_repeat),
            C::RecordRefund { reason: why } => {
                Ok(vec![E::DeliveryRefunded { reason: reason(&why)?, at: of.now }])
            }
        }
    }
}

impl DomainAggregate for Delivery {
    type Body = C;
    type Refusal = DeliveryRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "DeliveryRequested",
        "DeliveryTargetAttempted",
        "DeliveryTargetConfirmed",
        "DeliveryTargetFailed",
        "DeliveryTargetUnknown",
        "DeliveryDeadLettered",
        "DeliveryRetried",
        "DeliveryRefunded",
    ];
    const STATE_SCHEMA: u32 = 2;

    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(known) = &self.request else { return Self::begin(of, body) };
        if matches!(body, C::Request { .. }) {
            return self.check_again(known, body);
        }
        if self.names_a_stranger(&body) {
            return Err(DeliveryRefusal::TargetUnknown);
        }
        if self.was_given_up(&body) {
            return Ok(vec![]);
        }
        match matrix::judge(Ask::of(&body), self.standing(&body)) {
            Verdict::Go => self.go(of, body),
            Verdict::Nothing => Ok(vec![]),
            Verdict::Refuse(refusal) => Err(refusal),
        }
    }

    fn effects(&self, event: &E) -> Vec<Effect> {
        self.effects_of(event)
    }

    fn is_outbound(body: &C) -> bool {
        // The lead was asked before it gave the request.
        matches!(body, C::RetryDeadLetter { .. })
    }
}
