//! One worker: the events of one lane for one reactor.
//!
//! Most events concern no reactor, and reacting is pure: what there is nothing to do about is
//! passed over in memory, and its checkpoint is stored now and then. Only what is to be written
//! is written under the claimed checkpoint, after a look whether another process was first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bitacora_domain::{Lane, Position, RecordedEvent};
use tokio_util::sync::CancellationToken;

use super::ReactorOptions;
use super::plan::{self, Batch, Fault, QUEUED};
use crate::ports::{ClaimedReactor, ReactorError, ReactorStore, ReactorWrites};
use crate::reactors::{Known, Reactor};

/// How far the stored checkpoint may be behind what was passed over in memory.
const PASSED_OVER_MAX: i64 = 5_000;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It went on, and something was written.
    Wrote,
    /// It went on.
    Moved,
    /// There is nothing behind its position.
    Idle,
    /// Another worker, or a newer version, has the checkpoint.
    Busy,
}

/// A worker. What it holds between two steps can be lost: any process goes on where it stopped.
pub(super) struct Worker {
    reactor: Arc<dyn Reactor>,
    lane: Lane,
    store: Arc<dyn ReactorStore>,
    options: ReactorOptions,
    /// Everything up to here was taken in; `None` before the checkpoint was asked.
    at: Option<Position>,
    /// What is stored of that.
    stored: Position,
    stored_at: Instant,
    /// A batch up to here was refused: one event at a time until it is passed.
    careful_until: Position,
    condemned: Option<(Position, Fault)>,
}

impl Worker {
    pub(super) fn new(
        reactor: Arc<dyn Reactor>,
        lane: Lane,
        store: Arc<dyn ReactorStore>,
        options: ReactorOptions,
    ) -> Self {
        Self {
            reactor,
            lane,
            store,
            options,
            at: None,
            stored: Position::START,
            stored_at: Instant::now(),
            careful_until: Position::START,
            condemned: None,
        }
    }

    /// Takes in one batch.
    pub(super) async fn step(&mut self) -> Result<Step, ReactorError> {
        let outcome = self.try_step().await;
        if outcome.is_err() {
            // A commit's outcome may be unknown: the checkpoint knows.
            self.at = None;
        }
        outcome
    }

    async fn try_step(&mut self) -> Result<Step, ReactorError> {
        let Some(at) = self.position().await? else { return Ok(Step::Busy) };
        let events = self.store.read(self.lane, at, self.options.batch).await?;
        let Some(mut last) = events.last().map(|event| event.position) else {
            self.store_now_and_then(at).await?;
            return Ok(Step::Idle);
        };
        let mut wanted: Vec<Arc<RecordedEvent>> =
            events.into_iter().filter(|event| self.reactor.wants(event)).collect();
        if at < self.careful_until
            && let Some(first) = wanted.first().map(|event| event.position)
        {
            wanted.truncate(1);
            last = first;
        }
        if wanted.is_empty() {
            return self.passed_over(last).await;
        }
        let Some(claimed) = self.store.claim(self.reactor.key(), self.lane).await? else {
            return Ok(Step::Busy);
        };
        if claimed.position() > at {
            self.stands_at(claimed.position());
            claimed.release().await?;
            return Ok(Step::Moved);
        }
        match self.take_in(claimed, &wanted, last).await {
            Err(ReactorError::Refused(reason)) => {
                self.refused(&wanted, last, reason);
                Ok(Step::Moved)
            }
            outcome => outcome,
        }
    }

    async fn position(&mut self) -> Result<Option<Position>, ReactorError> {
        if self.at.is_none()
            && let Some(stored) = self.store.position(self.reactor.key(), self.lane).await?
        {
            self.stands_at(stored);
        }
        Ok(self.at)
    }

