//! Receiving deliveries: a bounded queue before one task that writes them in groups.

use std::sync::Arc;
use std::time::Duration;

use bitacora_commands::ports::{InboxError, NewDelivery};
use sqlx::PgPool;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::log::faults::{Fault, classify};

/// Deliveries that may wait for being written.
const QUEUE_MAX: usize = 4_096;
/// Bytes of bodies that may wait for being written.
const QUEUE_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Deliveries written by one statement.
const GROUP_MAX: usize = 256;
/// Bytes of bodies after which a group is closed.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A group that is not written by then is not known to be durable: providers deliver it again. The
/// server's own time-outs (10 s) come first; a wire that was cut without a word never answers.
const WRITTEN_WITHIN: Duration = Duration::from_secs(12);

/// One statement, one round trip, one flush. The flush is asked for by name: a 200 that the
/// disk does not know of would be a lost message. A stronger default (a replica that must have it
/// too) stays.
const INSERT: &str = "\
with durable as (select set_config('synchronous_commit', case current_setting('synchronous_commit') \
                                   when 'off' then 'on' else current_setting('synchronous_commit') end, true)) \
insert into inbox.deliveries (id, source, body, received_at, traceparent, request) \
select d.id, d.source, d.body, d.received_at, d.traceparent, d.request \
from unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[], $5::text[], $6::jsonb[]) \
     with ordinality as d(id, source, body, received_at, traceparent, request, n), durable \
order by d.n";

/// A delivery in the queue. The permit stands for its bytes.
struct Waiting {
    delivery: NewDelivery,
    answer: oneshot::Sender<Result<(), InboxError>>,
    _bytes: OwnedSemaphorePermit,
}

/// The callers' end of the queue.
#[derive(Debug)]
pub(super) struct Receiver {
    queue: mpsc::Sender<Waiting>,
    bytes: Arc<Semaphore>,
}

impl Receiver {
    /// Starts the writing task; it ends when this value is gone and the queue is empty.
    pub(super) fn start(pool: PgPool, received: Arc<Notify>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(write_groups(pool, waiting, received));
        Self { queue, bytes: Arc::new(Semaphore::new(QUEUE_BYTES_MAX as usize)) }
    }

    /// Queues a delivery and waits until it is durable.
    pub(super) async fn receive(&self, delivery: NewDelivery) -> Result<(), InboxError> {
        let size = u32::try_from(delivery.body.len()).map_err(|_| InboxError::Full)?;
        let bytes =
            Arc::clone(&self.bytes).try_acquire_many_owned(size).map_err(|_| InboxError::Full)?;
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { delivery, answer, _bytes: bytes })
            .map_err(|_| InboxError::Full)?;
        answered
            .await
            .unwrap_or_else(|_| Err(InboxError::Unavailable("the inbox has stopped".to_owned())))
    }
}

async fn write_groups(pool: PgPool, mut queue: mpsc::Receiver<Waiting>, received: Arc<Notify>) {
    while let Some(first) = queue.recv().await {
        let mut bytes = first.delivery.body.len();
        let mut group = vec![first];
        while group.len() < GROUP_MAX && bytes < GROUP_BYTES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            bytes += next.delivery.body.len();
            group.push(next);
        }
        let written = insert(&pool, &group).await;
        // A value that the database refuses costs its own delivery and not the whole group.
        if group.len() > 1 && written.as_ref().is_err_and(|e| classify(e) == Fault::Poison) {
            for waiting in group {
                let alone = std::slice::from_ref(&waiting);
                let written = insert(&pool, alone).await;
                answer(vec![waiting], written, &received);
            }
        } else {
            answer(group, written, &received);
        }
    }
}

fn answer(group: Vec<Waiting>, written: Result<(), sqlx::Error>, received: &Notify) {
    let written = written.map_err(super::unavailable);
    if written.is_ok() {
        received.notify_one();
    }
    for waiting in group {
        // a caller that has gone away needs no answer
        let _ = waiting.answer.send(written.clone());
    }
}

async fn insert(pool: &PgPool, group: &[Waiting]) -> Result<(), sqlx::Error> {
    let all = || group.iter().map(|waiting| &waiting.delivery);
    let written = sqlx::query(INSERT)
        .bind(all().map(|d| d.id).collect::<Vec<_>>())
        .bind(all().map(|d| d.source).collect::<Vec<_>>())
        .bind(all().map(|d| d.body.as_slice()).collect::<Vec<_>>())
        .bind(all().map(|d| d.received_at).collect::<Vec<_>>())
        .bind(all().map(|d| d.traceparent.as_deref()).collect::<Vec<_>>())
        .bind(all().map(|d| super::queue::written(&d.request)).collect::<Vec<_>>())
        .execute(pool);
    match tokio::time::timeout(WRITTEN_WITHIN, written).await {
        Ok(written) => written.map(|_| ()),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] = &[INSERT];
