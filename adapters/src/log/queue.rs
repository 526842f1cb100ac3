//! The queue before an appender: bounded in count and bytes, taken from in groups that are
//! bounded in both too.

use std::sync::Arc;
use std::time::Duration;

use bitacora_commands::ports::{LogError, Pending};
use bitacora_commands::{Append, AppendOutcome};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::appender::AppenderOptions;

/// A submission waits this long for a place in a full queue.
const QUEUE_PATIENCE: Duration = Duration::from_secs(5);
/// What an append or an event weighs besides its payload: ids, metadata, claims.
const OVERHEAD_BYTES: usize = 512;
/// A group is gathered in at most so many turns of the runtime.
const GATHER_TURNS: usize = 8;
/// What a number may take.
const NUMBER_BYTES: usize = 20;

/// An append and the one who waits for it.
pub(super) struct Request {
    pub(super) append: Append,
    pub(super) reply: oneshot::Sender<Result<AppendOutcome, LogError>>,
    /// When it was queued: patience counts from here, also for those who queued behind an
    /// outage.
    pub(super) since: Instant,
    bytes: usize,
    /// Stands for its bytes, until it is answered.
    _room: OwnedSemaphorePermit,
}

/// The callers' end of the queue.
pub(super) struct Door {
    queue: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
    append_max: usize,
}

/// The appender's end of the queue.
pub(super) struct Groups {
    queue: mpsc::Receiver<Request>,
    /// The first of the next group: it did not fit into the last one.
    left_over: Option<Request>,
    count_max: usize,
    bytes_max: usize,
}

/// Both ends of a queue.
pub(super) fn queue(options: &AppenderOptions) -> (Door, Groups) {
    let (sender, receiver) = mpsc::channel(options.queue);
    let room = options.queue_bytes.min(Semaphore::MAX_PERMITS);
    let door = Door {
        queue: sender,
        room: Arc::new(Semaphore::new(room)),
        // what is larger than all the room would wait for ever
        append_max: options.max_append_bytes.min(room),
    };
    let groups = Groups {
        queue: receiver,
        left_over: None,
        count_max: options.max_batch,
        bytes_max: options.max_batch_bytes,
    };
    (door, groups)
}

impl Door {
    /// Queues an append; waits a while for room.
    pub(super) async fn submit(&self, append: Append) -> Result<Pending, LogError> {
        self.submit_within(append, QUEUE_PATIENCE).await
    }

    async fn submit_within(&self, append: Append, patience: Duration) -> Result<Pending, LogError> {
        let bytes = weight(&append);
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        if bytes > self.append_max {
            let max = self.append_max;
            return Err(LogError::Rejected(format!("{bytes} bytes, more than {max} at once")));
        }
        let (reply, pending) = Pending::new();
        let queued = async {
            let room = Arc::clone(&self.room).acquire_many_owned(permits).await.map_err(|_| ())?;
            let since = Instant::now();
            let request = Request { append, reply, since, bytes, _room: room };
            self.queue.send(request).await.map_err(|_| ())
        };
        match timeout(patience, queued).await {
            Ok(Ok(())) => Ok(pending),
            Ok(Err(())) => Err(LogError::Unavailable("the appender has stopped".into())),
            Err(_) => Err(LogError::Overloaded),
        }
    }
}

impl Groups {
    /// The next group, at least one; `None` when every caller's end is gone.
    pub(super) async fn next(&mut self) -> Option<Vec<Request>> {
        let first = match self.left_over.take() {
            Some(request) => request,
            None => self.queue.recv().await?,
        };
        let mut bytes = first.bytes;
        let mut group = vec![first];
        // Callers woken by the last commit get the chance to join this one: what a transaction
        // costs by itself is shared by all of them. Whoever is ready now has queued by the time
        // that a turn brings nobody.
        for _ in 0..GATHER_TURNS {
            let before = group.len();
            tokio::task::yield_now().await;
            if !self.take_waiting(&mut group, &mut bytes) || group.len() == before {
                break;
            }
        }
        Some(group)
    }

    /// Takes what waits; false when the group is full.
    fn take_waiting(&mut self, group: &mut Vec<Request>, bytes: &mut usize) -> bool {
        while group.len() < self.count_max {
            let Ok(request) = self.queue.try_recv() else { return true };
            if *bytes + request.bytes > self.bytes_max {
                self.left_over = Some(request);
                return false;
            }
            *bytes += request.bytes;
            group.push(request);
        }
        false
    }
}

