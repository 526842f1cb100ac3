//! One worker: the events of one lane into one generation of one view.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bitacora_domain::{Epoch, Lane, Position, RecordedEvent};
use tokio_util::sync::CancellationToken;

use super::Options;
use super::batch::{self, Fault};
use super::live::Target;
use super::meter::Meter;
use super::pace::{Backoff, Pace};
use crate::Projection;
use crate::ports::{ClaimedLane, LogReader, ReadError, ReadStore, SearchIndex};

/// The longest that a live checkpoint stays behind what its worker has passed over.
const CHECKPOINT_WITHIN: Duration = Duration::from_secs(1);

/// How far a live worker has seen, beyond what it has committed.
#[derive(Clone, Copy, Debug)]
struct Seen {
    epoch: Epoch,
    position: Position,
    committed: Instant,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A batch went in.
    Moved {
        /// Position afterwards.
        position: Position,
        /// Events read.
        events: usize,
    },
    /// There is nothing behind this position.
    Idle {
        /// Position of the checkpoint.
        position: Position,
    },
    /// Another worker has the lane.
    Busy,
    /// The database refused a row; the next step tries a smaller part.
    Refused,
}

/// A worker. It holds nothing between two steps: any process may go on where it stopped. What it
/// remembers only spares work.
pub struct Worker {
    view: &'static dyn Projection,
    lane: Lane,
    target: Target,
    reader: Arc<dyn LogReader>,
    store: Arc<dyn ReadStore>,
    search: Option<Arc<dyn SearchIndex>>,
    options: Options,
    pace: Pace,
    meter: Meter,
    /// The single event that was refused last, and how often.
    suspect: Option<(Position, Fault)>,
    /// The last batch was shorter than it might have been: it ended where the log did.
    at_end: bool,
    /// Where a live worker stands; `None` before its first commit.
    seen: Option<Seen>,
}

impl Worker {
    /// A worker for `lane` of `view`, writing into `target`.
    pub fn new(
        view: &'static dyn Projection,
        lane: Lane,
        target: Target,
        ports: &super::Ports,
        options: &Options,
    ) -> Self {
        Self {
            view,
            lane,
            target,
            reader: Arc::clone(&ports.reader),
            store: Arc::clone(&ports.store),
            search: ports.search.clone(),
            pace: Pace::new(options.batch),
            meter: Meter::new(view.table().name, lane),
            options: options.clone(),
            suspect: None,
            at_end: false,
            seen: None,
        }
    }

    /// Takes in one batch, at most up to `upto`. The transaction is open only meanwhile.
    ///
    /// # Errors
    /// [`ReadError`] when log or store cannot be reached; nothing was written then, or, when a
    /// commit's outcome is unknown, everything: the next step asks the checkpoint.
    pub async fn step(&mut self, upto: Option<Position>) -> Result<Step, ReadError> {
        let table = self.view.table();
        let generation = self.target.generation(&*self.store, table).await?;
        let Some(claimed) = self.store.claim(table, generation, self.lane).await? else {
            return Ok(Step::Busy);
        };
        let position = claimed.position();
        let room = upto.map_or(i64::MAX, |upto| upto.0 - position.0);
        if room <= 0 {
            claimed.release().await?;
            return Ok(Step::Idle { position });
        }
        let limit = self.pace.size().min(room);
        let events = self.reader.read_lane(self.lane, position, limit).await?;
        let Some((last, epoch)) = events.last().map(|event| (event.position, event.epoch)) else {
            // Not just dropped: our own next claim must not find the lane taken by this one.
            claimed.release().await?;
            return Ok(Step::Idle { position });
        };
        self.at_end = i64::try_from(events.len()).is_ok_and(|n| n < limit);
        let begin = Instant::now();
        match self.take_in(claimed, &events, last).await {
            Ok(parked) => {
                self.suspect = None;
                self.seen = Some(Seen { epoch, position: last, committed: Instant::now() });
                self.pace.went_in(events.len(), last, begin.elapsed());
                self.meter.moved(events.len(), parked);
                Ok(Step::Moved { position: last, events: events.len() })
            }
            Err(ReadError::Refused(reason)) => {
                self.meter.failed();
                self.refused(&events, last, reason);
                Ok(Step::Refused)
            }
            Err(error) => {
                if matches!(error, ReadError::TimedOut) {
                    self.pace.timed_out();
                }
                Err(error)
            }
        }
    }

    /// One step of a live worker. Events that change nothing in the view are passed over without a
    /// transaction: there is nothing to write, and whoever reads them again finds nothing either.
    /// The checkpoint follows within [`CHECKPOINT_WITHIN`].
    async fn live_step(&mut self) -> Result<Step, ReadError> {
        if let Some(step) = self.pass_over().await? {
            return Ok(step);
        }
        let since = self.seen.map_or(Duration::MAX, |seen| seen.committed.elapsed());
        tokio::time::sleep(self.options.gather.saturating_sub(since)).await;
        self.step(None).await
    }

