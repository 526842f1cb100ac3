//! How the events change a delivery.

use uuid::Uuid;

use super::state::{Delivery, Progress, Request};
use super::vocabulary::{DeliveryEvent as E, TargetStatus};

impl Delivery {
    pub(super) fn follow(&mut self, event: E) {
        match event {
            E::DeliveryRequested { delivery, targets, package, reservation, attempts_max, at } => {
                self.request = Some(Request { delivery, package, reservation, attempts_max, at });
                let fresh = |target| Progress {
                    target,
                    status: TargetStatus::Waiting,
                    attempts: 0,
                    attempts_until: attempts_max,
                    hopeless: false,
                };
                self.targets = targets.into_iter().map(fresh).collect();
            }
            E::DeliveryTargetAttempted { target, attempt, .. } => self.change(target, |known| {
                (known.status, known.attempts) = (TargetStatus::InFlight, attempt);
            }),
            E::DeliveryTargetConfirmed { target, .. } => {
                self.change(target, |known| known.status = TargetStatus::Confirmed);
            }
            E::DeliveryTargetFailed { target, retry_at, .. } => self.change(target, |known| {
                (known.status, known.hopeless) = (TargetStatus::Failed, retry_at.is_none());
            }),
            E::DeliveryTargetUnknown { target, .. } => {
                self.change(target, |known| known.status = TargetStatus::Unknown);
            }
            E::DeliveryDeadLettered { withdrawn, .. } => {
                (self.given_up, self.withdrawn) = (true, withdrawn);
            }
            E::DeliveryRetried { targets, .. } => {
                self.given_up = false;
                let rounds = self.request.as_ref().map_or(0, |request| request.attempts_max);
                for target in targets {
                    self.change(target, |known| {
                        known.status = TargetStatus::Waiting;
                        known.attempts_until = known.attempts + rounds;
                        known.hopeless = false;
                    });
                }
            }
            E::DeliveryRefunded { .. } => self.refunded = true,
        }
    }

    fn change(&mut self, target: Uuid, how: impl FnOnce(&mut Progress)) {
        let known = self.targets.iter_mut().find(|progress| progress.target.id == target);
        if let Some(known) = known {
            how(known);
        }
    }
}
