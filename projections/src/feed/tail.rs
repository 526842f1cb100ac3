//! The shared end of a lane: one reader per lane and process, which sorts recent events to the
//! tenants that somebody listens to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bitacora_domain::{Lane, Position, RecordedEvent, TenantId};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::FeedOptions;
use crate::ports::LogReader;

/// Events that the tail reads at a time.
const PAGE: i64 = 512;

/// The end of a lane.
pub(super) struct Tail {
    lane: Lane,
    options: FeedOptions,
    state: Mutex<State>,
    /// Somebody sat down: read what came while nobody listened.
    joined: Notify,
}

struct State {
    /// Everything up to here was sorted.
    tip: Position,
    /// Tenants that somebody listens to. Weak: the listeners own their seats.
    seats: HashMap<TenantId, Weak<Seat>>,
    /// Number of seats at which those that were left are cleared away.
    clear_at: usize,
}

/// What the tail holds for one tenant, shared by its subscribers.
pub(super) struct Seat {
    recent: Mutex<Recent>,
    /// Position of the tenant's last event; the wake-up.
    bell: watch::Sender<Position>,
}

/// A tenant's recent events: all behind `floor`, at most as many as the ring holds.
struct Recent {
    floor: Position,
    ring: VecDeque<Arc<RecordedEvent>>,
}

/// What a subscriber finds behind its cursor.
pub(super) enum Found {
    /// The next events, and how many wait in all.
    Events(Vec<Arc<RecordedEvent>>, usize),
    /// Nothing yet; ring the bell when there is.
    Nothing,
    /// The ring begins behind this position; what is before must be scanned.
    Behind(Position),
}

impl Tail {
    pub(super) fn new(lane: Lane, head: Position, options: FeedOptions) -> Self {
        let state = State { tip: head, seats: HashMap::new(), clear_at: 64 };
        Self { lane, options, state: Mutex::new(state), joined: Notify::new() }
    }

    /// A seat from which every event of the tenant behind the tail's present tip is seen.
    pub(super) fn join(&self, tenant: TenantId) -> Arc<Seat> {
        let mut state = self.lock();
        if let Some(seat) = state.seats.get(&tenant).and_then(Weak::upgrade) {
            return seat;
        }
        if state.seats.len() >= state.clear_at {
            state.seats.retain(|_, seat| seat.strong_count() > 0);
            state.clear_at = (state.seats.len() * 2).max(64);
        }
        let seat = Arc::new(Seat {
            recent: Mutex::new(Recent { floor: state.tip, ring: VecDeque::new() }),
            bell: watch::Sender::new(state.tip),
        });
        state.seats.insert(tenant, Arc::downgrade(&seat));
        self.joined.notify_one();
        seat
    }

    /// Sorts a page of the lane.
    fn take(&self, events: &[Arc<RecordedEvent>]) {
        let mut state = self.lock();
        for event in events {
            if event.position <= state.tip {
                continue;
            }
            state.tip = event.position;
            if let Some(seat) = state.seats.get(&event.tenant).and_then(Weak::upgrade) {
                seat.push(Arc::clone(event), self.options.ring.max(1));
            }
        }
    }

    /// Moves on without reading while nobody listens; else where to read from.
    fn place(&self, head: Position) -> Option<Position> {
        let mut state = self.lock();
        if state.seats.values().all(|seat| seat.strong_count() == 0) {
            state.seats.clear();
            state.tip = state.tip.max(head);
            return None;
        }
        Some(state.tip)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn push(&self, event: Arc<RecordedEvent>, ring: usize) {
        let position = event.position;
        {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            if recent.ring.len() >= ring
                && let Some(oldest) = recent.ring.pop_front()
            {
                recent.floor = oldest.position;
            }
            recent.ring.push_back(event);
        }
        self.bell.send_replace(position);
    }

    /// The events behind `after`, at most `limit`.
    pub(super) fn behind(&self, after: Position, limit: usize) -> Found {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if after < recent.floor {
            return Found::Behind(recent.floor);
        }
        let first = recent.ring.partition_point(|event| event.position <= after);
        let waiting = recent.ring.len() - first;
        if waiting == 0 {
            return Found::Nothing;
        }
        Found::Events(recent.ring.iter().skip(first).take(limit).cloned().collect(), waiting)
    }

    /// Position of the tenant's last event, as a wake-up.
    pub(super) fn bell(&self) -> watch::Receiver<Position> {
        self.bell.subscribe()
    }
}

/// Reads the lane for as long as the feed lives. Errors are retried: subscribers wait meanwhile
/// and miss nothing.
pub(super) async fn run(tail: Arc<Tail>, reader: Arc<dyn LogReader>, stop: CancellationToken) {
    let mut head = reader.watch(tail.lane);
    let mut failed = false;
    loop {
        let known = *head.borrow_and_update();
        let more = match tail.place(known) {
            None => false,
            Some(tip) => match reader.read_lane(tail.lane, tip, PAGE).await {
                Ok(events) => {
                    tail.take(&events);
                    failed = false;
                    !events.is_empty()
                }
                Err(error) => {
                    if !failed {
                        tracing::warn!(lane = tail.lane.0, %error, "feed.tail_stalled");
                    }
                    failed = true;
                    false
                }
            },
        };
        if stop.is_cancelled() {
            return;
        }
        if more {
            continue;
        }
        let pause = if failed { Duration::from_millis(250) } else { tail.options.poll };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = tail.joined.notified() => {}
            woken = head.changed(), if !failed => {
                if woken.is_err() {
                    // Nobody will wake us any more: only the poll is left.
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}
