//! The last events of a lane, decoded once and shared by all projections.

use std::collections::VecDeque;
use std::sync::Arc;

use bitacora_domain::{Epoch, Position, RecordedEvent};

use super::event_row::Sized;

/// Events kept per lane.
const MAX_EVENTS: usize = 4096;
/// Bytes of payloads kept per lane.
const MAX_BYTES: usize = 16 << 20;

/// A run of events without holes, the newest that were read. A hit starts exactly behind the
/// reader's position or is none.
#[derive(Debug)]
pub(super) struct Tail {
    events: VecDeque<Sized>,
    bytes: usize,
    /// Of the log that the events are of.
    epoch: Epoch,
}

impl Default for Tail {
    fn default() -> Self {
        Self { events: VecDeque::new(), bytes: 0, epoch: Epoch(0) }
    }
}

impl Tail {
    /// Forgets the events of an earlier epoch: after a restore their positions may be others'.
    pub(super) fn is_of(&mut self, epoch: Epoch) {
        if epoch.0 > self.epoch.0 {
            self.epoch = epoch;
            self.events.clear();
            self.bytes = 0;
        }
    }

    /// Last position held, if any.
    pub(super) fn last(&self) -> Option<Position> {
        self.events.back().map(|e| e.event.position)
    }

    /// Events behind `after`, at most `limit`; empty when the one right behind is not held.
    pub(super) fn read(&self, after: Position, limit: usize) -> Vec<Arc<RecordedEvent>> {
        let Some(first) = self.events.front().map(|e| e.event.position) else {
            return Vec::new();
        };
        let Ok(skip) = usize::try_from(after.0 + 1 - first.0) else {
            return Vec::new(); // the reader is further back
        };
        self.events.iter().skip(skip).take(limit).map(|e| Arc::clone(&e.event)).collect()
    }

    /// Takes in a run of events without holes. What is held already stays; a run that starts
    /// beyond the end replaces everything; one that ends before it (a rebuild) changes nothing.
    pub(super) fn extend(&mut self, run: &[Sized]) {
        let Some((first, epoch)) = run.first().map(|e| (e.event.position, e.event.epoch)) else {
            return;
        };
        self.is_of(epoch);
        if epoch != self.epoch {
            return; // read before the restore
        }
        let known = self.last().unwrap_or(Position::START);
        if first > known.next() {
            self.events.clear();
            self.bytes = 0;
        }
        let held = self.last();
        for new in run.iter().filter(|e| held.is_none_or(|last| e.event.position > last)) {
            self.bytes += new.bytes;
            self.events.push_back(new.clone());
        }
        while self.events.len() > MAX_EVENTS || self.bytes > MAX_BYTES {
            let Some(old) = self.events.pop_front() else { break };
            self.bytes -= old.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use bitacora_domain::recorded::Decoded;
    use bitacora_domain::{Actor, CommandId, Lane, Metadata, StreamId, TenantId, Version};
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn run(positions: std::ops::RangeInclusive<i64>, bytes: usize) -> Vec<Sized> {
        let command = CommandId::from_fact("test");
        let metadata = Metadata {
            event_id: command.event(0),
            command_id: command,
            correlation_id: Uuid::nil(),
            causation_id: Uuid::nil(),
            actor: Actor::system("test"),
            occurred_at: DateTime::UNIX_EPOCH,
            traceparent: None,
        };
        let event = |position| RecordedEvent {
            epoch: Epoch(1),
            lane: Lane(0),
            position: Position(position),
            tenant: TenantId::SYSTEM,
            stream: StreamId::new("thing", "1"),
            version: Version(position),
            event_type: "Made".into(),
            event_version: "1".into(),
            payload: serde_json::Value::Null,
            metadata: metadata.clone(),
            recorded_at: DateTime::UNIX_EPOCH,
            decoded: Decoded::default(),
        };
        positions.map(|p| Sized { event: Arc::new(event(p)), bytes }).collect()
    }

    fn held(tail: &Tail, after: i64, limit: usize) -> Vec<i64> {
        tail.read(Position(after), limit).iter().map(|e| e.position.0).collect()
    }

    #[test]
    fn a_hit_starts_exactly_behind_the_reader() {
        let mut tail = Tail::default();
        assert!(held(&tail, 0, 9).is_empty());
        tail.extend(&run(5..=8, 1));
        assert_eq!(held(&tail, 4, 2), [5, 6]);
        assert_eq!(held(&tail, 6, 9), [7, 8]);
        assert!(held(&tail, 3, 9).is_empty(), "4 is not held");
        assert!(held(&tail, 8, 9).is_empty(), "nothing newer");
        assert!(held(&tail, 20, 9).is_empty(), "beyond the end");
    }

    #[test]
    fn runs_overlap_jump_and_lag_without_a_hole() {
        let mut tail = Tail::default();
        tail.extend(&run(5..=8, 1));
        tail.extend(&run(7..=10, 1));
        assert_eq!(held(&tail, 4, 99), [5, 6, 7, 8, 9, 10]);
        tail.extend(&run(1..=3, 1)); // a rebuild far behind
        assert_eq!(held(&tail, 4, 99), [5, 6, 7, 8, 9, 10]);
        tail.extend(&run(20..=21, 1)); // 11 to 19 were never read here
        assert!(held(&tail, 10, 99).is_empty());
        assert_eq!(held(&tail, 19, 99), [20, 21]);
    }

    #[test]
    fn events_of_before_a_restore_are_forgotten_and_do_not_come_back() {
        let mut tail = Tail::default();
        let old = run(5..=8, 1);
        tail.extend(&old);
        tail.is_of(Epoch(2));
        assert!(held(&tail, 4, 9).is_empty());
        tail.extend(&old); // by a reader that was slow
        assert!(held(&tail, 4, 9).is_empty());
    }

    #[test]
    fn events_and_bytes_are_bounded() {
        let mut tail = Tail::default();
        tail.extend(&run(1..=5000, 1));
        assert_eq!(tail.events.len(), MAX_EVENTS);
        assert_eq!(tail.last(), Some(Position(5000)));
        tail.extend(&run(5001..=5004, MAX_BYTES / 2));
        assert!(tail.bytes <= MAX_BYTES);
        assert_eq!(held(&tail, 5002, 99), [5003, 5004]);
    }
}
