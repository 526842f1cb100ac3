//! `parcels`: what is on its way. A sample of a view in one file.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::parcel::{Parcel, ParcelEvent};
use cqrs_es::Aggregate;

use crate::reveal::aggregate_id;
use crate::value::ColumnType;
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Parcel::TYPE;

/// The view.
#[derive(Debug)]
pub struct Parcels;

/// Its table.
pub static TABLE: Table = Table {
    name: "parcels",
    schema: 1,
    doc: "One row per parcel.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the parcel."),
        Column::of(OWNER, "label", ColumnType::Text, "What is written on it."),
        Column::of(OWNER, "sent_at", ColumnType::Time, "When it left."),
        Column::of(OWNER, "arrived_at", ColumnType::Time, "When it arrived.").optional(),
    ],
    key: &["id"],
    indexes: &[Index { name: "by_time", columns: &["-sent_at", "-id"] }],
};

impl Projection for Parcels {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let at = event.metadata.occurred_at.into();
        let set = match event.decode::<Parcel>()? {
            ParcelEvent::ParcelSent { label, .. } => {
                vec![("label", label.as_str().into()), ("sent_at", at)]
            }
            ParcelEvent::ParcelArrived {} => vec![("arrived_at", at)],
        };
        Ok(vec![Change::Upsert { key: aggregate_id(event)?.into(), set }])
    }
}
