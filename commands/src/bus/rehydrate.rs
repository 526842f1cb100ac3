//! From stored events back to state.

use bitacora_domain::recorded::decode_payload;
use bitacora_domain::{DecodeError, DomainAggregate, StreamId, TenantId, Version};

use crate::Expected;
use crate::ports::{EventLog, LogError, Stored};

/// State of an aggregate and what it stands on.
#[derive(Clone, Debug)]
pub(super) struct Loaded<A> {
    pub(super) tenant: TenantId,
    pub(super) state: A,
    pub(super) expected: Expected,
    /// Version before the command that made this state; equals `expected.version` on a base.
    pub(super) built_on: Version,
}

impl<A: Default> Loaded<A> {
    /// An aggregate of which there are no events.
    pub(super) fn nothing(tenant: TenantId) -> Self {
        Self { tenant, state: A::default(), expected: Expected::NONE, built_on: Version(0) }
    }
}

impl<A> Loaded<A> {
    /// The same state as a base for the next command.
    pub(super) fn into_base(mut self) -> Self {
        self.built_on = self.expected.version;
        self
    }
}

/// An aggregate could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The log could not answer.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
}

/// Loads an aggregate; `None` when the stream is another tenant's. A snapshot that does not
/// decode is ignored and the whole stream replayed.
pub(super) async fn load<A: DomainAggregate>(
    log: &dyn EventLog,
    tenant: TenantId,
    stream: &StreamId,
) -> Result<Option<Loaded<A>>, LoadError> {
    let Some(stored) = log.load(tenant, stream, A::STATE_SCHEMA, true).await? else {
        return Ok(None);
    };
    let had_snapshot = stored.snapshot.is_some();
    match rebuild::<A>(tenant, stored)? {
        Some(loaded) => Ok(Some(loaded)),
        None if had_snapshot => {
            tracing::warn!(%stream, "a snapshot does not decode and is ignored");
            let Some(stored) = log.load(tenant, stream, A::STATE_SCHEMA, false).await? else {
                return Ok(None);
            };
            Ok(rebuild::<A>(tenant, stored)?)
        }
        None => Ok(None),
    }
}

/// Snapshot and tail to state; `None` when the snapshot does not decode.
fn rebuild<A: DomainAggregate>(
    tenant: TenantId,
    stored: Stored,
) -> Result<Option<Loaded<A>>, DecodeError> {
    let (mut state, mut expected) = match stored.snapshot {
        None => (A::default(), Expected::NONE),
        Some(snapshot) => {
            let Ok(state) = serde_json::from_value(snapshot.state) else { return Ok(None) };
            (state, Expected { version: snapshot.version, last_event: Some(snapshot.last_event) })
        }
    };
    for event in stored.events {
        let payload = decode_payload::<A>(&event.event_type, &event.event_version, event.payload)?;
        state.apply(payload);
        expected.version.0 += 1;
        expected.last_event = Some(event.event_id);
    }
    Ok(Some(Loaded { tenant, state, expected, built_on: expected.version }))
}
