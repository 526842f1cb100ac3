//! What an operator does about parked aggregates: try again, or give up.
//!
//! Both work under the claimed checkpoint, so no worker meddles: while anything of an aggregate
//! is parked, its new events queue behind; when the last one is out, the aggregate is free.

use std::time::Duration;

use bitacora_domain::{Lane, Position, StreamId, TenantId};

use super::Ports;
use super::batch::{self, Fault, Plan};
use crate::Projection;
use crate::ports::{ClaimedLane, ParkedEvent, ReadError};

/// Events of one transaction of a retry.
const CHUNK: usize = 256;
/// How long to wait for the worker that has the lane.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a retry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retried {
    /// Events that went in, in order.
    pub applied: usize,
    /// Position, code and reason of the event that still fails; the rest waits behind it.
    pub failed: Option<(Position, String, String)>,
}

/// An operator's request could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ParkingError {
    /// Nothing of this aggregate is parked for this view and tenant.
    #[error("nothing of {0} is parked")]
    NotParked(StreamId),
    /// The lane's worker did not pause in time.
    #[error("the lane is busy; try again")]
    Busy,
    /// The store could not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ParkingError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotParked(_) => "NOT_PARKED",
            Self::Busy => "LANE_BUSY",
            Self::Read(_) => "STORE_UNAVAILABLE",
        }
    }
}

/// Takes the parked events of an aggregate in again, in order, as they are read *now* (upcast
/// anew). Stops at the first that still fails, with its attempts counted on.
///
/// # Errors
/// [`ParkingError`]; what went in before stays in.
pub async fn retry_parked(
    ports: &Ports,
    view: &'static dyn Projection,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<Retried, ParkingError> {
    let lane = lane_of(ports, tenant, stream).await?;
    let (mut applied, mut chunk, mut found) = (0, CHUNK, false);
    loop {
        let mut claimed = claim(ports, view, lane).await?;
        let mut parked = parked_of(&mut *claimed, tenant, stream).await?;
        parked.truncate(chunk);
        let Some(first) = parked.first().cloned() else {
            claimed.release().await?;
            let none = ParkingError::NotParked(stream.clone());
            return if found { Ok(Retried { applied, failed: None }) } else { Err(none) };
        };
        found = true;
        let alone = parked.len() == 1;
        match take_in(ports, view, claimed, lane, &parked).await {
            Ok((done, None)) => applied += done,
            Ok((done, failed @ Some(_))) => return Ok(Retried { applied: applied + done, failed }),
            Err(ReadError::Refused(reason)) if alone => {
                let (code, attempts) = ("ROW_REFUSED".to_owned(), first.attempts + 1);
                let fault = Fault { code: code.clone(), reason: reason.clone(), attempts };
                let mut claimed = claim(ports, view, lane).await?;
                let position = claimed.position();
                mark(&mut *claimed, &first, fault).await?;
                claimed.commit(position).await?;
                return Ok(Retried { applied, failed: Some((first.position, code, reason)) });
            }
            // One of several: find it by going one at a time.
            Err(ReadError::Refused(_)) => chunk = 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Gives the parked events of an aggregate up: they never reach the view, later ones do again.
/// Returns how many they were.
///
/// # Errors
/// [`ParkingError`]; nothing was discarded then.
pub async fn discard_parked(
    ports: &Ports,
    view: &'static dyn Projection,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<usize, ParkingError> {
    let lane = lane_of(ports, tenant, stream).await?;
    let mut claimed = claim(ports, view, lane).await?;
    let parked = parked_of(&mut *claimed, tenant, stream).await?;
    if parked.is_empty() {
        claimed.release().await?;
        return Err(ParkingError::NotParked(stream.clone()));
    }
    let positions: Vec<_> = parked.iter().map(|event| event.position).collect();
    claimed.unpark(&positions).await?;
    let position = claimed.position();
    claimed.commit(position).await?;
    tracing::warn!(
        projection = view.table().name, lane = lane.0, stream = %stream, events = positions.len(),
        "projection.discarded: an operator gave parked events up"
    );
    Ok(positions.len())
}

/// The lane in which the tenant's aggregates are parked.
async fn lane_of(ports: &Ports, tenant: TenantId, stream: &StreamId) -> Result<Lane, ParkingError> {
    let lane = ports.reader.lane_of(tenant).await?;
    lane.ok_or_else(|| ParkingError::NotParked(stream.clone()))
}

/// What is parked of the tenant's aggregate, in order; nobody reaches another tenant's.
async fn parked_of(
    claimed: &mut dyn ClaimedLane,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<Vec<ParkedEvent>, ReadError> {
    let mut parked = claimed.parked_of(stream).await?;
    parked.retain(|event| event.tenant == tenant);
    Ok(parked)
}

async fn claim(
    ports: &Ports,
    view: &'static dyn Projection,
    lane: Lane,
) -> Result<Box<dyn ClaimedLane>, ParkingError> {
    let table = view.table();
    let generation = match ports.store.live_generation(table).await? {
        Some(generation) => generation,
        None => ports.store.ensure(table).await?,
    };
    let claimed = ports.store.claim_within(table, generation, lane, PATIENCE).await?;
    claimed.ok_or(ParkingError::Busy)
}

/// One transaction of a retry: how many events went in, and the one that failed.
async fn take_in(
    ports: &Ports,
    view: &'static dyn Projection,
    mut claimed: Box<dyn ClaimedLane>,
    lane: Lane,
    parked: &[ParkedEvent],
) -> Result<(usize, Option<(Position, String, String)>), ReadError> {
    let positions: Vec<_> = parked.iter().map(|event| event.position).collect();
    let events = ports.reader.read_positions(lane, &positions).await?;
    if events.len() != positions.len() {
        let reason = format!("{} parked positions, {} events", positions.len(), events.len());
        return Err(ReadError::Corrupt(reason));
    }
    let (mut plan, mut failed) = (Plan::default(), None);
    let mut done = Vec::with_capacity(events.len());
    for (event, parked) in events.iter().zip(parked) {
        match batch::project(view, event) {
            Ok(changes) => {
                plan.changes.extend(batch::sourced(event, changes));
                done.push(event.position);
            }
            Err(fault) => {
                failed = Some((parked, Fault { attempts: parked.attempts + 1, ..fault }));
                break;
            }
        }
    }
    batch::write(&mut *claimed, view.table(), plan, ports.search.as_deref()).await?;
    claimed.unpark(&done).await?;
    let failed = match failed {
        None => None,
        Some((event, fault)) => {
            let told = (event.position, fault.code.clone(), fault.reason.clone());
            mark(&mut *claimed, event, fault).await?;
            Some(told)
        }
    };
    let position = claimed.position();
    claimed.commit(position).await?;
    Ok((done.len(), failed))
}

/// Notes on a parked event how the last attempt went.
async fn mark(
    claimed: &mut dyn ClaimedLane,
    event: &ParkedEvent,
    fault: Fault,
) -> Result<(), ReadError> {
    let Fault { code, reason, attempts } = fault;
    claimed.unpark(&[event.position]).await?;
    claimed.park(&[ParkedEvent { code, reason, attempts, ..event.clone() }]).await
}