    /// `None` when there is something to write.
    async fn pass_over(&mut self) -> Result<Option<Step>, ReadError> {
        let Some(seen) = self.seen else { return Ok(None) };
        if seen.committed.elapsed() >= CHECKPOINT_WITHIN {
            return Ok(None);
        }
        let limit = self.pace.size();
        let events = self.reader.read_lane(self.lane, seen.position, limit).await?;
        let Some(position) = events.last().map(|event| event.position) else {
            return Ok(Some(Step::Idle { position: seen.position }));
        };
        // Of another epoch: the log was restored, and only the checkpoint knows what that means.
        let matters = |event: &Arc<RecordedEvent>| {
            event.epoch != seen.epoch || batch::matters(self.view, event)
        };
        if events.iter().any(matters) {
            return Ok(None);
        }
        self.at_end = i64::try_from(events.len()).is_ok_and(|n| n < limit);
        self.seen = Some(Seen { position, ..seen });
        self.meter.moved(events.len(), 0);
        self.store.passed(self.view.table(), self.lane, position);
        Ok(Some(Step::Moved { position, events: events.len() }))
    }

    /// Writes and commits a batch; the number of events that were parked.
    async fn take_in(
        &self,
        mut claimed: Box<dyn ClaimedLane>,
        events: &[Arc<RecordedEvent>],
        last: Position,
    ) -> Result<usize, ReadError> {
        let concerned = events.iter().any(|event| batch::concerns(self.view, event));
        let parked = if concerned { claimed.parked_streams().await? } else { vec![] };
        let condemned = self.suspect.as_ref().filter(|(_, f)| f.attempts >= self.options.attempts);
        let plan = batch::plan(self.view, events, parked, condemned);
        for event in &plan.park {
            if event.code != batch::QUEUED {
                tracing::error!(
                    projection = event.projection, lane = event.lane.0,
                    position = event.position.0, stream = %event.stream, code = event.code,
                    reason = event.reason, "projection.parked: an aggregate waits for an operator"
                );
            }
        }
        let parked = plan.park.len();
        batch::write(&mut *claimed, self.view.table(), plan, self.search.as_deref()).await?;
        claimed.commit(last).await?;
        Ok(parked)
    }

    /// A batch that the database refuses is halved; an event alone is tried again, then parked.
    fn refused(&mut self, events: &[Arc<RecordedEvent>], last: Position, reason: String) {
        if events.len() > 1 {
            self.pace.refused(events.len(), last);
            return;
        }
        let before = self.suspect.take().filter(|(position, _)| *position == last);
        let attempts = before.map_or(0, |(_, fault)| fault.attempts) + 1;
        self.suspect = Some((last, Fault { code: "ROW_REFUSED".into(), reason, attempts }));
    }

    /// Works until `token` is cancelled. Errors are retried for ever: a database that cannot be
    /// reached parks nothing.
    pub async fn run(&mut self, token: &CancellationToken) {
        let mut head = self.reader.watch(self.lane);
        let mut busy = Backoff::new(Duration::from_millis(200), self.options.poll);
        let mut trouble = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        loop {
            let outcome = tokio::select! {
                // Dropping the step rolls its transaction back.
                () = token.cancelled() => return,
                outcome = self.live_step() => outcome,
            };
            let known = *head.borrow_and_update();
            let wait = match outcome {
                Ok(Step::Refused) => continue,
                Ok(step @ (Step::Moved { position, .. } | Step::Idle { position })) => {
                    busy.reset();
                    trouble.reset();
                    let idle = matches!(step, Step::Idle { .. });
                    if idle {
                        self.meter.idle();
                    }
                    self.meter.stands(position, known);
                    if !idle && (known > position || !self.at_end) {
                        continue;
                    }
                    if known <= position {
                        tokio::select! {
                            () = token.cancelled() => return,
                            _ = tokio::time::timeout(self.options.poll, head.changed()) => {}
                        }
                        // A closed channel must not make this loop spin.
                        if head.has_changed().is_ok() {
                            continue;
                        }
                    }
                    Duration::from_millis(10)
                }
                Ok(Step::Busy) => busy.next(),
                Err(error) => {
                    self.meter.failed();
                    tracing::warn!(
                        projection = self.view.table().name, lane = self.lane.0, %error,
                        "projection.stalled: will be tried again"
                    );
                    trouble.next()
                }
            };
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Works until the checkpoint is at `upto` or beyond; returns where it is. `progress` gets
    /// every position on the way.
    ///
    /// # Errors
    /// [`ReadError`] at the first one; going on later is safe.
    pub async fn catch_up(
        &mut self,
        upto: Position,
        progress: &(dyn Fn(Lane, Position) + Send + Sync),
    ) -> Result<Position, ReadError> {
        loop {
            match self.step(Some(upto)).await? {
                Step::Moved { position, .. } => {
                    progress(self.lane, position);
                    if position >= upto {
                        return Ok(position);
                    }
                }
                Step::Idle { position } if position >= upto => {
                    progress(self.lane, position);
                    return Ok(position);
                }
                Step::Idle { .. } | Step::Busy => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Step::Refused => {}
            }
        }
    }
}
