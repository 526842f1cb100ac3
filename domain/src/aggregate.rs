//! What every aggregate offers beyond `cqrs_es::Aggregate`.

use std::fmt::Debug;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Claim, Directed, Effect, PendingNumber, Tally, Upcaster};

/// A refusal of an aggregate: an expected failure with a stable code.
pub trait DomainError: std::error::Error + Send + Sync + 'static {
    /// Stable code in `SCREAMING_SNAKE_CASE`; clients match on it.
    fn code(&self) -> &'static str;
}

/// An aggregate of Bitácora: pure `handle` and `apply`, and what the log needs to know.
///
/// [`DomainAggregate::decide`] is pure: it may only look at `self` and at the [`Directed`]
/// command. `Aggregate::handle` is [`handle`] for all of them. After it, the state equals the
/// replay of what it emitted (a property test for every aggregate).
pub trait DomainAggregate:
    Aggregate<Command = Directed<Self::Body>, Services = (), Error = Self::Refusal>
    + Clone
    + PartialEq
    + Debug
    + 'static
{
    /// The bodies of its commands, as an enum.
    type Body: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static;
    /// Its refusals.
    type Refusal: DomainError;
    /// Names of all events that it ever emitted; each has a golden file.
    const EVENT_TYPES: &'static [&'static str];
    /// Version of the *state's* shape; raised when old snapshots must be ignored.
    const STATE_SCHEMA: u32;

    /// The events that answer `body`, or why there are none. Changes nothing.
    ///
    /// # Errors
    /// The aggregate's refusal.
    fn decide(
        &self,
        of: &Directed<()>,
        body: Self::Body,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// The unique keys that `event` takes or releases. `self` is the state after it.
    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        let _ = event;
        Vec::new()
    }

    /// What is to be done outside, or later, because of `event`. `self` is the state after it.
    fn effects(&self, event: &Self::Event) -> Vec<Effect> {
        let _ = event;
        Vec::new()
    }

    /// What `event` adds to the tenant's meters. `self` is the state after it.
    fn tallies(&self, event: &Self::Event) -> Vec<Tally> {
        let _ = event;
        Vec::new()
    }

    /// Does `body` say something to somebody outside, or does it let the AI act? A tenant that
    /// is suspended cannot give such a command.
    fn is_outbound(body: &Self::Body) -> bool {
        let _ = body;
        false
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

/// `Aggregate::handle` of every aggregate: decides, then writes what was decided.
///
/// # Errors
/// The aggregate's refusal; then nothing was written.
pub async fn handle<A: DomainAggregate>(
    state: &mut A,
    command: Directed<A::Body>,
    sink: &EventSink<A>,
) -> Result<(), A::Refusal> {
    let (of, body) = command.split();
    for event in state.decide(&of, body)? {
        sink.write(event, state).await;
    }
    Ok(())
}

/// Visits aggregates by their type: how the registry hands out static types without a `match`
/// on names anywhere.
pub trait AggregateVisitor {
    /// What visiting gives.
    type Output;
    /// Called with the aggregate's type.
    fn visit<A: DomainAggregate>(self) -> Self::Output;
}
