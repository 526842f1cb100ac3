//! What a delivery remembers, and where it stands because of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::package::LeadPackage;
use super::vocabulary::{DeliveryStatus, DeliveryTarget, TargetStatus};
use crate::DeliveryId;

/// What was asked for: fixed by the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) delivery: DeliveryId,
    /// Veiled.
    pub(super) package: Box<LeadPackage>,
    pub(super) reservation: Option<Uuid>,
    pub(super) attempts_max: i64,
    pub(super) at: DateTime<Utc>,
}

/// How far it got with one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) target: DeliveryTarget,
    pub(super) status: TargetStatus,
    /// Attempts ever begun.
    pub(super) attempts: i64,
    /// Attempts after which it is given up; a person's retry raises it.
    pub(super) attempts_until: i64,
    /// Another attempt would be of no use, whatever is left of them.
    pub(super) hopeless: bool,
}

impl Progress {
    /// It failed and the machine tries no more.
    pub(super) const fn is_over(&self) -> bool {
        let used = self.hopeless || self.attempts >= self.attempts_until;
        matches!(self.status, TargetStatus::Failed) && used
    }
}

/// The handing over of one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// `None` before it is requested.
    pub(super) request: Option<Request>,
    /// In the order of the request.
    pub(super) targets: Vec<Progress>,
    pub(super) given_up: bool,
    /// Given up for ever.
    pub(super) withdrawn: bool,
    pub(super) refunded: bool,
}

impl Delivery {
    /// Where it stands.
    pub fn status(&self) -> DeliveryStatus {
        use TargetStatus as T;
        let all = |status| self.targets.iter().all(|progress| progress.status == status);
        let any = |status| self.targets.iter().any(|progress| progress.status == status);
        if self.refunded {
            DeliveryStatus::Refunded
        } else if !self.targets.is_empty() && all(T::Confirmed) {
            DeliveryStatus::Delivered
        } else if self.given_up {
            DeliveryStatus::DeadLetter
        } else if all(T::Waiting) {
            DeliveryStatus::Pending
        } else if any(T::InFlight) || any(T::Unknown) || any(T::Waiting) {
            DeliveryStatus::InFlight
        } else if any(T::Confirmed) {
            DeliveryStatus::Partial
        } else {
            DeliveryStatus::Failed
        }
    }

    /// Where one of its targets stands.
    pub fn target(&self, target: Uuid) -> Option<TargetStatus> {
        self.progress(target).map(|progress| progress.status)
    }

    /// Attempts that were begun at one of its targets.
    pub fn attempts_at(&self, target: Uuid) -> Option<i64> {
        self.progress(target).map(|progress| progress.attempts)
    }

    /// Would a failure at this target be followed by another attempt?
    pub fn has_attempts_left(&self, target: Uuid) -> bool {
        let left = |progress: &Progress| progress.attempts < progress.attempts_until;
        !self.given_up && self.progress(target).is_some_and(left)
    }

    /// Targets that have the lead.
    pub fn confirmed(&self) -> usize {
        let has = |progress: &&Progress| progress.status == TargetStatus::Confirmed;
        self.targets.iter().filter(has).count()
    }

    pub(super) fn progress(&self, target: Uuid) -> Option<&Progress> {
        self.targets.iter().find(|progress| progress.target.id == target)
    }
}
