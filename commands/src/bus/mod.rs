//! The command bus: load, handle on a clone, append, believe.
//!
//! Commands on one stream in one process run as a *chain*: each is handled on the state that
//! its predecessor will leave, and submitted behind it without waiting for it, so that a hot
//! stream fills one batch instead of one commit per command. The chain is safe because an
//! append names the id of the very event that it builds on ([`crate::Expected`]), and that id
//! stands for the whole history before it ([`InstallationKey::event_id`]): when a predecessor
//! loses, or another process did the same command on another history, its followers conflict,
//! reload and decide again.

mod chain;
mod decide;
mod rehydrate;

use std::sync::Arc;

use bitacora_domain::{DomainAggregate, StreamId, TenantId, Version};
use tokio::sync::Semaphore;

use self::chain::{Chain, Chains};
use self::decide::{Decision, decide};
use self::rehydrate::Loaded;
use crate::append::{AppendOutcome, Landed};
use crate::guard::Tenants;
use crate::ports::{Clock, EventLog, LogError, Pending, Snapshot};
use crate::{Append, CommandError, Envelope, InstallationKey, Receipt};

pub use self::rehydrate::LoadError;

/// Settings of the bus.
#[derive(Clone, Copy, Debug)]
pub struct BusOptions {
    /// Attempts before a command that keeps losing to other writers is given up.
    pub max_attempts: u32,
    /// Streams whose state is kept in memory.
    pub cached_streams: usize,
    /// A snapshot is saved whenever a stream's version passes a multiple of this.
    pub snapshot_every: i64,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self { max_attempts: 16, cached_streams: 10_000, snapshot_every: 100 }
    }
}

/// Executes commands. Cheap to clone.
#[derive(Clone)]
pub struct CommandBus(Arc<Inner>);

struct Inner {
    log: Arc<dyn EventLog>,
    key: InstallationKey,
    clock: Arc<dyn Clock>,
    options: BusOptions,
    chains: Chains,
    tenants: Tenants,
    /// Snapshots being saved: when all permits are out, one is skipped; the next comes soon.
    saving: Arc<Semaphore>,
}

/// How one attempt ended.
enum Step {
    Done(Receipt),
    Again,
}

impl CommandBus {
    /// A bus over `log`.
    pub fn new(
        log: Arc<dyn EventLog>,
        key: InstallationKey,
        clock: Arc<dyn Clock>,
        options: BusOptions,
    ) -> Self {
        let chains = Chains::new(options.cached_streams);
        let saving = Arc::new(Semaphore::new(4));
        let tenants = Tenants::new();
        Self(Arc::new(Inner { log, key, clock, options, chains, tenants, saving }))
    }

