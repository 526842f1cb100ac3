//! `leads`: every lead as it stands, with its score and why.

mod row;
mod table;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::lead::{Lead, LeadEvent as Event};
use cqrs_es::Aggregate;

use crate::reveal::{aggregate_id, code};
use crate::{Change, Key, Projection, ProjectionError, Table};

pub use table::TABLE;

const OWNER: &str = Lead::TYPE;

/// The view.
#[derive(Debug)]
pub struct Leads;

impl Projection for Leads {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key: Key = aggregate_id(event)?.into();
        let said = event.decode::<Lead>()?;
        let mut set = row::changed(said)?;
        if let Some(status) = said.status() {
            set.push(("status", code(&status)));
            set.push(("step", status.funnel().to_uppercase().as_str().into()));
        }
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        let first = matches!(said, Event::LeadCaptured { .. });
        if first {
            return Ok(vec![Change::Insert { key, set }]);
        }
        let mut changes = vec![Change::Patch { key: key.clone(), set }];
        if let Event::LeadRepeated { .. } = said {
            changes.push(Change::Add { key, column: "repeats", by: 1 });
        }
        Ok(changes)
    }
}
