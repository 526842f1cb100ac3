//! Words, commands and events of a delivery.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::package::LeadPackage;
use crate::{Actor, DeliveryId};

/// Most targets of a delivery.
const TARGETS_MAX: usize = 10;
/// Longest name of a target, in characters.
const NAME_MAX: usize = 120;

/// Kind of system that takes leads (X-CONV-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetKind {
    /// A row of a Google sheet.
    GoogleSheets,
    /// The CRM Tokko Broker.
    TokkoCrm,
    /// A webhook of the tenant.
    Webhook,
}

/// An integration of the tenant that takes leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryTarget {
    /// The integration.
    pub id: Uuid,
    /// What it is.
    pub kind: TargetKind,
    /// What people call it, 1–120 characters.
    pub name: String,
}

/// Can something be delivered to these: 1 to 10, each once and named?
pub(crate) fn are_targets(targets: &[DeliveryTarget]) -> bool {
    let ids: BTreeSet<Uuid> = targets.iter().map(|target| target.id).collect();
    let named = |name: &str| !name.trim().is_empty() && name.chars().count() <= NAME_MAX;
    (1..=TARGETS_MAX).contains(&targets.len())
        && ids.len() == targets.len()
        && targets.iter().all(|target| named(&target.name) && !target.name.contains('\0'))
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryStatus {
    /// Nothing was tried yet.
    #[default]
    Pending,
    /// An attempt is under way or has no known outcome, or a target was not tried yet.
    InFlight,
    /// Every target has it.
    Delivered,
    /// Some have it, the others failed.
    Partial,
    /// None has it; another attempt may come.
    Failed,
    /// Given up where it failed; a person may try again.
    DeadLetter,
    /// Given back after a dispute.
    Refunded,
}

impl DeliveryStatus {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::InFlight,
        Self::Delivered,
        Self::Partial,
        Self::Failed,
        Self::DeadLetter,
        Self::Refunded,
    ];
}

/// Where one target stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetStatus {
    /// To be tried for the first time (again, after a person said so).
    #[default]
    Waiting,
    /// An attempt began and has no outcome.
    InFlight,
    /// The attempt's outcome will not be known by itself: the machine tries no more.
    Unknown,
    /// It has the lead.
    Confirmed,
    /// The last attempt failed.
    Failed,
}

impl TargetStatus {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::InFlight, Self::Unknown, Self::Confirmed, Self::Failed];
}

/// Commands of a delivery. [`super::matrix`] says which of them is possible when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryCommand {
    /// Asks for it. The lead does, in the transaction of `LeadDeliveryRequested`.
    Request {
        /// 1 to 10, each once.
        targets: Vec<DeliveryTarget>,
        /// What is handed over, not veiled.
        package: Box<LeadPackage>,
        /// The hold of credits that pays for it, where the offer costs credits.
        reservation: Option<Uuid>,
    },
    /// A worker is about to tell a target. At most one attempt per target is open.
    AttemptTarget {
        /// The target.
        target: Uuid,
        /// Number of the attempt, from 1 and without a hole.
        attempt: i64,
    },
    /// The target has it. Comes late where an attempt was thought to have failed: it counts all
    /// the same, whatever was decided meanwhile.
    ConfirmTarget {
        /// The target.
        target: Uuid,
        /// The attempt that it answers.
        attempt: i64,
        /// What the target calls it, at most 200 characters.
        reference: Option<String>,
    },
    /// The attempt failed for certain.
    FailTarget {
        /// The target.
        target: Uuid,
        /// The attempt.
        attempt: i64,
        /// Why, 1–500 characters, nothing personal.
        reason: String,
        /// Would another attempt be of use?
        retryable: bool,
    },
    /// Nobody knows whether the attempt arrived: it is not made again by the machine.
    RecordTargetUnknown {
        /// The target.
        target: Uuid,
        /// The attempt.
        attempt: i64,
        /// Why, 1–500 characters, nothing personal.
        reason: String,
    },
    /// Gives up where it has not arrived.
    DeadLetter {
        /// Why, 1–500 characters.
        reason: String,
        /// For ever: the lead wants no more of it, or another delivery arrived.
        withdrawn: bool,
    },
    /// A person has it tried again where it was given up.
    RetryDeadLetter {
        /// Why, 1–500 characters.
        reason: String,
        /// Also where it may have arrived already.
        may_repeat: bool,
    },
    /// What it cost was given back.
    RecordRefund {
        /// Why, 1–500 characters.
        reason: String,
    },
}

/// Events of a delivery. `status` is where it stands afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum DeliveryEvent {
    /// `package` is veiled; `attempts_max` for each target before it is given up.
    DeliveryRequested {
        delivery: DeliveryId,
        targets: Vec<DeliveryTarget>,
        package: Box<LeadPackage>,
        reservation: Option<Uuid>,
        attempts_max: i64,
        at: DateTime<Utc>,
    },
    DeliveryTargetAttempted {
        target: Uuid,
        attempt: i64,
        status: DeliveryStatus,
        at: DateTime<Utc>,
    },
    /// `first`: no target had it before, so that now somebody has the data. `late`: it was
    /// thought to have failed, or was given up.
    DeliveryTargetConfirmed {
        target: Uuid,
        attempt: i64,
        reference: Option<String>,
        first: bool,
        late: bool,
        status: DeliveryStatus,
        at: DateTime<Utc>,
    },
    /// The next attempt is made at `retry_at`, if there is one.
    DeliveryTargetFailed {
        target: Uuid,
        attempt: i64,
        reason: String,
        retry_at: Option<DateTime<Utc>>,
        status: DeliveryStatus,
        at: DateTime<Utc>,
    },
    DeliveryTargetUnknown {
        target: Uuid,
        attempt: i64,
        reason: String,
        status: DeliveryStatus,
        at: DateTime<Utc>,
    },
    /// `confirmed`: targets that have it; with none the lead was not delivered.
    DeliveryDeadLettered {
        reason: String,
        withdrawn: bool,
        confirmed: i64,
        at: DateTime<Utc>,
    },
    /// `targets` are tried again.
    DeliveryRetried {
        targets: Vec<Uuid>,
        reason: String,
        by: Actor,
        status: DeliveryStatus,
        at: DateTime<Utc>,
    },
    DeliveryRefunded {
        reason: String,
        at: DateTime<Utc>,
    },
}

impl DomainEvent for DeliveryEvent {
    fn event_type(&self) -> String {
        match self {
            Self::DeliveryRequested { .. } => "DeliveryRequested",
            Self::DeliveryTargetAttempted { .. } => "DeliveryTargetAttempted",
            Self::DeliveryTargetConfirmed { .. } => "DeliveryTargetConfirmed",
            Self::DeliveryTargetFailed { .. } => "DeliveryTargetFailed",
            Self::DeliveryTargetUnknown { .. } => "DeliveryTargetUnknown",
            Self::DeliveryDeadLettered { .. } => "DeliveryDeadLettered",
            Self::DeliveryRetried { .. } => "DeliveryRetried",
            Self::DeliveryRefunded { .. } => "DeliveryRefunded",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
