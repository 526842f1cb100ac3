//! `calls`: every call, made or received, and how it stands.

mod artefacts;
mod born;
mod course;
mod table;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session::{CallEvent as Event, CallSession};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::aggregate_id;
use crate::{Change, Key, Projection, ProjectionError, Table};

pub use table::TABLE;

const OWNER: &str = CallSession::TYPE;

/// The view.
#[derive(Debug)]
pub struct Calls;

impl Projection for Calls {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key: Key = aggregate_id(event)?.into();
        let said = event.decode::<CallSession>()?;
        let passed: Set =
            vec![("updated_at", event.recorded_at.into()), ("version", event.version.0.into())];
        if let Some(mut set) = born::born(said) {
            set.extend(passed);
            return Ok(vec![Change::Insert { key, set }]);
        }
        let mut changes = what_changed(said, &key);
        changes.push(Change::Patch { key, set: passed });
        Ok(changes)
    }
}

fn what_changed(said: &Event, key: &Key) -> Vec<Change> {
    match said {
        Event::CallRequested { .. }
        | Event::InboundCallStarted { .. }
        | Event::CallImported { .. } => vec![],
        Event::CallCameIn { .. } => vec![patch(key, born::came_in(said))],
        Event::CallApproved { .. }
        | Event::CallScheduled { .. }
        | Event::CallQueued { .. }
        | Event::CallDeferred { .. }
        | Event::CallBlocked { .. }
        | Event::CallCanceled { .. }
        | Event::CallRetryScheduled { .. }
        | Event::CallRetryWithdrawn { .. }
        | Event::CallAttemptsExhausted { .. } => vec![patch(key, course::planned(said))],
        Event::CallPlacementRequested { .. }
        | Event::CallInitiated { .. }
        | Event::CallRinging { .. }
        | Event::CallAnswered { .. } => vec![patch(key, course::went_on(said))],
        Event::CallPlaced { .. }
        | Event::CallPlacementUnknown { .. }
        | Event::CallPlacementFailed { .. }
        | Event::CallIdentified { .. }
        | Event::CallStepDated { .. }
        | Event::CallAnsweredByRecorded { .. } => course::of_attempt(said, key),
        Event::CallEnded { .. }
        | Event::CallEndDetailed { .. }
        | Event::CallReclassified { .. } => course::ended(said, key),
        Event::CallDigitsGathered { .. }
        | Event::CallTransferRequested { .. }
        | Event::CallTransferred { .. }
        | Event::CallTransferFailed { .. }
        | Event::CallHangUpRequested { .. } => vec![patch(key, course::talked(said))],
        Event::CallRecordingAttached { .. }
        | Event::CallRecordingStored { .. }
        | Event::CallRecordingDeleted { .. }
        | Event::CallTranscribed { .. }
        | Event::CallAnalysed { .. }
        | Event::CallCostRecorded { .. } => artefacts::left(said, key),
        Event::CallerIdentified { .. }
        | Event::CallLinked { .. }
        | Event::FollowUpSuggested { .. }
        | Event::FollowUpApproved { .. }
        | Event::FollowUpDismissed { .. }
        | Event::CallbackRequested { .. } => artefacts::around(said, key),
    }
}

fn patch(key: &Key, set: Set) -> Change {
    Change::Patch { key: key.clone(), set }
}
