//! Handling a command on a clone of the state, and what is to be written of it.

use bitacora_domain::{
    Directed, DomainAggregate, Effect, EventId, Metadata, StreamId, Tally, Version, codec,
};
use cqrs_es::{DomainEvent, event_sink::EventSink};

use super::rehydrate::Loaded;
use crate::ports::LogError;
use crate::{Append, Envelope, Expected, InstallationKey, NewEvent};

/// What handling came to.
pub(super) enum Decision<A: DomainAggregate> {
    /// The aggregate refused.
    Refused(A::Refusal),
    /// The caller insisted on another version.
    OtherVersion { expected: Version },
    /// An event has no JSON form: nothing can be written.
    Unwritable(LogError),
    /// Something to write (possibly nothing but the command's own record). `settles_late` when
    /// what will be stored is not yet what the state was computed from: a gapless number is
    /// still to come, or the codec had to replace something.
    /// `tallies` still have to be held against the tenant's plan.
    Write { append: Box<Append>, after: Box<Loaded<A>>, tallies: Vec<Tally>, settles_late: bool },
}

impl<A: DomainAggregate> Decision<A> {
    /// Are there events to write?
    pub(super) fn writes_events(&self) -> bool {
        matches!(self, Self::Write { append, .. } if !append.events.is_empty())
    }
}

/// Handles `body` on a clone of `loaded`: cqrs-es applies events while handling and may then
/// refuse, so the original must not be touched.
pub(super) async fn decide<A: DomainAggregate>(
    key: &InstallationKey,
    envelope: &Envelope,
    stream: &StreamId,
    loaded: &Loaded<A>,
    body: A::Body,
) -> Decision<A> {
    if let Some(expected) = envelope.expected_version
        && expected != loaded.expected.version
    {
        return Decision::OtherVersion { expected };
    }
    let directed = Directed {
        tenant: envelope.tenant,
        aggregate_id: stream.aggregate_id.clone(),
        command_id: envelope.command_id,
        actor: envelope.actor.clone(),
        now: envelope.now,
        body,
    };
    let mut state = loaded.state.clone();
    let sink = EventSink::default();
    if let Err(refusal) = state.handle(directed, &(), &sink).await {
        return Decision::Refused(refusal);
    }
    let events = sink.collect().await;
    let claims = events.iter().flat_map(|event| state.claims(event)).collect();
    let tallies = events.iter().flat_map(|event| state.tallies(event)).collect();
    let written = new_events::<A>(key, envelope, loaded.expected, &events, &state);
    let (events, settles_late) = match written {
        Ok(written) => written,
        Err(error) => return Decision::Unwritable(LogError::Rejected(error.to_string())),
    };
    let expected = advance(loaded.expected, &events);
    let append = Append {
        tenant: envelope.tenant,
        stream: stream.clone(),
        expected: loaded.expected,
        events,
        claims,
        counts: Vec::new(),
        command_id: envelope.command_id,
        fingerprint: envelope.fingerprint,
        verify_only: false,
    };
    let after =
        Loaded { tenant: envelope.tenant, state, expected, built_on: loaded.expected.version };
    Decision::Write { append: Box::new(append), after: Box::new(after), tallies, settles_late }
}

fn advance(expected: Expected, events: &[NewEvent]) -> Expected {
    match events.last() {
        None => expected,
        Some(last) => Expected {
            version: Version(expected.version.0 + i64::try_from(events.len()).unwrap_or(i64::MAX)),
            last_event: Some(last.metadata.event_id),
        },
    }
}

/// The events with their metadata, and whether what will be stored is not yet what the state
/// was computed from.
fn new_events<A: DomainAggregate>(
    key: &InstallationKey,
    envelope: &Envelope,
    base: Expected,
    events: &[A::Event],
    after: &A,
) -> Result<(Vec<NewEvent>, bool), serde_json::Error> {
    let mut before = base.last_event;
    let mut settles_late = false;
    let mut written = Vec::with_capacity(events.len());
    for (n, event) in events.iter().enumerate() {
        let plain = serde_json::to_value(event)?;
        let payload = codec::seal(plain.clone());
        let number = A::pending_number(event);
        settles_late |= payload != plain || number.is_some();
        let event_id = key.event_id(envelope.command_id, n, before, &payload);
        before = Some(event_id);
        written.push(NewEvent {
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload,
            metadata: metadata(envelope, event_id),
            number,
            effects: after.effects(event).into_iter().map(sealed).collect(),
        });
    }
    Ok((written, settles_late))
}

fn sealed(effect: Effect) -> Effect {
    Effect { payload: codec::seal(effect.payload), ..effect }
}

fn metadata(envelope: &Envelope, event_id: EventId) -> Metadata {
    Metadata {
        event_id,
        command_id: envelope.command_id,
        correlation_id: envelope.correlation_id,
        causation_id: envelope.causation_id,
        actor: envelope.actor.clone(),
        occurred_at: envelope.occurred_at.unwrap_or(envelope.now),
        traceparent: envelope.traceparent.clone(),
    }
}
