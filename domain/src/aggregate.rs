//! What every aggregate offers beyond `cqrs_es::Aggregate`.

use std::fmt::Debug;

use cqrs_es::Aggregate;
use serde::Serialize;

use crate::{Claim, Directed, PendingNumber, Upcaster};

/// A refusal of an aggregate: an expected failure with a stable code.
pub trait DomainError: std::error::Error + Send + Sync + 'static {
    /// Stable code in `SCREAMING_SNAKE_CASE`; clients match on it.
    fn code(&self) -> &'static str;
}

/// An aggregate of Bitácora: pure `handle` and `apply`, and what the log needs to know.
///
/// `handle` may only look at `self` and at the [`Directed`] command. After `handle`, the state
/// equals the replay of what it emitted (a property test for every aggregate).
pub trait DomainAggregate:
    Aggregate<Command = Directed<Self::Body>, Services = (), Error = Self::Refusal>
    + Clone
    + PartialEq
    + Debug
    + 'static
{
    /// The bodies of its commands, as an enum.
    type Body: Serialize + Clone + Debug + Send + Sync + 'static;
    /// Its refusals.
    type Refusal: DomainError;
    /// Names of all events that it ever emitted; each has a golden file.
    const EVENT_TYPES: &'static [&'static str];
    /// Version of the *state's* shape; raised when old snapshots must be ignored.
    const STATE_SCHEMA: u32;

    /// The unique keys that `event` takes or releases. `self` is the state after it.
    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        let _ = event;
        Vec::new()
    }

    /// The gapless number that `event` waits for, if it does.
    fn pending_number(event: &Self::Event) -> Option<PendingNumber> {
        let _ = event;
        None
    }

    /// Lifts from every version ever released to the one of today, oldest first.
    fn upcasters() -> &'static [Upcaster] {
        &[]
    }
}

/// Visits aggregates by their type: how the registry hands out static types without a `match`
/// on names anywhere.
pub trait AggregateVisitor {
    /// What visiting gives.
    type Output;
    /// Called with the aggregate's type.
    fn visit<A: DomainAggregate>(self) -> Self::Output;
}
