//! `offers`: what tenants sell, as it stands.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::offer::{Offer, OfferEvent as Event, OfferStatus};
use cqrs_es::Aggregate;

use crate::reveal::{aggregate_id, code, plain};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Key, Projection, ProjectionError, Table};

const OWNER: &str = Offer::TYPE;

/// The view.
#[derive(Debug)]
pub struct Offers;

/// Its table.
pub static TABLE: Table = Table {
    name: "offers",
    schema: 1,
    doc: "One row per offer: something that the tenant sells, and how it judges who is interested.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the offer."),
        Column::of(OWNER, "name", ColumnType::Text, "Name."),
        Column::of(OWNER, "kind", ColumnType::Text, "`PROPERTY`, `AUTO`, `LOAN` or `INSURANCE`."),
        Column::of(OWNER, "charge", ColumnType::Text, "`PER_LEAD`, `PER_SALE` or `SUBSCRIPTION`."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`DRAFT`, `ACTIVE` (leads are mapped to it), `PAUSED` or `ARCHIVED`.",
        ),
        Column::of(OWNER, "criteria_version", ColumnType::Int, "Version of its criteria, from 1."),
        Column::of(OWNER, "criteria", ColumnType::Json, "The criteria of that version."),
        Column::of(
            OWNER,
            "ads",
            ColumnType::Int,
            "Ads, forms, campaigns and pages that lead here.",
        ),
        Column::of(OWNER, "created_at", ColumnType::Time, "When it was written down."),
        Column::of(OWNER, "published_at", ColumnType::Time, "When it was last published.")
            .optional(),
        Column::of(OWNER, "archived_at", ColumnType::Time, "When it was archived.").optional(),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When its last event was recorded."),
        Column::of(OWNER, "version", ColumnType::Int, "Number of its events so far."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_creation", columns: &["-created_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-created_at", "-id"] },
        Index { name: "by_name", columns: &["name", "id"] },
    ],
};

impl Projection for Offers {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key: Key = aggregate_id(event)?.into();
        let at = event.metadata.occurred_at;
        let (mut set, mut ads) = (Vec::new(), 0);
        let mut first = false;
        match event.decode::<Offer>()? {
            Event::OfferCreated { name, kind, charge, .. } => {
                first = true;
                set.extend([
                    ("name", name.as_str().into()),
                    ("kind", code(kind)),
                    ("charge", code(charge)),
                    ("status", code(&OfferStatus::Draft)),
                    ("created_at", at.into()),
                ]);
            }
            Event::OfferRenamed { name } => set.push(("name", name.as_str().into())),
            Event::OfferCriteriaSet { version, criteria } => {
                let criteria =
                    plain(criteria).map_err(|error| ProjectionError::Refused(error.to_string()))?;
                set.push(("criteria_version", (*version).into()));
                set.push(("criteria", Cell::Json(criteria)));
            }
            Event::OfferPublished { .. } => {
                set.push(("status", code(&OfferStatus::Active)));
                set.push(("published_at", at.into()));
            }
            Event::OfferPaused => set.push(("status", code(&OfferStatus::Paused))),
            Event::OfferArchived { ads: freed, .. } => {
                set.push(("status", code(&OfferStatus::Archived)));
                set.push(("archived_at", at.into()));
                ads = -i64::try_from(freed.len()).unwrap_or(i64::MAX);
            }
            Event::AdMapped { .. } => ads = 1,
            Event::AdUnmapped { .. } => ads = -1,
        }
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        let row = if first {
            Change::Insert { key: key.clone(), set }
        } else {
            Change::Patch { key: key.clone(), set }
        };
        let counted = (ads != 0).then_some(Change::Add { key, column: "ads", by: ads });
        Ok([row].into_iter().chain(counted).collect())
    }
}
