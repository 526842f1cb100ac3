//! What a batch of events asks for, and writing it down: the part of the runner that decides.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bitacora_domain::{Position, RecordedEvent, StreamId};
use chrono::{DateTime, Utc};

use crate::change::Sourced;
use crate::memory::check;
use crate::ports::{ClaimedLane, ParkedEvent, ReadError, SearchIndex, Wanted};
use crate::{Change, MemTable, Projection, ProjectionError, Table};

/// Code of an event that only waits behind a parked one.
pub const QUEUED: &str = "QUEUED";

/// Why an event cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable code.
    pub code: String,
    /// What went wrong, for the operator.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
}

impl From<&ProjectionError> for Fault {
    fn from(error: &ProjectionError) -> Self {
        Self { code: error.code().into(), reason: error.to_string(), attempts: 1 }
    }
}

/// Does the view want events of this kind of aggregate?
pub fn concerns(view: &dyn Projection, event: &RecordedEvent) -> bool {
    view.interest().contains(&event.stream.aggregate_type.as_str())
}

/// Does the event change anything in the view, or spoil it? What does neither can be passed over,
/// also when its aggregate is parked.
pub(crate) fn matters(view: &'static dyn Projection, event: &RecordedEvent) -> bool {
    concerns(view, event) && project(view, event).map_or(true, |changes| !changes.is_empty())
}

/// The legal changes that an event asks for. A pure function gives the same answer every time,
/// so a failure is final until the code or the event's form changes; a panic counts as one.
///
/// # Errors
/// [`Fault`] with the code under which the aggregate is parked.
pub fn project(view: &'static dyn Projection, event: &RecordedEvent) -> Result<Vec<Change>, Fault> {
    let outcome = catch_unwind(AssertUnwindSafe(|| -> Result<Vec<Change>, ProjectionError> {
        let changes = view.project(event)?;
        for change in &changes {
            check(view.table(), &event.stream.aggregate_type, change)?;
        }
        Ok(changes)
    }));
    match outcome {
        Ok(result) => result.map_err(|error| Fault::from(&error)),
        Err(_) => Err(Fault {
            code: "VIEW_PANICKED".into(),
            reason: format!("view {} panicked on {}", view.table().name, event.event_type),
            attempts: 1,
        }),
    }
}

/// What a batch comes to.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Changes, in order.
    pub(crate) changes: Vec<Sourced>,
    /// Events that go to the parked ones, in order.
    pub(crate) park: Vec<ParkedEvent>,
}

/// Projects a batch. `parked` are the aggregates that are parked already; `condemned` is an
/// event that the database refuses to the last.
pub(crate) fn plan(
    view: &'static dyn Projection,
    events: &[Arc<RecordedEvent>],
    parked: impl IntoIterator<Item = StreamId>,
    condemned: Option<&(Position, Fault)>,
) -> Plan {
    let mut parked: HashSet<StreamId> = parked.into_iter().collect();
    let mut plan = Plan::default();
    for event in events.iter().filter(|event| concerns(view, event)) {
        if parked.contains(&event.stream) {
            let reason = "waits behind a parked event of its aggregate".into();
            let fault = Fault { code: QUEUED.into(), reason, attempts: 0 };
            plan.park.push(parked_event(view.table(), event, fault));
            continue;
        }
        let refused = condemned.filter(|(position, _)| *position == event.position);
        let outcome = refused.map_or_else(|| project(view, event), |(_, fault)| Err(fault.clone()));
        match outcome {
            Ok(changes) => plan.changes.extend(sourced(event, changes)),
            Err(fault) => {
                parked.insert(event.stream.clone());
                plan.park.push(parked_event(view.table(), event, fault));
            }
        }
    }
    plan
}

/// Changes together with their event.
pub(crate) fn sourced(
    event: &RecordedEvent,
    changes: Vec<Change>,
) -> impl Iterator<Item = Sourced> + '_ {
    changes.into_iter().map(|change| Sourced {
        tenant: event.tenant,
        position: event.position,
        aggregate_type: event.stream.aggregate_type.clone(),
        change,
    })
}

/// An event as it is parked.
pub(crate) fn parked_event(table: &Table, event: &RecordedEvent, fault: Fault) -> ParkedEvent {
    ParkedEvent {
        projection: table.name.to_owned(),
        lane: event.lane,
        position: event.position,
        tenant: event.tenant,
        stream: event.stream.clone(),
        code: fault.code,
        reason: fault.reason,
        attempts: fault.attempts,
        parked_at: wall_clock(),
    }
}

/// The wall clock: only for what operators read, never for what views compute, so handing a
/// clock through every worker would buy nothing.
#[allow(clippy::disallowed_methods)] // see above
fn wall_clock() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}

/// Writes a plan under the claimed checkpoint: rows, then parked events, then the search index,
/// so that a row which the database refuses never gets into the index. Nothing is committed.
pub(crate) async fn write(
    claimed: &mut dyn ClaimedLane,
    table: &'static Table,
    plan: Plan,
    search: Option<&dyn SearchIndex>,
) -> Result<(), ReadError> {
    let Plan { changes, park } = plan;
    let (rows, index): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|s| !matches!(s.change, Change::Index(_) | Change::Forget(_)));
    if !rows.is_empty() {
        let wanted = Wanted::of(&rows);
        let mut memory = MemTable::new(table);
        if !wanted.is_empty() {
            memory.load(claimed.load(&wanted).await?);
        }
        for sourced in rows {
            // Checked when it was projected; a refusal here would be a fault of this code.
            memory.apply(sourced).map_err(|error| ReadError::Refused(error.to_string()))?;
        }
        let writes = memory.into_writes();
        if !writes.is_empty() {
            claimed.store(&writes).await?;
        }
    }
    if !park.is_empty() {
        claimed.park(&park).await?;
    }
    if let Some(search) = search {
        write_search(search, &index).await?;
    }
    Ok(())
}

/// Acknowledged by the index before the checkpoint moves.
async fn write_search(search: &dyn SearchIndex, changes: &[Sourced]) -> Result<(), ReadError> {
    for Sourced { tenant, position, change, .. } in changes {
        if let Change::Index(document) = change {
            search.index(*tenant, *position, document).await?;
        } else if let Change::Forget(what) = change {
            search.forget(*tenant, *position, what).await?;
        }
    }
    if changes.is_empty() { Ok(()) } else { search.flush().await }
}
