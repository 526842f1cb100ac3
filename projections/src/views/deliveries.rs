//! `deliveries`: leads that are handed over, as the whole stands.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::delivery::{Delivery, DeliveryEvent as Event, DeliveryStatus};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::{aggregate_id, code};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Key, Projection, ProjectionError, Table};

const OWNER: &str = Delivery::TYPE;

/// The view.
#[derive(Debug)]
pub struct Deliveries;

/// Its table.
pub static TABLE: Table = Table {
    name: "deliveries",
    schema: 1,
    doc: "One row per handing over of a lead to the tenant's systems.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the delivery."),
        Column::of(OWNER, "lead_id", ColumnType::Uuid, "Lead."),
        Column::of(OWNER, "offer_id", ColumnType::Uuid, "Offer."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`PENDING`, `IN_FLIGHT`, `DELIVERED` (all have it), `PARTIAL`, `FAILED`, `DEAD_LETTER` \
             (given up) or `REFUNDED`.",
        ),
        Column::of(OWNER, "reservation_id", ColumnType::Uuid, "Hold of credits that pays for it.")
            .optional(),
        Column::of(OWNER, "targets", ColumnType::Int, "Systems that are to have it."),
        Column::of(OWNER, "confirmed", ColumnType::Int, "Systems that have it."),
        Column::of(OWNER, "requested_at", ColumnType::Time, "When it was requested."),
        Column::of(OWNER, "delivered_at", ColumnType::Time, "When the first system had it.")
            .optional(),
        Column::of(OWNER, "late", ColumnType::Bool, "That was after it had been given up."),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it was given up or given back.")
            .optional(),
        Column::of(OWNER, "withdrawn", ColumnType::Bool, "Given up for ever."),
        Column::of(OWNER, "given_up_at", ColumnType::Time, "When it was given up.").optional(),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When its last event was recorded."),
        Column::of(OWNER, "version", ColumnType::Int, "Number of its events so far."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_request", columns: &["-requested_at", "-id"] },
        Index { name: "by_lead", columns: &["lead_id", "-requested_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-requested_at", "-id"] },
    ],
};

impl Projection for Deliveries {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key: Key = aggregate_id(event)?.into();
        let said = event.decode::<Delivery>()?;
        let mut set = changed(said);
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        if let Event::DeliveryRequested { .. } = said {
            return Ok(vec![Change::Insert { key, set }]);
        }
        let mut changes = vec![Change::Patch { key: key.clone(), set }];
        if let Event::DeliveryTargetConfirmed { .. } = said {
            changes.push(Change::Add { key, column: "confirmed", by: 1 });
        }
        Ok(changes)
    }
}

fn changed(said: &Event) -> Set {
    match said {
        Event::DeliveryRequested { targets, package, reservation, at, .. } => vec![
            ("lead_id", package.lead.as_uuid().into()),
            ("offer_id", package.offer.as_uuid().into()),
            ("status", code(&DeliveryStatus::Pending)),
            ("reservation_id", (*reservation).into()),
            ("targets", i64::try_from(targets.len()).unwrap_or(i64::MAX).into()),
            ("requested_at", (*at).into()),
        ],
        Event::DeliveryTargetConfirmed { first, late, status, at, .. } => {
            let mut set = vec![("status", code(status))];
            if *first {
                set.extend([("delivered_at", (*at).into()), ("late", (*late).into())]);
            }
            set
        }
        Event::DeliveryTargetAttempted { status, .. }
        | Event::DeliveryTargetFailed { status, .. }
        | Event::DeliveryTargetUnknown { status, .. } => vec![("status", code(status))],
        Event::DeliveryDeadLettered { reason, withdrawn, at, .. } => vec![
            ("status", code(&DeliveryStatus::DeadLetter)),
            ("reason", reason.as_str().into()),
            ("withdrawn", (*withdrawn).into()),
            ("given_up_at", (*at).into()),
        ],
        Event::DeliveryRetried { status, .. } => {
            vec![("status", code(status)), ("reason", Cell::Null), ("given_up_at", Cell::Null)]
        }
        Event::DeliveryRefunded { reason, .. } => {
            vec![("status", code(&DeliveryStatus::Refunded)), ("reason", reason.as_str().into())]
        }
    }
}
