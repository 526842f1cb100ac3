//! Open loops: a thing to do every so often, whether or not the last one is done. A latency
//! counts from the time at which it *should* have begun, so that a server that stalls is not
//! spared the requests that would have come meanwhile (no coordinated omission).

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// Things that may be late before the pacer itself waits: more than any run has.
const BACKLOG: usize = 1 << 16;

/// Something to do, and since when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    /// Number, from 0.
    pub(crate) serial: u64,
    /// When it should begin.
    pub(crate) intended: Instant,
}

/// `count` ticks at `per_second`, from `start` on. A thread of its own: its sleep is exact to some
/// tens of microseconds, the runtime's timer only to a millisecond.
pub(crate) fn pace(start: Instant, per_second: u32, count: u64) -> mpsc::Receiver<Tick> {
    let (sender, ticks) = mpsc::channel(BACKLOG);
    std::thread::spawn(move || {
        for serial in 0..count {
            let intended = time_of(start, per_second, serial);
            std::thread::sleep(intended.saturating_duration_since(Instant::now()));
            if sender.blocking_send(Tick { serial, intended }).is_err() {
                return;
            }
        }
    });
    ticks
}

/// When the tick `serial` should begin.
pub(crate) fn time_of(start: Instant, per_second: u32, serial: u64) -> Instant {
    let nanos = u128::from(serial) * 1_000_000_000 / u128::from(per_second.max(1));
    start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ticks_come_at_their_time_and_are_not_skipped_when_nobody_takes_them() {
        let start = Instant::now();
        let mut ticks = pace(start, 1_000, 50);
        tokio::time::sleep(Duration::from_millis(100)).await; // a stall of the taker
        for serial in 0..50 {
            let tick = ticks.recv().await.unwrap();
            assert_eq!(tick.serial, serial);
            assert_eq!(tick.intended, start + Duration::from_millis(serial));
        }
        assert!(ticks.recv().await.is_none());
    }
}