    /// Writes and commits what the batch comes to, if it comes to anything.
    async fn take_in(
        &mut self,
        mut claimed: Box<dyn ClaimedReactor>,
        events: &[Arc<RecordedEvent>],
        last: Position,
    ) -> Result<Step, ReactorError> {
        let asked = plan::ask(&*self.reactor, events);
        let known = if asked.questions.is_empty() {
            Known::default()
        } else {
            claimed.answers(&asked.questions).await?
        };
        let batch = Batch {
            reactor: &*self.reactor,
            events,
            asked,
            known,
            parked: claimed.parked_streams().await?.into_iter().collect(),
            quiet_until: claimed.quiet_until(),
            condemned: self.condemned.as_ref(),
        };
        let writes = batch.plan();
        if writes.is_empty() {
            claimed.release().await?;
            return self.passed_over(last).await;
        }
        self.report(&writes);
        claimed.commit(last, writes).await?;
        self.condemned = None;
        self.stands_at(last);
        Ok(Step::Wrote)
    }

    fn report(&self, writes: &ReactorWrites) {
        let count = |name: &'static str, n: usize| {
            metrics::counter!(name, "reactor" => self.reactor.name()).increment(n as u64);
        };
        count("bitacora_reactor_effects_total", writes.effects.len());
        count("bitacora_reactor_parked_total", writes.park.len());
        for event in writes.park.iter().filter(|event| event.code != QUEUED) {
            tracing::error!(
                reactor = event.reactor, lane = event.lane.0, position = event.position.0,
                stream = %event.stream, code = event.code, reason = event.reason,
                "reactor.parked: an aggregate waits for an operator"
            );
        }
    }

    /// The checkpoint is stored at `position`.
    fn stands_at(&mut self, position: Position) {
        (self.at, self.stored, self.stored_at) = (Some(position), position, Instant::now());
    }

    /// Nothing is to be written up to `position`.
    async fn passed_over(&mut self, position: Position) -> Result<Step, ReactorError> {
        self.at = Some(position);
        if position.0 - self.stored.0 >= PASSED_OVER_MAX {
            self.store_at(position).await?;
        }
        Ok(Step::Moved)
    }

    async fn store_now_and_then(&mut self, at: Position) -> Result<(), ReactorError> {
        if at > self.stored && self.stored_at.elapsed() >= self.options.store_every {
            self.store_at(at).await?;
        }
        Ok(())
    }

    /// Moves the stored checkpoint, unless another has moved it further.
    async fn store_at(&mut self, position: Position) -> Result<(), ReactorError> {
        let Some(claimed) = self.store.claim(self.reactor.key(), self.lane).await? else {
            return Ok(());
        };
        let stored = claimed.position();
        if stored >= position {
            claimed.release().await?;
            self.stands_at(stored);
        } else {
            claimed.commit(position, ReactorWrites::default()).await?;
            self.stands_at(position);
        }
        Ok(())
    }

    /// The database refuses a row: the event that it comes from is looked for, then parked.
    fn refused(&mut self, events: &[Arc<RecordedEvent>], last: Position, reason: String) {
        self.careful_until = self.careful_until.max(last);
        if let [alone] = events {
            let code = "EFFECT_REFUSED".to_owned();
            self.condemned = Some((alone.position, Fault { code, reason, attempts: 1 }));
        }
    }

    /// Works until `token` is cancelled. Errors are retried for ever: a database that cannot be
    /// reached parks nothing.
    pub(super) async fn run(&mut self, token: &CancellationToken) {
        let mut head = self.store.watch(self.lane);
        loop {
            head.mark_unchanged();
            let outcome = tokio::select! {
                // Dropping the step takes its transaction back.
                () = token.cancelled() => return,
                outcome = self.step() => outcome,
            };
            let wait = match outcome {
                Ok(Step::Wrote | Step::Moved) => continue,
                Ok(Step::Idle) => {
                    tokio::select! {
                        () = token.cancelled() => return,
                        changed = tokio::time::timeout(self.options.poll, head.changed()) => {
                            // A closed channel must not make this loop spin.
                            if !matches!(changed, Ok(Err(_))) { continue }
                        }
                    }
                    self.options.poll
                }
                Ok(Step::Busy) => self.options.busy,
                Err(error) => {
                    let reactor = self.reactor.name();
                    metrics::counter!("bitacora_reactor_errors_total", "reactor" => reactor)
                        .increment(1);
                    tracing::warn!(
                        reactor, lane = self.lane.0, %error,
                        "reactor.stalled: will be tried again"
                    );
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}
