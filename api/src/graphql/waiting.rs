//! Waiting for read tables, in the name of a caller.

use bitacora_domain::{Cursor, StreamId};
use bitacora_projections::Table;
use bitacora_projections::veil;
use bitacora_projections::wait::GateError;

use super::caller::Caller;
use super::fault::{Code, Fault};

impl From<GateError> for Fault {
    fn from(error: GateError) -> Self {
        match error {
            GateError::TimedOut { .. } => Self::new(
                Code::AtLeastTimeout,
                "the read side has not reached `atLeast` in time; try again",
            ),
            GateError::Parked { .. } => Self::new(
                Code::ProjectionParked,
                "an event at or before `atLeast` is parked and waits for an operator",
            ),
            GateError::ForeignEpoch | GateError::ForeignLane | GateError::Ahead => {
                Self::new(Code::InvalidPosition, error.to_string())
            }
            GateError::Read(error) => error.into(),
        }
    }
}

impl Caller {
    /// Waits until `tables`, and those that decide what of them is shown, have passed `position`.
    ///
    /// # Errors
    /// `AT_LEAST_TIMEOUT`, `PROJECTION_PARKED` or `INVALID_POSITION`.
    pub async fn reached(
        &self,
        position: Cursor,
        tables: &[&'static Table],
        node: Option<&StreamId>,
    ) -> Result<(), Fault> {
        let deadline = self.app.limits.graphql.at_least_timeout;
        let behind = tables.iter().flat_map(|table| veil::behind(table));
        let mut all: Vec<&'static Table> = tables.iter().copied().chain(behind).collect();
        all.sort_unstable_by_key(|table| table.name);
        all.dedup_by_key(|table| table.name);
        Ok(self.app.gate.wait(self.tenant(), position, &all, node, deadline).await?)
    }
}
