//! `delivery_targets`: how far each delivery got with each system.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::delivery::{Delivery, DeliveryEvent as Event, TargetStatus};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Delivery::TYPE;

/// The view.
#[derive(Debug)]
pub struct DeliveryTargets;

/// Its table.
pub static TABLE: Table = Table {
    name: "delivery_targets",
    schema: 1,
    doc: "One row per delivery and system that is to have the lead.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id, made from the next two."),
        Column::of(OWNER, "delivery_id", ColumnType::Uuid, "Delivery."),
        Column::of(OWNER, "target_id", ColumnType::Uuid, "System of the tenant."),
        Column::of(OWNER, "kind", ColumnType::Text, "`GOOGLE_SHEETS`, `TOKKO_CRM` or `WEBHOOK`."),
        Column::of(OWNER, "name", ColumnType::Text, "What people call it."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`WAITING`, `IN_FLIGHT`, `UNKNOWN` (it may have it), `CONFIRMED` or `FAILED`.",
        ),
        Column::of(OWNER, "attempts", ColumnType::Int, "Attempts so far."),
        Column::of(OWNER, "reason", ColumnType::Text, "Why the last attempt failed.").optional(),
        Column::of(OWNER, "retry_at", ColumnType::Time, "When the next attempt is made.")
            .optional(),
        Column::of(OWNER, "reference", ColumnType::Text, "What the system calls the lead.")
            .optional(),
        Column::of(OWNER, "confirmed_at", ColumnType::Time, "When it had it.").optional(),
        Column::of(OWNER, "requested_at", ColumnType::Time, "When the delivery was requested."),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When something last happened."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_delivery", columns: &["delivery_id", "name", "id"] },
        Index { name: "by_status", columns: &["status", "-requested_at", "-id"] },
    ],
};

/// The id of a row: of its delivery and its system.
pub fn id(delivery: Uuid, target: Uuid) -> Uuid {
    Uuid::new_v5(&delivery, format!("target:{target}").as_bytes())
}

impl Projection for DeliveryTargets {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let delivery = aggregate_id(event)?;
        let patch =
            |target: Uuid, set: Set| Change::Patch { key: id(delivery, target).into(), set };
        Ok(match event.decode::<Delivery>()? {
            Event::DeliveryRequested { targets, at, .. } => {
                let row = |target: &bitacora_domain::aggregates::delivery::DeliveryTarget| {
                    let set = vec![
                        ("delivery_id", delivery.into()),
                        ("target_id", target.id.into()),
                        ("kind", code(&target.kind)),
                        ("name", target.name.as_str().into()),
                        ("requested_at", (*at).into()),
                        ("updated_at", (*at).into()),
                        ("status", code(&TargetStatus::Waiting)),
                    ];
                    Change::Insert { key: id(delivery, target.id).into(), set }
                };
                targets.iter().map(row).collect()
            }
            Event::DeliveryTargetAttempted { target, attempt, at, .. } => {
                let mut set = stands(TargetStatus::InFlight, *at);
                set.extend([("attempts", (*attempt).into()), ("retry_at", Cell::Null)]);
                vec![patch(*target, set)]
            }
            Event::DeliveryTargetConfirmed { target, reference, at, .. } => {
                let mut set = stands(TargetStatus::Confirmed, *at);
                set.extend([
                    ("reference", reference.clone().into()),
                    ("confirmed_at", (*at).into()),
                    ("retry_at", Cell::Null),
                ]);
                vec![patch(*target, set)]
            }
            Event::DeliveryTargetFailed { target, reason, retry_at, at, .. } => {
                let mut set = stands(TargetStatus::Failed, *at);
                set.extend([("reason", reason.as_str().into()), ("retry_at", (*retry_at).into())]);
                vec![patch(*target, set)]
            }
            Event::DeliveryTargetUnknown { target, reason, at, .. } => {
                let mut set = stands(TargetStatus::Unknown, *at);
                set.push(("reason", reason.as_str().into()));
                vec![patch(*target, set)]
            }
            Event::DeliveryRetried { targets, at, .. } => targets
                .iter()
                .map(|target| patch(*target, stands(TargetStatus::Waiting, *at)))
                .collect(),
            Event::DeliveryDeadLettered { .. } | Event::DeliveryRefunded { .. } => vec![],
        })
    }
}

fn stands(status: TargetStatus, at: DateTime<Utc>) -> Set {
    vec![("status", code(&status)), ("updated_at", at.into())]
}