    /// The installation's key, for fingerprints.
    pub fn key(&self) -> &InstallationKey {
        &self.0.key
    }
    /// The log.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.0.log
    }
    /// What it remembers of tenants.
    pub(crate) fn tenants(&self) -> &Tenants {
        &self.0.tenants
    }
    /// Time and fresh ids.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Executes a command on one aggregate and returns when its outcome is durable.
    ///
    /// The same command id with the same fingerprint gives the first outcome again
    /// (`replayed`). A refusal stores nothing and may be tried again under the same id.
    ///
    /// # Errors
    /// See [`CommandError`]; `retryable` ones may be repeated as they are.
    pub async fn execute<A: DomainAggregate>(
        &self,
        envelope: Envelope,
        aggregate_id: &str,
        body: A::Body,
    ) -> Result<Receipt, CommandError<A::Refusal>> {
        let stream = StreamId::new(A::TYPE, aggregate_id);
        for attempt in 0..self.0.options.max_attempts {
            match self.attempt::<A>(&envelope, &stream, &body, attempt == 0).await? {
                Step::Done(receipt) => return Ok(receipt),
                Step::Again => metrics::counter!("bitacora_command_retries_total").increment(1),
            }
        }
        Err(CommandError::Contention)
    }

    /// The state of an aggregate and its version, as the log has it now; `None` when it does
    /// not exist for this tenant. Always reads the log, so it is also true with other writers.
    pub async fn load<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        aggregate_id: &str,
    ) -> Result<Option<(A, Version)>, LoadError> {
        let stream = StreamId::new(A::TYPE, aggregate_id);
        let loaded = rehydrate::load::<A>(self.0.log.as_ref(), tenant, &stream).await?;
        Ok(loaded
            .filter(|loaded| loaded.expected.version.0 > 0)
            .map(|loaded| (loaded.state, loaded.expected.version)))
    }

    async fn attempt<A: DomainAggregate>(
        &self,
        envelope: &Envelope,
        stream: &StreamId,
        body: &A::Body,
        first: bool,
    ) -> Result<Step, CommandError<A::Refusal>> {
        let chain = self.0.chains.of(envelope.tenant, stream);
        let mut tip = chain.lock().await;
        let cached = tip.get::<A>();
        let (loaded, decision) = self.decision::<A>(envelope, stream, body, cached, first).await?;
        match decision {
            Decision::Refused(refusal) => {
                let pending = self.verify(envelope, stream, &loaded).await?;
                drop(tip);
                let outcome = pending.await?;
                self.after_verify(&chain, outcome, CommandError::Refused(refusal)).await
            }
            Decision::OtherVersion { expected } => {
                let actual = loaded.expected.version;
                let pending = self.verify(envelope, stream, &loaded).await?;
                drop(tip);
                let outcome = pending.await?;
                let error = CommandError::VersionConflict { expected, actual };
                self.after_verify(&chain, outcome, error).await
            }
            Decision::Unwritable(error) => Err(error.into()),
            Decision::Write { mut append, after, tallies, settles_late } => {
                append.counts = self.counts(envelope, &tallies).await?;
                let fallen_back = tip.generation();
                let pending = self.0.log.submit(*append).await?;
                if settles_late {
                    // What is stored is known only after the commit: nobody builds on it yet.
                    tip.forget();
                    let outcome = pending.await;
                    drop(tip);
                    return self.settle::<A>(&chain, fallen_back, None, outcome?).await;
                }
                tip.put(Loaded::clone(&after));
                drop(tip);
                match pending.await {
                    Ok(outcome) => self.settle(&chain, fallen_back, Some(*after), outcome).await,
                    Err(error) => {
                        chain.lock().await.forget_if(fallen_back);
                        Err(error.into())
                    }
                }
            }
        }
    }

    /// Decides on what is known of the stream, and asks the log when nothing is.
    ///
    /// A command that begins a stream need not ask at its first attempt whether there is one:
    /// the append says what it stands on, and a wrong guess is a conflict. No other answer of
    /// an aggregate that is only guessed to be new means anything.
    async fn decision<A: DomainAggregate>(
        &self,
        envelope: &Envelope,
        stream: &StreamId,
        body: &A::Body,
        cached: Option<Loaded<A>>,
        first: bool,
    ) -> Result<(Loaded<A>, Decision<A>), CommandError<A::Refusal>> {
        let known = cached.is_some();
        if known || first {
            let loaded = cached.unwrap_or_else(|| Loaded::nothing(envelope.tenant));
            let decision = decide(&self.0.key, envelope, stream, &loaded, body.clone()).await;
            if known || decision.writes_events() {
                return Ok((loaded, decision));
            }
        }
        let loaded = self.fetch::<A>(envelope.tenant, stream).await?;
        let decision = decide(&self.0.key, envelope, stream, &loaded, body.clone()).await;
        Ok((loaded, decision))
    }

    async fn fetch<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        stream: &StreamId,
    ) -> Result<Loaded<A>, CommandError<A::Refusal>> {
        match rehydrate::load::<A>(self.0.log.as_ref(), tenant, stream).await {
            Ok(Some(loaded)) => Ok(loaded),
            Ok(None) => Err(CommandError::ForeignStream),
            Err(LoadError::Log(error)) => Err(error.into()),
            Err(LoadError::Unreadable(error)) => Err(error.into()),
        }
    }

    /// A refusal decided on cached or speculative state is believed only after the log, in the
    /// queue behind the chain's predecessors, has confirmed that state.
    async fn verify<A: DomainAggregate>(
        &self,
        envelope: &Envelope,
        stream: &StreamId,
        loaded: &Loaded<A>,
    ) -> Result<Pending, LogError> {
        self.0
            .log
            .submit(Append {
                tenant: envelope.tenant,
                stream: stream.clone(),
                expected: loaded.expected,
                events: Vec::new(),
                claims: Vec::new(),
                counts: Vec::new(),
                command_id: envelope.command_id,
                fingerprint: envelope.fingerprint,
                verify_only: true,
            })
            .await
    }

    async fn after_verify<E: bitacora_domain::DomainError>(
        &self,
        chain: &Chain,
        outcome: AppendOutcome,
        refusal: CommandError<E>,
    ) -> Result<Step, CommandError<E>> {
        match outcome {
            AppendOutcome::Verified => Err(refusal),
            AppendOutcome::Replayed(landed) => Ok(Step::Done(receipt(landed, true))),
            AppendOutcome::Conflict { .. } => {
                chain.lock().await.forget();
                Ok(Step::Again)
            }
            AppendOutcome::Mismatch { .. } => Err(CommandError::IdempotencyMismatch),
            AppendOutcome::ForeignStream => Err(CommandError::ForeignStream),
            AppendOutcome::Appended(landed) => Ok(Step::Done(receipt(landed, false))),
            AppendOutcome::Reserved { kind, owner } => Err(CommandError::Reserved { kind, owner }),
            AppendOutcome::LimitReached { meter, limit, used } => {
                Err(CommandError::LimitReached { meter, limit, used })
            }
        }
    }

    /// The cache keeps what was appended and drops what was not.
    async fn settle<A: DomainAggregate>(
        &self,
        chain: &Chain,
        generation: u64,
        after: Option<Loaded<A>>,
        outcome: AppendOutcome,
    ) -> Result<Step, CommandError<A::Refusal>> {
        if !matches!(outcome, AppendOutcome::Appended(_)) {
            chain.lock().await.forget_if(generation);
        }
        match outcome {
            AppendOutcome::Appended(landed) => {
                if let Some(after) = after {
                    self.maybe_snapshot(&landed, after);
                }
                Ok(Step::Done(receipt(landed, false)))
            }
            AppendOutcome::Replayed(landed) => Ok(Step::Done(receipt(landed, true))),
            AppendOutcome::Conflict { .. } | AppendOutcome::Verified => Ok(Step::Again),
            AppendOutcome::Reserved { kind, owner } => Err(CommandError::Reserved { kind, owner }),
            AppendOutcome::LimitReached { meter, limit, used } => {
                Err(CommandError::LimitReached { meter, limit, used })
            }
            AppendOutcome::Mismatch { .. } => Err(CommandError::IdempotencyMismatch),
            AppendOutcome::ForeignStream => Err(CommandError::ForeignStream),
        }
    }

    /// Saves a snapshot in the background when the version passed a multiple of
    /// `snapshot_every`.
    fn maybe_snapshot<A: DomainAggregate>(&self, landed: &Landed, after: Loaded<A>) {
        let every = self.0.options.snapshot_every;
        let (version, before) = (after.expected.version.0, after.built_on.0);
        let Some(last_event) = after.expected.last_event else { return };
        if every <= 0 || version / every == before / every {
            return;
        }
        let Ok(permit) = Arc::clone(&self.0.saving).try_acquire_owned() else { return };
        let (log, stream, tenant) = (Arc::clone(&self.0.log), landed.stream.clone(), after.tenant);
        tokio::spawn(async move {
            let _permit = permit;
            let Ok(state) = serde_json::to_value(&after.state) else { return };
            let version = after.expected.version;
            let snapshot = Snapshot { version, last_event, state_schema: A::STATE_SCHEMA, state };
            if let Err(error) = log.save_snapshot(tenant, &stream, snapshot).await {
                tracing::warn!(%stream, %error, "a snapshot was not saved");
            }
        });
    }
}

fn receipt(landed: Landed, replayed: bool) -> Receipt {
    Receipt { cursor: landed.cursor, version: landed.version, stream: landed.stream, replayed }
}
