//! An event as the log holds it.

use std::any::Any;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::upcast::upcast;
use crate::{DomainAggregate, Epoch, Lane, Metadata, Position, StreamId, TenantId, Version};

/// One event of the log. The typed form is decoded once, however many views ask for it.
#[derive(Debug)]
pub struct RecordedEvent {
    /// Log epoch in which it was read.
    pub epoch: Epoch,
    /// Lane that it is in.
    pub lane: Lane,
    /// Place in the lane.
    pub position: Position,
    /// Tenant that it belongs to.
    pub tenant: TenantId,
    /// Stream that it belongs to.
    pub stream: StreamId,
    /// Sequence in the stream, from 1.
    pub version: Version,
    /// Name of the event.
    pub event_type: String,
    /// Version of the payload's shape as stored.
    pub event_version: String,
    /// Payload as stored, after the codec.
    pub payload: Value,
    /// Who, why and when.
    pub metadata: Metadata,
    /// When it was written; never decreases within a lane.
    pub recorded_at: DateTime<Utc>,
    /// Typed form, filled by the first [`RecordedEvent::decode`].
    pub decoded: Decoded,
}

/// Cache of the typed form of an event.
#[derive(Debug, Default)]
pub struct Decoded(OnceLock<Box<dyn Any + Send + Sync>>);

/// An event could not be read as its aggregate's event of today.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The event is of another aggregate.
    #[error("event of {found}, not of {expected}")]
    OtherAggregate {
        /// Aggregate type asked for.
        expected: &'static str,
        /// Aggregate type of the event.
        found: String,
    },
    /// The payload does not fit: an upcaster is missing or the data is damaged.
    #[error("{event_type} version {event_version} cannot be decoded: {reason}")]
    Payload {
        /// Name of the event.
        event_type: String,
        /// Version as stored.
        event_version: String,
        /// What serde says; masks nothing, so it names fields and never values.
        reason: String,
    },
}

impl RecordedEvent {
    /// Is this an event of aggregate `A`?
    pub fn is_of<A: DomainAggregate>(&self) -> bool {
        self.stream.aggregate_type == A::TYPE
    }

    /// The event in its typed form of today, upcast if need be.
    ///
    /// # Errors
    /// [`DecodeError`] when it belongs to another aggregate or its payload does not fit.
    pub fn decode<A: DomainAggregate>(&self) -> Result<&A::Event, DecodeError> {
        if !self.is_of::<A>() {
            return Err(DecodeError::OtherAggregate {
                expected: A::TYPE,
                found: self.stream.aggregate_type.clone(),
            });
        }
        if self.decoded.0.get().is_none() {
            let event =
                decode_payload::<A>(&self.event_type, &self.event_version, self.payload.clone())?;
            // A second decoder at the same time computes the same value: either may win.
            let _ = self.decoded.0.set(Box::new(event));
        }
        self.decoded.0.get().and_then(|any| any.downcast_ref()).ok_or_else(|| {
            DecodeError::OtherAggregate { expected: A::TYPE, found: "another type".into() }
        })
    }
}

/// Reads a stored payload as an event of today.
///
/// # Errors
/// [`DecodeError::Payload`] when it does not fit even after upcasting.
pub fn decode_payload<A: DomainAggregate>(
    event_type: &str,
    event_version: &str,
    payload: Value,
) -> Result<A::Event, DecodeError> {
    let (payload, _) = upcast(A::upcasters(), event_type, event_version, payload);
    serde_json::from_value(payload).map_err(|error| DecodeError::Payload {
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        reason: error.to_string(),
    })
}
