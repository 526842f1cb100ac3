//! Who has to know that something is new: one watch channel per lane and per (view, lane).
//!
//! A signal is a hint. It may be late (by the safety net's poll at most) and never lies: the
//! position was durable when it was announced. Where readers stand is decided by what they read.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bitacora_domain::{Epoch, Lane, Position};
use tokio::sync::{Notify, watch};

/// Channel for what was appended; payload `lane:position`.
pub const LOG_CHANNEL: &str = "bitacora_log";
/// Channel for what projections have passed; payload `projection:lane:position`, the projection
/// with its schema version (`contacts_v1`).
pub const PROGRESS_CHANNEL: &str = "bitacora_progress";

/// Channels for views that other processes announce are not kept beyond this number.
const MAX_WATCHED: usize = 4096;

/// What is announced.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Topic {
    /// The log grew.
    Lane(Lane),
    /// A projection (name and schema version) moved.
    Progress(String, Lane),
}

impl Topic {
    /// Channel and payload that announce a position.
    pub(super) fn payload(&self, position: Position) -> (&'static str, String) {
        match self {
            Self::Lane(lane) => (LOG_CHANNEL, format!("{lane}:{position}")),
            Self::Progress(view, lane) => (PROGRESS_CHANNEL, format!("{view}:{lane}:{position}")),
        }
    }

    /// Reads an announcement; `None` for anything that we did not write.
    pub(super) fn parse(channel: &str, payload: &str) -> Option<(Self, Position)> {
        let (rest, position) = payload.rsplit_once(':')?;
        let position = Position(position.parse().ok().filter(|p| *p >= 0)?);
        let lane = |text: &str| text.parse().ok().map(Lane);
        match channel {
            LOG_CHANNEL => Some((Self::Lane(lane(rest)?), position)),
            PROGRESS_CHANNEL => {
                let (view, of) = rest.rsplit_once(':')?;
                Some((Self::Progress(view.to_owned(), lane(of)?), position))
            }
            _ => None,
        }
    }
}

/// The signals of one process. In-process parts raise them directly; [`super::listener::run`]
/// carries them between processes.
#[derive(Debug, Default)]
pub struct LaneSignals {
    watches: Mutex<HashMap<Topic, watch::Sender<Position>>>,
    /// Not yet announced to other processes; the newest position per topic.
    outbox: Mutex<BTreeMap<Topic, Position>>,
    pub(super) outbox_filled: Notify,
    /// Epoch of the log, 0 before it is known.
    epoch: AtomicI32,
}

impl LaneSignals {
    /// Signals that nobody has raised yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The log has durable events up to `position`. For the appender, after its commit.
    pub fn appended(&self, lane: Lane, position: Position) {
        self.announce(Topic::Lane(lane), position);
    }

    /// A live projection has committed everything up to `position`; `view` is its name with the
    /// schema version.
    pub fn progressed(&self, view: &str, lane: Lane, position: Position) {
        self.announce(Topic::Progress(view.to_owned(), lane), position);
    }

    /// The last position of a lane as far as it is known here.
    pub fn lane(&self, lane: Lane) -> Position {
        *self.watch(lane).borrow()
    }

    /// Follows a lane.
    pub fn watch(&self, lane: Lane) -> watch::Receiver<Position> {
        self.subscribe(Topic::Lane(lane))
    }

    /// Follows a live projection; `view` is its name with the schema version.
    pub fn progress(&self, view: &str, lane: Lane) -> watch::Receiver<Position> {
        self.subscribe(Topic::Progress(view.to_owned(), lane))
    }

    /// The log's epoch as far as it is known here.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    /// The database says which epoch it is. A new one takes back what was known of the old log:
    /// its positions are not those of this one.
    pub(super) fn heard_epoch(&self, epoch: Epoch) {
        let before = self.epoch.fetch_max(epoch.0, Ordering::AcqRel);
        if before == 0 || before >= epoch.0 {
            return;
        }
        tracing::error!(before, now = epoch.0, "the log was restored while this process ran");
        lock(&self.outbox).clear();
        for sender in lock(&self.watches).values() {
            sender.send_replace(Position::START);
        }
    }

