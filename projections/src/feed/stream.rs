//! One subscription: scan, then live.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bitacora_domain::{Cursor, Position, RecordedEvent, TenantId};
use futures::Stream;
use futures::stream::{BoxStream, StreamExt as _, unfold};

use super::tail::{Found, Seat};
use super::{FeedError, FeedItem, FeedOptions};
use crate::ports::{LogReader, ReadError};

/// A subscription. Ends only with an error, which comes last.
pub struct FeedStream {
    inner: BoxStream<'static, Result<FeedItem, FeedError>>,
}

impl FeedStream {
    pub(super) fn new(
        reader: Arc<dyn LogReader>,
        seat: Arc<Seat>,
        tenant: TenantId,
        after: Cursor,
        buffer: usize,
        options: FeedOptions,
    ) -> Self {
        let page = VecDeque::new();
        let state = Subscription {
            reader,
            seat,
            tenant,
            cursor: after,
            fetched: after.position,
            buffer,
            options,
            page,
            live: false,
            delivered: None,
        };
        let inner = unfold(Some(state), |state| async {
            let mut state = state?;
            match state.next().await {
                Ok(item) => Some((Ok(item), Some(state))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Self { inner: inner.boxed() }
    }
}

impl Stream for FeedStream {
    type Item = Result<FeedItem, FeedError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.as_mut().poll_next(cx)
    }
}

struct Subscription {
    reader: Arc<dyn LogReader>,
    seat: Arc<Seat>,
    tenant: TenantId,
    /// Behind the last event delivered.
    cursor: Cursor,
    /// Behind the last event fetched; nothing of the tenant stands between it and the page.
    fetched: Position,
    buffer: usize,
    options: FeedOptions,
    /// Fetched and not yet delivered; at most one page.
    page: VecDeque<Arc<RecordedEvent>>,
    /// The tail was reached once. Before, being behind is what scanning is for.
    live: bool,
    /// When the last event was handed over.
    delivered: Option<Instant>,
}

impl Subscription {
    async fn next(&mut self) -> Result<FeedItem, FeedError> {
        self.check_pace()?;
        loop {
            if let Some(event) = self.page.pop_front() {
                // The log was restored under us: what comes now is another one.
                if event.epoch != self.cursor.epoch {
                    return Err(FeedError::ForeignEpoch);
                }
                self.cursor.position = event.position;
                self.delivered = Some(Instant::now());
                return Ok(FeedItem { cursor: self.cursor, event });
            }
            self.fill().await?;
        }
    }

    /// Fetches at least one event, or moves on, or waits.
    async fn fill(&mut self) -> Result<(), FeedError> {
        // The bell first: what comes after the look below rings it.
        let mut bell = self.seat.bell();
        match self.seat.behind(self.fetched, self.page_size()) {
            Found::Events(events, _) => {
                self.live = true;
                self.put(events);
            }
            Found::Behind(floor) => self.scan(floor).await?,
            Found::Nothing => {
                self.live = true;
                let fetched = self.fetched;
                if bell.wait_for(|last| *last > fetched).await.is_err() {
                    // Unreachable while we hold the seat; a pause keeps it from spinning.
                    tokio::time::sleep(self.options.poll).await;
                }
            }
        }
        Ok(())
    }

    /// One page of what lies before the tail. When there is nothing more, the seam is reached.
    async fn scan(&mut self, floor: Position) -> Result<(), FeedError> {
        let (lane, limit) = (self.cursor.lane, self.options.page.max(1));
        let mut pause = Duration::from_millis(100);
        let events = loop {
            match self.reader.read_tenant(self.tenant, lane, self.fetched, floor, limit).await {
                Ok(events) => break events,
                Err(ReadError::Unavailable(_) | ReadError::TimedOut) => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                Err(error) => return Err(error.into()),
            }
        };
        if i64::try_from(events.len()).is_ok_and(|n| n < limit) {
            self.put(events);
            self.fetched = self.fetched.max(floor);
        } else {
            self.put(events);
        }
        Ok(())
    }

    fn put(&mut self, events: Vec<Arc<RecordedEvent>>) {
        for event in events {
            if event.position > self.fetched {
                self.fetched = event.position;
                self.page.push_back(event);
            }
        }
    }

    /// Cuts a consumer off that lets events wait. Nothing piles up meanwhile (the ring is
    /// shared), but a screen that is minutes behind should know it and resume.
    fn check_pace(&self) -> Result<(), FeedError> {
        let Some(unasked) = self.delivered.map(|at| at.elapsed()).filter(|_| self.live) else {
            return Ok(());
        };
        if unasked < self.options.grace {
            return Ok(());
        }
        let waiting = match self.seat.behind(self.fetched, 0) {
            Found::Events(_, waiting) => waiting + self.page.len(),
            Found::Nothing => self.page.len(),
            Found::Behind(_) => usize::MAX,
        };
        if waiting > self.buffer || (waiting > 0 && unasked >= self.options.patience) {
            return Err(FeedError::SlowConsumer { resume: self.cursor });
        }
        Ok(())
    }

    fn page_size(&self) -> usize {
        usize::try_from(self.options.page).unwrap_or(1).max(1)
    }
}
