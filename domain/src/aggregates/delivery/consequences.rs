//! What is to be done because of an event of a delivery.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::package::LeadPackage;
use super::state::{Delivery, Progress, Request};
use super::vocabulary::{DeliveryEvent as E, DeliveryTarget};
use crate::{DeliveryId, Effect};

/// Kind of the effect that tells a target.
pub const DELIVER_EFFECT: &str = "lead.deliver";

/// What a worker needs to tell a target. It first gives `AttemptTarget` with this attempt: where
/// that is refused, nothing is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverEffect {
    /// The delivery; with the target it makes an idempotency key for targets that know such.
    pub delivery: DeliveryId,
    /// Where to.
    pub target: DeliveryTarget,
    /// Number of the attempt.
    pub attempt: i64,
    /// When the delivery was requested: what a target is told is the same on every attempt.
    pub requested_at: DateTime<Utc>,
    /// What is handed over, not veiled.
    pub package: Box<LeadPackage>,
}

impl Delivery {
    pub(super) fn effects_of(&self, event: &E) -> Vec<Effect> {
        let Some(request) = &self.request else { return Vec::new() };
        let tell = |target: &Uuid, due: Option<DateTime<Utc>>| {
            self.progress(*target).and_then(|progress| told(request, progress, due))
        };
        match event {
            E::DeliveryRequested { targets, .. } => {
                targets.iter().filter_map(|target| tell(&target.id, None)).collect()
            }
            E::DeliveryTargetFailed { target, retry_at: Some(due), .. } => {
                tell(target, Some(*due)).into_iter().collect()
            }
            E::DeliveryRetried { targets, .. } => {
                targets.iter().filter_map(|target| tell(target, None)).collect()
            }
            E::DeliveryTargetFailed { retry_at: None, .. }
            | E::DeliveryTargetAttempted { .. }
            | E::DeliveryTargetConfirmed { .. }
            | E::DeliveryTargetUnknown { .. }
            | E::DeliveryDeadLettered { .. }
            | E::DeliveryRefunded { .. } => Vec::new(),
        }
    }
}

/// A target is told one lead after the other.
fn told(request: &Request, progress: &Progress, due: Option<DateTime<Utc>>) -> Option<Effect> {
    let payload = DeliverEffect {
        delivery: request.delivery,
        target: progress.target.clone(),
        attempt: progress.attempts + 1,
        requested_at: request.at,
        package: Box::new(request.package.as_ref().clone().unveiled()),
    };
    let serial = Some(format!("target:{}", progress.target.id));
    // It is plain data: it has a JSON form.
    let payload = serde_json::to_value(payload).ok()?;
    Some(Effect { kind: DELIVER_EFFECT, serial, due, payload })
}
