//! `bitacora history <aggregate> <id>`: what happened to one aggregate; with `--at`, how it was.
//!
//! Personal values are masked unless `--reveal` is given: a terminal is a log, too.

use std::sync::Arc;

use bitacora_adapters::admin;
use bitacora_domain::aggregates;
use bitacora_domain::codec::{self, Visibility};
use bitacora_domain::{
    AggregateVisitor, DecodeError, DomainAggregate, RecordedEvent, StreamId, TenantId, Version,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::compose::Backend;
use super::{Context, Exit, Failure};

/// Events read at a time.
const PAGE: i64 = 500;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Type of the aggregate, such as `conversation`.
    aggregate: String,
    /// Its id.
    id: String,
    /// Shows the state at this version (a number) or time (RFC 3339) and not the events.
    #[arg(long, value_name = "VERSION|TIME")]
    at: Option<Moment>,
    /// Shows personal values.
    #[arg(long)]
    reveal: bool,
}

/// A point in an aggregate's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Version(Version),
    Time(DateTime<Utc>),
}

impl std::str::FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(version) = text.parse() {
            return Ok(Self::Version(Version(version)));
        }
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self::Time(time.to_utc()))
            .map_err(|_| "neither a version (12) nor a time (2026-03-01T10:00:00Z)".to_owned())
    }
}

impl Moment {
    fn includes(self, event: &RecordedEvent) -> bool {
        match self {
            Self::Version(version) => event.version <= version,
            Self::Time(time) => event.recorded_at <= time,
        }
    }
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = self.show(&context, &backend).await;
        backend.close().await?;
        outcome
    }

    async fn show(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let kind = known_type(&self.aggregate)?;
        let stream = StreamId::new(kind, &self.id);
        let owner = admin::owner_of(&backend.pools.writer, &stream).await;
        let Some(tenant) = owner.map_err(Failure::unavailable)? else {
            return Err(Failure::not_found(format!("there is no {stream}")));
        };
        let events = read(backend, tenant, &stream, self.at).await?;
        match self.at {
            None => events.iter().for_each(|event| self.show_event(context, event)),
            Some(_) => self.show_state(context, kind, &events)?,
        }
        Ok(Exit::Done)
    }

    fn visibility(&self) -> Visibility {
        if self.reveal { Visibility::Clear } else { Visibility::Masked }
    }

    fn show_event(&self, context: &Context, event: &RecordedEvent) {
        let payload = codec::open(event.payload.clone(), self.visibility());
        let time = event.recorded_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let actor = format!("{}:{}", event.metadata.actor.kind.as_str(), event.metadata.actor.id);
        let document = json!({
            "version": event.version, "cursor": cursor(event), "recordedAt": time,
            "type": event.event_type, "actor": actor, "tenant": event.tenant,
            "commandId": event.metadata.command_id, "correlationId": event.metadata.correlation_id,
            "causationId": event.metadata.causation_id, "payload": payload,
        });
        context.out.emit(&document, || {
            let fields = payload.get(&event.event_type).unwrap_or(&payload);
            format!(
                "{:>4}  {time}  {:<24} {actor}\n      {fields}",
                event.version.0, event.event_type
            )
        });
    }

    fn show_state(
        &self,
        context: &Context,
        kind: &str,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), Failure> {
        let state = aggregates::dispatch(kind, StateOf { events })
            .ok_or_else(|| Failure::usage(format!("{kind} is no aggregate")))?
            .map_err(|error| Failure::new(Exit::Found, "STREAM_UNREADABLE", error))?;
        let state = codec::open(state, self.visibility());
        let last = events.last();
        let document = json!({
            "version": last.map(|e| e.version), "recordedAt": last.map(|e| e.recorded_at),
            "state": state,
        });
        context.out.emit(&document, || format!("{document:#}"));
        Ok(())
    }
}

/// The aggregate type that `text` names, in any case.
pub(super) fn known_type(text: &str) -> Result<&'static str, Failure> {
    aggregates::TYPES.iter().copied().find(|kind| kind.eq_ignore_ascii_case(text)).ok_or_else(
        || {
            Failure::usage(format!(
                "{text:?} is no aggregate; there are {}",
                aggregates::TYPES.join(", ")
            ))
        },
    )
}

/// All events of a stream.
pub(super) async fn read_all(
    backend: &Backend,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<Vec<Arc<RecordedEvent>>, Failure> {
    read(backend, tenant, stream, None).await
}

/// All events of a stream up to `at`.
async fn read(
    backend: &Backend,
    tenant: TenantId,
    stream: &StreamId,
    at: Option<Moment>,
) -> Result<Vec<Arc<RecordedEvent>>, Failure> {
    let mut events: Vec<Arc<RecordedEvent>> = Vec::new();
    loop {
        let after = events.last().map_or(Version(0), |event| event.version);
        let page = backend.reader.read_stream(tenant, stream, after, PAGE).await?;
        let full = i64::try_from(page.len()).is_ok_and(|length| length == PAGE);
        for event in page {
            if at.is_some_and(|at| !at.includes(&event)) {
                return Ok(events);
            }
            events.push(event);
        }
        if !full {
            return Ok(events);
        }
    }
}

/// The text by which API and CLI name the event's place.
pub(super) fn cursor(event: &RecordedEvent) -> String {
    bitacora_domain::Cursor { epoch: event.epoch, lane: event.lane, position: event.position }
        .to_string()
}

/// Replays events into a state, as JSON.
pub(super) struct StateOf<'a> {
    pub(super) events: &'a [Arc<RecordedEvent>],
}

impl AggregateVisitor for StateOf<'_> {
    type Output = Result<Value, DecodeError>;
    fn visit<A: DomainAggregate>(self) -> Self::Output {
        let mut state = A::default();
        for event in self.events {
            state.apply(event.decode::<A>()?.clone());
        }
        Ok(serde_json::to_value(&state).unwrap_or(Value::Null))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_moment_is_a_version_or_a_time() {
        assert_eq!("12".parse(), Ok(Moment::Version(Version(12))));
        let time = "2026-03-01T10:00:00Z";
        assert_eq!(time.parse(), Ok(Moment::Time(time.parse().unwrap())));
        assert!("ayer".parse::<Moment>().is_err());
    }
}
