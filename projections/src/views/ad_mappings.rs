//! `ad_mappings`: which ad, form, campaign or page leads to which offer.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::offer::{AdKey, Offer, OfferEvent as Event};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::reveal::aggregate_id;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Offer::TYPE;

/// The view.
#[derive(Debug)]
pub struct AdMappings;

/// Its table. A row is of an offer and a key, so that only one aggregate ever writes it.
pub static TABLE: Table = Table {
    name: "ad_mappings",
    schema: 1,
    doc: "One row per offer and ad, form, campaign or page that leads, or led, to it.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the mapping, made from offer and key."),
        Column::of(OWNER, "offer_id", ColumnType::Uuid, "Offer."),
        Column::of(OWNER, "kind", ColumnType::Text, "`AD`, `FORM`, `CAMPAIGN` or `PAGE`."),
        Column::of(OWNER, "ad_id", ColumnType::Text, "The provider's id of it."),
        Column::of(OWNER, "mapped_at", ColumnType::Time, "When it was last mapped."),
        Column::of(OWNER, "unmapped_at", ColumnType::Time, "Since when it leads here no more.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_offer", columns: &["offer_id", "-mapped_at", "-id"] },
        Index { name: "by_ad", columns: &["ad_id"] },
    ],
};

/// The id of a mapping.
pub fn id(offer: Uuid, ad: &AdKey) -> Uuid {
    Uuid::new_v5(&offer, format!("ad:{}", ad.key()).as_bytes())
}

impl Projection for AdMappings {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let offer = aggregate_id(event)?;
        let at = event.metadata.occurred_at;
        let gone = |ad: &AdKey| Change::Patch {
            key: id(offer, ad).into(),
            set: vec![("unmapped_at", at.into())],
        };
        Ok(match event.decode::<Offer>()? {
            Event::AdMapped { ad } => {
                let set = vec![
                    ("offer_id", offer.into()),
                    ("kind", ad.kind.as_str().to_uppercase().as_str().into()),
                    ("ad_id", ad.id.as_str().into()),
                    ("mapped_at", at.into()),
                    ("unmapped_at", Cell::Null),
                ];
                vec![Change::Upsert { key: id(offer, ad).into(), set }]
            }
            Event::AdUnmapped { ad } => vec![gone(ad)],
            Event::OfferArchived { ads, .. } => ads.iter().map(gone).collect(),
            Event::OfferCreated { .. }
            | Event::OfferRenamed { .. }
            | Event::OfferCriteriaSet { .. }
            | Event::OfferPublished { .. }
            | Event::OfferPaused => vec![],
        })
    }
}
