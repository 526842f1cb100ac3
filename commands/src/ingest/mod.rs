//! From the inbox to commands: claims deliveries, turns each into facts, routes every fact to
//! its commands, and records what became of it.
//!
//! Nothing is lost at a crash: a claim is a lease, and every command's id follows from its fact.
//! Of what one worker has claimed at a time, the facts of one person on one account run one after
//! another in order of arrival; persons run side by side, bounded. Across workers, and behind a
//! fact that was given back or is kept, later facts of a person may go first: providers promise no
//! order either, and every fact carries the provider's time. A passing failure gives the whole
//! delivery back; a fact that cannot be done is kept with its code while the others of its
//! delivery go on.

pub mod callback;

mod backoff;
mod batch;
mod calls;
mod contacts;
mod conversations;
mod echo;
mod failure;
mod fate;
mod files;
mod job;
mod leads;
mod orders;
mod preferences;
mod retry;
mod router;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use self::router::Router;
use crate::CommandBus;
use crate::ports::{Blobs, Inbox, InboxError};

/// Names of things released and not yet looked for; more than these find their facts when those
/// are due.
const RELEASED_MAX: usize = 4_096;

/// Settings of the ingest worker.
#[derive(Clone, Copy, Debug)]
pub struct IngestOptions {
    /// Deliveries claimed at a time.
    pub batch: i64,
    /// Persons whose facts are routed at the same time.
    pub concurrency: usize,
    /// How long a claim lasts; what a crashed process claimed is free again after it.
    pub lease: TimeDelta,
    /// How long to wait for a delivery before looking anyway.
    pub poll: Duration,
    /// How often kept facts that are due are looked for.
    pub retry_every: TimeDelta,
    /// Payments are with real money. What a payment provider tells of the other kind is kept and
    /// not believed.
    pub live_payments: bool,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            batch: 64,
            concurrency: 16,
            lease: TimeDelta::seconds(10),
            poll: Duration::from_millis(250),
            retry_every: TimeDelta::seconds(1),
            live_payments: false,
        }
    }
}

/// The ingest worker. Cheap to clone; any number of them, in any number of processes, may run on
/// one inbox.
#[derive(Clone)]
pub struct Ingest(Arc<Inner>);

struct Inner {
    inbox: Arc<dyn Inbox>,
    router: Router,
    options: IngestOptions,
    released: Mutex<BTreeSet<String>>,
}

/// What facts of a provider's account wait for until somebody connects it.
pub fn waits_for_account(kind: ChannelKind, account: &str) -> String {
    match kind {
        // as it was written while there were no others
        ChannelKind::Whatsapp => format!("account:{account}"),
        ChannelKind::MetaPage
        | ChannelKind::Twilio
        | ChannelKind::ElevenLabs
        | ChannelKind::Builderbot
        | ChannelKind::Chatwoot => format!("account:{}:{account}", kind.as_str()),
    }
}

impl Ingest {
    /// A worker that takes from `inbox` and executes on `bus`.
    pub fn new(bus: CommandBus, inbox: Arc<dyn Inbox>, options: IngestOptions) -> Self {
        Self::of(bus, inbox, None, options)
    }

    /// The same, for an inbox whose deliveries may carry files, which wait in `blobs`.
    pub fn with_files(
        bus: CommandBus,
        inbox: Arc<dyn Inbox>,
        blobs: Arc<dyn Blobs>,
        options: IngestOptions,
    ) -> Self {
        Self::of(bus, inbox, Some(blobs), options)
    }

    fn of(
        bus: CommandBus,
        inbox: Arc<dyn Inbox>,
        blobs: Option<Arc<dyn Blobs>>,
        options: IngestOptions,
    ) -> Self {
        let (router, released) = (Router::new(bus, options.live_payments, blobs), Mutex::default());
        Self(Arc::new(Inner { inbox, router, options, released }))
    }

    /// Works until `stop`. What was claimed when it stops is finished.
    pub async fn run(&self, stop: CancellationToken) {
        let mut retried_at: Option<DateTime<Utc>> = None;
        while !stop.is_cancelled() {
            let worked = match self.pass(&mut retried_at).await {
                Ok(count) => count > 0,
                Err(error) => {
                    tracing::warn!(%error, "the inbox cannot be worked on; trying again");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    }
                    false
                }
            };
            if !worked {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.0.inbox.wait(self.0.options.poll) => {}
                }
            }
        }
    }

    /// Claims and routes one batch of deliveries; returns how many.
    ///
    /// # Errors
    /// [`InboxError`] when the inbox cannot be reached; claims then run out by themselves.
    pub async fn work(&self) -> Result<usize, InboxError> {
        self.0.work().await
    }

    /// Tries kept facts that are due or released; returns how many.
    ///
    /// # Errors
    /// [`InboxError`] when the inbox cannot be reached.
    pub async fn retry(&self) -> Result<usize, InboxError> {
        self.0.retry().await
    }

    /// Facts that wait for `what` ([`waits_for_account`]) may be possible now: they are tried
    /// with the next [`Self::retry`] of this process, instead of when they are due. Forgotten at a
    /// crash; [`Inbox::release`] is not, and reaches every process.
    pub fn release(&self, what: String) {
        self.0.release(what);
    }

    async fn pass(&self, retried_at: &mut Option<DateTime<Utc>>) -> Result<usize, InboxError> {
        let mut count = 0;
        let now = self.0.now();
        let recently = TimeDelta::zero()..self.0.options.retry_every;
        let due = retried_at.is_none_or(|at| !recently.contains(&(now - at)));
        if due || self.0.has_released() {
            // Kept facts came before what is in the queue.
            count += self.0.retry().await?;
            // While there are some, they are looked for with every batch.
            *retried_at = (count == 0).then_some(now);
        }
        Ok(count + self.0.work().await?)
    }
}

impl Inner {
    fn now(&self) -> DateTime<Utc> {
        self.router.bus.clock().now()
    }

    fn release(&self, what: String) {
        let mut released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        if released.len() < RELEASED_MAX {
            released.insert(what);
        }
    }

    fn has_released(&self) -> bool {
        !self.released.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn take_released(&self) -> Vec<String> {
        let mut released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *released).into_iter().collect()
    }
}
