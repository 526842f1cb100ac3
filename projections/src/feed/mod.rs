//! The feed: a tenant's events in order, from wherever a consumer stopped, then live.
//!
//! A subscription is a pull stream. It scans the log behind its cursor, page by page, until it
//! reaches what the lane's shared [`tail::Tail`] holds, then takes events from there: no gap and
//! no duplicate at the seam, because both sides are cut by the same position. It holds at most
//! one page; thousands of subscribers cost one reader per lane, and an event of another tenant
//! wakes none of them.

mod stream;
mod tail;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bitacora_domain::{Cursor, Lane, RecordedEvent, TenantId};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use stream::FeedStream;
use tail::Tail;

use crate::ports::{LogReader, ReadError};

/// One event with the cursor to resume behind it.
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// Resuming with it starts behind this event.
    pub cursor: Cursor,
    /// The event.
    pub event: Arc<RecordedEvent>,
}

/// A subscription could not start, or ended. No event is lost: resume with the last cursor.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FeedError {
    /// The cursor is of another epoch of the log (before a restore).
    #[error("the cursor belongs to another epoch of the log")]
    ForeignEpoch,
    /// The cursor is of a lane that the tenant does not live in.
    #[error("the cursor belongs to another lane")]
    ForeignLane,
    /// The log does not go that far.
    #[error("the cursor is ahead of the log")]
    Ahead,
    /// The tenant has no log.
    #[error("the tenant is not known")]
    UnknownTenant,
    /// The consumer let events wait for too long.
    #[error("the consumer was too slow; resume with {resume}")]
    SlowConsumer {
        /// Behind the last event that was delivered.
        resume: Cursor,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl FeedError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ForeignEpoch => "FOREIGN_EPOCH",
            Self::ForeignLane => "FOREIGN_LANE",
            Self::Ahead => "CURSOR_AHEAD",
            Self::UnknownTenant => "TENANT_UNKNOWN",
            Self::SlowConsumer { .. } => "SLOW_CONSUMER",
            Self::Read(_) => "LOG_UNAVAILABLE",
        }
    }
}

/// Limits of a feed.
#[derive(Clone, Copy, Debug)]
pub struct FeedOptions {
    /// Events of one tenant that the tail keeps for its subscribers.
    pub ring: usize,
    /// Events read from the log at a time.
    pub page: i64,
    /// A consumer that leaves more than its buffer waiting is cut off when it also has not asked
    /// for that long: a burst alone cuts nobody off.
    pub grace: Duration,
    /// A consumer that leaves anything waiting for that long is cut off.
    pub patience: Duration,
    /// Safety net when no wake-up comes.
    pub poll: Duration,
}

impl Default for FeedOptions {
    fn default() -> Self {
        Self {
            ring: 512,
            page: 256,
            grace: Duration::from_secs(2),
            patience: Duration::from_mins(1),
            poll: Duration::from_secs(1),
        }
    }
}

/// Hands out subscriptions. Dropping it ends the tails; subscriptions then get no live events.
pub struct Feed {
    reader: Arc<dyn LogReader>,
    options: FeedOptions,
    tails: Mutex<HashMap<Lane, Arc<Tail>>>,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl Feed {
    /// A feed over the log.
    pub fn new(reader: Arc<dyn LogReader>) -> Self {
        Self::with_options(reader, FeedOptions::default())
    }

    /// A feed with other limits.
    pub fn with_options(reader: Arc<dyn LogReader>, options: FeedOptions) -> Self {
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        Self { reader, options, tails: Mutex::default(), stop, _guard: guard }
    }

    /// The tenant's events behind `after`, in order, without end; from now on when there is no
    /// cursor. `buffer` is how many events may wait for a consumer that does not ask.
    ///
    /// # Errors
    /// [`FeedError`] when the cursor does not fit this tenant's log. Must be called within a
    /// Tokio runtime.
    pub async fn subscribe(
        &self,
        tenant: TenantId,
        after: Option<Cursor>,
        buffer: usize,
    ) -> Result<FeedStream, FeedError> {
        let lane = self.reader.lane_of(tenant).await?.ok_or(FeedError::UnknownTenant)?;
        if after.is_some_and(|cursor| cursor.lane != lane) {
            return Err(FeedError::ForeignLane);
        }
        let tail = self.tail(lane).await?;
        // Joined before the head is asked: what is recorded from here on comes by the tail.
        let seat = tail.join(tenant);
        let head = self.reader.head(lane).await?;
        let now = Cursor { epoch: head.epoch, lane, position: head.position };
        let after = after.unwrap_or(now);
        if after.epoch != head.epoch {
            return Err(FeedError::ForeignEpoch);
        }
        if after.position > head.position {
            return Err(FeedError::Ahead);
        }
        let reader = Arc::clone(&self.reader);
        Ok(FeedStream::new(reader, seat, tenant, after, buffer.max(1), self.options))
    }

    /// The tail of a lane, started at the first subscription.
    async fn tail(&self, lane: Lane) -> Result<Arc<Tail>, ReadError> {
        let found =
            self.tails.lock().unwrap_or_else(PoisonError::into_inner).get(&lane).map(Arc::clone);
        if let Some(tail) = found {
            return Ok(tail);
        }
        let head = self.reader.head(lane).await?.position;
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = tails.entry(lane).or_insert_with(|| {
            let tail = Arc::new(Tail::new(lane, head, self.options));
            let run = tail::run(Arc::clone(&tail), Arc::clone(&self.reader), self.stop.clone());
            tokio::spawn(run);
            tail
        });
        Ok(Arc::clone(tail))
    }
}