    /// Someone else says how far a lane goes.
    pub(super) fn heard_lane(&self, lane: Lane, position: Position) {
        self.heard(Topic::Lane(lane), position);
    }

    /// Someone else says so.
    pub(super) fn heard(&self, topic: Topic, position: Position) {
        let mut watches = lock(&self.watches);
        if let Some(sender) = watches.get(&topic) {
            sender.send_if_modified(|held| {
                let newer = position > *held;
                *held = position.max(*held);
                newer
            });
        } else if watches.len() < MAX_WATCHED {
            watches.insert(topic, watch::Sender::new(position));
        }
    }

    fn announce(&self, topic: Topic, position: Position) {
        // Announced even when it is known here: the poll may have seen it before the one who
        // did it could tell.
        self.heard(topic.clone(), position);
        self.put_back([(topic, position)]);
    }

    /// Takes what has to be announced.
    pub(super) fn take_outbox(&self) -> BTreeMap<Topic, Position> {
        std::mem::take(&mut *lock(&self.outbox))
    }

    /// Puts announcements (back) into the outbox; newer ones stand.
    pub(super) fn put_back(&self, entries: impl IntoIterator<Item = (Topic, Position)>) {
        let mut outbox = lock(&self.outbox);
        for (topic, position) in entries {
            let held = outbox.entry(topic).or_insert(position);
            *held = position.max(*held);
        }
        self.outbox_filled.notify_one();
    }

    fn subscribe(&self, topic: Topic) -> watch::Receiver<Position> {
        let mut watches = lock(&self.watches);
        let new = || watch::Sender::new(Position::START);
        watches.entry(topic).or_insert_with(new).subscribe()
    }
}

/// Nothing that is done under these locks can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_survives_its_payload() {
        for topic in [Topic::Lane(Lane(3)), Topic::Progress("contacts_v1".into(), Lane(0))] {
            let (channel, payload) = topic.payload(Position(47));
            assert_eq!(Topic::parse(channel, &payload), Some((topic, Position(47))));
        }
        for bad in ["", "1", "1:", ":1", "x:1", "1:-1", "1:99999999999999999999"] {
            assert_eq!(Topic::parse(LOG_CHANNEL, bad), None, "{bad}");
        }
        assert_eq!(Topic::parse(PROGRESS_CHANNEL, "1:2"), None);
        assert_eq!(Topic::parse("another", "1:2"), None);
    }

    #[test]
    fn a_new_epoch_takes_back_what_was_known_of_the_old_log() {
        let signals = LaneSignals::new();
        signals.heard_epoch(Epoch(1));
        let (lane, view) = (signals.watch(Lane(1)), signals.progress("contacts_v1", Lane(1)));
        signals.appended(Lane(1), Position(5));
        signals.progressed("contacts_v1", Lane(1), Position(5));
        signals.heard_epoch(Epoch(1));
        assert_eq!((*lane.borrow(), *view.borrow()), (Position(5), Position(5)));
        signals.heard_epoch(Epoch(2));
        assert_eq!((*lane.borrow(), *view.borrow()), (Position::START, Position::START));
        assert!(signals.take_outbox().is_empty());
        signals.heard_lane(Lane(1), Position(3));
        assert_eq!((*lane.borrow(), signals.epoch()), (Position(3), Epoch(2)));
    }

    #[test]
    fn a_signal_never_goes_back_and_the_outbox_holds_the_newest() {
        let signals = LaneSignals::new();
        let watch = signals.watch(Lane(1));
        signals.appended(Lane(1), Position(5));
        signals.appended(Lane(1), Position(3));
        signals.appended(Lane(1), Position(7));
        signals.heard_lane(Lane(1), Position(6));
        assert_eq!(*watch.borrow(), Position(7));
        let outbox = signals.take_outbox();
        assert_eq!(outbox, BTreeMap::from([(Topic::Lane(Lane(1)), Position(7))]));
        signals.appended(Lane(1), Position(9));
        signals.put_back(outbox);
        assert_eq!(signals.take_outbox().into_values().collect::<Vec<_>>(), [Position(9)]);
    }
}
