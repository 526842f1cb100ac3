//! What an operator does about parked aggregates: try again, or give up. Both work under the
//! claimed checkpoint, so no worker meddles.

use std::collections::HashSet;
use std::time::Duration;

use bitacora_domain::{Position, StreamId, TenantId};
use tokio::time::Instant;

use super::plan::{self, Batch};
use crate::ports::{
    ClaimedReactor, ParkedReaction, ReactorError, ReactorKey, ReactorStore, ReactorWrites,
};
use crate::reactors::{Known, Reactor};

/// Events of one transaction.
const CHUNK: i64 = 256;
/// How long to wait for the worker that has the checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a retry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retried {
    /// Events that were taken in, in order.
    pub taken: usize,
    /// The event that still fails; those behind it wait on.
    pub failed: Option<ParkedReaction>,
}

/// An operator's request could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ParkingError {
    /// Nothing of this aggregate is parked for this reactor and tenant.
    #[error("nothing of {0} is parked")]
    NotParked(StreamId),
    /// The lane's worker did not pause in time.
    #[error("the lane is busy; try again")]
    Busy,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] ReactorError),
}

impl ParkingError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotParked(_) => "NOT_PARKED",
            Self::Busy => "LANE_BUSY",
            Self::Store(_) => "STORE_UNAVAILABLE",
        }
    }
}

/// Reacts to the parked events of an aggregate again, in order, as they are read now and by what
/// is noted now. Stops at the first that still fails.
///
/// # Errors
/// [`ParkingError`]; what was taken in before stays.
pub async fn retry_parked(
    store: &dyn ReactorStore,
    reactor: &dyn Reactor,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<Retried, ParkingError> {
    let mut taken = 0;
    loop {
        let mut claimed = claim(store, reactor.key(), tenant, stream).await?;
        let parked = claimed.parked_of(tenant, stream, CHUNK).await?;
        let Some(lane) = parked.first().map(|event| event.lane) else {
            claimed.release().await?;
            let none = ParkingError::NotParked(stream.clone());
            return if taken > 0 { Ok(Retried { taken, failed: None }) } else { Err(none) };
        };
        let positions: Vec<Position> = parked.iter().map(|event| event.position).collect();
        let events = store.read_positions(lane, &positions).await?;
        let asked = plan::ask(reactor, &events);
        let known = if asked.questions.is_empty() {
            Known::default()
        } else {
            claimed.answers(&asked.questions).await?
        };
        let (quiet_until, position) = (claimed.quiet_until(), claimed.position());
        let (parked_before, condemned) = (HashSet::new(), None);
        let batch = Batch {
            reactor,
            events: &events,
            asked,
            known,
            parked: parked_before,
            quiet_until,
            condemned,
        };
        let mut writes = batch.plan();
        count_on(&mut writes.park, &parked);
        taken += events.len() - writes.park.len();
        let failed = writes.park.first().cloned();
        writes.unpark = positions;
        claimed.commit(position, writes).await?;
        if failed.is_some() {
            return Ok(Retried { taken, failed });
        }
    }
}

/// The first one was tried before.
fn count_on(again: &mut [ParkedReaction], before: &[ParkedReaction]) {
    for event in again {
        let known = before.iter().find(|known| known.position == event.position);
        event.attempts += known.map_or(0, |known| known.attempts);
    }
}

/// Gives the parked events of an aggregate up: the reactor never reacts to them, to later ones it
/// does again. Returns how many they were.
///
/// # Errors
/// [`ParkingError`]; nothing was discarded then.
pub async fn discard_parked(
    store: &dyn ReactorStore,
    reactor: ReactorKey,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<usize, ParkingError> {
    let mut claimed = claim(store, reactor, tenant, stream).await?;
    let parked = claimed.parked_of(tenant, stream, i64::from(i32::MAX)).await?;
    if parked.is_empty() {
        claimed.release().await?;
        return Err(ParkingError::NotParked(stream.clone()));
    }
    let unpark = parked.iter().map(|event| event.position).collect();
    let position = claimed.position();
    claimed.commit(position, ReactorWrites { unpark, ..ReactorWrites::default() }).await?;
    let (reactor, events) = (reactor.name, parked.len());
    tracing::warn!(reactor, %stream, events, "reactor.discarded: an operator gave events up");
    Ok(events)
}

async fn claim(
    store: &dyn ReactorStore,
    reactor: ReactorKey,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<Box<dyn ClaimedReactor>, ParkingError> {
    let lane = store.lane_of(tenant).await?;
    let lane = lane.ok_or_else(|| ParkingError::NotParked(stream.clone()))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(claimed) = store.claim(reactor, lane).await? {
            return Ok(claimed);
        }
        if Instant::now() >= deadline {
            return Err(ParkingError::Busy);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
