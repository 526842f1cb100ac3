//! "As of": rows as they were, by a bounded replay through the same views.

use std::collections::HashMap;

use bitacora_domain::{Position, RecordedEvent, StreamId, TenantId, Version};
use chrono::{DateTime, Utc};

use crate::ports::{LogReader, ReadError};
use crate::runner::batch;
use crate::{MemTable, Projection};

/// Events read at a time.
const PAGE: i64 = 1_000;

/// Up to where to replay, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// Everything.
    Now,
    /// Up to a version of the stream; for a tenant's replay every stream is cut there.
    Version(Version),
    /// What was recorded until then.
    Time(DateTime<Utc>),
    /// Up to a position of the lane.
    Position(Position),
}

impl AsOf {
    fn includes(self, event: &RecordedEvent) -> bool {
        match self {
            Self::Now => true,
            Self::Version(version) => event.version <= version,
            Self::Time(time) => event.recorded_at <= time,
            Self::Position(position) => event.position <= position,
        }
    }

    /// No later event of the lane (or stream) can be included once one is not.
    const fn ends_at_first(self) -> bool {
        !matches!(self, Self::Version(_))
    }
}

/// A table as it was.
#[derive(Debug)]
pub struct Replay {
    /// Its rows.
    pub table: MemTable,
    /// Aggregates that the view could not take, with the code and the reason: their rows stand
    /// as before the event that failed, as with a parked aggregate.
    pub failed: HashMap<StreamId, (String, String)>,
    /// Events that went in.
    pub events: u64,
    /// Last position that was looked at.
    pub position: Position,
}

/// A replay could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log could not be read. Nothing partial is returned.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There are more events than allowed.
    #[error("more than {limit} events to replay")]
    TooLong {
        /// Number allowed.
        limit: u64,
    },
}

impl ReplayError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "LOG_UNAVAILABLE",
            Self::TooLong { .. } => "REPLAY_TOO_LONG",
        }
    }
}

impl Replay {
    fn new(view: &'static dyn Projection) -> Self {
        Self {
            table: MemTable::new(view.table()),
            failed: HashMap::new(),
            events: 0,
            position: Position::START,
        }
    }

    fn take(&mut self, view: &'static dyn Projection, event: &RecordedEvent) {
        self.position = self.position.max(event.position);
        if !batch::concerns(view, event) || self.failed.contains_key(&event.stream) {
            return;
        }
        self.events += 1;
        let changes = batch::project(view, event);
        let done = changes.and_then(|changes| {
            self.table.apply_event(event, changes).map_err(|error| batch::Fault::from(&error))
        });
        if let Err(fault) = done {
            self.failed.insert(event.stream.clone(), (fault.code, fault.reason));
        }
    }
}

/// The rows that one aggregate's events make, as they were at `bound`. Reads at most `limit`
/// events.
///
/// # Errors
/// [`ReplayError`] when the log cannot be read to the end or there is too much of it.
pub async fn replay_stream(
    reader: &dyn LogReader,
    view: &'static dyn Projection,
    tenant: TenantId,
    stream: &StreamId,
    bound: AsOf,
    limit: u64,
) -> Result<Replay, ReplayError> {
    let mut replay = Replay::new(view);
    let (mut after, mut read) = (Version::default(), 0);
    loop {
        let page = reader.read_stream(tenant, stream, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(replay) };
        after = last.version;
        for event in page {
            if !bound.includes(&event) {
                return Ok(replay);
            }
            read += 1;
            if read > limit {
                return Err(ReplayError::TooLong { limit });
            }
            replay.take(view, &event);
        }
    }
}

/// The rows of a tenant as they were at `bound`. Reads at most `limit` events; the end of the
/// lane is that of the call.
///
/// # Errors
/// [`ReplayError`] when the log cannot be read to the end or there is too much of it.
pub async fn replay_tenant(
    reader: &dyn LogReader,
    view: &'static dyn Projection,
    tenant: TenantId,
    bound: AsOf,
    limit: u64,
) -> Result<Replay, ReplayError> {
    let mut replay = Replay::new(view);
    let Some(lane) = reader.lane_of(tenant).await? else { return Ok(replay) };
    let head = reader.head(lane).await?.position;
    let (mut after, mut read) = (Position::START, 0);
    loop {
        let page = reader.read_tenant(tenant, lane, after, head, PAGE).await?;
        let Some(last) = page.last() else { return Ok(replay) };
        after = last.position;
        for event in page {
            if !bound.includes(&event) {
                if bound.ends_at_first() {
                    return Ok(replay);
                }
                continue;
            }
            read += 1;
            if read > limit {
                return Err(ReplayError::TooLong { limit });
            }
            replay.take(view, &event);
        }
    }
}