/// About how many bytes an append is on the wire and in memory.
fn weight(append: &Append) -> usize {
    let events = append.events.iter().map(|event| {
        let effects =
            event.effects.iter().map(|effect| OVERHEAD_BYTES + json_bytes(&effect.payload));
        OVERHEAD_BYTES + json_bytes(&event.payload) + effects.sum::<usize>()
    });
    let claims = append.claims.iter().map(|claim| claim.key.len() + claim.owner.len());
    OVERHEAD_BYTES + events.sum::<usize>() + claims.sum::<usize>()
}

/// About as many bytes as the value's JSON form has, without writing it.
fn json_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => NUMBER_BYTES,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| 1 + json_bytes(item)).sum::<usize>(),
        Value::Object(fields) => {
            2 + fields.iter().map(|(key, value)| key.len() + 4 + json_bytes(value)).sum::<usize>()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use bitacora_commands::{Expected, Fingerprint, NewEvent};
    use bitacora_domain::{Actor, CommandId, EventId, Metadata, StreamId, TenantId};
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    /// An append with one event of about `bytes`.
    fn append(bytes: usize) -> Append {
        let command_id = CommandId::new(Uuid::nil());
        let metadata = Metadata {
            event_id: EventId::new(Uuid::nil()),
            command_id,
            correlation_id: Uuid::nil(),
            causation_id: Uuid::nil(),
            actor: Actor::system("test"),
            occurred_at: DateTime::UNIX_EPOCH,
            traceparent: None,
        };
        let event = NewEvent {
            event_type: "Raw".into(),
            event_version: "1".into(),
            payload: json!("x".repeat(bytes)),
            metadata,
            number: None,
            effects: Vec::new(),
        };
        Append {
            tenant: TenantId::SYSTEM,
            stream: StreamId::new("raw", "1"),
            expected: Expected::NONE,
            events: vec![event],
            claims: Vec::new(),
            counts: Vec::new(),
            command_id,
            fingerprint: Fingerprint([0; 32]),
            verify_only: false,
        }
    }

    fn options() -> AppenderOptions {
        AppenderOptions {
            max_batch: 10,
            max_batch_bytes: 30_000,
            max_append_bytes: 20_000,
            queue: 100,
            queue_bytes: 100_000,
            ..AppenderOptions::default()
        }
    }

    #[tokio::test]
    async fn a_group_is_bounded_in_count_and_bytes_and_keeps_the_order() {
        let (door, mut groups) = queue(&options());
        for bytes in [10_000, 10_000, 10_000, 1, 18_500] {
            door.submit(append(bytes)).await.unwrap();
        }
        for _ in 0..12 {
            door.submit(append(1)).await.unwrap();
        }
        let mut sizes = Vec::new();
        while sizes.iter().map(Vec::len).sum::<usize>() < 17 {
            let group = groups.next().await.unwrap();
            assert!(group.len() <= 10);
            assert!(group.iter().map(|request| request.bytes).sum::<usize>() <= 30_000);
            sizes.push(group.iter().map(|r| json_bytes(&r.append.events[0].payload)).collect());
        }
        let order: Vec<usize> = sizes.concat();
        assert_eq!(order[..6], [10_002, 10_002, 10_002, 3, 18_502, 3], "in order of submission");
        assert_eq!(sizes[0], [10_002, 10_002], "the third one did not fit");
    }

    #[tokio::test]
    async fn an_append_that_is_too_large_is_rejected_and_takes_no_room() {
        let (door, _groups) = queue(&options());
        let refused = door.submit(append(30_000)).await;
        assert!(matches!(refused, Err(LogError::Rejected(_))), "{refused:?}");
        assert_eq!(door.room.available_permits(), 100_000);
    }

    #[tokio::test]
    async fn a_queue_full_of_bytes_says_so_and_answering_makes_room() {
        let (door, mut groups) = queue(&options());
        for _ in 0..5 {
            door.submit(append(18_500)).await.unwrap();
        }
        let soon = Duration::from_millis(50);
        let full = door.submit_within(append(18_500), soon).await;
        assert!(matches!(full, Err(LogError::Overloaded)), "{full:?}");
        drop(groups.next().await);
        assert!(door.submit(append(18_500)).await.is_ok());
    }
}
