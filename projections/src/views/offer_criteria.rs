//! `offer_criteria`: every version of the criteria of offers, for ever.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::offer::{Offer, OfferEvent as Event};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::reveal::{aggregate_id, person, plain};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Offer::TYPE;

/// The view.
#[derive(Debug)]
pub struct OfferCriteria;

/// Its table.
pub static TABLE: Table = Table {
    name: "offer_criteria",
    schema: 1,
    doc: "One row per version of an offer's criteria: what every score can be computed again from.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the version, made from the next two."),
        Column::of(OWNER, "offer_id", ColumnType::Uuid, "Offer."),
        Column::of(OWNER, "criteria_version", ColumnType::Int, "Version, from 1."),
        Column::of(OWNER, "criteria", ColumnType::Json, "The criteria."),
        Column::of(OWNER, "set_by", ColumnType::Text, "Kind and id of who set them."),
        Column::of(OWNER, "set_at", ColumnType::Time, "When."),
    ],
    key: &["id"],
    indexes: &[Index { name: "by_offer", columns: &["offer_id", "-criteria_version", "-id"] }],
};

/// The id of a version: of its offer and its number there.
pub fn id(offer: Uuid, version: i64) -> Uuid {
    Uuid::new_v5(&offer, format!("criteria:{version}").as_bytes())
}

impl Projection for OfferCriteria {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let offer = aggregate_id(event)?;
        let Event::OfferCriteriaSet { version, criteria } = event.decode::<Offer>()? else {
            return Ok(vec![]);
        };
        let criteria =
            plain(criteria).map_err(|error| ProjectionError::Refused(error.to_string()))?;
        let set = vec![
            ("offer_id", offer.into()),
            ("criteria_version", (*version).into()),
            ("criteria", Cell::Json(criteria)),
            ("set_by", person(&event.metadata.actor)),
            ("set_at", event.metadata.occurred_at.into()),
        ];
        Ok(vec![Change::Insert { key: id(offer, *version).into(), set }])
    }
}
