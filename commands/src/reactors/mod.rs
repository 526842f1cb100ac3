//! Reactors: process managers that follow the log and say what is to be done (architecture §7).
//!
//! A reactor is a pure function from an event, and from what it noted of earlier ones, to effects
//! and notes. [`ReactorRunner`] gives it the events of each lane in order and writes what it says
//! together with its checkpoint, in one transaction: each event is reacted to exactly once. The
//! effects are then worked off as any others ([`crate::effects`]): retried, given up, discarded.
//! Rebuilding or replaying read tables never reaches a reactor.
//!
//! One reactor is one file here and one line in the registry.

mod reaction;
mod runner;

use std::sync::Arc;

use bitacora_domain::RecordedEvent;

pub use self::reaction::{Known, Note, Noted, Question, Reaction, ReactorFault, Wake};
pub use self::runner::{
    ParkingError, QUEUED, ReactorOptions, ReactorRunner, Retried, discard_parked, retry_parked,
};
use crate::ports::ReactorKey;

/// Where a reactor begins in an installation that is older than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first event: what it wants done counts however old it is.
    Beginning,
    /// With the first event too, but it only takes notes up to where the log ended when it came.
    Remembering,
}

/// Events that a reactor wants of one kind of aggregate.
#[derive(Clone, Copy, Debug)]
pub struct Interest {
    /// The aggregate's type.
    pub aggregate: &'static str,
    /// Names of the events.
    pub events: &'static [&'static str],
}

/// A process manager. Both functions are pure: they look at nothing but their arguments.
pub trait Reactor: Send + Sync + 'static {
    /// Stable name: its checkpoint, its notes and the ids of its effects go by it.
    fn name(&self) -> &'static str;
    /// Raised with every change of what it wants or says, so that in a rolling update an older
    /// program does not follow where a newer one has begun.
    fn version(&self) -> u32;
    /// Where it begins.
    fn start(&self) -> Start;
    /// The events that it gets.
    fn interest(&self) -> &'static [Interest];

    /// What it has to know to react to `event`.
    ///
    /// # Errors
    /// [`ReactorFault`] when the event cannot be read: its aggregate is parked.
    fn asks(&self, event: &RecordedEvent) -> Result<Vec<Question>, ReactorFault> {
        let _ = event;
        Ok(Vec::new())
    }

    /// What is to be done and noted because of `event`. `known` answers what [`Self::asks`] asked.
    ///
    /// # Errors
    /// As [`Self::asks`].
    fn react(&self, event: &RecordedEvent, known: &Known) -> Result<Reaction, ReactorFault>;
}

impl dyn Reactor {
    /// Name and version.
    pub fn key(&self) -> ReactorKey {
        ReactorKey { name: self.name(), version: self.version() }
    }

    /// Does it want this event?
    pub fn wants(&self, event: &RecordedEvent) -> bool {
        self.interest().iter().any(|interest| {
            interest.aggregate == event.stream.aggregate_type
                && interest.events.contains(&event.event_type.as_str())
        })
    }
}

/// The id of the event's stream, where its aggregate has UUIDs for ids.
fn id_of(event: &RecordedEvent) -> Result<uuid::Uuid, ReactorFault> {
    let id = &event.stream.aggregate_id;
    id.parse().map_err(|_| ReactorFault::StreamId(event.stream.aggregate_type.clone()))
}

/// Declares the modules of the reactors and builds the registry over them. Each has a function
/// `reactor() -> Arc<dyn Reactor>`.
macro_rules! reactors {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// All reactors.
        pub fn all() -> Vec<Arc<dyn Reactor>> {
            vec![$($module::reactor()),*]
        }
    };
}

reactors! {
    inbound_routing,
    lead_delivery,
    purchase,
}
